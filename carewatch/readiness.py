"""The parts that have to work for an alert to reach somebody, each with its state."""

import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import psycopg

from api.context import Part
from carewatch.edition import edition
from carewatch.locks import AT_WORK
from carewatch.migrate import migrations
from carewatch.punctual import Punctual
from carewatch.steady import AWAY, NAME

STUCK_S = 120
"""The pump saves its state every 30 s, and takes a turn every second even if nothing comes."""

UNSEEN_S = 60
"""An escalator says every 10 s that it is at work."""

SILENT_S = 15
"""It speaks to the database at least every 10 s."""

CONNECT_S = 2
STATEMENT_MS = 1000
"""The longest question may take the server that long, by its own clock."""
ANSWER_S = 1.5
"""By ours: a server that has not even said so by then hangs."""

NO_CONNECTION = (
    "The database has no connection left: end what holds them, or raise max_connections."
)
_REFUSALS = (
    (("refused", "No such file"), "The database takes no connections: start it, or see its log."),
    (("too many clients", "connection slots"), NO_CONNECTION),
    (
        ("starting up", "shutting down", "recovery"),
        "The database is starting or stopping: wait, or see its log if it stays so.",
    ),
    (
        ("timeout", "timed out", "No route", "unreachable"),
        "The database does not answer: it hangs, or the network to it is cut.",
    ),
    (
        ("authentication", "does not exist"),
        "The database refuses the login: check CAREWATCH_DATABASE_URL.",
    ),
)
"""Words of libpq and PostgreSQL, and what they mean here."""

_FAILURES: Mapping[str, str] = {
    "25006": "The pump cannot store: the database takes no writes. What comes in waits.",
    "53100": "The pump cannot store: the disk of the database is full. Make room; nothing is "
    "lost, what comes in waits.",
    "53200": "The pump cannot store: the database has no memory left. What comes in waits.",
}
"""By the SQLSTATE of what the pump fails with."""
_FAILS = "The pump cannot store (SQLSTATE {}): see its log and that of the database."
_WAITS = (
    "The pump has waited {:.0f} s for a lock: it waits for a lock that process {} of the database "
    "holds. End that one if it does not end by itself."
)
_SILENT = (
    "`carewatch gateway` has said nothing to the database for {:.0f} s: the network between them "
    "is cut, or it hangs; see its log."
)

_UNKNOWN = Part(False, "Not known while the database is not in order.")
_HELD = (
    "select exists (select from pg_locks where locktype = 'advisory' and objid = %s and granted"
    " and database = (select oid from pg_database where datname = current_database()))"
)
_STATE = """
select current_setting('transaction_read_only')::boolean, pg_is_in_recovery(),
       current_setting('max_connections')::integer
       - current_setting('superuser_reserved_connections')::integer
       - (select count(*) from pg_stat_activity where backend_type = 'client backend')
"""
_HOLDER = """
-- The SQLSTATE of its trouble, the seconds that it has waited for a lock, or been silent; and
-- whom it waits for.
select case when starts_with(a.application_name, %s)
            then split_part(a.application_name, ' ', 4) end,
       case when a.wait_event_type = 'Lock' and clock_timestamp() - a.query_start > interval '1 s'
            then extract(epoch from clock_timestamp() - a.query_start) end,
       case when a.state <> 'active' then extract(epoch from clock_timestamp() - a.state_change)
            else 0 end,
       pg_blocking_pids(a.pid)
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.objid = %s and l.granted
  and l.database = (select oid from pg_database where datname = current_database())
"""
_SEEN_AGE = "select extract(epoch from clock_timestamp() - max(seen_at)) from escalator"
_DEFECTS = "select sentence from defect where ended_at is null order by since, id limit 3"
_UNSEEN = "No escalator has said anything for {:.0f} s: start it again, or see its log."
_CHECKPOINT_AGE = "select extract(epoch from clock_timestamp() - max(at)) from checkpoint"


def parts(
    database_url: str, mqtt_url: str | None = None, asks_us: bool = False
) -> Mapping[str, Part]:
    """What ``/readyz`` shows, within about four seconds whatever hangs.

    The broker is left out where its address is not known, and ``auth`` unless the broker asks us
    about each login.
    """
    processes = ("escalator", "keeper", *(("auth",) if asks_us else ()))
    try:
        found = _in_database(database_url, processes)
    except AWAY as error:
        names = ("database", "migrations", "pump", "inspection", *processes)
        found = dict.fromkeys(names, _UNKNOWN)
        found["database"] = Part(False, _why_away(error))
    if mqtt_url is not None:
        url = urlsplit(mqtt_url)
        found["broker"] = _reached((url.hostname or "127.0.0.1", url.port or 1883))
    return found


def _in_database(database_url: str, processes: Sequence[str]) -> dict[str, Part]:
    """On a connection of its own: those of the API may all be waiting for something."""
    with Punctual.connect(
        database_url,
        autocommit=True,
        connect_timeout=CONNECT_S,
        application_name="carewatch readiness",
        options=f"-c statement_timeout={STATEMENT_MS}",
    ) as connection:
        connection.patience_s = ANSWER_S
        migrated = _migrated(connection)
        known = migrated.ok
        return {
            "database": _usable(connection),
            "migrations": migrated,
            "pump": _pumping(connection) if known else _UNKNOWN,
            "inspection": _inspected(connection) if known else _UNKNOWN,
        } | {each: _at_work(connection, each) if known else _UNKNOWN for each in processes}


def _why_away(error: psycopg.Error) -> str:
    """What its failure says about the database; a sentence."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "The database answers, but not in time: see its load, and what is waiting in it."
    said = str(error)
    found = (sentence for words, sentence in _REFUSALS if any(w in said for w in words))
    return next(found, "The database cannot be reached: see its log, and that of the API.")


def _usable(connection: psycopg.Connection) -> Part:
    """Whether it takes writes and further connections."""
    reads, standby, free = connection.execute(_STATE).fetchone() or (False, False, 0)
    if standby:
        return Part(False, "The database is a standby and takes no writes: name the primary one.")
    if reads:
        return Part(
            False,
            "The database takes no writes: take back default_transaction_read_only, "
            "and see first why somebody set it.",
        )
    if free <= 0:
        return Part(False, NO_CONNECTION)
    return Part(True, f"{edition(connection)} answers.")


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
    row = connection.execute(_HOLDER, (NAME, AT_WORK["gateway"])).fetchone() or (None, None, 0, [])
    trouble, waits, silent, blockers = row
    if trouble:
        return Part(False, _FAILURES.get(trouble, _FAILS.format(trouble)))
    if waits is not None:
        return Part(False, _WAITS.format(waits, ", ".join(map(str, blockers))))
    if silent > SILENT_S:
        return Part(False, _SILENT.format(silent))
    (age,) = connection.execute(_CHECKPOINT_AGE).fetchone() or (None,)
    if age is None or age > STUCK_S:
        return Part(False, "`carewatch gateway` is connected, but takes no turns: see its log.")
    return Part(True, f"`carewatch gateway` is at work; its state was saved {age:.0f} s ago.")


def _inspected(connection: psycopg.Connection) -> Part:
    """What the standing audit has found, as long as there is somebody who looks."""
    (age,) = connection.execute(_SEEN_AGE).fetchone() or (None,)
    if age is None:
        return Part(False, "No escalator has looked after the alerts yet: start one.")
    if age > UNSEEN_S:
        return Part(False, _UNSEEN.format(age))
    found = [sentence for (sentence,) in connection.execute(_DEFECTS)]
    if found:
        return Part(False, " ".join(found))
    return Part(True, "Every open alert has an owner and a deadline, and every message goes out.")


def _at_work(connection: psycopg.Connection, process: str) -> Part:
    if connection.execute(_HELD, (AT_WORK[process],)).fetchone() == (True,):
        return Part(True, f"`carewatch {process}` is at work.")
    return Part(False, f"`carewatch {process}` is not connected: start it, or see its log.")


def _reached(address: tuple[str, int]) -> Part:
    try:
        with socket.create_connection(address, timeout=1):
            return Part(True, "The broker takes connections.")
    except OSError as error:
        return Part(False, f"The broker does not take connections: {error.strerror or error}.")
