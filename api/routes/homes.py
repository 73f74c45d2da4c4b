"""Homes: where residents live, and how to get in."""

from typing import Any

from fastapi import APIRouter, Response

from api import audit
from api.access import Viewer
from api.context import Caller, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection, people, queries
from api.problems import conflict, documented, not_found, unprocessable
from api.schemas.fields import Id, Page
from api.schemas.persons import Home, HomeChange, NewHome
from api.versions import IfMatch, check_version, tag
from domain.refusals import refused

router = APIRouter(prefix="/homes", tags=["residents"])

_FIELDS = tuple(HomeChange.model_fields)


@router.get("", response_model=Page[Home], responses=documented(401, 403, 422))
def list_homes(
    caller: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    """Homes of the caller's area, by id."""
    after = decode(cursor, str)[0] if cursor else None
    rows = homes_of(connection, caller, after=after, limit=limit + 1)
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    audit.read(
        connection, caller, "list_homes", [name for row in items for name in row["residents"]]
    )
    return {"items": items, "next": following}


@router.post("", response_model=Home, status_code=201, responses=documented(401, 403, 409, 422))
def create_home(body: NewHome, caller: Caller, connection: Transaction) -> object:
    """A home in the caller's own area; residents move in with their ``home``."""
    check_team(caller, connection, body.team)
    return home_of(connection, caller, make_home(connection, caller, body))


@router.get("/{home}", response_model=Home, responses=documented(401, 403, 404, 422))
def get_home(home: Id, caller: Caller, connection: Transaction, response: Response) -> object:
    """A home with its key box; its version is in ``ETag`` too."""
    row = home_of(connection, caller, home)
    audit.read(connection, caller, "get_home", row["residents"], f"home:{home}")
    tag(response, row["version"])
    return row


@router.patch("/{home}", response_model=Home, responses=documented(401, 403, 404, 412, 422))
def change_home(
    home: Id,
    body: HomeChange,
    caller: Caller,
    connection: Transaction,
    response: Response,
    if_match: IfMatch = None,
) -> object:
    """What is left out stays. With ``If-Match``, only the version that was read is changed."""
    if "team" in body.said():
        check_team(caller, connection, body.team)
    alter_home(connection, caller, home, body, if_match)
    after = home_of(connection, caller, home)
    tag(response, after["version"])
    return after


def make_home(connection: Connection, caller: Viewer, body: NewHome) -> str:
    """A new home; its id."""
    fields = body.model_dump()
    _check_point(fields)
    made = people.insert_home(connection, **fields)
    if made is None:
        raise conflict(refused("home_taken", home=body.id))
    home: str = made["id"]
    audit.changed(connection, caller, "create_home", f"home:{home}", fields=body.said())
    return home


def alter_home(
    connection: Connection,
    caller: Viewer,
    home: str,
    body: HomeChange,
    if_match: str | None = None,
) -> None:
    """Change what was said of a home; a problem where the caller may not see it."""
    people.lock_home(connection, id=home)
    before = home_of(connection, caller, home)
    check_version(if_match, before["version"])
    row = before | body.said()
    _check_point(row)
    people.update_home(connection, id=home, **{name: row[name] for name in _FIELDS})
    audit.changed(connection, caller, "change_home", f"home:{home}", row["residents"], body.said())


def check_home(caller: Viewer, connection: Connection, home: str) -> None:
    """Nobody moves into a home that the caller has nothing to do with."""
    if not homes_of(connection, caller, id=home):
        raise unprocessable(refused("home_unknown", home=home))


def check_team(caller: Viewer, connection: Connection, team: str | None) -> None:
    """Nobody puts anything into an area that is not their own."""
    if not caller.cares_for(None, team):
        raise unprocessable(refused("team_not_yours"))
    if team is not None and queries.team_level(connection, id=team) is None:
        raise unprocessable(refused("team_unknown", team=team))


def home_of(connection: Connection, caller: Viewer, home: str) -> dict[str, Any]:
    """One that the caller may see; a problem where there is none."""
    for row in homes_of(connection, caller, id=home):
        return row
    raise not_found("home", home)


def homes_of(
    connection: Connection,
    caller: Viewer,
    *,
    id: str | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    """Homes that the caller may see, by id, in the words of the API."""
    scope = caller.scope()
    del scope["vendor"]
    rows = people.homes(connection, id=id, after=after, limit=limit, **scope)
    return [row | {"team": row["team_id"]} for row in rows]


def _check_point(row: dict[str, Any]) -> None:
    if (row["latitude"] is None) != (row["longitude"] is None):
        raise unprocessable(refused("half_a_point"))
