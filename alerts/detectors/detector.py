"""What a detector is: pure decisions over columns, with one memory element a slot.

The engine shows a detector *waves*: batches in which every subject appears once at most, in
the order of arrival, so that ``memory[name][slots]`` may be read and written in one numpy call
and any chunking of the same messages gives the same findings. A detector never asks the time,
never changes a batch, and holds nothing but its arrays: saving them is saving its state.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from domain.directory import Device, Subject
from domain.event import Event
from domain.finding import Finding
from domain.sample import Batch, Instants, Slots
from domain.time import NEVER, Micros

Column = tuple[Any, Any]
"""dtype and initial value of one memory element; ``(dtype, fill, width)`` makes rows of width."""


class Detector:
    """Base of all detectors: memory that grows, timers, and hooks that do nothing.

    A subclass declares ``kinds``, ``keyed_by`` and ``columns``, and overrides the hooks it
    needs. A column named ``deadline`` (int64) is the slot's timer: ``due`` is called for it
    when its time has come, before any message of the same instant.
    """

    kinds: ClassVar[tuple[str, ...]] = ()
    keyed_by: ClassVar[Literal["subject", "device"]] = "subject"
    columns: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    def __init__(self) -> None:
        self.memory: dict[str, NDArray[Any]] = {
            name: self._fresh(spec, 0) for name, spec in self.columns.items()
        }
        self.size = 0

    # -- what a subclass overrides ------------------------------------------------------------

    def configure(self, subjects: Iterable[Subject], devices: Iterable[Device]) -> None:
        """Learn thresholds, intervals and zones; called after ``resize`` for each snapshot."""

    def observe(self, wave: Batch, out: list[Finding]) -> None:
        """Decide on samples; each subject appears once at most in ``wave``."""

    def happen(self, event: Event, out: list[Finding]) -> None:
        """Decide on one event."""

    def due(self, slots: Slots, out: list[Finding]) -> None:
        """Act on timers whose time has come, as of ``memory['deadline'][slots]``.

        Must move every one of these deadlines on (to NEVER, or later).
        """

    def resume(self, now: Micros) -> None:
        """Nothing was heard of anybody until ``now``: a restart, or the broker was away."""

    # -- what the engine calls ----------------------------------------------------------------

    def resize(self, size: int) -> None:
        """Make room for slots below ``size``; what is remembered stays."""
        if size <= self.size:
            return
        for name, spec in self.columns.items():
            more = self._fresh(spec, size - self.size)
            self.memory[name] = np.concatenate((self.memory[name], more))
        self.size = size

    def next_deadline(self) -> Micros:
        """The earliest timer, or NEVER."""
        deadline = self.memory.get("deadline")
        return int(deadline.min()) if deadline is not None and len(deadline) else NEVER

    def expire(self, slots: Slots | None, now: Instants | Micros, out: list[Finding]) -> None:
        """Act on the timers of ``slots`` (all where None) that are due at ``now``."""
        deadline = self.memory.get("deadline")
        if deadline is None:
            return
        while True:
            if slots is None:
                ripe = np.flatnonzero(deadline <= now).astype(np.int32)
            else:
                ripe = slots[deadline[slots] <= now]
            if not len(ripe):
                return
            self.due(ripe, out)

    def forget(self, slots: Slots) -> None:
        """Start afresh for these slots."""
        for name, (_, fill, *_width) in self.columns.items():
            self.memory[name][slots] = fill

    def load(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what ``memory`` once held; a column that was not saved starts afresh."""
        self.size = 0
        self.memory = {name: self._fresh(spec, 0) for name, spec in self.columns.items()}
        saved = max((len(array) for array in memory.values()), default=0)
        self.resize(saved)
        for name, array in memory.items():
            if name in self.memory:
                self.memory[name][: len(array)] = array

    @staticmethod
    def _fresh(spec: tuple[Any, ...], length: int) -> NDArray[Any]:
        dtype, fill, *width = spec
        return np.full((length, *width), fill, dtype)
