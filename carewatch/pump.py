"""The way of a reading: what arrived is decoded, judged, kept and only then acknowledged.

One process, one thread, one turn at a time. A turn is judged once and stored in one transaction;
where the database is away, storing is tried again until it is back, while the inbox fills and
the broker keeps the rest. Whatever is written can be written twice: after a crash the broker
sends the messages of an unacknowledged turn again.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import psycopg
import structlog
from prometheus_client import Counter, Histogram

from alerts import testing
from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from carewatch import herald, keeping
from carewatch.displays import Displays
from carewatch.downlinks import Downlinks
from carewatch.fair import FairShare
from carewatch.keeping import Prepared
from carewatch.lookout import EVENTS, REMEMBERED, Lookout
from carewatch.memory import Memory, one_by_one
from carewatch.settings import Settings
from carewatch.steady import Connector, Ended, SteadyDatabase
from domain.directory import Snapshot
from domain.finding import Finding
from domain.time import SECOND, Clock, Micros, SystemClock
from gateway import topics
from gateway.decode import decode
from gateway.directory import Reader
from gateway.inbox import Inbox, Mailbox, Message, Turn
from gateway.mqtt.subscriber import Subscriber
from gateway.receipts import Receipt
from ingest import signals, waveforms
from ingest import store as reading_store
from ingest.dedupe import fresh
from ingest.signals import Signals

log = structlog.get_logger()

CHECKPOINT_EVERY: Micros = 30 * SECOND
MEMORY_EVERY: Micros = 10 * SECOND

MESSAGES = Counter("carewatch_messages_total", "Messages taken from the broker")
REFUSALS = Counter("carewatch_refused_total", "Messages and values refused", ["code"])
UNKNOWN = Counter("carewatch_unknown_fields_total", "Fields that the contract does not know")
WAVES = Counter("carewatch_waves_total", "Waveform messages checked and handed on")
COMMITS = Histogram(
    "carewatch_turn_seconds",
    "From a turn's last arrival to its commit",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30),
)
DETECTOR_FAILURES = Counter("carewatch_detector_failures_total", "Items that a detector failed on")

_REFUSED_BY_DATABASE = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)

Publish = Callable[[str, bytes], Any]


class Pump:
    """Turns of an inbox into the database, and receipts back to the devices.

    ``connect`` opens a database connection in autocommit mode; ``publish`` sends to a device.
    ``lookout`` is told what is about to be recorded, and what is.
    """

    def __init__(
        self,
        inbox: Inbox,
        engine: Engine,
        signals: Signals,
        connect: Callable[[], psycopg.Connection],
        publish: Publish,
        clock: Clock,
        stop: threading.Event,
        lookout: Lookout | None = None,
    ) -> None:
        self._lookout = lookout or Lookout(clock)
        self._inbox = inbox
        self._engine = engine
        self._signals = signals
        self._publish = publish
        self._clock = clock
        self._stop = stop
        self._database = SteadyDatabase(connect, reading_store.prepare, stop)
        self._people = Reader()
        self._memory = Memory(engine, signals, connect)
        self._share = FairShare()
        self._checkpoint_due = self._memory_due = 0
        self._as_of: Micros = 0

    def recover(self) -> None:
        """Be as the last pump was when it ended; to be called before the first turn."""
        with suppress(Ended):
            self._database.persist(self._recover)
            self._database.persist(self._remind)

    def run(self) -> None:
        """Take turns until told to stop."""
        try:
            while not self._stop.is_set():
                self.turn()
            self._database.persist(lambda c: self._memory.save(c, self._settled()))
        except Ended:
            log.warning("stopped while the database was away; what was not stored comes again")

    def turn(self) -> None:
        """Take one turn through: decode, judge, keep, acknowledge, answer."""
        busy = self._share.busy or self._people.behind
        turn = self._inbox.take(until=0 if busy else self._engine.next_deadline())
        prepared = self._database.persist(lambda c: self._prepare(c, turn))
        if turn.resumed:
            self._engine.resume(turn.now)
            self._database.announce()
        if prepared.decoded.waves:
            prepared = prepared.joined_by(self._signals.take(prepared.decoded.waves))
        findings = self._judge(turn, prepared)
        self._as_of = turn.now
        self._lookout.hold(findings)
        answers = self._store(turn, prepared, findings)
        self._lookout.recorded(prepared.decoded.events, findings)
        self._inbox.ack(turn)
        for receipt in answers:
            self._publish(receipt.topic, receipt.payload)
        self._account(turn, prepared)
        self._chores()

    @property
    def _directory(self) -> Snapshot:
        return self._people.snapshot

    # -- before the engine: what can be asked again -------------------------------------------

    def _prepare(self, connection: psycopg.Connection, turn: Turn) -> Prepared:
        self._refresh_directory(connection)
        redelivered = self._identified(turn.messages, lambda message: message.duplicate)
        first = reading_store.first_arrivals(connection, redelivered)
        decoded = decode(turn.messages, self._directory, first)
        known = reading_store.known_events(connection, decoded.events)
        timeless = self._identified(
            turn.messages, lambda _: True, positions=decoded.by_arrival - first.keys()
        )
        arrivals = [
            (device, digest, turn.messages[order].received_at)
            for order, (device, digest) in timeless.items()
        ]
        tests = testing.among(connection, decoded.events)
        return Prepared(decoded, fresh(decoded.events, known), arrivals, tests=tests)

    def _refresh_directory(self, connection: psycopg.Connection) -> None:
        if self._people.look(connection):
            self._memory.know(self._directory)
            self._lookout.know(self._directory)

    def _recover(self, connection: psycopg.Connection) -> None:
        now = self._clock.now()
        reading_store.make_days(connection, now)
        self._refresh_directory(connection)
        self._memory.recover(connection, self._directory, now)
        self._as_of = now

    def _remind(self, connection: psycopg.Connection) -> None:
        """Tell the lookout what the last pump recorded."""
        since = self._clock.now() - REMEMBERED
        self._lookout.recorded(reading_store.events_since(connection, since, EVENTS))

    def _identified(
        self,
        messages: Sequence[Message],
        wanted: Callable[[Message], bool],
        positions: "set[int] | None" = None,
    ) -> dict[int, tuple[int, bytes]]:
        """Device and digest of the wanted messages that name a device, by position."""
        found = {}
        for order in range(len(messages)) if positions is None else sorted(positions):
            message = messages[order]
            parsed = topics.parse(message.topic) if wanted(message) else None
            device = self._directory.device(parsed[0]) if parsed else None
            if device is not None:
                found[order] = (device.slot, reading_store.digest(message.mid, message.payload))
        return found

    def _judge(self, turn: Turn, prepared: Prepared) -> list[Finding]:
        """What the engine concludes; the pump's one catch-all.

        A bug in a detector must not stop everybody's readings, nor lose the other messages'
        alerts: the turn is then judged item by item, and what fails is left out, loudly.
        """
        samples = self._share.admit(turn.now, prepared.decoded.samples)
        events = [*testing.judged(prepared.news, prepared.tests), *prepared.impacts]
        try:
            return self._engine.step(turn.now, samples, events)
        except Exception:
            log.exception("a detector failed; judging the turn item by item")
        findings: list[Finding] = []
        for part, happened in one_by_one(samples, events):
            try:
                findings += self._engine.step(turn.now, part, happened)
            except Exception:
                DETECTOR_FAILURES.inc()
                log.exception("a detector failed on one item; it was kept, not judged")
        return findings

    # -- after the engine: one transaction ----------------------------------------------------

    def _store(self, turn: Turn, prepared: Prepared, findings: Sequence[Finding]) -> list[Receipt]:
        """Keep a turn; where the database refuses a row of it, message by message."""
        try:
            return self._keep(turn, prepared, findings)
        except _REFUSED_BY_DATABASE as error:
            # Not its text, nor a traceback: PostgreSQL's detail shows values of the row.
            log.error("a turn could not be stored whole; storing it apart", error=_name(error))
        answers: list[Receipt] = []
        for message in turn.messages:
            answers += self._store_alone(Turn(turn.now, [message]))
        self._database.persist(lambda c: self._react_alone(c, turn, findings))
        return answers

    def _react_alone(
        self, connection: psycopg.Connection, turn: Turn, findings: Sequence[Finding]
    ) -> None:
        # What was refused may be an alert about somebody who was deleted since the turn began.
        self._refresh_directory(connection)
        keeping.react_alone(connection, findings, self._directory, turn.now, self._lookout.settle)

    def _keep(self, turn: Turn, prepared: Prepared, findings: Sequence[Finding]) -> list[Receipt]:
        return self._database.persist(
            lambda c: keeping.keep(
                c, prepared, findings, self._directory, turn.now, self._lookout.settle
            )
        )

    def _store_alone(self, turn: Turn) -> list[Receipt]:
        """Keep one message's turn, or put it into quarantine."""
        prepared = self._database.persist(lambda c: self._prepare(c, turn))
        try:
            return self._keep(turn, prepared, [])
        except _REFUSED_BY_DATABASE as error:
            (message,) = turn.messages
            log.error("a message could not be stored; it is in quarantine", error=_name(error))
            REFUSALS.labels(keeping.NOT_STORABLE).inc()
            self._database.persist(lambda c: keeping.quarantine(c, message))
            return []

    def _account(self, turn: Turn, prepared: Prepared) -> None:
        decoded = prepared.decoded
        MESSAGES.inc(len(turn.messages))
        UNKNOWN.inc(sum(decoded.unknown_fields.values()))
        WAVES.inc(len(decoded.waves))
        for refusal in decoded.refusals:
            REFUSALS.labels(refusal.code).inc()
            log.debug("refused", device=refusal.device_id, reason=refusal.code)
        if turn.messages:
            COMMITS.observe(max(self._clock.now() - turn.now, 0) / SECOND)
        self._memory.hear(decoded.samples, decoded.events)

    def _settled(self) -> Micros:
        """The instant until which everything has been judged and stored."""
        return self._share.settled(self._as_of)

    def _chores(self) -> None:
        """What is due now and then: the memory, and the signal around a fall."""
        now = self._clock.now()
        if now >= self._memory_due:
            self._memory_due = now + MEMORY_EVERY
            self._database.persist(self._memory.save_contacts)
            self._database.persist(lambda c: waveforms.keep_evidence(c, now))
        if now >= self._checkpoint_due:
            self._checkpoint_due = now + CHECKPOINT_EVERY
            self._memory.save_soon(self._settled())


def _name(error: psycopg.Error) -> str:
    return f"{type(error).__name__} ({error.sqlstate})"


def run(settings: Settings, stop: threading.Event) -> None:
    """The gateway process: an MQTT session, the pump, and what is sent down to devices."""
    clock = SystemClock()
    database, broker = settings.required("database_url"), settings.required("mqtt_url")
    with ExitStack() as stack:
        mailbox = Mailbox(clock)
        subscriber = Subscriber(broker, mailbox)
        mailbox.acknowledge = subscriber.acknowledge
        connect = Connector(database)
        engine = Engine(standard(), judging_samples())
        lookout = stack.enter_context(herald.at_work(settings, clock, stop))
        pump = Pump(
            mailbox, engine, signals.standard(), connect, subscriber.publish, clock, stop, lookout
        )
        downlinks = Downlinks(Connector(database), subscriber.publish, clock, stop)
        threading.Thread(target=_close_on, args=(stop, mailbox), daemon=True).start()
        pump.recover()
        subscriber.start()
        stack.callback(subscriber.stop)
        downlinks.start()
        stack.callback(downlinks.join)
        displays = Displays(Connector(database), subscriber.publish, clock, stop)
        displays.start()
        stack.callback(displays.join)
        pump.run()


def _close_on(stop: threading.Event, mailbox: Mailbox) -> None:
    stop.wait()
    mailbox.close()
