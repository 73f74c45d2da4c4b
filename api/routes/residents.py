"""Residents: who is cared for, and their circle."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Response

from api import audit
from api.access import Viewer
from api.context import Caller, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection, Jsonb, people
from api.problems import conflict, documented, not_found, unprocessable
from api.routes import homes
from api.schemas.fields import Id, Page
from api.schemas.persons import (
    Circle,
    HomeChange,
    NewCircle,
    NewHome,
    NewResident,
    Resident,
    ResidentChange,
)
from api.thresholds import change_thresholds
from api.versions import IfMatch, check_version, tag
from domain.refusals import refused

router = APIRouter(prefix="/residents", tags=["residents"])

_FIELDS = (
    "name", "team", "timezone", "birth_year", "home", "phone", "living", "abilities",
    "risks", "medication", "languages", "doctor", "contacts", "consents",
)  # fmt: skip
_JSON = ("abilities", "doctor", "contacts", "consents")
_OF_THE_HOME = ("address", "way_in")
_NOT_A_VOLUNTEERS: dict[str, Any] = {
    "abilities": None,
    "medication": None,
    "doctor": None,
    "consents": [],
}


@router.get("", response_model=Page[Resident], responses=documented(401, 403, 422))
def list_residents(
    caller: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    """The caller's own residents, by id."""
    after = decode(cursor, str)[0] if cursor else None
    rows = residents_of(connection, caller, after=after, limit=limit + 1)
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    audit.read(connection, caller, "list_residents", [item["id"] for item in items])
    return {"items": items, "next": following}


@router.post("", response_model=Resident, status_code=201, responses=documented(401, 403, 409, 422))
def create_resident(body: NewResident, caller: Caller, connection: Transaction) -> object:
    """A resident of the caller's own area."""
    homes.check_team(caller, connection, body.team)
    row = body.model_dump(mode="json")
    row["home"] = _home(caller, connection, row, body.said())
    made = people.insert_resident(connection, id=body.id, **_stored(row))
    if made is None:
        raise conflict(refused("resident_taken", resident=body.id))
    change_thresholds(connection, "resident", made["id"], body.thresholds)
    _note(connection, caller, "create_resident", made["id"], body.said())
    return resident_of(connection, caller, made["id"])


@router.get("/{resident}", response_model=Resident, responses=documented(401, 403, 404, 422))
def get_resident(
    resident: Id, caller: Caller, connection: Transaction, response: Response
) -> object:
    """A resident's file; its version is in ``ETag`` too."""
    row = resident_of(connection, caller, resident)
    audit.read(connection, caller, "get_resident", [resident])
    tag(response, row["version"])
    return row


@router.patch("/{resident}", response_model=Resident, responses=documented(401, 403, 404, 412, 422))
def change_resident(
    resident: Id,
    body: ResidentChange,
    caller: Caller,
    connection: Transaction,
    response: Response,
    if_match: IfMatch = None,
) -> object:
    """What is left out stays. With ``If-Match``, only the version that was read is changed."""
    said = body.model_dump(mode="json", exclude_unset=True)
    if "team" in said:
        homes.check_team(caller, connection, body.team)
    people.lock_resident(connection, id=resident)
    before = resident_of(connection, caller, resident)
    check_version(if_match, before["version"])
    row = before | said
    row["home"] = _home(caller, connection, row, said)
    people.update_resident(connection, id=resident, **_stored(row))
    change_thresholds(connection, "resident", resident, body.thresholds)
    _note(connection, caller, "change_resident", resident, said)
    after = resident_of(connection, caller, resident)
    tag(response, after["version"])
    return after


@router.get("/{resident}/circle", response_model=Circle, responses=documented(401, 403, 404, 422))
def get_circle(resident: Id, caller: Caller, connection: Transaction) -> object:
    """The family, in the order in which it is asked."""
    resident_of(connection, caller, resident)
    audit.read(connection, caller, "get_circle", [resident])
    return {"items": list(people.circle(connection, resident=resident))}


@router.put("/{resident}/circle", response_model=Circle, responses=documented(401, 403, 404, 422))
def set_circle(resident: Id, body: NewCircle, caller: Caller, connection: Transaction) -> object:
    """Exactly these, in this order, by user name."""
    resident_of(connection, caller, resident)
    users = [member.user for member in body.items]
    if len(set(users)) < len(users):
        raise unprocessable(refused("circle_twice"))
    unfit = [row["name"] for row in people.unfit_for_circle(connection, users=users)]
    if unfit:
        raise unprocessable(refused("circle_of_strangers", person=unfit))
    people.empty_circle(connection, resident=resident)
    people.fill_circle(
        connection, resident=resident, users=users,
        relations=[member.relation for member in body.items],
    )  # fmt: skip
    _note(connection, caller, "set_circle", resident, ["circle"])
    return {"items": list(people.circle(connection, resident=resident))}


def resident_of(connection: Connection, caller: Viewer, resident: str) -> dict[str, Any]:
    """One whom the caller may see; a problem where there is none."""
    for row in residents_of(connection, caller, id=resident):
        return row
    raise not_found("resident", resident)


def residents_of(
    connection: Connection,
    caller: Viewer,
    *,
    id: str | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    """Residents whom the caller may see, by id, in the words of the API."""
    scope = caller.scope()
    del scope["vendor"]
    rows = people.residents(connection, id=id, after=after, limit=limit, **scope)
    return [_shown(caller, row) for row in rows]


def _shown(caller: Viewer, row: dict[str, Any]) -> dict[str, Any]:
    shown = row | {"team": row["team_id"], "home": row["home_id"]}
    own = caller.cares_for(row["id"], row["team_id"]) or "responder" in caller.roles
    return shown if own else shown | _NOT_A_VOLUNTEERS


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    """The columns of a file."""
    stored = {name: row[name] for name in _FIELDS}
    json = {name: Jsonb(row[name]) for name in _JSON if row[name] is not None}
    return stored | json


def _home(
    caller: Viewer, connection: Connection, row: dict[str, Any], said: Iterable[str]
) -> str | None:
    """Where the resident lives from now on; what was said of the home is written there."""
    home: str | None = row["home"]
    if home is not None and "home" in said:
        homes.check_home(caller, connection, home)
    told = {name: row[name] for name in _OF_THE_HOME if name in said}
    if not told:
        return home
    if home is None:
        return homes.make_home(connection, caller, NewHome(team=row["team"], **told))
    homes.alter_home(connection, caller, home, HomeChange(**told))
    return home


def _note(
    connection: Connection, caller: Viewer, action: str, resident: str, said: Iterable[str]
) -> None:
    audit.changed(connection, caller, action, f"resident:{resident}", [resident], said)
