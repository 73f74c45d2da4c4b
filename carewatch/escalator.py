"""The escalator's process: deadlines are kept, and messages delivered.

Deadlines have a thread and a connection to themselves; routing, the log and the webhook have
others, so that a slow receiver delays no deadline. Each waits for its next due time or for a
NOTIFY, and connects again where the database was away. Any number of these processes may run.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import psycopg
import structlog

from alerts import deadlines, outbox
from alerts.channels.channel import Channel
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.ledger import Connection
from domain.errors import CarewatchError
from domain.time import MINUTE, SECOND, Clock, Micros, SystemClock

APPLICATION_NAME = "carewatch escalator"
"""What the database sees of us in ``pg_stat_activity``."""

WORKING = 7_264_003
"""Advisory lock that each escalator shares while it works; others see by it that one does."""

_WEBHOOK_THREADS = 4
_LONGEST_WAIT_S = 1.0
"""At least this often it is looked, NOTIFY or not; also the time that a stop may take."""
_BACKOFF_S = (0.1, 0.2, 0.5, 1.0)
_CHECK_EVERY: Micros = MINUTE

_log = structlog.get_logger("carewatch.escalator")


class EscalatorSettings(Protocol):
    """What it needs of the settings."""

    @property
    def database_url(self) -> str | None: ...
    @property
    def webhook_url(self) -> str | None: ...
    @property
    def webhook_secret(self) -> str | None: ...
    @property
    def handover_url(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one thread.

    ``wakes_on`` is the channel of NOTIFY; ``work`` does all that is due and answers when it
    wants to be called next at the latest, or None for "when something is notified".
    """

    name: str
    wakes_on: str
    work: Callable[[Connection], Micros | None]


def run(settings: EscalatorSettings, stop: threading.Event) -> None:
    """Keep deadlines and deliver until ``stop`` is set."""
    if not settings.database_url:
        raise CarewatchError("The escalator needs a database: set CAREWATCH_DATABASE_URL.")
    clock = SystemClock()
    with ExitStack() as closing:
        webhook = WebhookChannel(settings.webhook_secret, clock)
        closing.callback(webhook.close)
        routes = outbox.Routes(settings.webhook_url, settings.handover_url)
        senders = _WEBHOOK_THREADS if routes.webhooks else 1
        jobs = [
            Job("route", "outbox", lambda connection: _route(connection, routes, clock)),
            _delivery(outbox.LOG, 0, LogChannel(), clock),
            *(_delivery(outbox.WEBHOOK, n, webhook, clock) for n in range(senders)),
        ]
        threads = [_start(job, settings.database_url, clock, stop) for job in jobs]
        keep(Job("deadlines", "alert", Keeper(clock)), settings.database_url, clock, stop)
        for thread in threads:
            thread.join()


def keep(job: Job, database_url: str, clock: Clock, stop: threading.Event) -> None:
    """Do the job until ``stop``, whatever becomes of the database meanwhile.

    Anything else that goes wrong ends the job and sets ``stop``: whoever started the process
    starts it afresh, rather than leave it running with a part of it dead.
    """
    try:
        _keep(job, database_url, clock, stop)
    finally:
        stop.set()


def _keep(job: Job, database_url: str, clock: Clock, stop: threading.Event) -> None:
    failures = 0
    while not stop.is_set():
        try:
            with _connect(database_url) as connection:
                connection.execute("select pg_advisory_lock_shared(%s)", (WORKING,))
                connection.execute(f"listen {job.wakes_on}".encode())
                while not stop.is_set():
                    due = job.work(connection)
                    failures = 0
                    _wait(connection, due, clock)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not failures:
                _log.warning("database away", job=job.name, error=type(error).__name__)
            stop.wait(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
            failures += 1


class Keeper:
    """Escalates all that is due, and looks once a minute whether anything was forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._check_at: Micros = 0

    def __call__(self, connection: Connection) -> Micros | None:
        while missed := self._escalate(connection):
            deadlines.observe(missed, self._clock.now())
        self._check(connection)
        return deadlines.next_deadline(connection)

    def _escalate(self, connection: Connection) -> list[Micros]:
        with connection.transaction():
            return deadlines.escalate(connection, self._clock.now())

    def _check(self, connection: Connection) -> None:
        now = self._clock.now()
        if now < self._check_at:
            return
        self._check_at = now + _CHECK_EVERY
        found = deadlines.check(connection, now)
        if found.nobodys or found.overdue:
            _log.error("alerts unattended", nobodys=found.nobodys, overdue=found.overdue)


def _route(connection: Connection, routes: outbox.Routes, clock: Clock) -> None:
    routed = 1
    while routed:
        with connection.transaction():
            routed = outbox.route(connection, routes, clock.now())


def _delivery(name: str, number: int, channel: Channel, clock: Clock) -> Job:
    def work(connection: Connection) -> Micros | None:
        # One at a time: what waits behind a slow receiver is another thread's to take.
        while claimed := outbox.claim(connection, name, clock.now(), limit=1):
            for each in claimed:
                outbox.deliver(connection, each, channel, clock.now())
        return outbox.next_delivery(connection, name)

    return Job(f"{name} {number}", "outbox", work)


def _start(job: Job, database_url: str, clock: Clock, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(
        target=keep, args=(job, database_url, clock, stop), name=job.name, daemon=True
    )
    thread.start()
    return thread


def _connect(database_url: str) -> Connection:
    return psycopg.connect(
        database_url, autocommit=True, connect_timeout=5, application_name=APPLICATION_NAME
    )


def _wait(connection: Connection, due: Micros | None, clock: Clock) -> None:
    """Until something is notified, something is due, or a second is over."""
    seconds = _LONGEST_WAIT_S if due is None else (due - clock.now()) / SECOND
    if seconds > 0:
        for _ in connection.notifies(timeout=min(seconds, _LONGEST_WAIT_S), stop_after=1):
            pass
