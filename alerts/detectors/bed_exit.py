"""bed_exit_long: left the bed at night, not back, and no other sign of life for 20 minutes.

Night is 21:00 to 07:00 where the resident lives, at the time of leaving. Leaving and coming
back are told by the bed's ``in_bed`` or by its events.
"""

import math
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from alerts.detectors.detector import Detector
from alerts.detectors.news import STIRRING, News
from domain.directory import Device, Subject
from domain.event import SIGNS_OF_LIFE, Event
from domain.finding import KINDS, Finding
from domain.quantity import IN_BED, MOVEMENT
from domain.sample import Instants, Slots
from domain.time import MINUTE, NEVER, Micros, to_datetime

ABSENCE_MIN = 20.0
"""Minutes without return or sign of life; a subject's own: ``bed_exit_long``."""

GRACE = MINUTE
"""A return may come right behind a late exit: when a device sends what it has stored."""

EVENING, MORNING = 21, 7
"""Hours of local time between which it is night."""


class BedExit(Detector):
    """Memory, one element a subject: ``since`` when out of bed (NEVER: not, or not at night),
    ``device`` that told, ``deadline``, and whether it is ``raised``."""

    kinds = ("bed_exit_long",)
    events = SIGNS_OF_LIFE
    columns = {
        "deadline": (np.int64, NEVER),
        "since": (np.int64, NEVER),
        "device": (np.int32, -1),
        "raised": (bool, False),
    }

    def __init__(self) -> None:
        super().__init__()
        self._absence: Instants = np.empty(0, np.int64)
        self._zones: dict[int, str] = {}

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._absence = np.full(self.size, int(ABSENCE_MIN * MINUTE), np.int64)
        self._zones = {subject.slot: subject.timezone for subject in subjects}
        for subject in subjects:
            own = subject.thresholds.get("bed_exit_long", ABSENCE_MIN)
            if math.isfinite(own) and own > 0:
                self._absence[subject.slot] = int(own * MINUTE)

    def observe(self, news: News, out: list[Finding]) -> None:
        in_bed, before = news.x[:, IN_BED], news.before[:, IN_BED]
        for row in np.flatnonzero(in_bed < before).tolist():
            at, heard = int(news.measured_at[row]), int(news.received_at[row])
            self._leave(int(news.slot[row]), int(news.device[row]), at, heard)
        away = self.memory["since"][news.slot] != NEVER
        if not away.any():
            return
        for row in np.flatnonzero(away & (in_bed == 1)).tolist():
            at, heard = int(news.measured_at[row]), int(news.received_at[row])
            self._return(int(news.slot[row]), int(news.device[row]), at, heard, out)
        rows = np.flatnonzero(away & (news.x[:, MOVEMENT] > STIRRING))
        for slot, at in zip(news.slot[rows].tolist(), news.measured_at[rows].tolist(), strict=True):
            self._stir(slot, at)

    def happen(self, event: Event, out: list[Finding]) -> None:
        if event.event == "bed_exit":
            self._leave(event.slot, event.device, event.happened_at, event.received_at)
        elif event.event == "bed_entry":
            self._return(event.slot, event.device, event.happened_at, event.received_at, out)
        else:
            self._stir(event.slot, event.happened_at)

    def due(self, slots: Slots, out: list[Finding]) -> None:
        for slot in slots.tolist():
            at = int(self.memory["deadline"][slot])
            self.memory["deadline"][slot] = NEVER
            self.memory["raised"][slot] = True
            device = int(self.memory["device"][slot])
            out.append(self._found(at, slot, device, True))

    def resume(self, now: Micros) -> None:
        """What waited at the broker, a return perhaps, comes first."""
        deadline = self.memory["deadline"]
        np.copyto(deadline, np.maximum(deadline, now + GRACE), where=deadline < NEVER)

    def _leave(self, slot: int, device: int, at: Micros, heard: Micros) -> None:
        if self.memory["since"][slot] != NEVER or not self._is_night(slot, at):
            return
        self.memory["since"][slot], self.memory["device"][slot] = at, device
        due = max(at + int(self._absence[slot]), heard + GRACE)
        self.memory["deadline"][slot] = due

    def _return(
        self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]
    ) -> None:
        if not self.memory["since"][slot] <= at:
            return
        if self.memory["raised"][slot]:
            out.append(self._found(heard, slot, int(self.memory["device"][slot]), False))
        one = np.array([slot], np.int32)
        self.forget(one)

    def _stir(self, slot: int, at: Micros) -> None:
        deadline = int(self.memory["deadline"][slot])
        if deadline != NEVER and at >= self.memory["since"][slot]:
            self.memory["deadline"][slot] = max(deadline, at + int(self._absence[slot]))

    def _found(self, at: Micros, slot: int, device: int, active: bool) -> Finding:
        since = int(self.memory["since"][slot])
        evidence = {"event": "bed_exit", "limit_min": int(self._absence[slot]) / MINUTE}
        if not active:
            evidence["away_min"] = round((at - since) / MINUTE, 1)
        priority = KINDS["bed_exit_long"].priority
        return Finding(at, slot, device, "bed_exit_long", active, since, priority, evidence)

    def _is_night(self, slot: int, at: Micros) -> bool:
        hour = to_datetime(at).astimezone(_zone(self._zones.get(slot, "UTC"))).hour
        return hour >= EVENING or hour < MORNING


def _zone(name: str) -> ZoneInfo:
    """The zone of that name. One resident's odd zone must not stop the others': then UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
