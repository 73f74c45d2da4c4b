"""inactivity: no sign of life from any sensor for longer than is usual at this hour.

For each resident and each two hours of the day we keep the longest quiet that they are used to,
after Cuddihy et al., *Algorithm to automatically detect abnormally long periods of inactivity in
a home* (HealthNet 2007), and Floeck and Litz, *Inactivity patterns and alarm generation in senior
citizens' houses* (European Control Conference 2009). Theirs are quantiles over weeks; ours is a
leaky maximum, which needs one number: the longest of a day replaces what was kept if it is
longer, else what was kept falls towards it by a fourteenth. The limit is half as much again,
plus half an hour, of the largest of the present two hours and their neighbours, so that a day
may be shifted by two hours.

A quiet that was raised is learned only as far as six hours beyond its limit. Whether somebody is
at home cannot be known: where the last sign was a door, they may be out, the limit is doubled
and the evidence says so.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Detector
from alerts.detectors.news import LONG_AGO, News
from alerts.detectors.zones import Zones
from domain.directory import Device, Subject
from domain.event import SIGNS_OF_LIFE, Event
from domain.finding import KINDS, Finding
from domain.quantity import HEART_RATE, RESPIRATION_RATE
from domain.sample import Slots
from domain.time import DAY, HOUR, MINUTE, NEVER, Micros, iso

SPAN = 2 * HOUR
"""Of the day, for which one longest quiet is kept."""

SPANS = DAY // SPAN
UNIT = 12 * MINUTE
"""How finely a day's longest quiets are kept; a shorter quiet is none."""

LONGEST = DAY
"""What is quiet for longer is learned as that long."""

FORGETS = 14
"""Days in which what was usual fades."""

ENOUGH = 7
"""Days that must be known before habits are believed."""

FACTOR, ALLOWANCE, LEAST = 1.5, 30.0, 180.0
"""The limit is the usual times the first plus the second, and the third at least (minutes)."""

DOOR_FACTOR = 2.0
"""How much longer it may be quiet after a door."""

UNKNOWN_LIMIT = 12 * 60.0
"""Minutes by day, before habits are known, in homes where motion or doors are told."""

DAY_BEGINS, DAY_ENDS = 8, 20
"""Hours between which a home whose habits are unknown is judged."""

LEARNED_BEYOND = 6 * HOUR
RECHECK = 6 * HOUR
GRACE = MINUTE

_DOORS = frozenset({"door_opened", "door_closed"})
_OF_A_ROOM = _DOORS | {"motion"}


class Inactivity(Detector):
    """Memory, one element a subject: ``last`` sign of life and its ``device``, whether it was a
    ``door`` and whether the home has ever told of motion or doors (``seen``); ``heard``, the
    minute since 1970 in which anything last arrived; ``deadline`` when to look again, ``raised``;
    the local ``day``, how many ``days`` are known (to 100), ``today`` (in units) and ``usual``
    (in minutes) longest quiets."""

    kinds = ("inactivity",)
    thresholds = ("inactivity",)
    events = SIGNS_OF_LIFE
    columns = {
        "deadline": (np.int64, NEVER),
        "last": (np.int64, LONG_AGO),
        "heard": (np.int32, 0),
        "device": (np.int32, -1),
        "door": (bool, False),
        "seen": (bool, False),
        "raised": (bool, False),
        "day": (np.int32, -1),
        "days": (np.int8, 0),
        "today": (np.int8, 0, SPANS),
        "usual": (np.float16, 0, SPANS),
    }

    def __init__(self) -> None:
        super().__init__()
        self._zones = Zones()
        self._own: dict[int, float] = {}

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._zones.configure(self.subjects, subjects)
        for subject in subjects:
            self._own.pop(subject.slot, None)
            if 0 < (own := subject.thresholds.get("inactivity", 0)) < math.inf:
                self._own[subject.slot] = own

    def observe(self, news: News, out: list[Finding]) -> None:
        """Movement, into or out of bed, and a heart or a breath in bed are signs of life."""
        self.memory["heard"][news.slot] = news.received_at // MINUTE
        beats = (news.x[:, HEART_RATE] > 0) | (news.x[:, RESPIRATION_RATE] > 0)
        rows = np.flatnonzero(news.stirs | (beats & news.counts))
        if not len(rows):
            return
        slots, heard, memory = news.slot[rows], news.received_at[rows], self.memory
        at = np.minimum(news.measured_at[rows], heard)
        last = memory["last"][slots]
        ends = (heard - last >= UNIT) & (at > last)
        if ends.any():
            first = last == LONG_AGO
            memory["deadline"][slots[first]] = heard[first] + RECHECK
            ends &= ~first
        for row in np.flatnonzero(ends).tolist():
            self._ends(int(slots[row]), int(at[row]), int(heard[row]), out)
        memory["last"][slots] = np.maximum(last, at)
        memory["device"][slots] = news.device[rows]
        memory["door"][slots] = False

    def happen(self, event: Event, out: list[Finding]) -> None:
        memory, slot, heard = self.memory, event.slot, event.received_at
        memory["heard"][slot] = heard // MINUTE
        memory["seen"][slot] |= event.event in _OF_A_ROOM
        at = heard if event.clock_wrong else min(event.happened_at, heard)
        last = int(memory["last"][slot])
        if at < last:
            return
        if last == LONG_AGO:
            memory["deadline"][slot] = heard + RECHECK
        elif heard - last >= UNIT:
            self._ends(slot, at, heard, out)
        memory["last"][slot], memory["device"][slot] = at, event.device
        memory["door"][slot] = event.event in _DOORS

    def due(self, slots: Slots, out: list[Finding]) -> None:
        """Look again: perhaps there were signs of life since the deadline was set."""
        memory = self.memory
        for slot in slots.tolist():
            at, last = int(memory["deadline"][slot]), int(memory["last"][slot])
            alarm = self._alarm(slot, last)
            if alarm > at:
                memory["deadline"][slot] = min(alarm, at + RECHECK)
                continue
            memory["deadline"][slot] = NEVER
            memory["raised"][slot] = True
            out.append(self._found(at, slot, True))

    def resume(self, now: Micros) -> None:
        """While nothing could be heard, quiet did not grow: all clocks stood still."""
        memory = self.memory
        latest = int(memory["heard"].max(initial=0)) * MINUTE
        if not 0 < latest < now:
            return
        memory["heard"][memory["heard"] > 0] = now // MINUTE
        waits = (memory["deadline"] < NEVER) & ~memory["raised"]
        memory["last"][waits] += now - latest
        later = np.maximum(memory["deadline"][waits] + (now - latest), now + GRACE)
        memory["deadline"][waits] = later

    # -- a quiet that ends ----------------------------------------------------------------------

    def _ends(self, slot: int, at: Micros, heard: Micros, out: list[Finding]) -> None:
        """The first sign of life at ``at`` after a while; learned as of its arrival."""
        memory, last = self.memory, int(self.memory["last"][slot])
        if memory["raised"][slot]:
            out.append(self._found(heard, slot, False))
            memory["raised"][slot] = False
        if memory["day"][slot] < 0:
            memory["day"][slot] = self._zones.local(slot, last) // DAY
        until = min(heard, self._alarm(slot, last) + LEARNED_BEYOND, last + LONGEST)
        self._learn(slot, last, max(until, last))
        memory["day"][slot] = self._zones.local(slot, heard) // DAY
        alarm = self._alarm(slot, at, door=False)
        memory["deadline"][slot] = max(min(alarm, heard + RECHECK), heard + GRACE)

    def _learn(self, slot: int, begin: Micros, end: Micros) -> None:
        """How long it had been quiet at most in each two hours of a quiet."""
        local = self._zones.local(slot, begin)
        stop = local + end - begin
        for span in range(local // SPAN, stop // SPAN + 1):
            self._turn_over(slot, span // SPANS)
            quiet = min(stop, (span + 1) * SPAN) - local
            today = self.memory["today"][slot]
            today[span % SPANS] = max(today[span % SPANS], -(-quiet // UNIT))

    def _turn_over(self, slot: int, day: int) -> None:
        """Make the days before ``day`` part of what is usual."""
        memory = self.memory
        for _ in range(min(day - int(memory["day"][slot]), FORGETS)):
            self._remember(slot)
        memory["day"][slot] = max(int(memory["day"][slot]), day)

    def _remember(self, slot: int) -> None:
        memory = self.memory
        today = memory["today"][slot].astype(np.float32) * (UNIT / MINUTE)
        usual = memory["usual"][slot].astype(np.float32)
        memory["usual"][slot] = np.maximum(today, usual - (usual - today) / FORGETS)
        memory["today"][slot] = 0
        memory["days"][slot] = min(int(memory["days"][slot]) + 1, 100)

    # -- how quiet it may be --------------------------------------------------------------------

    def _limits(self, slot: int, door: bool) -> NDArray[np.float64]:
        """Minutes that it may be quiet at most, by two hours of the day; inf where unknown."""
        if slot in self._own:
            return np.full(SPANS, self._own[slot])
        if self.memory["days"][slot] < ENOUGH:
            hours = np.arange(SPANS) * SPAN // HOUR
            by_day = (hours >= DAY_BEGINS) & (hours < DAY_ENDS) & self.memory["seen"][slot]
            return np.where(by_day, UNKNOWN_LIMIT, np.inf)
        usual = self.memory["usual"][slot].astype(np.float64)
        usual = np.maximum(usual, np.maximum(np.roll(usual, 1), np.roll(usual, -1)))
        limits: NDArray[np.float64] = np.maximum(FACTOR * usual + ALLOWANCE, LEAST)
        return limits * DOOR_FACTOR if door else limits

    def _alarm(self, slot: int, last: Micros, door: bool | None = None) -> Micros:
        """When it will have been quiet for too long since ``last``, or NEVER."""
        door = bool(self.memory["door"][slot]) if door is None else door
        limits: list[float] = self._limits(slot, door).tolist()
        local = self._zones.local(slot, last)
        for span in range(local // SPAN, local // SPAN + 2 * SPANS + 1):
            limit = limits[span % SPANS]
            if math.isfinite(limit):
                quiet = max(round(limit * MINUTE), span * SPAN - local)
                if local + quiet < (span + 1) * SPAN:
                    return last + quiet
        return NEVER

    def _found(self, at: Micros, slot: int, active: bool) -> Finding:
        memory, since = self.memory, int(self.memory["last"][slot])
        door = bool(memory["door"][slot])
        evidence: dict[str, Any] = {
            "last_sign": iso(since),
            "quiet_min": round((at - since) / MINUTE, 1),
            "days_known": int(memory["days"][slot]),
        }
        if active:
            span = self._zones.local(slot, at) // SPAN % SPANS
            limit = self._limits(slot, door)[span]
            evidence["limit_min"] = round(float(limit), 1) if math.isfinite(limit) else None
        if door:
            evidence["may_be_out"] = True
        device, priority = int(memory["device"][slot]), KINDS["inactivity"].priority
        return Finding(at, slot, device, "inactivity", active, since, priority, evidence)
