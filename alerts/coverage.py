"""Who is on duty now and next, and where nobody will be: what people look at beforehand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from alerts.duty import DUTY_PARTIES, Span, gaps, is_handover, now_and_next
from alerts.roster import Found, Recipient, Roster
from domain.time import SECOND, Micros


@dataclass(frozen=True, slots=True)
class Shown:
    """People on duty (nobody: a gap) for a span, by a layer of a rota.

    ``start`` and ``end`` are None where they lie beyond :data:`alerts.duty.HORIZON`.
    """

    people: tuple[Recipient, ...]
    start: Micros | None
    end: Micros | None
    rota: str | None
    layer: int | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A span in which no layer of a team's duty has anybody, and who answers instead.

    ``goes_on``: ``end`` is that of the days that were looked at, and nobody is on duty then either.
    """

    team: str
    party: str
    start: Micros
    end: Micros
    goes_on: bool
    answers: Found


@dataclass(frozen=True, slots=True)
class Coverage:
    """Duty of a team for one party.

    ``now`` and ``next`` by its own rotas, None without rotas or where nothing changes as far as
    one looks;
    ``answers`` is who is asked at this moment, wherever they are found.
    """

    party: str
    now: Shown | None
    next: Shown | None
    backup: tuple[Recipient, ...]
    answers: Found
    gaps: tuple[Gap, ...]


def coverage(roster: Roster, team: str, now: Micros, until: Micros) -> list[Coverage]:
    """Duty of a team, for the station and whatever else it has people for."""
    parties = [
        party
        for party in DUTY_PARTIES
        if party == "station" or roster.rotas(team, party) or roster.staff(team, party)
    ]
    return [_coverage(roster, team, party, now, until) for party in parties]


def gaps_of(roster: Roster, teams: Iterable[str], now: Micros, until: Micros) -> Iterator[Gap]:
    """The gaps that these teams' own rotas leave, in order of teams."""
    for team in teams:
        for party in DUTY_PARTIES:
            yield from _gaps(roster, team, party, now, until)


def _gaps(roster: Roster, team: str, party: str, now: Micros, until: Micros) -> Iterator[Gap]:
    rotas = roster.rotas(team, party)
    # A moment beyond the end shows which gap does not end there.
    for span in gaps(rotas, now, until + SECOND) if rotas else ():
        if span.start < until:
            answers = roster.at(span.start).find_for(team, party)
            end, goes_on = min(span.end, until), span.end > until
            yield Gap(team, party, span.start, end, goes_on, answers)


def _coverage(roster: Roster, team: str, party: str, now: Micros, until: Micros) -> Coverage:
    rotas = roster.rotas(team, party)
    present, following = now_and_next(rotas, now) if rotas else (None, None)
    return Coverage(
        party=party,
        now=_shown(roster, party, present, now) if present else None,
        next=_shown(roster, party, following, now) if following else None,
        backup=roster.find_for(team, "backup").people if party == "station" else (),
        answers=roster.find_for(team, party),
        gaps=tuple(_gaps(roster, team, party, now, until)),
    )


def _shown(roster: Roster, party: str, span: Span, now: Micros) -> Shown:
    people = roster.named(span.people, party)
    rota, layer = (span.rota.id, span.rota.layer) if span.rota else (None, None)
    start, end = (edge if is_handover(edge, now) else None for edge in (span.start, span.end))
    return Shown(people, start, end, rota, layer)
