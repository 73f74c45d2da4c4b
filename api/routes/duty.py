"""Duty: who is on duty now and next, and where nobody will be; holidays."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from alerts import arrangements as stored
from alerts.coverage import Coverage, Gap, Shown, coverage
from alerts.duty import HORIZON, Span
from alerts.muster import muster, teams_above
from alerts.reasons import listed
from alerts.roster import Found, Recipient
from api import audit
from api.access import Viewer
from api.calendar import calendar_of
from api.context import Caller, Now, Transaction
from api.database import Connection
from api.problems import documented, not_found, unprocessable
from api.routes.rotas import check, check_team, new_id, put, rota_of
from api.schemas.duty import (
    DutyAnswer,
    GapList,
    HolidayAnswer,
    HolidayBody,
    HolidayList,
    OwnDuties,
    RotaTrial,
)
from api.schemas.fields import Id
from domain.time import DAY, Micros, from_datetime, iso, to_datetime

router = APIRouter(tags=["duty"])

_CALENDAR: Micros = 60 * DAY

Days = Annotated[int, Query(ge=1, le=90, description="How many days are looked ahead.")]


class _Calendar(Response):
    media_type = "text/calendar"


@router.get("/duty", response_model=DutyAnswer, responses=documented(401, 403, 422))
def show_duty(
    team: Annotated[Id, Query()],
    caller: Caller,
    connection: Transaction,
    now: Now,
    at: datetime | None = None,
    days: Days = 7,
) -> object:
    """Who is on duty in a team, who is next, and the gaps of the days ahead."""
    check_team(caller, team)
    return duty_of(connection, team, _moment(at, now), days)


@router.get("/duty/gaps", response_model=GapList, responses=documented(401, 403, 422))
def list_gaps(caller: Caller, connection: Transaction, now: Now, days: Days = 7) -> object:
    """Where nobody will be on duty in the caller's area, the soonest first."""
    return {"items": gaps_of(connection, caller, now, days)}


@router.post("/rotas/try", response_model=GapList, responses=documented(401, 403, 409, 422))
def try_rota(
    body: RotaTrial, caller: Caller, connection: Transaction, now: Now, days: Days = 7
) -> object:
    """Where nobody would be on duty as the body's party, were the rota saved; it is not.

    Its swaps, the holidays and the other layers count as they will.
    """
    wanted = rota_of(body.id or new_id(body), body)
    check(connection, caller, wanted)
    with connection.transaction(force_rollback=True):
        put(connection, caller, wanted, now)
        found = stored.coming_gaps(connection, now, now + days * DAY, [body.team])
    return {"items": [_gap(gap) for gap in found if gap.party == body.party]}


@router.get("/me/duties", response_model=OwnDuties, responses=documented(401, 403))
def list_my_duties(caller: Caller, connection: Transaction, now: Now) -> object:
    """The caller's own duties of the next 60 days, the soonest first."""
    found, names = _duties(connection, caller, now)
    items = [
        {
            "team": span.rota.team,
            "team_name": names.get(span.rota.team, span.rota.team),
            "party": span.rota.party,
            "name": span.rota.name,
            "timezone": span.rota.timezone,
            "from": iso(span.start),
            "until": iso(span.end),
        }
        for span in found
        if span.rota
    ]
    return {"items": sorted(items, key=lambda item: (item["from"], item["team"]))}


@router.get("/me/duties.ics", response_class=_Calendar, responses=documented(401, 403))
def my_duties(caller: Caller, connection: Transaction, now: Now) -> Response:
    """The caller's own duties of the next 60 days as an iCalendar file."""
    found, names = _duties(connection, caller, now)
    return _Calendar(calendar_of(found, names, caller.username, now))


# -- holidays ----------------------------------------------------------------------------------


@router.get("/holidays", response_model=HolidayList, responses=documented(401, 403, 422))
def list_holidays(
    team: Annotated[Id, Query()], caller: Caller, connection: Transaction, now: Now
) -> object:
    """The coming holidays of a team, its own and those from above."""
    check_team(caller, team)
    teams = teams_above(connection, [team])[0].get(team, ())
    rows = stored.queries.holidays(connection, teams=list(teams), since=to_datetime(now - DAY))
    return {"items": [_holiday(row) for row in rows]}


@router.put(
    "/holidays/{team}/{day}",
    response_model=HolidayAnswer,
    responses=documented(401, 403, 404, 422),
)
def put_holiday(
    team: Id, day: date, body: HolidayBody, caller: Caller, connection: Transaction
) -> object:
    """On that date another day's shifts hold, for the team and all below it."""
    _find_team(connection, caller, team)
    said = {"team": team, "date": day, **body.model_dump()}
    stored.queries.put_holiday(connection, **said, by=caller.username)
    audit.changed(connection, caller, "put_holiday", f"team:{team}")
    return _holiday({**said, "noted_by": caller.username})


@router.delete("/holidays/{team}/{day}", status_code=204, responses=documented(401, 403, 404, 422))
def drop_holiday(team: Id, day: date, caller: Caller, connection: Transaction) -> None:
    """The date is a day like any other again."""
    _find_team(connection, caller, team)
    if not stored.queries.drop_holiday(connection, team=team, date=day):
        raise not_found("holiday", day.isoformat())
    audit.changed(connection, caller, "drop_holiday", f"team:{team}")


# -- what the command line says too ------------------------------------------------------------


def duty_of(connection: Connection, team: str, at: Micros, days: int) -> dict[str, Any]:
    """Duty of a team at a moment, in the words of the API."""
    until = at + days * DAY
    ends = max(until, at + HORIZON)
    roster, _ = muster(connection, [], at, ends, teams=[team], since=at - HORIZON)
    parties = [_coverage(each) for each in coverage(roster, team, at, until)]
    return {"team": team, "at": iso(at), "parties": parties}


def gaps_of(connection: Connection, caller: Viewer, now: Micros, days: int) -> list[dict[str, Any]]:
    """The coming gaps of the caller's area, in the words of the API."""
    teams = None if caller.everything else caller.teams
    return [_gap(gap) for gap in stored.coming_gaps(connection, now, now + days * DAY, teams)]


# -- how they go about it ----------------------------------------------------------------------


def _duties(
    connection: Connection, caller: Viewer, now: Micros
) -> tuple[list[Span], Mapping[str, str]]:
    """One's own duties, and the names of their teams."""
    found = stored.duties_of(connection, caller.username, now, now + _CALENDAR)
    return found, teams_above(connection, {span.rota.team for span in found if span.rota})[1]


def _find_team(connection: Connection, caller: Viewer, team: str) -> None:
    own = caller.everything or team in caller.teams
    if not own or team not in stored.all_teams(connection):
        raise not_found("team", team)


def _moment(at: datetime | None, now: Micros) -> Micros:
    if at is None:
        return now
    if at.tzinfo is None:
        raise unprocessable("Give `at` with its zone, such as +08:00 or Z.")
    return from_datetime(at)


def _holiday(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "date": row["date"].isoformat()}


def _coverage(of: Coverage) -> dict[str, Any]:
    return {
        "party": of.party,
        "now": _on_duty(of.now) if of.now else None,
        "next": _on_duty(of.next) if of.next else None,
        "backup": _people(of.backup),
        "answers": _answers(of.answers),
        "gaps": [_gap(gap) for gap in of.gaps],
    }


def _on_duty(shown: Shown) -> dict[str, Any]:
    return {
        "people": _people(shown.people),
        "from": None if shown.start is None else iso(shown.start),
        "until": None if shown.end is None else iso(shown.end),
        "rota": shown.rota,
        "layer": shown.layer,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "team": gap.team,
        "party": gap.party,
        "from": iso(gap.start),
        "until": iso(gap.end),
        "goes_on": gap.goes_on,
        "answers": _answers(gap.answers),
    }


def _answers(found: Found) -> dict[str, Any]:
    return {"people": _people(found.people), "why": listed(found.why)}


def _people(people: Iterable[Recipient]) -> list[dict[str, Any]]:
    return [{"username": one.about.get("username"), "name": one.name} for one in people]
