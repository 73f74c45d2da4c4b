"""What was refused, for those who can mend it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.context import Caller, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import queries
from api.messages import readable
from api.problems import documented
from api.schemas.devices import Refusal
from api.schemas.fields import Page

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get("", response_model=Page[Refusal], responses=documented(401, 403, 422))
def list_quarantine(
    caller: Caller,
    connection: Transaction,
    device: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """Refused messages of the caller's own devices with the reason, the latest first."""
    before = decode(cursor, int)[0] if cursor else None
    scope = caller.scope()
    del scope["residents"]
    rows = list(
        queries.quarantine(connection, device=device, before=before, limit=limit + 1, **scope)
    )
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    return {"items": [_shown(row) for row in items], "next": following}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"device": row["device_id"], "payload": readable(row["payload"])}
