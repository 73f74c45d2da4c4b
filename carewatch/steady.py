"""A database connection that outlives the database: work on it is tried until it succeeds."""

import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg
import structlog
from prometheus_client import Gauge

from domain.errors import CarewatchError

log = structlog.get_logger()

RECEIVING = 7_264_002
"""Advisory lock that the pump holds once it hears the broker; others see by it that it does."""
_ONLY_PUMP = 7_264_001
"""Advisory lock of the one pump that may write."""

_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""The database does not answer, or takes nothing just now (starting, read-only, full)."""
_RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)

DATABASE_UP = Gauge("carewatch_pump_database_up", "Whether the pump's last commit succeeded")

T = TypeVar("T")


class Ended(CarewatchError):
    """We are to stop, and the database is away."""


class SteadyDatabase:
    """The pump's connection, with the locks that go with it.

    ``connect`` opens a connection in autocommit mode, ``prepare`` makes it ready for use.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        prepare: Callable[[psycopg.Connection], None],
        stop: threading.Event,
    ) -> None:
        self._connect = connect
        self._prepare = prepare
        self._stop = stop
        self._connection: psycopg.Connection | None = None
        self._receiving = False

    def persist(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Do ``work``, again and again until it succeeds; Ended where we are to stop before.

        Its statements must bear being repeated: a commit may have happened though its answer
        was lost.
        """
        attempt = 0
        while True:
            try:
                answer = work(self._open())
                DATABASE_UP.set(1)
                return answer
            except _AWAY as error:
                DATABASE_UP.set(0)
                log.error("database away, trying again", reason=_first_line(error))
                self._close()
                if self._stop.wait(_RETRY_S[min(attempt, len(_RETRY_S) - 1)]):
                    raise Ended from error
                attempt += 1

    def announce(self) -> None:
        """Let others see, from now on, that messages are received."""
        self._receiving = True
        self.persist(_announce)

    def _open(self) -> psycopg.Connection:
        if self._connection is None:
            connection = self._connect()
            _claim(connection)
            self._prepare(connection)
            if self._receiving:
                _announce(connection)
            self._connection = connection
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _claim(connection: psycopg.Connection) -> None:
    """Become the one pump; to be tried again where another is at work."""
    row = connection.execute("select pg_try_advisory_lock(%s)", (_ONLY_PUMP,)).fetchone()
    if row is None or not row[0]:
        connection.close()
        raise psycopg.OperationalError("another pump is at work on this database")


def _announce(connection: psycopg.Connection) -> None:
    connection.execute("select pg_try_advisory_lock(%s)", (RECEIVING,))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
