"""Periods that figures are told of: months, half-years and years by a clock on the wall.

A period begins at midnight in a time zone and ends where the next one begins, so it has the hours
that it has there: October of a zone that changes its clocks has one more than 31 days.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from alerts.hours import instant, local_day
from domain.errors import CarewatchError
from domain.time import Micros, from_datetime

_MONTHS: Mapping[str, int] = {"month": 1, "half": 6, "year": 12}
_NAMED = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|-H([12]))?")


class NoPeriod(CarewatchError):
    """What was named is no period."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to ``end``, which it does not hold; ``name`` None where it has none."""

    start: Micros
    end: Micros
    name: str | None = None


def named(name: str, zone: ZoneInfo) -> Period:
    """The month ``2026-11``, half-year ``2026-H2`` or year ``2026``; NoPeriod for another word.

    >>> from domain.time import HOUR
    >>> october = named("2026-10", ZoneInfo("Europe/Berlin"))
    >>> (october.end - october.start) // HOUR, "one more than 31 days have"
    (745, 'one more than 31 days have')
    """
    year, month, length = _read(name)
    return Period(_midnight(year, month, zone), _midnight(year, month + length, zone), name)


def month_of(now: Micros, zone: ZoneInfo) -> Period:
    """The month that is going on."""
    return named(local_day(now, zone).strftime("%Y-%m"), zone)


def between(start: str, end: str | None, zone: ZoneInfo, now: Micros) -> Period:
    """From one day or instant (ISO 8601 with its zone) up to another, else up to now.

    Raises NoPeriod where that is none.

    >>> from domain.time import DAY
    >>> week = between("2026-11-02", "2026-11-09", ZoneInfo("UTC"), 0)
    >>> (week.end - week.start) // DAY, "the 9th is not in it"
    (7, 'the 9th is not in it')
    """
    period = Period(_moment(start, zone), now if end is None else _moment(end, zone))
    if period.start >= period.end:
        raise NoPeriod(f"{start} is not before {end or 'now'}: name the beginning first.")
    return period


def before(period: Period, zone: ZoneInfo) -> Period:
    """The one before it: of its kind, or as long where it has no name.

    >>> before(named("2026-H1", ZoneInfo("UTC")), ZoneInfo("UTC")).name
    '2025-H2'
    """
    if period.name is None:
        return Period(2 * period.start - period.end, period.start)
    year, month, length = _read(period.name)
    year, month = _shifted(year, month - length)
    return named(_name(year, month, length), zone)


def _moment(text: str, zone: ZoneInfo) -> Micros:
    try:
        if len(text) == len("2026-11-21"):
            return instant(date.fromisoformat(text), time(), zone)
        return from_datetime(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise NoPeriod(
            f"{text!r} is no day or instant: write 2026-11-21, or 2026-11-21T03:00+08:00."
        ) from None


def _read(name: str) -> tuple[int, int, int]:
    """Year, first month (1 to 12) and length in months."""
    found = _NAMED.fullmatch(name)
    if found is None or not 1970 < int(found[1]) < 9999:
        raise NoPeriod(f"{name!r} is no period: name a month (2026-11), 2026-H1 or a year (2026).")
    year = int(found[1])
    if found[2]:
        return year, int(found[2]), _MONTHS["month"]
    if found[3]:
        return year, 6 * int(found[3]) - 5, _MONTHS["half"]
    return year, 1, _MONTHS["year"]


def _name(year: int, month: int, length: int) -> str:
    if length == _MONTHS["month"]:
        return f"{year}-{month:02}"
    return f"{year}" if length == _MONTHS["year"] else f"{year}-H{1 + month // 7}"


def _shifted(year: int, month: int) -> tuple[int, int]:
    """
    >>> _shifted(2026, 13), _shifted(2026, 0)
    ((2027, 1), (2025, 12))
    """
    return year + (month - 1) // 12, (month - 1) % 12 + 1


def _midnight(year: int, month: int, zone: ZoneInfo) -> Micros:
    return instant(date(*_shifted(year, month), 1), time(), zone)
