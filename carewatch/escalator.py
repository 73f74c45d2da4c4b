"""The escalator's process: deadlines are kept, and messages delivered.

Deadlines have a thread and a connection to themselves; routing, the log, the webhook, the
channels of persons and the look at the rotas have others, so that a slow receiver delays no
deadline. Each waits for its next due time or for a NOTIFY, and connects again where the database
was away. Any number of these processes may run.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Protocol

import structlog
from prometheus_client import Gauge

from alerts import arrangements, deadlines, handover, letters, outbox
from alerts.channels.channel import Channel
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.coverage import Gap
from alerts.duty import LOOK_AHEAD
from alerts.ledger import Connection
from alerts.letters import Desk
from carewatch import locks
from carewatch.inspector import Inspector, caller
from carewatch.postroom import CodeSender, person_channels
from carewatch.steady import AWAY, Connector
from domain.errors import CarewatchError
from domain.time import MINUTE, SECOND, Clock, Micros, SystemClock, iso

APPLICATION_NAME = "carewatch escalator"
"""What the database sees of us in ``pg_stat_activity``."""

WORKING = locks.ESCALATING
"""Advisory lock that each escalator shares while it works; others see by it that one does."""

_WEBHOOK_THREADS = 4
_PERSON_THREADS = 4
_LONGEST_WAIT_S = 1.0
"""At least this often it is looked, NOTIFY or not; also the time that a stop may take."""
_BACKOFF_S = (0.1, 0.2, 0.5, 1.0)
_CHECK_EVERY: Micros = MINUTE
_DUTY_EVERY: Micros = 5 * MINUTE

DUTY_GAPS = Gauge(
    "carewatch_duty_gaps", "Spans of the next 7 days in which nobody of a team is on duty."
)

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
    @property
    def public_url(self) -> str | None: ...
    @property
    def reply_secret(self) -> str | None: ...
    @property
    def services(self) -> Mapping[str, str]: ...
    @property
    def deadman_url(self) -> str | None: ...


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
        channels = person_channels(settings)
        desk = Desk(settings.public_url, bool(settings.reply_secret), settings.handover_url)
        inspector = Inspector(clock, caller(settings.deadman_url))
        jobs = [
            Job("route", "outbox", lambda connection: _route(connection, routes, clock)),
            Job("watch", "directory", _watch(DutyWatch(clock), inspector)),
            _delivery(outbox.LOG, 0, LogChannel(), clock),
            *(_delivery(outbox.WEBHOOK, n, webhook, clock, desk) for n in range(senders)),
            *(_letters(n, channels, desk, clock) for n in range(_PERSON_THREADS)),
            Job("codes", "code", CodeSender(channels, clock)),
        ]
        threads = [_start(job, settings.database_url, clock, stop) for job in jobs]
        keep(Job("deadlines", "alert", Keeper(clock)), settings.database_url, clock, stop)
        for thread in threads:
            thread.join()
        with suppress(*AWAY), _connect(settings.database_url) as connection:
            inspector.leave(connection)


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
        except AWAY as error:
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


class DutyWatch:
    """Warns the operator of gaps in the rotas before they happen, once each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._look_at: Micros = 0
        self._known: list[Gap] = []

    def __call__(self, connection: Connection) -> Micros | None:
        now = self._clock.now()
        if now < self._look_at:
            return self._look_at
        self._look_at = now + _DUTY_EVERY
        gaps = arrangements.coming_gaps(connection, now, now + LOOK_AHEAD)
        DUTY_GAPS.set(len(gaps))
        for gap in gaps:
            if not any(_overlap(gap, known) for known in self._known):
                start, until = iso(gap.start), iso(gap.end)
                _log.warning(
                    "nobody on duty",
                    team=gap.team,
                    party=gap.party,
                    start=start,
                    until=until,
                    goes_on=gap.goes_on,
                )
        self._known = gaps
        return self._look_at


def _watch(duty: DutyWatch, inspector: Inspector) -> Callable[[Connection], Micros | None]:
    """Look at the rotas, and at ourselves; what takes long here delays no deadline."""

    def work(connection: Connection) -> Micros | None:
        return min(filter(None, (inspector(connection), duty(connection))))

    return work


def _overlap(gap: Gap, other: Gap) -> bool:
    same = (gap.team, gap.party) == (other.team, other.party)
    return same and gap.start < other.end and other.start < gap.end


def _route(connection: Connection, routes: outbox.Routes, clock: Clock) -> None:
    routed = 1
    while routed:
        with connection.transaction():
            routed = outbox.route(connection, routes, clock.now())


def _delivery(
    name: str, number: int, channel: Channel, clock: Clock, desk: Desk | None = None
) -> Job:
    def work(connection: Connection) -> Micros | None:
        # One at a time: what waits behind a slow receiver is another thread's to take.
        while claimed := outbox.claim(connection, name, clock.now(), limit=1):
            for each in claimed:
                whole = handover.complete(connection, each, desk, clock.now()) if desk else each
                outbox.deliver(connection, whole, channel, clock.now())
        return outbox.next_delivery(connection, name)

    return Job(f"{name} {number}", "outbox", work)


def _letters(number: int, channels: Mapping[str, Channel], desk: Desk, clock: Clock) -> Job:
    def work(connection: Connection) -> Micros | None:
        while claimed := letters.claim(connection, clock.now()):
            for each in claimed:
                letters.deliver(connection, each, channels, desk, clock.now)
        return outbox.next_delivery(connection, outbox.PERSON)

    return Job(f"person {number}", "outbox", work)


def _start(job: Job, database_url: str, clock: Clock, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(
        target=keep, args=(job, database_url, clock, stop), name=job.name, daemon=True
    )
    thread.start()
    return thread


def _connect(database_url: str) -> Connection:
    connection = Connector(database_url)()
    connection.execute("select set_config('application_name', %s, false)", (APPLICATION_NAME,))
    return connection


def _wait(connection: Connection, due: Micros | None, clock: Clock) -> None:
    """Until something is notified, something is due, or a second is over."""
    seconds = _LONGEST_WAIT_S if due is None else (due - clock.now()) / SECOND
    if seconds > 0:
        for _ in connection.notifies(timeout=min(seconds, _LONGEST_WAIT_S), stop_after=1):
            pass
