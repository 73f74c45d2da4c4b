"""not_up: still in bed two hours after nearly all mornings of this resident's own.

The usual time is the 95 % quantile of when the last nights ended (``night.Nights``), of working
days and weekends by themselves where seven of each are known. A morning that was raised is
learned as half an hour later than usual at most, so that illness moves habits slowly.

A bed that told samples and has fallen silent says nothing about who lies in it: that is
``device_silent``, and ``not_up`` waits until the bed speaks again.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from alerts.detectors.news import News
from alerts.detectors.night import SMALL_HOURS, Nights
from alerts.detectors.silence import allowance
from alerts.detectors.zones import clock, is_weekend, noon_before
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.sample import Slots
from domain.time import DAY, MINUTE, NEVER, Micros

LATE = 120.0
"""Minutes after the usual time; a subject's own: ``not_up``."""

QUANTILE = 0.95

LEARNED_LATER = 30.0
"""Minutes after the usual time at which a morning that was raised is taken to have ended."""

AGAIN = 30 * MINUTE
"""Who lies down once more in the morning has that long, whatever the hour; and so often it is
looked whether a silent bed speaks again."""

_NO, _RAISED, _TOLD = 0, 1, 2


class NotUp(Nights):
    """Memory beside that of ``Nights``: ``deadline``, ``device`` and when it last told a sample
    (``heard``, in minutes since 1970; 0: never in this rest), and ``stage`` of the present rest:
    nothing told, raised, or told and over (once a rest)."""

    kinds = ("not_up",)
    thresholds = ("not_up",)
    events = frozenset({"bed_exit", "bed_entry"})
    columns = Nights.habits | {
        "deadline": (np.int64, NEVER),
        "device": (np.int32, -1),
        "heard": (np.int32, 0),
        "stage": (np.int8, _NO),
    }

    def __init__(self) -> None:
        super().__init__()
        self._late: dict[int, float] = {}
        self._allowance: dict[int, Micros] = {}

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        super().configure(subjects, devices)
        for subject in subjects:
            self._late.pop(subject.slot, None)
            if 0 < (late := subject.thresholds.get("not_up", 0)) < math.inf:
                self._late[subject.slot] = late
        self._allowance |= {device.slot: allowance(device) for device in devices}

    def retire(self, devices: Slots) -> None:
        for device in devices.tolist():
            self._allowance.pop(device, None)

    def observe(self, news: News, out: list[Finding]) -> None:
        super().observe(news, out)
        mine = np.flatnonzero(self.memory["device"].take(news.slot) == news.device)
        self.memory["heard"][news.slot[mine]] = news.received_at[mine] // MINUTE

    def due(self, slots: Slots, out: list[Finding]) -> None:
        for slot in slots.tolist():
            at = int(self.memory["deadline"][slot])
            if self._is_silent(slot, at):
                self.memory["deadline"][slot] = at + AGAIN
                continue
            self.memory["deadline"][slot] = NEVER
            self.memory["stage"][slot] = _RAISED
            out.append(self._found(at, slot, True))

    def resume(self, now: Micros) -> None:
        """What waited at the broker, getting up perhaps, comes first."""
        deadline = self.memory["deadline"]
        np.copyto(deadline, np.maximum(deadline, now + MINUTE), where=deadline < NEVER)

    def _entered(
        self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]
    ) -> None:
        memory = self.memory
        if memory["down"][slot] == at // MINUTE:
            memory["stage"][slot], memory["heard"][slot] = _NO, 0
        if memory["stage"][slot] == _NO:
            memory["device"][slot] = device
            limit = self._limit(slot, self._evening(slot))
            limit = limit if limit == NEVER else max(limit, heard + AGAIN)
            memory["deadline"][slot] = limit

    def _left(self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        self.memory["deadline"][slot] = NEVER
        if self.memory["stage"][slot] == _RAISED:
            self.memory["stage"][slot] = _TOLD
            out.append(self._found(heard, slot, False))

    def _believed(self, slot: int, end: Micros, rise: int) -> float:
        if self.memory["stage"][slot] == _NO:
            return rise
        usual = self._usual(slot, end)
        return rise if usual is None else min(rise, usual + LEARNED_LATER)

    def _is_silent(self, slot: int, at: Micros) -> bool:
        """Whether the bed told samples in this rest, and now none for longer than it may."""
        heard = int(self.memory["heard"][slot])
        allowed = self._allowance.get(int(self.memory["device"][slot]), NEVER)
        return heard > 0 and at - heard * MINUTE > allowed + MINUTE

    # -- when it is late ------------------------------------------------------------------------

    def _evening(self, slot: int) -> Micros:
        """The local noon from which the present rest is counted."""
        return noon_before(self.zones.local(slot, int(self.memory["down"][slot]) * MINUTE))

    def _usual(self, slot: int, morning: Micros) -> float | None:
        """By when this resident is usually up, in minutes after noon; None where unknown."""
        known = self.usual("rises", slot, is_weekend(morning))
        return float(np.quantile(known, QUANTILE)) if len(known) else None

    def _limit(self, slot: int, noon: Micros) -> Micros:
        """When to be concerned about a rest of that evening; NEVER where it is no night's."""
        begun = self.zones.local(slot, int(self.memory["down"][slot]) * MINUTE) - noon
        usual = self._usual(slot, noon + DAY)
        if usual is None or begun >= SMALL_HOURS * MINUTE:
            return NEVER
        minutes = usual + self._late.get(slot, LATE)
        return self.zones.instant(slot, noon + round(minutes) * MINUTE)

    def _found(self, at: Micros, slot: int, active: bool) -> Finding:
        noon, since = self._evening(slot), int(self.memory["down"][slot]) * MINUTE
        evidence: dict[str, Any] = {"in_bed_h": round((at - since) / MINUTE / 60, 1)}
        usual = self._usual(slot, noon + DAY)
        if usual is not None:
            late = self._late.get(slot, LATE)
            evidence |= {"usually_up_by": clock(usual), "limit": clock(usual + late)}
        device, priority = int(self.memory["device"][slot]), KINDS["not_up"].priority
        return Finding(at, slot, device, "not_up", active, since, priority, evidence)
