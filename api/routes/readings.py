"""What was measured of a resident, and what happened."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api import audit
from api.chart import Asked, chart, nights
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import queries
from api.problems import documented, unprocessable
from api.routes.residents import resident_of
from api.schemas.fields import Id, Page, QuantityName
from api.schemas.readings import Happening, Nights, Samples
from domain.quantity import BY_NAME
from domain.time import DAY, Micros, from_datetime, to_datetime

router = APIRouter(prefix="/residents", tags=["residents"])

From = Annotated[AwareDatetime | None, Query(alias="from", description="Else a day before `to`.")]
To = Annotated[AwareDatetime | None, Query(description="Excluded; else now.")]
EventName = Annotated[
    str | None, Query(max_length=64, description="Of this kind only, such as `fall`; else all.")
]
Points = Annotated[int, Query(ge=2, le=5000, description="About as many as the chart is wide.")]


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
    """One quantity over time, as fine as a chart of so many points can show."""
    person = resident_of(connection, caller, resident)
    audit.read(connection, caller, "resident_samples", [resident])
    start, end = (from_datetime(at) for at in _span(from_, to, now))
    asked = Asked(person["slot"], quantity, start, end, points, person["timezone"])
    shown = chart(connection, asked)
    return {"quantity": quantity, "unit": BY_NAME[quantity].unit} | shown


@router.get("/{resident}/nights", response_model=Nights, responses=documented(401, 403, 404, 422))
def resident_nights(
    resident: Id,
    caller: Caller,
    connection: Transaction,
    now: Now,
    from_: Annotated[
        AwareDatetime | None, Query(alias="from", description="Else 30 days before `to`.")
    ] = None,
    to: To = None,
) -> object:
    """The nights that began in a span and are over, the oldest first."""
    slot = resident_of(connection, caller, resident)["slot"]
    audit.read(connection, caller, "resident_nights", [resident])
    start, end = _span(from_, to, now, 30 * DAY)
    return {"items": nights(connection, slot, start, end)}


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
    event: EventName = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """What happened, the latest first."""
    slot = resident_of(connection, caller, resident)["slot"]
    audit.read(connection, caller, "resident_events", [resident])
    start, end = _span(from_, to, now)
    at, device, key = decode(cursor, datetime, int, str) if cursor else (None, None, None)
    rows = list(
        queries.events(
            connection,
            slot=slot,
            from_at=start,
            till_at=end,
            event=event,
            at=at,
            device=device,
            key=key,
            limit=limit + 1,
        )
    )
    items, following = page(rows, limit, _place)
    return {"items": [row | {"at": row["happened_at"]} for row in items], "next": following}


def _place(row: dict[str, Any]) -> str:
    return encode(row["happened_at"], row["device_slot"], row["key"])


def _span(
    start: datetime | None, end: datetime | None, now: Micros, usual: Micros = DAY
) -> tuple[datetime, datetime]:
    until = from_datetime(end) if end else now
    since = from_datetime(start) if start else until - usual
    if since >= until:
        raise unprocessable("`from` must be before `to`.")
    try:
        return to_datetime(since), to_datetime(until)
    except OverflowError as error:
        raise unprocessable("A day before year 1 cannot be shown: choose a later time.") from error
