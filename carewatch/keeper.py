"""The keeper's process: roll-ups, room for the days to come, packing, and forgetting.

One works; another waits until it is gone. Whatever it does is cut into transactions that may be
repeated, so it can be ended at any moment, and makes up for the time that it was away.
"""

import threading
from dataclasses import dataclass

import psycopg
import structlog
from prometheus_client import Counter, Gauge

from carewatch import locks
from carewatch.settings import Settings
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, SystemClock, stopwatch
from ingest import packing, retention, rollups
from ingest.retention import Keep

log = structlog.get_logger()

APPLICATION_NAME = "carewatch keeper"
WORKING = locks.KEEPING
"""Advisory lock of the one keeper that works; others see by it that one does."""

ROUND_EVERY: Micros = 30 * SECOND
_ROOM_EVERY: Micros = 10 * MINUTE
_FORGET_EVERY: Micros = HOUR
_PACK_FOR_S = 20.0
"""Of each round, after which minutes are rolled up again before more is packed."""
_RETRY_S = (0.1, 0.5, 1.0, 2.0)

ROLLED_UP = Gauge("carewatch_rollup_age_seconds", "How far the minutes lag behind the present")
CORRECTED = Counter("carewatch_rollup_corrections_total", "Minutes rolled up again")
PACKED = Counter("carewatch_packing_steps_total", "Transactions that packed finished days")
DROPPED = Counter("carewatch_dropped_pieces_total", "Pieces of tables that were dropped for age")

_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
_OPTIONS = "-c jit=off -c work_mem=64MB -c lock_timeout=2s"
"""A lock that is not had in two seconds is tried again later: writers would wait behind us."""


@dataclass(slots=True)
class Keeper:
    """Does what is due; ``connection`` is in autocommit mode."""

    keep: Keep
    chunk_hours: int | None = None
    _room_due: Micros = 0
    _forget_due: Micros = 0

    def work(self, connection: psycopg.Connection, now: Micros) -> None:
        if now >= self._room_due:
            retention.make_room(connection, now)
            retention.forget_passing(connection, now)
            self._room_due = now + _ROOM_EVERY
        CORRECTED.inc(rollups.roll_up(connection, now, since=now - self.keep.samples * DAY))
        found = rollups.progress(connection)
        if found is not None:
            ROLLED_UP.set((now - found.minute) / SECOND)
        if now >= self._forget_due:
            DROPPED.inc(retention.forget(connection, self.keep, now))
            DROPPED.inc(packing.drop(connection, now))
            retention.compress(connection, self.keep, now)
            retention.fit_chunks(connection, self.chunk_hours)
            self._forget_due = now + _FORGET_EVERY
        self._pack(connection, now)

    def _pack(self, connection: psycopg.Connection, now: Micros) -> None:
        """As much as a round has time for; the next one goes on."""
        began = stopwatch()
        for _ in packing.pack(connection, self.keep, now):
            PACKED.inc()
            if stopwatch() - began > _PACK_FOR_S:
                return


def run(settings: Settings, stop: threading.Event) -> None:
    """Keep the readings until ``stop`` is set, whatever becomes of the database meanwhile."""
    keeper = Keeper(keep_of(settings), settings.chunk_hours)
    database, clock = settings.required("database_url"), SystemClock()
    failures = 0
    while not stop.is_set():
        try:
            with _connect(database) as connection:
                while _alone(connection) and not stop.is_set():
                    keeper.work(connection, clock.now())
                    failures = 0
                    _rest(connection, stop)
                stop.wait(_RETRY_S[-1])
        except _AWAY as error:
            if not failures:
                log.warning("database away, trying again", error=type(error).__name__)
            stop.wait(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
            failures += 1


def _rest(connection: psycopg.Connection, stop: threading.Event) -> None:
    """Until the next round, or we are to stop; raises where the database goes away meanwhile."""
    for _ in range(ROUND_EVERY // SECOND):
        if stop.is_set():
            return
        for _ in connection.notifies(timeout=1.0, stop_after=1):
            pass


def keep_of(settings: Settings) -> Keep:
    """For how long what is kept, as the settings have it."""
    return Keep(
        samples=settings.keep_samples_days,
        minutes=settings.keep_minutes_days,
        rest=settings.keep_rest_days,
        quarantine=settings.keep_quarantine_days,
        uncompressed=settings.compress_after_days,
    )


def _connect(database: str) -> psycopg.Connection:
    return psycopg.connect(
        database,
        autocommit=True,
        connect_timeout=5,
        application_name=APPLICATION_NAME,
        options=_OPTIONS,
    )


def _alone(connection: psycopg.Connection) -> bool:
    """Whether we are the one keeper; where another works, its place may be free later."""
    row = connection.execute("select pg_try_advisory_lock(%s)", (WORKING,)).fetchone()
    return row == (True,)
