"""Who is on duty, by weekly rotas: pure, for any instant of the past or the future.

A *rota* is one layer of a team's duty for one party, mostly the station. Its *shifts* begin on a
day of the week at a local time of the rota's zone; a shift belongs to the day on which it
begins. On a *holiday* the shifts of another day hold. Where two shifts overlap, the one that
began later holds, as a handover: so at each instant at most one shift does. A *swap* puts one
person in the place of another for a span, or into a span that nobody has.

Layer 1 answers. Where it has nobody, the next layer does; where no layer has anybody, that is a
*gap*, and the team above answers (:mod:`alerts.roster`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise
from typing import Literal, get_args

from alerts.hours import ONE_DAY, local_day, stretch, zone_of
from domain.time import DAY, Micros

Day = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"
]
DAYS: tuple[Day, ...] = get_args(Day)
"""The days of the week in order, and the pattern that only holidays have."""

DutyParty = Literal["station", "centre", "responders", "volunteers"]
DUTY_PARTIES: tuple[DutyParty, ...] = get_args(DutyParty)
"""Parties that may have rotas."""

LOOK_AHEAD: Micros = 7 * DAY
"""How long before it happens the operator is warned of a gap."""
REACH: Micros = 2 * DAY
"""How far before and after an instant :func:`on_duty` looks: it is asked for every alert."""
HORIZON: Micros = 60 * DAY
"""How far before and after an instant :func:`now_and_next` looks: past any holidays."""
_STEPS: tuple[Micros, ...] = (REACH, 8 * DAY, HORIZON)
"""A handover is mostly near: so far is looked, one after the other, until it is found."""


@dataclass(frozen=True, slots=True)
class Shift:
    """From ``starts`` to ``ends`` (the next day where that is not later) on each such day.

    ``people`` are user names; all of them are on duty together.
    """

    day: Day
    starts: time
    ends: time
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """``taker`` is on duty in the place of ``giver``; without a giver, beside whoever is.

    Later swaps (in the order of the rota's list) see what earlier ones changed.
    """

    giver: str | None
    taker: str
    start: Micros
    end: Micros


@dataclass(frozen=True, slots=True)
class Rota:
    """One layer of a team's duty.

    ``holidays``  the pattern of each date that is not its weekday's
    ``absent``    user names of the people who cannot be on duty (accounts that are closed)
    """

    id: str
    team: str
    party: DutyParty
    layer: int
    name: str
    timezone: str
    shifts: tuple[Shift, ...]
    swaps: tuple[Swap, ...] = ()
    holidays: Mapping[date, Day] = field(default_factory=dict)
    absent: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """``people`` are on duty from ``start`` until before ``end``; nobody where there are none."""

    start: Micros
    end: Micros
    people: tuple[str, ...]
    rota: Rota | None = None


def spans(rota: Rota, start: Micros, end: Micros) -> list[Span]:
    """Who is on duty by one rota, as spans that follow one another and fill start to end."""
    turns = _turns(rota, start, end)
    edges = {edge for turn in turns for edge in turn[:2]}
    edges |= {edge for swap in rota.swaps for edge in (swap.start, swap.end)}
    inside = sorted({start, end} | {edge for edge in edges if start < edge < end})
    pieces = [
        Span(left, right, people := _people(rota, turns, left), rota if people else None)
        for left, right in pairwise(inside)
    ]
    return _joined(pieces)


def cover(rotas: Iterable[Rota], start: Micros, end: Micros) -> list[Span]:
    """The same for all layers of one team and party: at each instant the first that has people."""
    layers = [spans(rota, start, end) for rota in sorted(rotas, key=lambda rota: rota.layer)]
    inside = sorted({start, end} | {span.start for layer in layers for span in layer})
    pieces = []
    for left, right in pairwise(inside):
        answers = [span for layer in layers for span in layer if span.start <= left < span.end]
        answer = next((span for span in answers if span.people), None)
        people, rota = (answer.people, answer.rota) if answer else ((), None)
        pieces.append(Span(left, right, people, rota))
    return _joined(pieces)


def on_duty(rotas: Sequence[Rota], now: Micros) -> Span:
    """Who is on duty at this instant; ``start`` and ``end`` are no further off than REACH."""
    found = cover(rotas, now - REACH, now + REACH)
    return next(span for span in found if span.start <= now < span.end)


def now_and_next(rotas: Sequence[Rota], now: Micros) -> tuple[Span, Span | None]:
    """Who is on duty at this instant, and who is after them (or that nobody is), for people.

    An edge that lies HORIZON away is where the search ended, not a handover (see
    :func:`is_handover`); there is no next one where nothing changes until then.
    """
    for reach in _STEPS:
        found = cover(rotas, now - reach, now + reach)
        place = next(place for place, span in enumerate(found) if now < span.end)
        if place > 0 and len(found) > place + 2:
            break
    return found[place], found[place + 1] if len(found) > place + 1 else None


def is_handover(edge: Micros, now: Micros) -> bool:
    """Whether an edge of :func:`now_and_next` is one, and not merely where the search ended."""
    return abs(edge - now) < HORIZON


def gaps(rotas: Sequence[Rota], start: Micros, end: Micros) -> list[Span]:
    """The spans in which no layer has anybody."""
    return [span for span in cover(rotas, start, end) if not span.people]


def duties(rotas: Iterable[Rota], person: str, start: Micros, end: Micros) -> list[Span]:
    """When a person is on duty, in any of these rotas, in order."""
    found = [span for rota in rotas for span in spans(rota, start, end) if person in span.people]
    return sorted(found, key=lambda span: (span.start, span.rota.id if span.rota else ""))


_Turn = tuple[Micros, Micros, tuple[str, ...]]


def _turns(rota: Rota, start: Micros, end: Micros) -> list[_Turn]:
    """The shifts of all days that may reach into start to end, the latest begun last."""
    zone = zone_of(rota.timezone)
    # A shift lasts a day at most, and the clocks are changed by less than another.
    day, last = local_day(start, zone) - 2 * ONE_DAY, local_day(end, zone)
    turns: list[_Turn] = []
    while day <= last:
        pattern = rota.holidays.get(day, DAYS[day.weekday()])
        turns += [
            (*stretch(day, shift.starts, shift.ends, zone), shift.people)
            for shift in rota.shifts
            if shift.day == pattern
        ]
        day += ONE_DAY
    kept = [turn for turn in turns if turn[0] < turn[1] and turn[0] < end and start < turn[1]]
    return sorted(kept, key=lambda turn: turn[0])


def _people(rota: Rota, turns: Sequence[_Turn], at: Micros) -> tuple[str, ...]:
    people = next((turn[2] for turn in reversed(turns) if turn[0] <= at < turn[1]), ())
    for swap in rota.swaps:
        if swap.start <= at < swap.end:
            people = _swapped(people, swap)
    return tuple(person for person in people if person not in rota.absent)


def _swapped(people: tuple[str, ...], swap: Swap) -> tuple[str, ...]:
    if swap.giver is not None and swap.giver not in people:
        return people
    left = [person for person in people if person not in (swap.giver, swap.taker)]
    return (*left, swap.taker)


def _joined(pieces: Iterable[Span]) -> list[Span]:
    """Neighbours with the same people are one span."""
    joined: list[Span] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and (last.people, last.rota) == (piece.people, piece.rota):
            joined[-1] = Span(last.start, piece.end, last.people, last.rota)
        else:
            joined.append(piece)
    return joined
