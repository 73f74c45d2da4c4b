"""Duties as an iCalendar file (RFC 5545), for anybody's calendar; to read only."""

from collections.abc import Iterable, Mapping

from icalendar import Calendar, Event

from alerts.duty import Span
from domain.time import Micros, to_datetime


def calendar_of(
    duties: Iterable[Span], teams: Mapping[str, str], person: str, now: Micros
) -> bytes:
    """One event a duty, in UTC; ``teams`` are the names by id.

    The same duty has the same UID, so that a calendar that reads the file again has it once.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//carewatch//duty//EN")
    calendar.add("version", "2.0")
    for span in duties:
        if span.rota is not None:
            team = teams.get(span.rota.team, span.rota.team)
            event = Event()
            event.add("uid", f"{span.rota.id}-{person}-{span.start}@carewatch")
            event.add("dtstamp", to_datetime(now))
            event.add("dtstart", to_datetime(span.start))
            event.add("dtend", to_datetime(span.end))
            event.add("summary", f"{team}: {span.rota.name}")
            calendar.add_component(event)
    return bytes(calendar.to_ical())
