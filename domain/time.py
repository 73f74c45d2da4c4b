"""Time: whole microseconds since 1970 in UTC on the hot path, aware datetimes at the edges.

Nothing outside this module asks a clock; whoever decides is handed ``now``.
"""

import time as _time
from datetime import UTC, datetime, timedelta
from typing import Protocol

Micros = int
"""Whole microseconds since 1970-01-01T00:00:00Z (an instant) or plainly a count of them."""

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR
NEVER: Micros = 2**62
"""A deadline that does not come, and still leaves room to add to."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells the time; the only thing in carewatch that does."""

    def now(self) -> Micros:
        """The present instant; never earlier than an answer given before."""
        ...


class SystemClock:
    """The machine's wall clock, held still where the machine sets it back."""

    def __init__(self) -> None:
        self._latest: Micros = 0

    def now(self) -> Micros:
        self._latest = max(self._latest, _time.time_ns() // 1000)
        return self._latest


class ManualClock:
    """A clock that moves when it is told to.

    >>> clock = ManualClock(at=5 * SECOND)
    >>> clock.advance(2 * SECOND)
    >>> clock.now()
    7000000
    """

    def __init__(self, at: Micros = 0) -> None:
        self._at = at

    def now(self) -> Micros:
        return self._at

    def advance(self, by: Micros) -> None:
        if by < 0:
            raise ValueError("time does not run backwards")
        self._at += by


def stopwatch() -> float:
    """Seconds on a clock that only measures spans; for benchmarks and deadlines of waiting."""
    return _time.perf_counter()


def to_datetime(at: Micros) -> datetime:
    """An aware UTC datetime; exact, no floating point in between."""
    return _EPOCH + timedelta(microseconds=at)


def from_datetime(at: datetime) -> Micros:
    """Microseconds since 1970 of an aware datetime.

    >>> from_datetime(datetime(2026, 11, 21, 8, 30, tzinfo=UTC))
    1795249800000000
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone says nothing; add one, such as +00:00 or Z")
    return (at - _EPOCH) // timedelta(microseconds=1)


def iso(at: Micros) -> str:
    """ISO 8601 in UTC, to the millisecond where that says it all, else to the microsecond.

    >>> iso(1795249800150000)
    '2026-11-21T08:30:00.150Z'
    """
    precision = "microseconds" if at % 1000 else "milliseconds"
    return to_datetime(at).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
