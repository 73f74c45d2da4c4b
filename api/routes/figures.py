"""Figures of the service: how soon somebody answers and comes, and how good alarms are."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import HTMLResponse

from alerts.periods import NoPeriod
from alerts.report import Asked, Report, area_of, report, teams
from api import report as printed
from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.database import Connection
from api.figures import FiguresAnswer, as_csv, told
from api.problems import documented, unprocessable
from api.routes.answers import language_of
from api.routes.rotas import check_team
from api.schemas.fields import Id, KindName, Line, Zone
from domain.refusals import refused
from domain.time import Micros

router = APIRouter(prefix="/figures", tags=["figures"])
page = APIRouter(prefix="/figures", include_in_schema=False)

Team = Annotated[Id | None, Query(description="With all below it; else all that is yours.")]
Name = Annotated[str | None, Query(max_length=16, examples=["2026-11", "2026-H2", "2026"])]
Moment = Annotated[
    str | None, Query(max_length=40, description="A day (2026-11-21), or an instant with its zone.")
]
Start = Annotated[
    Moment, Query(alias="from", description="In place of `period`: a day or instant.")
]


class _Csv(Response):
    media_type = "text/csv"


def asked_for(
    period: Name = None,
    from_: Start = None,
    to: Moment = None,
    kind: KindName | None = None,
    model: Annotated[Line | None, Query(description="Of devices.")] = None,
    timezone: Annotated[Zone | None, Query(description="Else that of most residents.")] = None,
    compare: Annotated[bool, Query(description="With the period before.")] = False,
) -> Asked:
    """What is asked for; without a period the month that is going on."""
    return Asked(period, from_, to, kind, model, timezone, compare)


Wanted = Annotated[Asked, Depends(asked_for)]


@router.get("", response_model=FiguresAnswer, responses=documented(401, 403, 422))
def get_figures(
    caller: Caller, connection: Transaction, now: Now, asked: Wanted, team: Team = None
) -> object:
    """All figures of a team with all below it, as a whole and by team, kind, model and priority."""
    return told(report_of(connection, caller, team, asked, now))


@router.get("/report.csv", response_class=_Csv, responses=documented(401, 403, 422))
def figures_csv(
    caller: Caller, connection: Transaction, now: Now, asked: Wanted, team: Team = None
) -> Response:
    """The same as a table, with the period before."""
    return _Csv(as_csv(_compared(connection, caller, team, asked, now)))


@page.get("/report", name="get_figures")
def figures_page(
    caller: Caller,
    connection: Transaction,
    now: Now,
    asked: Wanted,
    team: Team = None,
    accept_language: Annotated[str, Header()] = "en",
) -> HTMLResponse:
    """The same as a page to print."""
    found = _compared(connection, caller, team, asked, now)
    return printed.page_of(found, language_of(accept_language))


def report_of(
    connection: Connection, caller: Viewer, team: str | None, asked: Asked, now: Micros
) -> Report:
    """The report of a team of the caller's area, or of all of the area."""
    if team is not None:
        check_team(caller, team)
    seen = None if caller.everything else caller.teams
    unowned = caller.everything or caller.unowned
    area = area_of(teams(connection, seen), team, unowned)
    if area is None:
        raise unprocessable(refused("team_unknown", team=team))
    try:
        return report(connection, area, asked, now)
    except NoPeriod as error:
        raise unprocessable(str(error)) from error


def _compared(
    connection: Connection, caller: Viewer, team: str | None, asked: Asked, now: Micros
) -> Report:
    return report_of(connection, caller, team, replace(asked, compared=True), now)
