"""A resident's day: who is where, from noon to noon, drawn anew for each date.

A plan is a function of person, date and seed alone, so that any moment can be asked for without
living through the ones before it.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from domain.time import MINUTE, Micros, from_datetime, to_datetime

Activity = Literal["deep", "light", "rem", "awake", "toilet", "up", "meal", "out"]

IN_BED: frozenset[str] = frozenset({"deep", "light", "rem", "awake"})

_SLEEP_CYCLES: tuple[tuple[tuple[Activity, int], ...], ...] = (
    (("light", 20), ("deep", 35), ("light", 20), ("rem", 12)),
    (("light", 30), ("deep", 22), ("light", 20), ("rem", 18)),
    (("light", 45), ("deep", 8), ("light", 15), ("rem", 22)),
    (("light", 62), ("rem", 26)),
    (("light", 60), ("rem", 30)),
    (("light", 60), ("rem", 30)),
)
"""Minutes: cycles of about 90, deep sleep early, REM late (Feinberg and Floyd, Psychophysiology
16, 1979, 283), with the little deep sleep of the old (Ohayon et al., Sleep 27, 2004, 1255)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """An activity, from ``start`` until the next segment."""

    start: Micros
    activity: Activity


@dataclass(frozen=True, slots=True)
class Habits:
    """What makes one person's days differ from another's."""

    bedtime_min: float
    """Minutes after 21:00."""
    rises_min: float
    """Minutes after 07:00."""
    toilet_visits: float
    """A night, on average: one to two are usual (Bosch and Weiss, J. Urol. 184, 2010, 440)."""
    naps: bool
    bedridden: bool

    @staticmethod
    def of(random: np.random.Generator) -> "Habits":
        return Habits(
            bedtime_min=random.uniform(20, 80),
            rises_min=random.uniform(15, 45),
            toilet_visits=random.uniform(0.6, 1.8),
            naps=bool(random.random() < 0.7),
            bedridden=bool(random.random() < 0.35),
        )


class Days:
    """The plan of one person's life in their own time zone."""

    def __init__(self, habits: Habits, zone: str, seed: tuple[int, ...]) -> None:
        self._habits = habits
        self._zone = ZoneInfo(zone)
        self._seed = seed
        self._plan = lru_cache(maxsize=4)(self._make_plan)

    def activity(self, at: Micros) -> Activity:
        """What the person does at an instant."""
        local = to_datetime(at).astimezone(self._zone)
        day = local.date() - timedelta(days=local.hour < 12)
        plan = self._plan(day)
        place = bisect_right(plan, at, key=lambda segment: segment.start)
        return plan[max(place - 1, 0)].activity

    def hour(self, at: Micros) -> float:
        """The local time of day, 0 to 24."""
        local = to_datetime(at).astimezone(self._zone)
        return local.hour + local.minute / 60 + local.second / 3600

    def _make_plan(self, day: date) -> list[Segment]:
        random = np.random.default_rng((*self._seed, day.toordinal()))
        minutes = _in_bed_all_day if self._habits.bedridden else _up_and_about
        noon = from_datetime(datetime.combine(day, time(12), self._zone))
        segments = [
            Segment(noon + round(after * MINUTE), activity)
            for after, activity in minutes(self._habits, random)
        ]
        return sorted(segments, key=lambda segment: segment.start)


def _up_and_about(habits: Habits, random: np.random.Generator) -> Iterator[tuple[float, Activity]]:
    """Minutes after noon, and what begins then."""
    yield from ((0, "up"), (10, "meal"), (40 + random.uniform(0, 10), "up"))
    if habits.naps:
        yield from _nap(65 + random.uniform(0, 20), random)
        yield 150, "up"
    if random.random() < 0.5:
        yield 200 + random.uniform(0, 40), "out"
        yield 250 + random.uniform(0, 40), "up"
    yield from ((360, "meal"), (395 + random.uniform(0, 10), "up"))
    bed = 540 + habits.bedtime_min + random.normal(0, 8)
    rise = 1140 + habits.rises_min + random.uniform(0, 20)
    yield from _night(bed, rise, habits.toilet_visits, random)
    yield from ((rise, "up"), (rise + 45, "meal"), (rise + 75, "up"))
    if random.random() < 0.4:
        yield 1310 + random.uniform(0, 30), "out"
        yield 1360 + random.uniform(0, 30), "up"


def _in_bed_all_day(
    habits: Habits, random: np.random.Generator
) -> Iterator[tuple[float, Activity]]:
    yield 0, "awake"
    yield from _nap(65 + random.uniform(0, 20), random)
    yield 150, "awake"
    bed = 540 + habits.bedtime_min
    rise = 1140 + habits.rises_min
    yield from _night(bed, rise, 0, random)
    yield rise, "awake"


def _nap(start: float, random: np.random.Generator) -> Iterator[tuple[float, Activity]]:
    yield from ((start, "awake"), (start + 8, "light"))
    if random.random() < 0.4:
        yield from ((start + 30, "deep"), (start + 45, "light"))
    yield start + 55, "awake"


def _night(
    bed: float, rise: float, visits: float, random: np.random.Generator
) -> Iterator[tuple[float, Activity]]:
    """Falling asleep, cycles of sleep, visits to the toilet between two of them."""
    yield bed, "awake"
    at = bed + random.uniform(8, 25)
    for number, cycle in enumerate(_SLEEP_CYCLES):
        for stage, length in cycle:
            if at >= rise - 15:
                break
            yield at, stage
            at += length * random.uniform(0.85, 1.15)
        if number and at < rise - 40 and random.random() < visits / 4:
            yield from ((at, "awake"), (at + 1, "toilet"))
            at += 1 + random.uniform(3, 8)
            yield at, "awake"
            at += random.uniform(2, 10)
    yield min(at, rise - 12), "awake"
