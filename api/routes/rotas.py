"""Rotas and swaps: the shifts of each team's week, and who takes whose."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from alerts import arrangements as stored
from alerts import objections
from alerts.duty import Rota, Shift, spans
from alerts.muster import load_rotas, teams_above
from api import audit
from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.database import Connection
from api.problems import conflict, documented, not_found, unprocessable
from api.schemas.duty import RotaAnswer, RotaBody, RotaList, SwapAnswer, SwapBody, SwapList
from api.schemas.fields import Id
from api.schemas.policies import clock
from api.versions import IfMatch, check_version, tag
from domain.refusals import refused
from domain.time import DAY, Micros, from_datetime, to_datetime

router = APIRouter(tags=["duty"])

SwapId = Annotated[int, Path(ge=1, le=2**53)]
DaysBack = Annotated[int, Query(ge=1, le=3660, description="How many days back swaps are shown.")]


@router.get("/rotas", response_model=RotaList, responses=documented(401, 403, 422))
def list_rotas(
    caller: Caller, connection: Transaction, team: Annotated[Id | None, Query()] = None
) -> object:
    """The rotas of the caller's area, by team."""
    return {"items": rotas_of(connection, caller, team=team)}


@router.post(
    "/rotas", response_model=RotaAnswer, status_code=201, responses=documented(401, 403, 409, 422)
)
def create_rota(
    body: RotaBody, caller: Caller, connection: Transaction, now: Now, response: Response
) -> object:
    """Make a rota; its id is made, too."""
    wanted = rota_of(new_id(body), body)
    check(connection, caller, wanted)
    _make(connection, caller, wanted, now)
    return _changed(connection, caller, "create_rota", wanted.id, response)


@router.get("/rotas/{rota}", response_model=RotaAnswer, responses=documented(401, 403, 404, 422))
def get_rota(rota: Id, caller: Caller, connection: Transaction, response: Response) -> object:
    """A rota; its version is in ``ETag`` too."""
    found = _one(connection, caller, rota)
    tag(response, found["version"])
    return found


@router.put(
    "/rotas/{rota}", response_model=RotaAnswer, responses=documented(401, 403, 404, 409, 412, 422)
)
def put_rota(
    rota: Id,
    body: RotaBody,
    caller: Caller,
    connection: Transaction,
    now: Now,
    response: Response,
    if_match: IfMatch = None,
) -> object:
    """Make a rota, or replace one. With ``If-Match``, only the version that was read."""
    wanted = rota_of(rota, body)
    check(connection, caller, wanted)
    put(connection, caller, wanted, now, if_match)
    return _changed(connection, caller, "put_rota", rota, response)


@router.delete("/rotas/{rota}", status_code=204, responses=documented(401, 403, 404, 422))
def drop_rota(rota: Id, caller: Caller, connection: Transaction) -> None:
    """Take a rota away, with its swaps."""
    _one(connection, caller, rota)
    stored.queries.drop_rota(connection, id=rota)
    audit.changed(connection, caller, "drop_rota", f"rota:{rota}")


# -- swaps -------------------------------------------------------------------------------------


@router.get(
    "/rotas/{rota}/swaps", response_model=SwapList, responses=documented(401, 403, 404, 422)
)
def list_swaps(
    rota: Id, caller: Caller, connection: Transaction, now: Now, days_back: DaysBack = 31
) -> object:
    """Swaps of late and to come, taken back or not, in the order in which they were noted."""
    _one(connection, caller, rota)
    since = to_datetime(now - days_back * DAY)
    return {"items": list(stored.queries.swaps(connection, rota=rota, since=since, until=None))}


@router.post(
    "/rotas/{rota}/swaps",
    response_model=SwapAnswer,
    status_code=201,
    responses=documented(401, 403, 404, 422),
)
def create_swap(
    rota: Id, body: SwapBody, caller: Caller, connection: Transaction, now: Now
) -> object:
    """Somebody takes a span from somebody else, or one that nobody has."""
    found = _one(connection, caller, rota)
    _check_swap(connection, found, body)
    swap = stored.queries.insert_swap(
        connection, rota=rota, **body.model_dump(), by=caller.username, at=to_datetime(now)
    )
    audit.changed(connection, caller, "create_swap", f"rota:{rota}")
    return _swap(connection, rota, swap)


@router.delete(
    "/rotas/{rota}/swaps/{swap}", status_code=204, responses=documented(401, 403, 404, 422)
)
def withdraw_swap(
    rota: Id, swap: SwapId, caller: Caller, connection: Transaction, now: Now
) -> None:
    """Take a swap back; it stays written down."""
    _one(connection, caller, rota)
    done = stored.queries.withdraw_swap(
        connection, rota=rota, id=swap, by=caller.username, at=to_datetime(now)
    )
    if not done:
        raise not_found("swap", str(swap))
    audit.changed(connection, caller, "withdraw_swap", f"rota:{rota}")


def rotas_of(
    connection: Connection, caller: Viewer, *, id: str | None = None, team: str | None = None
) -> list[dict[str, Any]]:
    """Rotas that the caller may see, in the words of the API."""
    return list(
        stored.queries.rotas(
            connection,
            id=id,
            team=team,
            everything=caller.everything,
            teams=sorted(caller.teams),
        )
    )


def check_team(caller: Viewer, team: str) -> None:
    """A problem where the team is not of the caller's area."""
    if not (caller.everything or team in caller.teams):
        raise unprocessable(refused("team_not_yours"))


def check(connection: Connection, caller: Viewer, rota: Rota) -> None:
    """A problem where the rota is not of the caller's area, or cannot be."""
    check_team(caller, rota.team)
    found = objections.of_rota(rota, stored.people_of(connection, rota.team))
    if found:
        raise unprocessable(*found)


def put(
    connection: Connection, caller: Viewer, rota: Rota, now: Micros, if_match: str | None = None
) -> None:
    """Make the rota, or put it in the place of the one of its id."""
    known = next(iter(rotas_of(connection, caller, id=rota.id)), None)
    if known is None:
        _make(connection, caller, rota, now)
    else:
        check_version(if_match, known["version"])
        _replace(connection, caller, rota, known, now)


def rota_of(id: str, body: RotaBody) -> Rota:
    """A rota in the words of duty."""
    shifts = tuple(
        Shift(shift.day, clock(shift.starts), clock(shift.ends), tuple(dict.fromkeys(shift.people)))
        for shift in body.shifts
    )
    return Rota(id, body.team, body.party, body.layer, body.name, body.timezone, shifts)


def new_id(body: RotaBody) -> str:
    """One that says to its reader what it is of, and that no other rota has."""
    return f"{body.team[:40]}-{body.party}-{secrets.token_hex(3)}"


def _changed(
    connection: Connection, caller: Viewer, call: str, rota: str, response: Response
) -> dict[str, Any]:
    """The rota after a change, which is noted."""
    audit.changed(connection, caller, call, f"rota:{rota}")
    after = _one(connection, caller, rota)
    tag(response, after["version"])
    return after


def _make(connection: Connection, caller: Viewer, rota: Rota, now: Micros) -> None:
    if rota.team not in stored.all_teams(connection):
        raise unprocessable(refused("team_unknown", team=rota.team))
    if not stored.insert_rota(connection, rota, caller.username, now):
        raise conflict(
            refused("rota_taken", rota=rota.id, layer=rota.layer, party=rota.party, team=rota.team)
        )


def _replace(
    connection: Connection, caller: Viewer, rota: Rota, known: Mapping[str, Any], now: Micros
) -> None:
    if (rota.team, rota.party) != (known["team"], known["party"]):
        raise conflict(refused("rota_moved"))
    taken = stored.queries.layer_taken(
        connection, id=rota.id, team=rota.team, party=rota.party, layer=rota.layer
    )
    if taken:
        raise conflict(refused("layer_taken", rota=taken, layer=rota.layer))
    if not stored.update_rota(connection, rota, known["version"], caller.username, now):
        raise conflict(refused("changed_meanwhile"))


def _check_swap(connection: Connection, rota: Mapping[str, Any], body: SwapBody) -> None:
    if body.taker not in stored.people_of(connection, rota["team"]):
        raise unprocessable(refused("taker_unfit", person=body.taker))
    start, end = from_datetime(body.starts_at), from_datetime(body.ends_at)
    if body.giver is not None and not _is_on(connection, rota, body.giver, start, end):
        raise unprocessable(refused("giver_off_duty", person=body.giver))


def _is_on(
    connection: Connection, rota: Mapping[str, Any], person: str, start: Micros, end: Micros
) -> bool:
    above, _ = teams_above(connection, [rota["team"]])
    loaded = load_rotas(connection, above, start, end)
    layer = next(each for each in loaded if each.id == rota["id"])
    return any(person in span.people for span in spans(layer, start, end))


def _one(connection: Connection, caller: Viewer, rota: str) -> dict[str, Any]:
    for row in rotas_of(connection, caller, id=rota):
        return row
    raise not_found("rota", rota)


def _swap(connection: Connection, rota: str, swap: int) -> dict[str, Any]:
    rows: Iterable[dict[str, Any]] = stored.queries.swaps(
        connection, rota=rota, since=to_datetime(0), until=None
    )
    return next(row for row in rows if row["id"] == swap)
