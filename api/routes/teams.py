"""Teams: county above township above village."""

from typing import Any

from fastapi import APIRouter

from api import audit
from api.access import Viewer
from api.context import Caller, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection, people, queries
from api.problems import conflict, documented, not_found, unprocessable
from api.schemas.accounts import Member, NewTeam, Team, TeamChange
from api.schemas.fields import Id, Page
from api.thresholds import change_thresholds
from domain.refusals import refused

router = APIRouter(prefix="/teams", tags=["teams"])

ABOVE = {"county": None, "township": "county", "village": "township"}
"""The level of a team's parent."""


@router.get("", response_model=Page[Team], responses=documented(401, 403, 422))
def list_teams(
    caller: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    """The caller's own team and all below it."""
    after = decode(cursor, str)[0] if cursor else None
    rows = teams_of(connection, caller, after=after, limit=limit + 1)
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    return {"items": items, "next": following}


@router.post("", response_model=Team, status_code=201, responses=documented(401, 403, 409, 422))
def create_team(body: NewTeam, caller: Caller, connection: Transaction) -> object:
    _check_place(connection, body.level, body.parent)
    if not queries.insert_team(
        connection, id=body.id, name=body.name, level=body.level, parent=body.parent
    ):
        raise conflict(refused("team_taken", team=body.id))
    change_thresholds(connection, "team", body.id, body.thresholds)
    audit.changed(connection, caller, "create_team", f"team:{body.id}", fields=body.said())
    return _one(connection, caller, body.id)


@router.get("/{team}", response_model=Team, responses=documented(401, 403, 404, 422))
def get_team(team: Id, caller: Caller, connection: Transaction) -> object:
    return _one(connection, caller, team)


@router.patch("/{team}", response_model=Team, responses=documented(401, 403, 404, 422))
def change_team(team: Id, body: TeamChange, caller: Caller, connection: Transaction) -> object:
    """What is left out stays. The level stays, so the tree cannot become a circle."""
    row = _one(connection, caller, team) | body.said()
    _check_place(connection, row["level"], row["parent"])
    queries.update_team(connection, id=team, name=row["name"], parent=row["parent"])
    change_thresholds(connection, "team", team, body.thresholds)
    audit.changed(connection, caller, "change_team", f"team:{team}", fields=body.said())
    return _one(connection, caller, team)


@router.get(
    "/{team}/members", response_model=Page[Member], responses=documented(401, 403, 404, 422)
)
def team_members(
    team: Id, caller: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    """Who belongs to a team, and as what; whoever is several things is there several times."""
    _one(connection, caller, team)
    after = decode(cursor, str)[0] if cursor else None
    rows = list(people.members(connection, team=team, after=after, limit=limit + 1))
    items, following = page(rows, limit, lambda row: encode(row["place"]))
    return {"items": items, "next": following}


def _check_place(connection: Connection, level: str, parent: str | None) -> None:
    above = ABOVE[level]
    if above is None and parent is not None:
        raise unprocessable(refused("county_below"))
    if above is not None and (parent is None or queries.team_level(connection, id=parent) != above):
        raise unprocessable(refused("parent_unfit", level=above))


def _one(connection: Connection, caller: Viewer, team: str) -> dict[str, Any]:
    for row in teams_of(connection, caller, id=team):
        return row
    raise not_found("team", team)


def teams_of(
    connection: Connection,
    caller: Viewer,
    *,
    id: str | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    """Teams that the caller may see, by id, in the words of the API."""
    scope = caller.scope()
    rows = queries.teams(
        connection,
        id=id,
        after=after,
        limit=limit,
        everything=scope["everything"],
        teams=scope["teams"],
    )
    return [row | {"parent": row["parent_id"]} for row in rows]
