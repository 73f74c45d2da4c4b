"""Residents, what was measured of them and what happened."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection, Jsonb, queries
from api.fields import Id, Page, QuantityName
from api.problems import conflict, documented, not_found, unprocessable
from api.schemas import Happening, NewResident, Resident, ResidentChange, Samples
from api.thresholds import change_thresholds
from domain.quantity import BY_NAME
from domain.time import DAY, Micros, from_datetime, to_datetime

router = APIRouter(prefix="/residents", tags=["residents"])

From = Annotated[AwareDatetime | None, Query(alias="from", description="Else a day before `to`.")]
To = Annotated[AwareDatetime | None, Query(description="Excluded; else now.")]
Points = Annotated[int, Query(ge=2, le=5000, description="About as many as the chart is wide.")]

_FIELDS = (
    "name", "team", "timezone", "birth_year", "address", "way_in", "risks", "contacts",
)  # fmt: skip


@router.get("", response_model=Page[Resident], responses=documented(401, 403, 422))
def list_residents(
    caller: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    """The caller's own residents, by id."""
    after = decode(cursor, str)[0] if cursor else None
    rows = residents_of(connection, caller, after=after, limit=limit + 1)
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    return {"items": items, "next": following}


@router.post("", response_model=Resident, status_code=201, responses=documented(401, 403, 409, 422))
def create_resident(body: NewResident, caller: Caller, connection: Transaction) -> object:
    """A resident of the caller's own area."""
    check_team(caller, connection, body.team)
    fields = body.model_dump(exclude={"thresholds"})
    made = queries.insert_resident(connection, **fields | {"contacts": Jsonb(fields["contacts"])})
    if made is None:
        raise conflict(f"There is a resident {body.id!r} already: choose another id.")
    change_thresholds(connection, "resident", made["id"], body.thresholds)
    return _one(connection, caller, made["id"])


@router.get("/{resident}", response_model=Resident, responses=documented(401, 403, 404, 422))
def get_resident(resident: Id, caller: Caller, connection: Transaction) -> object:
    return _one(connection, caller, resident)


@router.patch("/{resident}", response_model=Resident, responses=documented(401, 403, 404, 422))
def change_resident(
    resident: Id, body: ResidentChange, caller: Caller, connection: Transaction
) -> object:
    """What is left out stays."""
    said = body.said()
    if "team" in said:
        check_team(caller, connection, body.team)
    row = _one(connection, caller, resident) | said
    fields = {name: row[name] for name in _FIELDS}
    queries.update_resident(
        connection, id=resident, **fields | {"contacts": Jsonb(fields["contacts"])}
    )
    change_thresholds(connection, "resident", resident, body.thresholds)
    return _one(connection, caller, resident)


@router.get("/{resident}/samples", response_model=Samples, responses=documented(401, 403, 404, 422))
def resident_samples(
    resident: Id,
    quantity: QuantityName,
    caller: Caller,
    connection: Transaction,
    now: Now,
    from_: From = None,
    to: To = None,
    points: Points = 500,
) -> object:
    """One quantity over time, thinned to what a chart can show without losing a peak."""
    slot = _one(connection, caller, resident)["slot"]
    start, end = _span(from_, to, now)
    of = {"slot": slot, "quantity": quantity, "from_at": start, "till_at": end}
    dense = queries.sample_count(connection, **of) > points
    width = (end - start).total_seconds() / (points // 2) if dense else None
    rows = queries.samples(connection, **of, width_s=width)
    return {
        "quantity": quantity,
        "unit": BY_NAME[quantity].unit,
        "points": [(row["t"], _short(row["value"])) for row in rows],
    }


@router.get(
    "/{resident}/events", response_model=Page[Happening], responses=documented(401, 403, 404, 422)
)
def resident_events(
    resident: Id,
    caller: Caller,
    connection: Transaction,
    now: Now,
    from_: From = None,
    to: To = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """What happened, the latest first."""
    slot = _one(connection, caller, resident)["slot"]
    start, end = _span(from_, to, now)
    at, device, key = decode(cursor, datetime, int, str) if cursor else (None, None, None)
    rows = list(
        queries.events(
            connection,
            slot=slot,
            from_at=start,
            till_at=end,
            at=at,
            device=device,
            key=key,
            limit=limit + 1,
        )
    )
    items, following = page(rows, limit, _place)
    return {"items": [row | {"at": row["happened_at"]} for row in items], "next": following}


def check_team(caller: Viewer, connection: Connection, team: str | None) -> None:
    """Nobody may put a resident or a device into an area that is not their own."""
    if not caller.sees(None, team):
        raise unprocessable("Name a team of your own area; GET /api/v1/teams lists them.")
    if team is not None and queries.team_level(connection, id=team) is None:
        raise unprocessable(f"There is no team {team!r}; GET /api/v1/teams lists them.")


def _place(row: dict[str, Any]) -> str:
    return encode(row["happened_at"], row["device_slot"], row["key"])


def _span(start: datetime | None, end: datetime | None, now: Micros) -> tuple[datetime, datetime]:
    until = from_datetime(end) if end else now
    since = from_datetime(start) if start else until - DAY
    if since >= until:
        raise unprocessable("`from` must be before `to`.")
    try:
        return to_datetime(since), to_datetime(until)
    except OverflowError as error:
        raise unprocessable("A day before year 1 cannot be shown: choose a later time.") from error


def _short(value: float) -> float:
    """A reading as it was sent: 14.5 and not the 14.499999 of a 4-byte float."""
    return float(f"{value:.7g}")


def _one(connection: Connection, caller: Viewer, resident: str) -> dict[str, Any]:
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
    rows = queries.residents(connection, id=id, after=after, limit=limit, **scope)
    return [row | {"team": row["team_id"]} for row in rows]
