"""Devices and their credentials.

A secret is 256 random bits, shown once and kept as SHA-256: a slow hash defends weak passwords,
which these are not. A device whose hash is empty has no login of its own (it speaks through a
bridge). All functions leave the transaction to their caller.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

import aiosql
import psycopg

from domain.directory import DeviceKind
from domain.errors import CarewatchError, NotAllowed
from domain.refusals import refused

queries = aiosql.from_path(Path(__file__).with_name("queries.sql"), "psycopg")

FLEET_BRIDGE = "bridge-fleet"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnknownDevice(CarewatchError):
    """There is no device of that name in use."""


@dataclass(frozen=True, slots=True)
class Login:
    """What the broker's question about a user name is decided on."""

    id: str
    kind: DeviceKind
    secret_hash: bytes
    secret_since: datetime
    devices: tuple[str, ...] = ()
    """The devices for which a bridge may publish; empty for any other kind."""
    team: str | None = None
    """The team whose alerts a display shows."""

    def opens_with(self, secret: str) -> bool:
        return bool(self.secret_hash) and hmac.compare_digest(self.secret_hash, hash_secret(secret))


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device in use, as an operator wants to see it."""

    id: str
    kind: str
    vendor: str | None
    model: str | None
    resident_id: str | None
    team_id: str | None
    place: str | None
    interval_s: float | None
    created_at: datetime
    heard_at: datetime | None
    online: bool | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """A bridge account and the devices that it may publish for."""

    username: str
    password: str
    devices: tuple[str, ...]
    renewed: bool
    """Whether the bridge was there already, so that its former password counts no more."""


# -- devices and their secrets -----------------------------------------------------------------


def add(
    connection: psycopg.Connection,
    device_id: str,
    kind: str,
    *,
    resident: str | None = None,
    team: str | None = None,
    vendor: str | None = None,
    model: str | None = None,
    place: str | None = None,
    interval_s: float | None = None,
    test_interval_days: float | None = None,
) -> str:
    """Register a device; its secret, which nobody can read again.

    A removed device comes back under its name, with a new secret.
    Raises NotAllowed where the name is in use or cannot be one, or resident or team is unknown.
    """
    _check(device_id, kind, interval_s)
    secret = _new_secret()
    try:
        with connection.transaction():
            added = queries.insert_device(
                connection, id=device_id, kind=kind, vendor=vendor, model=model,
                resident=resident, team=team, place=place, interval_s=interval_s,
                test_interval_days=test_interval_days, secret_hash=hash_secret(secret),
            )  # fmt: skip
    except psycopg.errors.ForeignKeyViolation as error:
        whom = f"team {team}" if "team" in str(error) else f"resident {resident}"
        raise NotAllowed(f"There is no {whom}: add it first, or check the spelling.") from None
    if added is None:
        raise NotAllowed(refused("device_taken", device=device_id))
    return secret


def rotate(connection: psycopg.Connection, device_id: str) -> str:
    """A new secret; the old one ends, and so does a connection that was made with it."""
    secret = _new_secret()
    if not queries.new_secret(connection, id=device_id, secret_hash=hash_secret(secret)):
        raise UnknownDevice(_not_here(device_id))
    _put_out(connection, device_id)
    return secret


def remove(connection: psycopg.Connection, device_id: str) -> None:
    """Take a device out of use and out of its bridges, and end its connections."""
    if not queries.remove_device(connection, id=device_id):
        raise UnknownDevice(_not_here(device_id))
    bridges = [bridge for (bridge,) in queries.detach_device(connection, id=device_id)]
    for name in (device_id, *bridges):
        _put_out(connection, name)


def attach(connection: psycopg.Connection, bridge_id: str, device_ids: Sequence[str]) -> None:
    """Let a bridge publish for these devices too; it logs in again to learn of it."""
    login = login_of(connection, bridge_id)
    if login is None or login.kind != "bridge":
        raise UnknownDevice(f"There is no bridge {bridge_id}: `carewatch device add` makes one.")
    unknown = [name for (name,) in queries.unknown_devices(connection, devices=list(device_ids))]
    if unknown:
        raise UnknownDevice(_not_here(", ".join(unknown[:10])))
    queries.attach_devices(connection, bridge=bridge_id, devices=list(device_ids))
    _put_out(connection, bridge_id)


def devices(connection: psycopg.Connection, kind: str | None = None) -> list[RegisteredDevice]:
    """All devices in use, by name."""
    return [RegisteredDevice(*row) for row in queries.list_devices(connection, kind=kind)]


def create_fleet(connection: psycopg.Connection, beds: int) -> Fleet:
    """``beds`` residents with a bed each, and a bridge that may publish for all of them.

    What is there already stays; the bridge gets a new secret each time.
    """
    queries.fleet_residents(connection, beds=beds)
    queries.fleet_beds(connection, beds=beds)
    names = tuple(f"bed-{number:05d}" for number in range(1, beds + 1))
    renewed = login_of(connection, FLEET_BRIDGE) is not None
    secret = (
        rotate(connection, FLEET_BRIDGE) if renewed else add(connection, FLEET_BRIDGE, "bridge")
    )
    attach(connection, FLEET_BRIDGE, names)
    return Fleet(FLEET_BRIDGE, secret, names, renewed)


# -- logins ------------------------------------------------------------------------------------


def login_of(connection: psycopg.Connection, device_id: str) -> Login | None:
    """What is known of a user name, or None where no device in use has it."""
    row = queries.login_of(connection, id=device_id)
    if row is None:
        return None
    kind, secret_hash, secret_since, names, team = row
    return Login(device_id, kind, bytes(secret_hash), secret_since, tuple(names), team)


def logins(connection: psycopg.Connection) -> dict[str, Login]:
    """What is known of every user name; about 1 KB each."""
    return {
        name: Login(name, kind, bytes(secret_hash), secret_since, tuple(names), team)
        for name, kind, secret_hash, secret_since, names, team in queries.logins(connection)
    }


def verify(connection: psycopg.Connection, device_id: str, secret: str) -> Login | None:
    """The login, where the device is in use and the secret is its own."""
    login = login_of(connection, device_id)
    return login if login is not None and login.opens_with(secret) else None


def secrets_since(connection: psycopg.Connection, ids: Iterable[str]) -> dict[str, datetime]:
    """Of these names those in use, with the moment from which their present secret counts."""
    return dict(queries.secrets_since(connection, ids=list(ids)))


def note_refusal(
    connection: psycopg.Connection, at: datetime, device: str, topic: str, code: str, reason: str
) -> None:
    """Keep in quarantine what the broker refused; it shows no payload."""
    queries.insert_refusal(
        connection, at=at, device=device[:64], topic=topic[:1024], code=code, reason=reason
    )


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


# -- small print -------------------------------------------------------------------------------


def _check(device_id: str, kind: str, interval_s: float | None) -> None:
    if not _NAME.fullmatch(device_id):
        raise NotAllowed(f"{device_id!r} cannot name a device: use 1 to 64 of A-Z a-z 0-9 _ -")
    if kind not in get_args(DeviceKind):
        raise NotAllowed(f"{kind!r} is no kind of device: {', '.join(get_args(DeviceKind))}.")
    if interval_s is not None and not interval_s > 0:
        raise NotAllowed("The interval between signs of life must be more than 0 seconds.")


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _put_out(connection: psycopg.Connection, name: str) -> None:
    list(queries.tell_revoked(connection, id=name))


def _not_here(names: str) -> str:
    return f"No device in use is called {names}: `carewatch device list` shows those that are."
