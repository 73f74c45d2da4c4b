"""Accounts of people: passwords, logins, and what is each one's own.

Passwords are kept as argon2id; a token is 256 random bits of which only the SHA-256 is kept.
"""

import hashlib
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from api.access import TEAM_ROLES, Role, Viewer, roles_of
from api.audit import CANNOT_WRITE
from api.database import Connection, Database, people, queries
from api.problems import conflict, unprocessable
from domain.refusals import refused
from domain.time import DAY, HOUR, Micros, from_datetime, to_datetime

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


def log_in(
    database: Database, username: str, password: str, now: Micros, stay: Micros = 0
) -> Session | None:
    """A new session, or None where name and password do not belong together.

    ``stay``: how long it lasts on a device that stays logged in (0: as any), see :func:`prolong`.
    No connection is held while the password is checked: a flood of logins must not take them.
    """
    with database.transaction() as connection:
        account = queries.account_of(connection, username=username)
    fits = _verify(account["password_hash"] if account else _NOBODY, password)
    if account is None or not fits or account["disabled"]:
        return None
    token = secrets.token_urlsafe(32)
    expires_at = now + (SESSION if account["role"] == "vendor" else max(SESSION, stay))
    with database.transaction() as connection:
        queries.forget_sessions(connection, at=to_datetime(now))
        queries.open_session(
            connection,
            token_hash=_digest(token),
            account=account["id"],
            at=to_datetime(now),
            expires_at=to_datetime(expires_at),
        )
    return Session(token, expires_at)


def prolong(
    connection: Connection, token: str, viewer: Viewer, stay: Micros, now: Micros
) -> Micros:
    """Begin the days of a login that stays anew, once a day at most; when it ends now.

    It is left as it is where nothing can be written.
    """
    if not viewer.stays or now + stay < viewer.expires_at + DAY:
        return viewer.expires_at
    with suppress(*CANNOT_WRITE), connection.transaction():
        until = to_datetime(now + stay)
        queries.prolong_session(connection, token_hash=_digest(token), expires_at=until)
        return now + stay
    return viewer.expires_at


def log_out(connection: Connection, token: str) -> None:
    queries.close_session(connection, token_hash=_digest(token))


def viewer(
    connection: Connection, token: str, now: Micros, address: str | None = None
) -> Viewer | None:
    """Whose token it is, or None where it is over, unknown or its account disabled."""
    row = people.account_rights(connection, token_hash=_digest(token), at=to_datetime(now))
    if row is None:
        return None
    roles = roles_of(row["role"], row["residents"], row["areas"])
    return Viewer(
        account_id=row["id"],
        username=row["username"],
        name=row["name"],
        role=row["role"],
        expires_at=from_datetime(row["expires_at"]),
        roles=roles,
        team_id=row["team_id"],
        residents=frozenset(row["residents"]) if "family" in roles else frozenset(),
        areas={role: frozenset(teams) for role, teams in row["areas"].items() if role in roles},
        incidents=frozenset(row["incidents"]),
        patients=frozenset(row["patients"]),
        vendor=row["vendor"] if row["role"] == "vendor" else None,
        address=address,
        session=row["session"],
        stays=row["expires_at"] - row["created_at"] > timedelta(microseconds=SESSION),
    )


def account_of(connection: Connection, account: str) -> dict[str, Any] | None:
    """An account with its memberships, by its id; None where there is none."""
    return next(iter(people.accounts(connection, id=account, after=None, limit=1)), None)


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(password)


@dataclass(frozen=True, slots=True)
class Rights:
    """What an account is to be: its first role with what belongs to it, and what it is besides."""

    role: Role
    team: str | None = None
    vendor: str | None = None
    residents: Sequence[str] = ()
    memberships: Sequence[tuple[str, str]] = ()
    """Team and role of each; the first membership may be among them."""

    @property
    def further(self) -> list[tuple[str, str]]:
        return sorted(set(self.memberships) - {(str(self.team), self.role)})


def add(
    connection: Connection,
    username: str,
    password: str | None,
    role: Role,
    now: Micros,
    *,
    name: str = "",
    team: str | None = None,
    vendor: str | None = None,
    residents: Sequence[str] = (),
    memberships: Sequence[tuple[str, str]] = (),
) -> str:
    """A new account; its id. Without a password nobody can log in until one is set.

    Raises a Problem where something about it cannot be.
    """
    rights = Rights(role, team, vendor, residents, memberships)
    _check(connection, rights)
    account_id = hashlib.sha256(f"{username}|{now}".encode()).hexdigest()[:16]
    added = queries.insert_account(
        connection,
        id=account_id,
        username=username,
        password_hash="" if password is None else hash_password(password),
        role=rights.role,
        name=name,
        team=rights.team,
        vendor=rights.vendor,
        at=to_datetime(now),
    )
    if not added:
        raise conflict(refused("username_taken", username=username))
    _join(connection, account_id, rights)
    return account_id


def change(connection: Connection, account: Mapping[str, Any], rights: Rights, now: Micros) -> None:
    """Store an account as given; the keys are ``id``, ``name``, ``disabled`` and ``password``.

    A new password or a disabled account ends every login. Raises a Problem where something
    about it cannot be.
    """
    _check(connection, rights)
    queries.update_account(
        connection,
        id=account["id"],
        name=account["name"],
        team=rights.team,
        vendor=rights.vendor,
        disabled=account["disabled"],
        at=to_datetime(now),
    )
    _join(connection, account["id"], rights)
    password = account.get("password")
    if password is not None:
        queries.set_password(connection, id=account["id"], password_hash=hash_password(password))
    if password is not None or account["disabled"]:
        queries.close_sessions_of(connection, account=account["id"])


def set_password(connection: Connection, username: str, password: str) -> bool:
    """Another password; it ends every login of the account. False where there is none."""
    account = queries.account_of(connection, username=username)
    if account is None:
        return False
    queries.set_password(connection, id=account["id"], password_hash=hash_password(password))
    queries.close_sessions_of(connection, account=account["id"])
    return True


def _join(connection: Connection, account: str, rights: Rights) -> None:
    """Into exactly these circles and teams; who stays in a circle keeps the place there."""
    residents = sorted(set(rights.residents))
    queries.leave_circles(connection, account=account, residents=residents)
    queries.join_circles(connection, account=account, residents=residents)
    people.leave_teams(connection, account=account)
    further = rights.further
    people.join_teams(
        connection,
        account=account,
        teams=[team for team, _ in further],
        roles=[role for _, role in further],
    )


def _check(connection: Connection, rights: Rights) -> None:
    role, team = rights.role, rights.team
    if role in TEAM_ROLES and team is None:
        raise unprocessable(refused("account_without_team", role=role))
    if role == "vendor" and rights.vendor is None:
        raise unprocessable(refused("vendor_unnamed"))
    if role == "vendor" and (rights.residents or rights.memberships):
        raise unprocessable(refused("vendor_sees_nobody"))
    teams = sorted({team for team, _ in rights.memberships} | ({team} if team else set()))
    unknown = [row["id"] for row in people.missing_teams(connection, teams=teams)]
    if unknown:
        raise unprocessable(refused("team_unknown", team=unknown))
    asked = list(rights.residents)
    missing = [row["id"] for row in queries.missing_residents(connection, residents=asked)]
    if missing:
        raise unprocessable(refused("resident_unknown", resident=missing))


def _verify(password_hash: str, password: str) -> bool:
    try:
        with _at_once:
            return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
