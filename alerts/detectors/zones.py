"""The local time of each resident, daylight saving included.

Local instants are microseconds as if the wall clock were UTC, so that whole days and hours are
told by division.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from alerts.detectors.columns import grown
from domain.directory import Subject
from domain.sample import Instants, Slots
from domain.time import DAY, MINUTE, Micros, from_datetime, to_datetime

_QUARTER = 15 * MINUTE
"""Clocks are changed on whole quarters of an hour of UTC."""


class Zones:
    """Whose clock shows what; slots without a resident live in UTC."""

    def __init__(self) -> None:
        self._names = ["UTC"]
        self._places = {"UTC": 0}
        self._of: Slots = np.zeros(0, np.int32)

    def configure(self, size: int, subjects: Sequence[Subject]) -> None:
        """Take these residents' zones; ``size`` is how many subjects there are."""
        places = self._places
        self._of = grown(self._of, size, places["UTC"])
        for subject in subjects:
            self._of[subject.slot] = places.setdefault(subject.timezone, len(places))
        self._names = list(places)

    def local(self, slot: int, at: Micros) -> Micros:
        """What the wall clock shows at an instant."""
        return at + _offset(self._names[self._of[slot]], at // _QUARTER)

    def locals(self, slots: Slots, at: Instants) -> Instants:
        """What each slot's wall clock shows at its instant."""
        zones, quarters = self._of[slots], at // _QUARTER
        if len(at) and (zones == zones[0]).all() and (quarters == quarters[0]).all():
            return at + _offset(self._names[zones[0]], int(quarters[0]))
        named = zip(zones.tolist(), quarters.tolist(), strict=True)
        return at + np.array([_offset(self._names[z], quarter) for z, quarter in named], np.int64)

    def instant(self, slot: int, local: Micros) -> Micros:
        """When the wall clock shows it; near it, where a change of clocks skips it."""
        name = self._names[self._of[slot]]
        guess = local - _offset(name, local // _QUARTER)
        return local - _offset(name, guess // _QUARTER)

    def next(self, slots: Slots, after: Instants, hour: int) -> Instants:
        """The first instants after ``after`` at which it is that hour on each slot's clock."""
        named = zip(self._of[slots].tolist(), (after // _QUARTER).tolist(), strict=True)
        return np.array([_next(self._names[z], quarter, hour) for z, quarter in named], np.int64)


def noon_before(local: Micros) -> Micros:
    """The noon at or before a local instant, from which its night is counted.

    >>> noon_before(3 * DAY // 2) == noon_before(5 * DAY // 2 - 1) == 3 * DAY // 2
    True
    """
    return (local - DAY // 2) // DAY * DAY + DAY // 2


def clock(minutes: float) -> str:
    """A time of day, given in minutes after noon.

    >>> clock(10.5 * 60)
    '22:30'
    """
    hour, minute = divmod(round(minutes + 720) % 1440, 60)
    return f"{hour:02}:{minute:02}"


def is_weekend(local: Micros) -> bool:
    """Whether it is a Saturday or a Sunday; 1970 began on a Thursday."""
    return (local // DAY + 3) % 7 >= 5


@lru_cache(maxsize=4096)
def _offset(zone: str, quarter: int) -> Micros:
    """How far the wall clock is ahead of UTC in that quarter of an hour."""
    offset = to_datetime(quarter * _QUARTER).astimezone(_zone(zone)).utcoffset()
    return (offset or timedelta()) // timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def _next(zone: str, quarter: int, hour: int) -> Micros:
    """When it is that hour, after that quarter of an hour."""
    now = to_datetime(quarter * _QUARTER).astimezone(_zone(zone))
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if then <= now:
        then += timedelta(days=1)
    return from_datetime(then)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    """The zone of that name. One resident's odd zone must not stop the others': then UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
