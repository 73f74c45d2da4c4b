"""The streaming engine: messages in, findings out, the same for any chunking.

A turn is cut into rounds (``alerts.rounds``) that hold each subject once at most. A round is
handled for all its subjects at once, after those of their timers that were due by then. What
was found is put in the order in which it became known: by instant, timers before messages,
messages as they arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.clock_skew import YEAR_2020
from alerts.detectors.columns import grown
from alerts.detectors.detector import Detector
from alerts.detectors.news import Known, News
from alerts.numbers import NOBODY, Numbers
from alerts.rounds import rounds
from domain.directory import Snapshot
from domain.event import Event
from domain.finding import KINDS, Finding
from domain.sample import Batch
from domain.time import NEVER, Micros


class Engine:
    """All detectors over all subjects.

    ``detectors`` see what is news. ``late`` (a second set, of those that judge samples) sees
    what arrived after something newer of the same device: such readings are judged for what
    they were, and leave the present alone.

    To go on after a restart: ``load``, then ``know``, then ``resume``.
    """

    def __init__(self, detectors: Sequence[Detector], late: Sequence[Detector] = ()) -> None:
        self.detectors = tuple(detectors)
        self.late = tuple(late)
        self._directory = Snapshot((), ())
        self._numbers = Numbers()
        self._known = Known()
        self._late_known = Known()
        self._room = 0, 0
        self._subject_of = np.empty(0, np.int32)
        self._timed = [(n, d) for n, d in enumerate(self.detectors) if "deadline" in d.columns]
        self._next: Micros | None = None  # None: some of them may have moved
        self._twin = {type(detector): detector for detector in self.detectors}

    def know(self, directory: Snapshot) -> None:
        """Take a snapshot of people and devices; to be called before their readings.

        It costs what is different from the snapshot before.
        """
        changes = directory.since(self._directory)
        self._directory = directory
        subjects, devices, gone = self._numbers.know(changes)
        self._make_room()
        self._move({device.slot: device.subject for device in devices})
        for detector in (*self.detectors, *self.late):
            detector.configure(subjects, devices)
            detector.retire(gone)
        self._next = None

    def next_deadline(self) -> Micros:
        """When the engine wants a turn even if nothing arrives, or NEVER."""
        if self._next is None:
            self._next = min((each.next_deadline() for _, each in self._timed), default=NEVER)
        return self._next

    def resume(self, now: Micros) -> None:
        """Tell the detectors that nothing could be heard until ``now``."""
        for detector in self.detectors:
            detector.resume(now)
        self._next = None

    def step(self, now: Micros, samples: Batch, events: Sequence[Event]) -> list[Finding]:
        """What one turn tells: timers up to ``now``, samples and events in order of arrival.

        No message may have been received after ``now`` or before an earlier turn's ``now``.
        """
        turn = _Turn(self._numbers)
        samples, events = self._numbers.samples(samples), self._numbers.events(events)
        for place, (batch, happened) in enumerate(rounds(_believable(samples), events)):
            if place or self.next_deadline() <= now:  # the first round has old timers alone
                self._expire_for(batch, happened, turn)
            if len(batch):
                self._observe(batch, turn)
            for event in happened:
                self._happen(event, turn)
        self._next = None
        if self.next_deadline() <= now:
            self._expire(now, turn)
        return turn.in_order()

    def state(self) -> dict[str, NDArray[Any]]:
        """All memory, as a flat dict of arrays; not copied."""
        arrays = {"subject_of": self._subject_of} | self._numbers.state()
        for lane, known, detectors in self._lanes():
            arrays |= {f"{lane}/known/{name}": array for name, array in known.state().items()}
            for detector in detectors:
                name = f"{lane}/{type(detector).__name__}"
                arrays |= {f"{name}/{column}": a for column, a in detector.memory.items()}
        return arrays

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave."""
        self._numbers.load(arrays)
        self._directory, self._room = self._numbers.directory(), (0, 0)
        self._subject_of = arrays["subject_of"].copy()
        for lane, known, detectors in self._lanes():
            known.load(_below(f"{lane}/known/", arrays))
            for detector in detectors:
                detector.load(_below(f"{lane}/{type(detector).__name__}/", arrays))
        self._next = None

    # -- one round ----------------------------------------------------------------------------

    def _lanes(self) -> tuple[tuple[str, Known, tuple[Detector, ...]], ...]:
        return ("live", self._known, self.detectors), ("late", self._late_known, self.late)

    def _make_room(self) -> None:
        """For all who have numbers, and for some more: to grow is to copy everything."""
        subjects, devices = len(self._numbers.subjects), len(self._numbers.devices)
        if subjects > self._room[0] or devices > self._room[1]:
            self._room = subjects + subjects // 32, devices + devices // 32
            self._resize(*self._room)

    def _resize(self, subjects: int, devices: int) -> None:
        for _, known, detectors in self._lanes():
            known.resize(devices)
            for detector in detectors:
                detector.resize(subjects, devices)
        self._subject_of = grown(self._subject_of, devices, NOBODY)

    def _move(self, placed: Mapping[int, int]) -> None:
        """Forget what was remembered of devices that have changed hands."""
        devices = np.fromiter(placed, np.int32, len(placed))
        subjects = np.fromiter(placed.values(), np.int32, len(placed))
        was = self._subject_of[devices]
        moved = devices[(was >= 0) & (was != subjects)]
        self._subject_of[devices] = subjects
        for _, known, detectors in self._lanes():
            known.forget(moved)
            for detector in detectors:
                if detector.keyed_by == "device":
                    detector.forget(moved)

    def _expire(self, now: Micros, turn: "_Turn") -> None:
        """Fire all timers up to ``now``."""
        for place, detector in self._timed:
            turn.timers(place, detector.expire(None, now))
        self._next = None

    def _expire_for(self, batch: Batch, events: Sequence[Event], turn: "_Turn") -> None:
        """Fire the timers of those whom the round is about, up to the arrival of their item."""
        for place, detector in self._timed:
            by_subject = detector.keyed_by == "subject"
            slots = batch.slot if by_subject else batch.device
            turn.timers(place, detector.expire(slots, batch.received_at))
            for event in events:
                slot = event.slot if by_subject else event.device
                if detector.memory["deadline"][slot] <= event.received_at:
                    one = np.array([slot], np.int32)
                    turn.timers(place, detector.expire(one, event.received_at))

    def _observe(self, batch: Batch, turn: "_Turn") -> None:
        news, old = self._known.hear(batch)
        found: list[Finding] = []
        for detector in self.detectors:
            detector.observe(news, found)
        if old is not None and self.late:
            self._observe_late(old, found)
        if found:
            turn.messages(news, found)

    def _observe_late(self, old: Batch, out: list[Finding]) -> None:
        """Judge what came late, and keep the present as it is.

        What the live lane has told already is not told again. What is new is told, and, where
        the present is known to be different, told to be over in the same breath.
        """
        backwards = old.device[self._late_known.behind(old)]
        self._late_known.forget(backwards)
        news, _ = self._late_known.hear(old)
        for detector in self.late:
            detector.forget(backwards)
            found: list[Finding] = []
            detector.observe(news, found)
            for finding in found:
                if finding.active:
                    out += _in_retrospect(finding, self._twin.get(type(detector)))

    def _happen(self, event: Event, turn: "_Turn") -> None:
        for detector in self.detectors:
            if detector.events is None or event.event in detector.events:
                out: list[Finding] = []
                detector.happen(event, out)
                turn.message(event.order, out)


def _below(name: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {key.removeprefix(name): a for key, a in arrays.items() if key.startswith(name)}


def _believable(samples: Batch) -> Batch:
    """Readings of a clock that was never set are taken to be of now."""
    unset = samples.measured_at < YEAR_2020
    if not unset.any():
        return samples
    return replace(samples, measured_at=np.where(unset, samples.received_at, samples.measured_at))


def _in_retrospect(finding: Finding, live: Detector | None) -> list[Finding]:
    since, until = live.held(finding) if live else (NEVER, NEVER)
    if since <= finding.since <= until:
        return []
    if KINDS[finding.kind].latching or until == NEVER > since:
        return [finding]
    return [finding, replace(finding, active=False)]


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding with its place in the order of a turn."""

    place: tuple[int, ...]
    finding: Finding


class _Turn:
    """Collects findings with their place in time.

    A place is the instant, then 0 for a timer or 1 for a message, then which of them.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._found: list[_Found] = []

    def timers(self, detector: int, findings: Sequence[Finding]) -> None:
        for finding in map(self._numbers.outward, findings):
            place = (finding.at, 0, finding.slot, detector, finding.device)
            self._found.append(_Found(place, finding))

    def message(self, order: int, findings: Sequence[Finding]) -> None:
        for finding in findings:
            self._found.append(_Found((finding.at, 1, order), self._numbers.outward(finding)))

    def messages(self, news: News, findings: Sequence[Finding]) -> None:
        """Place each finding at its subject's message."""
        orders = dict(zip(news.slot.tolist(), news.order.tolist(), strict=True))
        for finding in findings:
            self.message(orders[finding.slot], (finding,))

    def in_order(self) -> list[Finding]:
        return [found.finding for found in sorted(self._found, key=lambda found: found.place)]
