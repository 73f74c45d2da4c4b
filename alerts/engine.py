"""The streaming engine: messages in, findings out, the same for any chunking.

A turn's samples and events are cut into *waves*: the k-th wave holds the k-th item of every
subject. Subjects do not depend on one another, so a wave is handled for all of them at once,
after those of their timers that were due by then. What was found is put in the order in which
it became known: by instant, timers before messages, messages as they arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Detector
from domain.directory import Directory
from domain.event import Event
from domain.finding import Finding
from domain.quantity import WIDTH
from domain.sample import Batch, Slots
from domain.time import NEVER, Micros

_BEGINNING = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding with its place in the order of a turn."""

    place: tuple[int, int, int]
    finding: Finding


class Engine:
    """All detectors over all subjects.

    ``detectors`` see what is news. ``late`` (a second set, of those that judge samples) sees
    what arrived after something newer of the same device: such readings are judged for what
    they were, and leave the present alone.
    """

    def __init__(self, detectors: Sequence[Detector], late: Sequence[Detector] = ()) -> None:
        self.detectors = tuple(detectors)
        self.late = tuple(late)
        self._newest = np.empty((0, WIDTH), np.int64)
        self._late_newest = np.empty(0, np.int64)

    def know(self, directory: Directory) -> None:
        """Take a snapshot of people and devices; to be called before their readings."""
        size = directory.size
        room = max(size - len(self._newest), 0)
        self._newest = np.vstack((self._newest, np.full((room, WIDTH), _BEGINNING, np.int64)))
        self._late_newest = np.append(self._late_newest, np.full(room, _BEGINNING, np.int64))
        for detector in (*self.detectors, *self.late):
            detector.resize(size)
            detector.configure(directory.subjects(), directory.devices())

    def next_deadline(self) -> Micros:
        """When the engine wants a turn even if nothing arrives, or NEVER."""
        return min((detector.next_deadline() for detector in self.detectors), default=NEVER)

    def resume(self, now: Micros) -> None:
        """Tell the detectors that nothing could be heard until ``now``."""
        for detector in self.detectors:
            detector.resume(now)

    def step(self, now: Micros, samples: Batch, events: Sequence[Event]) -> list[Finding]:
        """What one turn tells: timers up to ``now``, samples and events in order of arrival.

        No message may have been received after ``now`` or before an earlier turn's ``now``.
        """
        turn = _Turn()
        for rows, happened in _waves(samples, events):
            self._expire_for(rows, samples, happened, turn)
            if len(rows):
                self._observe(samples.take(rows), turn)
            for event in happened:
                self._happen(event, turn)
        for detector in self.detectors:
            turn.collect_timers(lambda out, d=detector: d.expire(None, now, out))  # type: ignore[misc]
        return turn.in_order()

    def state(self) -> dict[str, NDArray[Any]]:
        """All memory, as a flat dict of arrays."""
        arrays = {"newest": self._newest, "late_newest": self._late_newest}
        for lane, detectors in (("live", self.detectors), ("late", self.late)):
            for place, detector in enumerate(detectors):
                name = f"{lane}/{place}/{type(detector).__name__}"
                arrays |= {f"{name}/{column}": a for column, a in detector.memory.items()}
        return arrays

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave."""
        self._newest, self._late_newest = arrays["newest"].copy(), arrays["late_newest"].copy()
        for lane, detectors in (("live", self.detectors), ("late", self.late)):
            for place, detector in enumerate(detectors):
                name = f"{lane}/{place}/{type(detector).__name__}/"
                detector.load(
                    {key.removeprefix(name): a for key, a in arrays.items() if key.startswith(name)}
                )

    # -- one wave -----------------------------------------------------------------------------

    def _expire_for(
        self, rows: NDArray[np.intp], samples: Batch, events: Sequence[Event], turn: "_Turn"
    ) -> None:
        """Fire the timers of those whom the wave is about, up to the arrival of their item."""
        for detector in self.detectors:
            if "deadline" not in detector.memory:
                continue
            by_subject = detector.keyed_by == "subject"
            slots = (samples.slot if by_subject else samples.device)[rows]
            arrived = samples.received_at[rows]
            if events:
                more = [event.slot if by_subject else event.device for event in events]
                slots = np.append(slots, np.array(more, np.int32))
                arrived = np.append(arrived, np.array([e.received_at for e in events], np.int64))
            if (detector.memory["deadline"][slots] <= arrived).any():
                _expire_each(detector, slots, arrived, turn)

    def _observe(self, wave: Batch, turn: "_Turn") -> None:
        fresh, old = self._split(wave)
        for detector in self.detectors:
            turn.collect(fresh, lambda out, d=detector: d.observe(fresh, out))  # type: ignore[misc]
        if old is not None:
            for detector in self.late:
                turn.collect(old, lambda out, d=detector: d.observe(old, out))  # type: ignore[misc]

    def _happen(self, event: Event, turn: "_Turn") -> None:
        for detector in self.detectors:
            out: list[Finding] = []
            detector.happen(event, out)
            turn.add(out, (1, event.order))

    def _split(self, wave: Batch) -> tuple[Batch, Batch | None]:
        """News, and what is older than what its device has told already.

        A value that was told before (the same device, quantity and instant, or a later one)
        becomes NaN in the news; rows that lie wholly in the past go to the late lane.
        """
        newest = self._newest[wave.device]
        said = ~np.isnan(wave.x)
        fresh = said & (wave.measured_at[:, None] > newest)
        self._newest[wave.device] = np.where(fresh, wave.measured_at[:, None], newest)
        if fresh.sum() == said.sum():
            return wave, None
        news = Batch(
            wave.order,
            wave.slot,
            wave.device,
            wave.measured_at,
            wave.received_at,
            np.where(fresh, wave.x, np.float32(np.nan)),
            wave.implausible,
            wave.offset,
        )
        return news, self._late_rows(wave, (said & (wave.measured_at[:, None] < newest)).any(axis=1))

    def _late_rows(self, wave: Batch, late: NDArray[np.bool_]) -> Batch | None:
        if not self.late or not late.any():
            return None
        old = wave.take(late)
        before = old.measured_at < self._late_newest[old.device]
        self._late_newest[old.device] = old.measured_at
        for detector in self.late:
            detector.forget(old.slot[before])
        return old


class _Turn:
    """Collects findings with their place in time."""

    def __init__(self) -> None:
        self._found: list[_Found] = []

    def add(self, findings: Iterable[Finding], place: tuple[int, int]) -> None:
        self._found += [_Found((finding.at, *place), finding) for finding in findings]

    def collect(self, wave: Batch, observe: Any) -> None:
        """Run ``observe`` and place each finding at its subject's message."""
        out: list[Finding] = []
        observe(out)
        if out:
            orders = dict(zip(wave.slot.tolist(), wave.order.tolist(), strict=True))
            for finding in out:
                self.add((finding,), (1, orders[finding.slot]))

    def collect_timers(self, expire: Any) -> None:
        out: list[Finding] = []
        expire(out)
        for finding in out:
            self.add((finding,), (0, finding.device if finding.slot < 0 else finding.slot))

    def in_order(self) -> list[Finding]:
        return [found.finding for found in sorted(self._found, key=lambda found: found.place)]


def _expire_each(detector: Detector, slots: Slots, arrived: NDArray[np.int64], turn: _Turn) -> None:
    for slot, at in zip(slots.tolist(), arrived.tolist(), strict=True):
        one = np.array([slot], np.int32)
        turn.collect_timers(lambda out, s=one, t=at: detector.expire(s, t, out))  # type: ignore[misc]


def _waves(
    samples: Batch, events: Sequence[Event]
) -> Iterable[tuple[NDArray[np.intp], Sequence[Event]]]:
    """Rows and events of each wave. Within a message, samples go by the time of measurement."""
    count = len(samples)
    if not count and not events:
        return
    slots = np.append(samples.slot, np.array([e.slot for e in events], np.int32))
    order = np.append(samples.order, np.array([e.order for e in events], np.int32))
    when = np.append(samples.measured_at, np.array([e.happened_at for e in events], np.int64))
    by_subject = np.lexsort((when, order, slots))
    starts = np.flatnonzero(np.diff(slots[by_subject], prepend=-1))
    rank = np.empty(len(slots), np.intp)
    rank[by_subject] = np.arange(len(slots)) - np.repeat(
        starts, np.diff(np.append(starts, len(slots)))
    )
    for wave in range(int(rank.max()) + 1):
        items = np.flatnonzero(rank == wave)
        yield items[items < count], [events[item - count] for item in items[items >= count]]
