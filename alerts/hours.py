"""Local hours as instants: what a clock on the wall says, on every night of the year.

Clocks change twice a year in many zones. A local time that does not exist then (02:30 in the
spring) is taken by the offset from before the change, and one that exists twice (02:30 in the
autumn) is the first of the two: the rule of RFC 5545, section 3.3.5, for calendars.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.time import Micros, from_datetime, to_datetime

ONE_DAY = timedelta(days=1)

_MORNING = time(9)
_SATURDAY = 5


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; UTC for a name that no zone has: better than no answer."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def instant(day: date, at: time, zone: ZoneInfo) -> Micros:
    """When a clock in the zone says ``at`` on that day.

    >>> from domain.time import iso
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> iso(instant(date(2026, 3, 29), time(2, 30), berlin)), "is 03:30: 02:30 does not exist"
    ('2026-03-29T01:30:00.000Z', 'is 03:30: 02:30 does not exist')
    >>> iso(instant(date(2026, 10, 25), time(2, 30), berlin)), "the first of two"
    ('2026-10-25T00:30:00.000Z', 'the first of two')
    """
    return from_datetime(datetime.combine(day, at, zone))


def stretch(day: date, starts: time, ends: time, zone: ZoneInfo) -> tuple[Micros, Micros]:
    """Beginning and end of local hours that begin on that day.

    They end on the next day where ``ends`` is not after ``starts``. The end may lie before the
    beginning where the clocks change in between: then there is no such stretch that day.
    """
    last = day if ends > starts else day + ONE_DAY
    return instant(day, starts, zone), instant(last, ends, zone)


def local_day(at: Micros, zone: ZoneInfo) -> date:
    """The date on a calendar in the zone."""
    return to_datetime(at).astimezone(zone).date()


def within(at: Micros, starts: time, ends: time, zone: ZoneInfo) -> Micros | None:
    """When the daily hours that ``at`` lies in come to their end; None where it lies in none."""
    today = local_day(at, zone)
    for day in (today - ONE_DAY, today):
        begin, end = stretch(day, starts, ends, zone)
        if begin <= at < end:
            return end
    return None


def next_working_morning(now: Micros, timezone: str) -> Micros:
    """09:00 of the next Monday to Friday in the zone, after ``now``.

    >>> from domain.time import iso
    >>> friday_evening = from_datetime(datetime.fromisoformat("2026-11-20T18:00+08:00"))
    >>> iso(next_working_morning(friday_evening, "Asia/Shanghai"))
    '2026-11-23T01:00:00.000Z'
    """
    zone = zone_of(timezone)
    day = local_day(now, zone)
    while True:
        morning = from_datetime(datetime.combine(day, _MORNING, zone))
        if day.weekday() < _SATURDAY and morning > now:
            return morning
        day += ONE_DAY
