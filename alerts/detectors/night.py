"""When each resident is usually in bed: learned from going to bed and getting up.

A *rest* lasts from going to bed to getting up for good; absences of less than ``BREAK`` are part
of it. A rest that holds 3 in the morning and lasts ``NIGHT_AT_LEAST`` is a *night*. When nights
began and ended is kept in minutes after the local noon before, for working days and weekends by
themselves: the last eight of each.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Column, Detector
from alerts.detectors.news import News
from alerts.detectors.zones import Zones, is_weekend, noon_before
from domain.directory import Device, Subject
from domain.event import Event
from domain.finding import Finding
from domain.quantity import IN_BED
from domain.time import MINUTE, Micros

BREAK = 120
"""Minutes out of bed after which somebody has got up for good."""

NIGHT_AT_LEAST = 180
"""Minutes."""

SMALL_HOURS = 15 * 60
"""3 in the morning, in minutes after noon."""

ENOUGH = 7
"""Nights that must be known before habits are believed."""

_KEPT = 8
_STEP, _SHIFT = 10, 64
"""Times of day are kept in steps of ten minutes, as int8: up to 19:50 of the next day."""

_NONE = -1
_NO_NIGHT = -128
_NO_NIGHTS: NDArray[np.int64] = np.empty(0, np.int64)


class Nights(Detector):
    """Base of the detectors that know a resident's usual nights.

    Memory, one element a subject: ``down`` and ``up``, in minutes since 1970, when the present
    rest began and when the bed was left (-1: unknown; not left), ``rises`` the last nights' ends
    (and ``beds``, for those who want them, their beginnings), ``known`` how many were learned (to
    100). A subclass is told by ``_entered`` and ``_left``.
    """

    habits: dict[str, Column] = {
        "down": (np.int32, _NONE),
        "up": (np.int32, _NONE),
        "rises": (np.int8, _NO_NIGHT, 2, _KEPT),
        "known": (np.int8, 0),
    }
    beds: dict[str, Column] = {"beds": (np.int8, _NO_NIGHT, 2, _KEPT)}

    def __init__(self) -> None:
        super().__init__()
        self.zones = Zones()

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self.zones.configure(self.subjects, subjects)

    # -- what a subclass overrides ------------------------------------------------------------

    def _entered(
        self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]
    ) -> None:
        """Somebody lies down, at ``at`` as we heard at ``heard``."""

    def _left(self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        """Somebody leaves the bed."""

    # -- following ----------------------------------------------------------------------------

    def observe(self, news: News, out: list[Finding]) -> None:
        rows = news.turned
        if len(rows):
            rows = rows[~self._first_words(news, rows)]
        in_bed, before = news.x[:, IN_BED], news.before[:, IN_BED]
        for row in rows.tolist():
            slot, device = int(news.slot[row]), int(news.device[row])
            at, heard = int(news.measured_at[row]), int(news.received_at[row])
            if in_bed[row]:
                self._enter(slot, device, at, heard, out)
            elif before[row] == 1:
                self._leave(slot, device, at, heard, out)

    def _first_words(self, news: News, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of these are the first of a bed about somebody in it: a rest may begin there."""
        slots = news.slot[rows]
        first: NDArray[np.bool_] = np.isnan(news.before[rows, IN_BED])
        if not first.any():
            return first
        first &= news.x[rows, IN_BED] == 1
        first &= (self.memory["down"][slots] == _NONE) & (self.memory["up"][slots] == _NONE)
        self.memory["down"][slots[first]] = news.measured_at[rows[first]] // MINUTE
        return first

    def happen(self, event: Event, out: list[Finding]) -> None:
        at = event.received_at if event.clock_wrong else event.happened_at
        if event.event == "bed_entry":
            self._enter(event.slot, event.device, at, event.received_at, out)
        elif event.event == "bed_exit":
            self._leave(event.slot, event.device, at, event.received_at, out)

    def _enter(self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        minute, memory = at // MINUTE, self.memory
        down, up = int(memory["down"][slot]), int(memory["up"][slot])
        if down == _NONE or (up != _NONE and minute - up >= BREAK):
            if down != _NONE:
                self._learn(slot, down, up)
            memory["down"][slot] = minute
        memory["up"][slot] = _NONE
        self._entered(slot, device, at, heard, out)

    def _leave(self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        if self.memory["up"][slot] == _NONE:
            self.memory["up"][slot] = at // MINUTE
        self._left(slot, device, at, heard, out)

    def _learn(self, slot: int, down: int, up: int) -> None:
        """A rest from ``down`` to ``up`` is over; perhaps it was a night."""
        begin, end = self.zones.local(slot, down * MINUTE), self.zones.local(slot, up * MINUTE)
        noon = noon_before(begin)
        bed, rise = (begin - noon) // MINUTE, (end - noon) // MINUTE
        if up - down < NIGHT_AT_LEAST or not bed < SMALL_HOURS <= rise:
            return
        kind = int(is_weekend(end))
        self.memory["known"][slot] = min(int(self.memory["known"][slot]) + 1, 100)
        self._keep("rises", slot, kind, self._believed(slot, end, rise))
        if "beds" in self.memory:
            self._keep("beds", slot, kind, bed)

    def _keep(self, name: str, slot: int, kind: int, minutes: float) -> None:
        kept = self.memory[name][slot, kind]
        kept[1:] = kept[:-1].copy()
        kept[0] = np.clip(round(minutes / _STEP) - _SHIFT, -127, 127)

    def _believed(self, slot: int, end: Micros, rise: int) -> float:
        """What to keep of a rise at ``rise``, of a night that ended at the local ``end``."""
        return rise

    # -- what has been learned ------------------------------------------------------------------

    def usual(self, name: str, slot: int, weekend: bool | None = None) -> NDArray[np.int64]:
        """The known ``beds`` or ``rises`` in minutes after noon, in order of size.

        Those of weekends or of working days where ``ENOUGH`` of them are known, else all; empty
        where too few are known.
        """
        if self.memory["known"][slot] < ENOUGH:
            return _NO_NIGHTS
        kept = self.memory[name][slot]
        if weekend is not None and np.count_nonzero(kept[int(weekend)] != _NO_NIGHT) >= ENOUGH:
            kept = kept[int(weekend)]
        known = kept[kept != _NO_NIGHT]
        return (np.sort(known).astype(np.int64) + _SHIFT) * _STEP
