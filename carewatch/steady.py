"""A database connection that outlives the database: work on it is tried until it succeeds."""

import secrets
import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg
import structlog
from prometheus_client import Gauge
from psycopg.pq import TransactionStatus

from carewatch import locks
from domain.errors import CarewatchError

log = structlog.get_logger()

RECEIVING = locks.RECEIVING
"""Advisory lock that the pump holds once it hears the broker; others see by it that it does."""
_ONLY_PUMP = locks.ONLY_PUMP

AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""The database does not answer, or takes nothing just now (starting, read-only, full)."""
_RETRY_S = (0.1, 0.2, 0.5)
_CONNECT_S = (2, 2, 2, 10)
"""How long each attempt to connect may take, round and round: mostly short, because an attempt
that began while the network was cut finds the way late; now and then long, for a slow server."""
_VANISHED_S = 5
"""How long the other side may owe an answer to a sign of life before it counts as gone."""

NAME = "carewatch gateway"
"""What ``pg_stat_activity`` calls the pump; a token of the process and the SQLSTATE of what it
fails with, if it does, come after it. Others can read it where nothing can be written."""

DATABASE_UP = Gauge("carewatch_pump_database_up", "Whether the pump's last commit succeeded")

T = TypeVar("T")


class Ended(CarewatchError):
    """We are to stop, and the database is away."""


class Connector:
    """Opens connections in autocommit mode that notice when the other side has vanished.

    Both sides look for each other. A server that did not would keep the lock of a pump whose
    network was cut, for two hours by default.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._attempts = 0

    def __call__(self) -> psycopg.Connection:
        patience = _CONNECT_S[self._attempts % len(_CONNECT_S)]
        self._attempts += 1
        connection = psycopg.connect(
            self._url, autocommit=True, connect_timeout=patience, keepalives_idle=_VANISHED_S,
            keepalives_interval=1, keepalives_count=3, tcp_user_timeout=_VANISHED_S * 1000,
        )  # fmt: skip
        connection.execute(_LOOK_FOR_US)
        self._attempts = 0
        return connection


_LOOK_FOR_US = f"""
select set_config('tcp_keepalives_idle', '{_VANISHED_S}', false),
       set_config('tcp_keepalives_interval', '1', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '{_VANISHED_S * 1000}', false)
"""


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
        self._name = f"{NAME} {secrets.token_hex(8)}"
        self._trouble = ""

    def persist(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Do ``work``, again and again until it succeeds; Ended where we are to stop before.

        Its statements must bear being repeated: a commit may have happened though its answer
        was lost.
        """
        attempt = 0
        while True:
            try:
                answer = work(self._open())
                self._be_well()
                return answer
            except AWAY as error:
                self._be_in_trouble(error)
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
            try:
                _claim(connection, self._name)
                _call(connection, self._name)
                self._prepare(connection)
                if self._receiving:
                    _announce(connection)
            except psycopg.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _be_well(self) -> None:
        DATABASE_UP.set(1)
        if self._trouble:
            log.info("the database takes everything again")
            self._trouble = ""
            self._tell_name()

    def _be_in_trouble(self, error: psycopg.Error) -> None:
        """Say so, once; keep the connection, and the locks with it, where it still works."""
        DATABASE_UP.set(0)
        trouble = f"{type(error).__name__} {error.sqlstate or ''}"
        if trouble != self._trouble:
            log.error("database away, trying again", reason=_first_line(error))
            self._trouble = trouble
        self._tell_name(error.sqlstate or "")

    def _tell_name(self, sqlstate: str = "") -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if connection.info.transaction_status is not TransactionStatus.IDLE:
                raise psycopg.InterfaceError("the connection is in the middle of something")
            _call(connection, f"{self._name} {sqlstate}".strip())
        except psycopg.Error:
            connection.close()
            self._connection = None


def _call(connection: psycopg.Connection, name: str) -> None:
    connection.execute("select set_config('application_name', %s, false)", (name,))


def _claim(connection: psycopg.Connection, ours: str) -> None:
    """Become the one pump; to be tried again where another is at work.

    An earlier connection of our own, of which the server has not noticed yet that it is dead,
    is ended.
    """
    row = connection.execute("select pg_try_advisory_lock(%s)", (_ONLY_PUMP,)).fetchone()
    if row is None or not row[0]:
        connection.execute(_END_OURS, (_ONLY_PUMP, f"{ours}%"))
        raise psycopg.OperationalError("another pump is at work on this database")


_END_OURS = """
select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.objid = %s and l.granted
  and l.database = (select oid from pg_database where datname = current_database())
  and a.application_name like %s
"""


def _announce(connection: psycopg.Connection) -> None:
    connection.execute("select pg_try_advisory_lock(%s)", (RECEIVING,))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
