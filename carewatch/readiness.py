"""The parts that have to work for an alert to reach somebody, each with its state."""

import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import psycopg

from api.context import Part
from api.database import Database
from carewatch.migrate import migrations
from domain.errors import Unavailable

LOCKS: Mapping[str, int] = {"gateway": 7_264_002, "escalator": 7_264_003, "auth": 7_264_004}
"""Advisory locks that the processes hold on a connection for as long as they work: nobody has
to write them, and they end with their holder."""
STUCK_S = 120
"""The pump saves its state every 30 s, and takes a turn every second even if nothing comes."""

_UNKNOWN = Part(False, "Not known while the database is not in order.")
_HELD = (
    "select exists (select from pg_locks where locktype = 'advisory' and objid = %s and granted"
    " and database = (select oid from pg_database where datname = current_database()))"
)
_CHECKPOINT_AGE = "select extract(epoch from clock_timestamp() - max(at)) from checkpoint"


def parts(database: Database, mqtt_url: str | None, asks_us: bool = False) -> Mapping[str, Part]:
    """What ``/readyz`` shows.

    The broker is left out where its address is not known, and ``auth`` unless the broker asks us
    about each login.
    """
    found = _in_database(database, ("escalator", "auth") if asks_us else ("escalator",))
    if mqtt_url is not None:
        url = urlsplit(mqtt_url)
        found["broker"] = _reached((url.hostname or "127.0.0.1", url.port or 1883))
    return found


def _in_database(database: Database, processes: Sequence[str]) -> dict[str, Part]:
    """One connection for all: where there is none, nobody waits for it three times."""
    try:
        with database.transaction() as connection:
            migrated = _migrated(connection)
            known = migrated.ok
            return {
                "database": Part(True, "The database answers."),
                "migrations": migrated,
                "pump": _pumping(connection) if known else _UNKNOWN,
            } | {each: _at_work(connection, each) if known else _UNKNOWN for each in processes}
    except Unavailable as error:
        away = Part(False, str(error))
        return {"database": away} | dict.fromkeys(("migrations", "pump", *processes), _UNKNOWN)


def _migrated(connection: psycopg.Connection) -> Part:
    if connection.execute("select to_regclass('migration')").fetchone() == (None,):
        return Part(False, "The database is empty: run `carewatch migrate`.")
    applied = {name for (name,) in connection.execute("select name from migration")}
    missing = [migration.name for migration in migrations() if migration.name not in applied]
    if missing:
        return Part(False, f"{', '.join(missing)} not applied: run `carewatch migrate`.")
    return Part(True, f"All {len(applied)} migrations are applied.")


def _pumping(connection: psycopg.Connection) -> Part:
    connected = _at_work(connection, "gateway")
    if not connected.ok:
        return connected
    (age,) = connection.execute(_CHECKPOINT_AGE).fetchone() or (None,)
    if age is None or age > STUCK_S:
        return Part(False, "`carewatch gateway` is connected, but takes no turns: see its log.")
    return Part(True, f"`carewatch gateway` is at work; its state was saved {age:.0f} s ago.")


def _at_work(connection: psycopg.Connection, process: str) -> Part:
    if connection.execute(_HELD, (LOCKS[process],)).fetchone() == (True,):
        return Part(True, f"`carewatch {process}` is at work.")
    return Part(False, f"`carewatch {process}` is not connected: start it, or see its log.")


def _reached(address: tuple[str, int]) -> Part:
    try:
        with socket.create_connection(address, timeout=1):
            return Part(True, "The broker takes connections.")
    except OSError as error:
        return Part(False, f"The broker does not take connections: {error.strerror or error}.")
