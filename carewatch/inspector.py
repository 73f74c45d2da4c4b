"""The escalator's watch over itself and the rest: heartbeat, standing audit, dead-man's call."""

import os
import socket
import threading
from collections.abc import Callable

import httpx
import structlog
from prometheus_client import Counter

from alerts import inspection
from alerts.ledger import Connection
from carewatch.steady import RECEIVING
from domain.time import MINUTE, SECOND, Clock, Micros

BEAT_EVERY: Micros = 10 * SECOND
INSPECT_EVERY: Micros = 30 * SECOND
CALL_EVERY: Micros = MINUTE
_TIMEOUT = httpx.Timeout(5)

CALLS = Counter("carewatch_deadman_calls_total", "Calls of the dead-man's address.", ["result"])

_log = structlog.get_logger("carewatch.inspector")


class Inspector:
    """Beats, inspects, and calls the dead-man's address for as long as all is well.

    Whoever is behind the address raises the alarm when it is no longer called: that is how it
    is noticed that all of carewatch is gone. ``call`` is done about once a minute.
    """

    def __init__(
        self,
        clock: Clock,
        call: Callable[[], None] | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
        self._clock = clock
        self._call = call
        self._next: dict[str, Micros] = {}

    def __call__(self, connection: Connection) -> Micros:
        """Do what is due; when to be called again."""
        now = self._clock.now()
        if self._is_due("beat", BEAT_EVERY, now):
            inspection.beat(connection, self.name, now)
        if self._is_due("inspect", INSPECT_EVERY, now):
            inspection.inspect(connection, now)
        if self._call and self._is_due("call", CALL_EVERY, now) and is_well(connection):
            self._call()
        return min(self._next.values())

    def leave(self, connection: Connection) -> None:
        """We end because we were told to: nobody need miss us."""
        inspection.leave(connection, self.name)

    def _is_due(self, what: str, every: Micros, now: Micros) -> bool:
        if now < self._next.get(what, now):
            return False
        self._next[what] = now + every
        return True


def is_well(connection: Connection) -> bool:
    """Whether nothing stands in the audit's books, and what devices tell is stored."""
    pump = inspection.queries.pump_at_work(connection, lock=RECEIVING)
    return bool(pump) and not inspection.open_defects(connection)


def caller(url: str | None) -> Callable[[], None] | None:
    """What calls the dead-man's address, if there is one; a failure is tried again in its turn."""
    if url is None:
        return None

    def call() -> None:
        try:
            httpx.get(url, timeout=_TIMEOUT, follow_redirects=True).raise_for_status()
            CALLS.labels("done").inc()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            CALLS.labels("failed").inc()
            _log.warning("the dead-man's address was not reached", error=type(error).__name__)

    return call
