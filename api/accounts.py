"""Accounts of people: passwords, logins, and what is each one's own.

Passwords are kept as argon2id; a token is 256 random bits of which only the SHA-256 is kept.
"""

import hashlib
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from api.access import Role, Viewer, own_things
from api.database import Connection, Database, queries
from api.problems import conflict, unprocessable
from domain.time import HOUR, Micros, from_datetime, to_datetime

SESSION: Micros = 12 * HOUR
"""How long a login lasts: a shift, and the way home."""

_hasher = PasswordHasher()
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$Y2FyZXdhdGNoLW5vYm9keQ"
    "$MQxgXjTMdAYCYq6hJYnLfzGyhnvIk4z3xUZkrf5VsN0"
)
"""Checked where there is no such account, so that the answer takes as long."""
_at_once = threading.BoundedSemaphore(4)
"""A check takes 64 MiB; a flood of logins must not take all memory."""


@dataclass(frozen=True, slots=True)
class Session:
    token: str
    expires_at: Micros


def log_in(database: Database, username: str, password: str, now: Micros) -> Session | None:
    """A new session, or None where name and password do not belong together.

    No connection is held while the password is checked: a flood of logins must not take them.
    """
    with database.transaction() as connection:
        account = queries.account_of(connection, username=username)
    fits = _verify(account["password_hash"] if account else _NOBODY, password)
    if account is None or not fits or account["disabled"]:
        return None
    token = secrets.token_urlsafe(32)
    with database.transaction() as connection:
        queries.forget_sessions(connection, at=to_datetime(now))
        queries.open_session(
            connection,
            token_hash=_digest(token),
            account=account["id"],
            at=to_datetime(now),
            expires_at=to_datetime(now + SESSION),
        )
    return Session(token, now + SESSION)


def log_out(connection: Connection, token: str) -> None:
    queries.close_session(connection, token_hash=_digest(token))


def viewer(connection: Connection, token: str, now: Micros) -> Viewer | None:
    """Whose token it is, or None where it is over, unknown or its account disabled."""
    row = queries.session_of(connection, token_hash=_digest(token), at=to_datetime(now))
    if row is None:
        return None
    residents, teams, vendor = own_things(
        row["role"], row["residents"], row["teams"], row["vendor"]
    )
    return Viewer(
        account_id=row["id"],
        username=row["username"],
        name=row["name"],
        role=row["role"],
        expires_at=from_datetime(row["expires_at"]),
        team_id=row["team_id"],
        residents=residents,
        teams=teams,
        vendor=vendor,
    )


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


def add(
    connection: Connection,
    username: str,
    password: str,
    role: Role,
    now: Micros,
    *,
    name: str = "",
    team: str | None = None,
    vendor: str | None = None,
    residents: Sequence[str] = (),
) -> str:
    """A new account; its id. Raises a Problem where something about it cannot be."""
    _check(connection, role, team, vendor, residents)
    account_id = hashlib.sha256(f"{username}|{now}".encode()).hexdigest()[:16]
    added = queries.insert_account(
        connection,
        id=account_id,
        username=username,
        password_hash=hash_password(password),
        role=role,
        name=name,
        team=team,
        vendor=vendor,
        at=to_datetime(now),
    )
    if not added:
        raise conflict(f"There is an account {username!r} already: choose another name.")
    queries.join_circles(connection, account=account_id, residents=sorted(set(residents)))
    return account_id


def change(connection: Connection, account: dict[str, Any], now: Micros) -> None:
    """Store an account as given; the keys are those of the statement ``accounts``.

    A ``password`` among them is the new one. A new password or a disabled account ends every
    login. Raises a Problem where something about it cannot be.
    """
    residents = account["residents"]
    _check(connection, account["role"], account["team_id"], account["vendor"], residents)
    queries.update_account(
        connection,
        id=account["id"],
        name=account["name"],
        team=account["team_id"],
        vendor=account["vendor"],
        disabled=account["disabled"],
        at=to_datetime(now),
    )
    queries.leave_circles(connection, account=account["id"])
    queries.join_circles(connection, account=account["id"], residents=sorted(set(residents)))
    password = account.get("password")
    if password is not None:
        queries.set_password(connection, id=account["id"], password_hash=hash_password(password))
    if password is not None or account["disabled"]:
        queries.close_sessions_of(connection, account=account["id"])


def _check(
    connection: Connection,
    role: Role,
    team: str | None,
    vendor: str | None,
    residents: Sequence[str],
) -> None:
    if role in {"station", "centre"} and team is None:
        raise unprocessable(f"A {role} account answers for an area: give its team.")
    if role == "vendor" and vendor is None:
        raise unprocessable("A vendor account sees one vendor's devices: give the vendor's name.")
    if role != "family" and residents:
        raise unprocessable("Only family accounts have residents of their own; others have a team.")
    if team is not None and queries.team_level(connection, id=team) is None:
        raise unprocessable(f"There is no team {team!r}: create it first, or check the spelling.")
    missing = [
        row["id"] for row in queries.missing_residents(connection, residents=list(residents))
    ]
    if missing:
        raise unprocessable(f"There is no resident {', '.join(missing)}: create them first.")


def _verify(password_hash: str, password: str) -> bool:
    try:
        with _at_once:
            return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
