"""bed_exit_long: left the bed at night, not back, and no other sign of life for 20 minutes.

Night is 21:00 to 07:00 where the resident lives, at the time of leaving, unless their own nights
say otherwise (``night.Nights``): then it begins when they are in bed on half of their evenings,
and ends shortly before they get up on their earliest morning (of more than ten, the second
earliest). Leaving and coming back are told by the bed's ``in_bed`` or by its events.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alerts.detectors.columns import Own, given
from alerts.detectors.news import STIRRING, News
from alerts.detectors.night import Nights
from alerts.detectors.zones import clock, noon_before
from domain.directory import Device, Subject
from domain.event import SIGNS_OF_LIFE, Event
from domain.finding import KINDS, Finding
from domain.quantity import IN_BED, MOVEMENT
from domain.sample import Slots
from domain.time import DAY, MINUTE, NEVER, Micros

ABSENCE_MIN = 20.0
"""Minutes without return or sign of life; a subject's own: ``bed_exit_long``."""

GRACE = MINUTE
"""A return may come right behind a late exit: when a device sends what it has stored."""

EVENING, MORNING = 9 * 60, 19 * 60
"""21:00 and 07:00, in minutes after noon: the night of those whose own is not known."""

EARLIEST_EVENING, LATEST_EVENING = 6 * 60, 14 * 60
EARLIEST_MORNING, LATEST_MORNING = 16 * 60, 24 * 60
"""18:00, 02:00, 04:00 and noon: between these a night of one's own begins and ends."""

BEFORE_RISING = 15
"""Minutes before the earliest usual rise at which leaving the bed is getting up."""

BODIES_FOLLOW = 3 * DAY
"""How long it takes until people live by a clock that was changed."""


class BedExit(Nights):
    """Memory beside that of ``Nights``: ``since`` when out of bed (NEVER: not, or not at night),
    ``device`` that told, ``deadline``, and whether it is ``raised``."""

    kinds = ("bed_exit_long",)
    thresholds = ("bed_exit_long",)
    events = SIGNS_OF_LIFE
    columns = (
        Nights.habits
        | Nights.beds
        | {
            "deadline": (np.int64, NEVER),
            "since": (np.int64, NEVER),
            "device": (np.int32, -1),
            "raised": (bool, False),
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self._absence = Own(_absence, np.int64)

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        super().configure(subjects, devices)
        self._absence.configure(self.subjects, subjects)

    def observe(self, news: News, out: list[Finding]) -> None:
        super().observe(news, out)
        away = (self.memory["since"].take(news.slot) != NEVER).nonzero()[0]
        for row in away[news.x[away, IN_BED] == 1].tolist():
            at, heard = int(news.measured_at[row]), int(news.received_at[row])
            self._return(int(news.slot[row]), at, heard, out)
        rows = away[news.x[away, MOVEMENT] > STIRRING]
        for slot, at in zip(news.slot[rows].tolist(), news.measured_at[rows].tolist(), strict=True):
            self._stir(slot, at)

    def happen(self, event: Event, out: list[Finding]) -> None:
        if event.event in ("bed_exit", "bed_entry"):
            super().happen(event, out)
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

    def _left(self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        if self.memory["since"][slot] != NEVER or not self._is_night(slot, at):
            return
        self.memory["since"][slot], self.memory["device"][slot] = at, device
        due = max(at + int(self._absence.values[slot]), heard + GRACE)
        self.memory["deadline"][slot] = due

    def _entered(
        self, slot: int, device: int, at: Micros, heard: Micros, out: list[Finding]
    ) -> None:
        self._return(slot, at, heard, out)

    def _return(self, slot: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        if not self.memory["since"][slot] <= at:
            return
        if self.memory["raised"][slot]:
            out.append(self._found(heard, slot, int(self.memory["device"][slot]), False))
        self.memory["since"][slot] = self.memory["deadline"][slot] = NEVER
        self.memory["raised"][slot] = False

    def _stir(self, slot: int, at: Micros) -> None:
        deadline = int(self.memory["deadline"][slot])
        if deadline != NEVER and at >= self.memory["since"][slot]:
            self.memory["deadline"][slot] = max(deadline, at + int(self._absence.values[slot]))

    def _found(self, at: Micros, slot: int, device: int, active: bool) -> Finding:
        since = int(self.memory["since"][slot])
        limit = int(self._absence.values[slot]) / MINUTE
        evidence: dict[str, Any] = {"event": "bed_exit", "limit_min": limit}
        if not active:
            evidence["away_min"] = round((at - since) / MINUTE, 1)
        if (night := self._own_night(slot)) is not None:
            evidence["usual_night"] = f"{clock(night[0])}-{clock(night[1])}"
        priority = KINDS["bed_exit_long"].priority
        return Finding(at, slot, device, "bed_exit_long", active, since, priority, evidence)

    def _own_night(self, slot: int) -> tuple[int, int] | None:
        """When this resident's nights begin and end, in minutes after noon; None: unknown."""
        beds, rises = self.usual("beds", slot), self.usual("rises", slot)
        if not len(beds):
            return None
        begin = int(np.clip(beds[len(beds) // 2], EARLIEST_EVENING, LATEST_EVENING))
        first = rises[int(len(rises) > 10)] - BEFORE_RISING
        return begin, int(np.clip(first, EARLIEST_MORNING, LATEST_MORNING))

    def _is_night(self, slot: int, at: Micros) -> bool:
        """By the wall clock; in a night of one's own also by that of some days ago, for on the
        morning after clocks were put back, bodies get up an hour early."""
        own = self._own_night(slot)
        begin, end = own or (EVENING, MORNING)
        days = (0, BODIES_FOLLOW) if own else (0,)
        clocks = [self.zones.local(slot, at - span) + span for span in days]
        return all(begin * MINUTE <= c - noon_before(c) < end * MINUTE for c in clocks)


def _absence(own: Mapping[str, float]) -> Micros:
    """How long somebody may be away from their bed."""
    minutes = given(own, "bed_exit_long", ABSENCE_MIN)
    return int((minutes if minutes > 0 else ABSENCE_MIN) * MINUTE)
