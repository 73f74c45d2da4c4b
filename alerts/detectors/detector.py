"""What a detector is: pure decisions over columns, with one memory element a slot.

The engine shows a detector *rounds*: batches in which every subject appears once at most, in
the order of arrival, so that ``memory[name][slots]`` may be read and written in one numpy call
and any chunking of the same messages gives the same findings. A detector never asks the time,
never changes what it is shown, and holds nothing but its arrays: saving them is saving its state.
What the directory says (thresholds, intervals, zones) is no memory: it is told anew after a
restart, and by then ``configure`` is told of those alone for whom it has changed.

The slots that a detector is shown are the engine's own: subjects are counted by themselves and
devices by themselves, without gaps (``alerts.numbers``).

Instants are microseconds since 1970. Deadlines are set in terms of arrival, and lie after the
message that sets them; spans of a condition are reckoned in the device's own time.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.columns import grown
from alerts.detectors.news import News
from domain.directory import Device, Subject
from domain.event import Event
from domain.finding import KINDS, Finding
from domain.sample import Instants, Slots
from domain.time import MINUTE, NEVER, Micros

Column = tuple[Any, ...]
"""dtype and initial value of a memory element; further numbers give it a shape."""


class Detector:
    """Base of all detectors: memory that grows, timers, and hooks that do nothing.

    A subclass declares what it is about and overrides the hooks it needs. A column named
    ``deadline`` (int64) is the slot's timer: ``due`` is called for it when its time has come,
    before any message of the same instant.
    """

    kinds: ClassVar[tuple[str, ...]] = ()
    """What it may find, of ``domain.finding.KINDS``."""
    keyed_by: ClassVar[Literal["subject", "device"]] = "subject"
    """Whose slot indexes its memory."""
    events: ClassVar[frozenset[str] | None] = frozenset()
    """The events it wants to hear of; None for all."""
    thresholds: ClassVar[tuple[str, ...]] = ()
    """The names of the own values that it looks for in ``Subject.thresholds``."""
    columns: Mapping[str, Column] = {}
    """What it remembers of each slot."""

    def __init__(self) -> None:
        self.memory: dict[str, NDArray[Any]] = {
            name: _fresh(spec, 0) for name, spec in self.columns.items()
        }
        self.subjects = self.devices = 0

    # -- what a subclass overrides ------------------------------------------------------------

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        """Learn thresholds, intervals and zones of these; of all others they are what they were.

        Called after ``resize``, at first for everybody, then for those who are new or changed: a
        subject together with their devices, a device together with its subject. Who is a subject
        no more is told as one with nothing of their own.
        """

    def retire(self, devices: Slots) -> None:
        """These devices are out of use: expect nothing of them, until ``configure`` names them."""

    def observe(self, news: News, out: list[Finding]) -> None:
        """Decide on samples; each subject appears once at most in ``news``."""

    def happen(self, event: Event, out: list[Finding]) -> None:
        """Decide on one event."""

    def due(self, slots: Slots, out: list[Finding]) -> None:
        """Act on timers whose time has come, as of ``memory['deadline'][slots]``.

        Must move every one of these deadlines on (to NEVER, or later).
        """

    def resume(self, now: Micros) -> None:
        """Nothing was heard of anybody until ``now``: a restart, or the broker was away."""

    def held(self, finding: Finding) -> tuple[Micros, Micros]:
        """From when until when the finding's condition last held (NEVER: it still does).

        ``(NEVER, NEVER)`` where it never did.
        """
        return NEVER, NEVER

    # -- what the engine calls ----------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many elements each column has."""
        return self.subjects if self.keyed_by == "subject" else self.devices

    def resize(self, subjects: int, devices: int) -> None:
        """Make room for so many of each; what is remembered stays."""
        self.subjects, self.devices = subjects, devices
        for name, (_, fill, *_shape) in self.columns.items():
            self.memory[name] = grown(self.memory[name], self.size, fill)

    def next_deadline(self) -> Micros:
        """The earliest timer, or NEVER."""
        deadline = self.memory.get("deadline")
        return min(int(deadline.min()), NEVER) if deadline is not None and self.size else NEVER

    def expire(self, slots: Slots | None, now: Instants | Micros) -> list[Finding]:
        """Act on the timers of ``slots`` (all where None) that are due by ``now``."""
        out: list[Finding] = []
        deadline = self.memory.get("deadline")
        while deadline is not None:
            if slots is None:
                ripe = np.flatnonzero(deadline <= now)
            else:
                ripe = slots[deadline.take(slots) <= now]
            if not len(ripe):
                break
            self.due(ripe, out)
        return out

    def forget(self, slots: Slots) -> None:
        """Start afresh for these slots."""
        if len(slots):
            for name, (_, fill, *_shape) in self.columns.items():
                self.memory[name][slots] = fill

    def load(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what ``memory`` once held; a column of another shape starts afresh."""
        size = max((len(array) for array in memory.values()), default=0)
        self.memory = {name: _fresh(spec, size) for name, spec in self.columns.items()}
        self.subjects = self.devices = size
        for name, array in memory.items():
            mine = self.memory.get(name)
            if mine is not None and mine.shape[1:] == array.shape[1:]:
                mine[: len(array)] = array


def told(event: Event, kind: str, active: bool = True, over: bool = False, **more: Any) -> Finding:
    """The finding of an event that speaks for itself, of the event's own time.

    A claim that cannot be true is replaced by the arrival. ``late`` in the evidence says that
    it happened more than a minute before we heard of it.
    """
    since = event.received_at if event.clock_wrong else event.happened_at
    evidence: dict[str, Any] = {"event": event.event}
    for name in ("certainty", "place", "detail"):
        if (value := getattr(event, name)) is not None:
            evidence[name] = value
    if event.received_at - since > MINUTE:
        evidence["late"] = True
    return Finding(
        at=event.received_at,
        slot=event.slot,
        device=event.device,
        kind=kind,
        active=active,
        since=since,
        priority=KINDS[kind].priority,
        evidence=evidence | more,
        key=event.key,
        over=over,
    )


def _fresh(spec: Column, length: int) -> NDArray[Any]:
    dtype, fill, *shape = spec
    return np.full((length, *shape), fill, dtype)
