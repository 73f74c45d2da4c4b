"""Emergencies that were heard and are not recorded yet.

Events reach us twice: in the pump's session with the broker, in line with all readings, and in a
session of their own, in which they are never held up behind what waits for the database. Here
the second way ends. What the pump has recorded is forgotten; what it has not recorded after
five seconds is told by ``carewatch.herald``.

A resident's emergencies of one kind are one: a second press tells nobody a second time.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile

import psycopg

from alerts.detectors.fall import Fall
from alerts.detectors.hazard import Hazard
from alerts.detectors.sos import Sos
from alerts.engine import Engine
from alerts.unrecorded import Told, already_told, keep_from_others
from carewatch.emergency import Emergency, Key, Mark
from domain.directory import Device, Directory, Snapshot, Subject
from domain.event import Event
from domain.finding import Finding
from domain.sample import Batch
from domain.time import HOUR, MINUTE, SECOND, Clock, Micros
from gateway import topics
from gateway.decode import decode
from gateway.inbox import MAX_BYTES, Message, Packet

EVENTS = ("button_pressed", "fall", "smoke", "gas", "carbon_monoxide")
"""Events that may be an emergency."""

REMEMBERED: Micros = 10 * MINUTE
"""How long it is known that an event was recorded: the two sessions are never so far apart."""

STANDS: Micros = HOUR
"""How long who was told of an emergency is not told of the next of its kind, if the first is not
recorded by then; it may never be."""

_APART: Micros = 2 * SECOND
"""How much earlier than here the pump may have heard the same message."""

_BY_ARRIVAL = "@arrival"
"""In the mark of events without a name and time of their own: they are told apart by when they
came, which is not quite the same in both sessions."""


class Lookout:
    """Keeps emergencies until they are recorded.

    Its methods are called by three threads: ``put`` and ``resume`` by the broker's session,
    ``know``, ``hold``, ``settle`` and ``recorded`` by the pump, the others by the herald.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.acknowledge: Callable[[Sequence[Message]], None] = lambda _: None
        """Tells the broker; to be set by whoever connects it."""
        self.ended: Callable[[], None] = lambda: None
        """Is called when something that was told is recorded, and over."""
        self._lock = threading.Lock()
        self._engine = _engine()
        self._directory: Directory | None = None
        self._emergencies: dict[Key, Emergency] = {}
        self._recorded: dict[Mark, Micros] = {}

    @property
    def directory(self) -> Directory | None:
        return self._directory

    # -- what is heard ------------------------------------------------------------------------

    def put(self, packets: Sequence[Packet], session: int) -> None:
        """Take what the broker's session brings; what is no emergency is done with."""
        now = self._clock.now()
        with self._lock:
            done = [
                message
                for packet in packets
                if not self._keep(message := _message(packet, now, session))
            ]
        self.acknowledge(done)

    def resume(self) -> None:
        """Nothing hangs on how long nothing could be heard."""

    def hold(self, findings: Sequence[Finding]) -> None:
        """Take what the pump is about to record."""
        if findings and self._directory is not None:
            with self._lock:
                self._take(findings, self._directory)

    def _keep(self, message: Message) -> bool:
        """Whether this is an emergency that waits to be recorded."""
        directory = self._directory or _of_one(message.topic)
        events = decode([message], directory).events
        rings = bool(events) and events[0].event in EVENTS
        return rings and self._hear(events[0], directory, message)

    def _hear(self, event: Event, directory: Directory, message: Message) -> bool:
        mark = _mark_of(event)
        if self._is_recorded(mark, event.received_at):
            return False
        engine = self._engine if directory is self._directory else _engine()
        engine.know(_around(event, directory))
        found = engine.step(event.received_at, Batch.empty(), [event])
        told = [finding for finding in found if finding.key == event.key or not finding.active]
        return self._take(told, directory, message, mark)

    def _is_recorded(self, mark: Mark, heard_at: Micros) -> bool:
        at = self._recorded.get(mark)
        return at is not None and (at >= heard_at - _APART or not mark[1].endswith(_BY_ARRIVAL))

    def _take(
        self,
        findings: Iterable[Finding],
        directory: Directory,
        message: Message | None = None,
        told_by: Mark | None = None,
    ) -> bool:
        """Whether the message is to be acknowledged only when its emergency is dealt with."""
        waits = False
        for finding in findings:
            subject = _subject(finding, directory)
            if subject is None:
                continue
            key, mark = (subject, finding.kind), told_by or _mark(finding, directory)
            if not finding.active:
                self._take_back(key)
            elif _rings(finding):
                waits |= self._remember(key, mark, finding, directory, message)
        return waits

    def _remember(
        self, key: Key, mark: Mark, finding: Finding, directory: Directory, message: Message | None
    ) -> bool:
        known = self._emergencies.get(key)
        if known is not None and known.tellings and known.heard_at < self._clock.now() - STANDS:
            known = None
        if known is None and any(each.mark == mark for each in self._emergencies.values()):
            return False  # told by an earlier process, which knew better whose it is
        if known is None:
            known = Emergency(key, mark, self._clock.now(), finding, directory)
            self._emergencies[key] = known
        if message is None or known.mark != mark or known.tellings:
            return False
        known.message = message
        return True

    def _take_back(self, key: Key) -> None:
        """Over before anybody was told of it."""
        known = self._emergencies.get(key)
        if known is not None and not known.tellings:
            self._forget([known])

    # -- what the pump does -------------------------------------------------------------------

    def know(self, directory: Directory) -> None:
        """Take a new snapshot of people and devices."""
        with self._lock:
            self._directory = directory

    @contextmanager
    def settle(self, connection: psycopg.Connection) -> Iterator[None]:
        """Write what was told of alerts; around what records them, and last before the commit.

        What records may wait for a lock, and people are told meanwhile. From the end of this
        until ``recorded`` nobody is: they would be told again of what the commit has recorded.
        """
        with self._lock:
            known = list(self._emergencies.values())
        keep_from_others(connection, {subject for subject, _ in (each.key for each in known)})
        yield
        already_told(connection, self._offer(known), self._clock.now())

    def _offer(self, emergencies: Iterable[Emergency]) -> list[Told]:
        told: list[Told] = []
        with self._lock:
            for each in emergencies:
                each.offered = dict(each.tellings)
                if each.offered_at is None:  # once: a commit that fails again delays no further
                    each.offered_at = self._clock.now()
                told += each.offered.values()
        return told

    def recorded(self, events: Sequence[Event], findings: Sequence[Finding] = ()) -> None:
        """These are committed, and what was last settled with them."""
        events = [event for event in events if event.event in EVENTS]
        if not events and not self._emergencies:
            return
        with self._lock:
            for event in events:
                self._recorded.pop(_mark_of(event), None)
                self._recorded[_mark_of(event)] = event.received_at
            if self._directory is not None:
                for finding in findings:
                    self._recorded[_mark(finding, self._directory)] = finding.at
            for emergency in self._emergencies.values():
                emergency.recorded |= self._is_recorded(emergency.mark, emergency.heard_at)
                emergency.offered_at = None
            over = [each for each in self._emergencies.values() if each.over]
            self._forget(over)
            self._forget_recorded()
        if any(each.tellings for each in over):
            self.ended()

    def _forget_recorded(self) -> None:
        """What was recorded long ago; the oldest stand first."""
        before = self._clock.now() - REMEMBERED
        old = takewhile(lambda mark: self._recorded[mark] <= before, self._recorded)
        for mark in list(old):
            del self._recorded[mark]

    def _forget(self, emergencies: Iterable[Emergency]) -> None:
        for each in emergencies:
            del self._emergencies[each.key]
            if each.message is not None:
                self.acknowledge([each.message])

    # -- what the herald does -----------------------------------------------------------------

    def due(self, now: Micros) -> list[Emergency]:
        """Those to be told now."""
        with self._lock:
            return [
                each
                for each in self._emergencies.values()
                if each.finding is not None and each.is_due(now)
            ]

    def tell(self, emergency: Emergency, tellings: Iterable[Told], again_at: Micros) -> bool:
        """Note that these are about to be told; False where it is recorded, or just about to be."""
        with self._lock:
            known = self._emergencies.get(emergency.key) is emergency
            if not known or not emergency.is_due(self._clock.now()):
                return False
            emergency.again_at = again_at
            for telling in tellings:
                emergency.tellings.setdefault(telling.message_id, telling)
            return True

    def told(self, emergency: Emergency, telling: Told, at: Micros | None) -> None:
        """A message got through, or (``at`` None) did not."""
        with self._lock:
            if at is not None:
                emergency.tellings[telling.message_id] = replace(telling, at=at)
            else:
                del emergency.tellings[telling.message_id]
            message, emergency.message = emergency.message, None
        if message is not None:
            self.acknowledge([message])

    def all_told(self) -> list[Emergency]:
        """Those of which somebody was told."""
        with self._lock:
            return [
                replace(each, tellings=dict(each.tellings))
                for each in self._emergencies.values()
                if any(telling.at is not None for telling in each.tellings.values())
            ]

    def remember_told(self, emergencies: Iterable[Emergency]) -> None:
        """Take back what an earlier process had told."""
        with self._lock:
            self._emergencies |= {each.key: each for each in emergencies}


def _engine() -> Engine:
    """Judges events that need nothing else to be understood."""
    return Engine((Sos(), Fall(), Hazard()))


def _around(event: Event, directory: Directory) -> Directory:
    """The one who is concerned: to learn of everybody at each change would hold the pump up."""
    return Snapshot([directory.subject(event.slot)], [directory.device_at(event.device)])


def _rings(finding: Finding) -> bool:
    return finding.priority == "high" or finding.kind == "fall_suspected"


def _message(packet: Packet, now: Micros, session: int) -> Message:
    topic, payload, retained, duplicate, mid = packet
    size = len(payload)
    return Message(now, topic, payload[:MAX_BYTES], size, retained, duplicate, session, mid)


def _mark_of(event: Event) -> Mark:
    if event.id is None and event.happened_at == event.received_at:
        return event.device_id, event.key.rpartition("@")[0] + _BY_ARRIVAL
    return event.device_id, event.key


def _subject(finding: Finding, directory: Directory) -> str | None:
    try:
        return directory.subject(finding.slot).id
    except KeyError:
        return None


def _mark(finding: Finding, directory: Directory) -> Mark:
    try:
        device = directory.device_at(finding.device).id
    except KeyError:  # removed meanwhile
        device = f"slot {finding.device}"
    return device, finding.key or f"{finding.kind}@{finding.since}"


def _of_one(topic: str) -> Directory:
    """While the database was never read: a device is all that we know, and its own subject."""
    parsed = topics.parse(topic)
    name = parsed[0] if parsed else ""
    return Snapshot([Subject(f"device:{name}", 0, None)], [Device(name, 0, 0)])
