"""A report: the figures of an area over a period, as a whole and apart, beside those before.

An area is a team with all below it, and falls into its *parts*: the teams right below it, each
with all below, and the team itself. Without a team it is all that a person sees.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from alerts import periods, records
from alerts.figure import Figure, Span
from alerts.figures import compute
from alerts.hours import zone_of
from alerts.periods import Period
from alerts.records import KIND_NAMES, PRIORITIES, Chosen, Connection, Records
from domain.time import Micros

Figures = Mapping[str, Figure]

AXES = ("team", "kind", "model", "priority")
"""By what figures are told apart."""


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class Area:
    """``team`` None: all that somebody sees. ``parts`` in order, ``teams`` by part from 1.

    ``unowned``: what belongs to no team is in it too, as a part of its own.
    """

    team: Team | None
    parts: tuple[Team, ...]
    teams: Mapping[str, int]
    unowned: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for, as people write it.

    ``period`` by name, or ``start`` and maybe ``end`` as days or instants; without any the month
    that is going on. ``timezone`` None: the one in which most of the area's residents live.
    """

    period: str | None = None
    start: str | None = None
    end: str | None = None
    kind: str | None = None
    model: str | None = None
    timezone: str | None = None
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Of one ``part`` (an id; None: of none) along an axis, all figures and those before."""

    axis: str
    part: str | None
    name: str
    figures: Figures
    before: Figures = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """``whole`` is the area in one section, ``sections`` are the rest in the order of the axes.

    ``before`` is the period that it is compared with, where it is.
    """

    area: Area
    asked: Asked
    timezone: str
    period: Period
    before: Period | None
    made_at: Micros
    whole: Section
    sections: tuple[Section, ...]

    def along(self, axis: str) -> list[Section]:
        return [section for section in self.sections if section.axis == axis]


def area_of(visible: Iterable[Team], team: str | None = None, unowned: bool = False) -> Area | None:
    """The area of a team, or of all these; None where the team is not among them."""
    by_id = {each.id: each for each in visible}
    if team is None:
        tops = [each for each in by_id.values() if each.parent_id not in by_id]
        return Area(None, tuple(tops), _members(by_id, tops), unowned)
    if team not in by_id:
        return None
    below = [each for each in by_id.values() if each.parent_id == team]
    parts = (by_id[team], *below)
    return Area(by_id[team], parts, {team: 1} | _members(by_id, below, first=2))


def teams(connection: Connection, seen: Iterable[str] | None) -> list[Team]:
    """Teams by id, all of them where ``seen`` is None."""
    rows = records.queries.teams(connection, everything=seen is None, teams=sorted(seen or ()))
    return [Team(**row) for row in rows]


def report(connection: Connection, area: Area, asked: Asked, now: Micros) -> Report:
    """Count everything. Raises NoPeriod where what was asked for is none."""
    timezone = asked.timezone or _zone(connection, area)
    zone = zone_of(timezone)
    period = _period(asked, now, zone)
    models = records.models(connection)
    counted = _count(connection, area, asked, period, models, now)
    before = periods.before(period, zone) if asked.compared else None
    earlier = _count(connection, area, asked, before, models, now) if before else {}
    sections = tuple(_sections(area, models, counted, earlier))
    return Report(area, asked, timezone, period, before, now, sections[0], sections[1:])


# -- how it is counted -------------------------------------------------------------------------

_Counted = dict[tuple[str, int], Figures]
"""Figures by axis and number of the part; the whole is along no axis."""


def _members(by_id: Mapping[str, Team], tops: Iterable[Team], first: int = 1) -> dict[str, int]:
    """All teams at and below the tops, with the number of their top."""
    below: dict[str | None, list[str]] = {}
    for each in by_id.values():
        below.setdefault(each.parent_id, []).append(each.id)
    members: dict[str, int] = {}
    for number, top in enumerate(tops, first):
        waiting = [top.id]
        while waiting:
            members[waiting[-1]] = number
            waiting += below.get(waiting.pop(), [])
    return members


def _zone(connection: Connection, area: Area) -> str:
    found = records.queries.zone(connection, teams=list(area.teams), unowned=area.unowned)
    return found or "UTC"


def _period(asked: Asked, now: Micros, zone: ZoneInfo) -> Period:
    if asked.period is not None and (asked.start or asked.end):
        raise periods.NoPeriod("Name a period, or its beginning and its end, but not both.")
    if asked.period is not None:
        return periods.named(asked.period, zone)
    if asked.start is not None:
        return periods.between(asked.start, asked.end, zone, now)
    if asked.end is not None:
        raise periods.NoPeriod("Name the beginning of the period, too.")
    return periods.month_of(now, zone)


def _count(
    connection: Connection, area: Area, asked: Asked, period: Period, models: list[str], now: Micros
) -> _Counted:
    chosen = Chosen(
        area.teams, area.unowned, period.start, period.end, models, asked.kind, asked.model
    )
    found = records.load(connection, chosen)
    span = Span(period.start, period.end, now)
    counted: _Counted = {("", 0): compute(found, span)}
    for axis in AXES:
        counted |= {(axis, number): compute(part, span) for number, part in found.by(axis).items()}
    return counted


def _sections(
    area: Area, models: list[str], counted: _Counted, before: _Counted
) -> Iterator[Section]:
    """The whole, then each axis by number; what is of none of them last."""
    part, name = (area.team.id, area.team.name) if area.team else (None, "")
    yield Section("", part, name, counted["", 0], before.get(("", 0), {}))
    empty = _nothing()
    for axis in AXES:
        names = _names(area, models, axis)
        numbers = {number for along, number in (*counted, *before) if along == axis}
        for number in sorted(numbers, key=lambda number: (number == 0, number)):
            part, name = names[number - 1] if number else (None, "")
            now = counted.get((axis, number), empty)
            yield Section(axis, part, name, now, before.get((axis, number), {}))


def _names(area: Area, models: list[str], axis: str) -> list[tuple[str, str]]:
    if axis == "team":
        return [(team.id, team.name) for team in area.parts]
    names = {"kind": KIND_NAMES, "model": models, "priority": PRIORITIES}[axis]
    return [(name, name) for name in names]


def _nothing() -> Figures:
    """The figures of a part that was there before and is no more."""
    return compute(Records.empty(), Span(0, 0, 0))
