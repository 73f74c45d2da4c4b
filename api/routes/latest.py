"""How residents are at this moment."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from api import audit
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, decode, encode, page
from api.latest import latest
from api.problems import documented
from api.schemas.fields import Id, Page
from api.schemas.readings import Latest

router = APIRouter(prefix="/latest", tags=["residents"])

Team = Annotated[Id | None, Query(description="Of this team and all below it; else all.")]
Many = Annotated[int, Query(ge=1, le=1000, description="Residents of a page, at most.")]


@router.get("", response_model=Page[Latest], responses=documented(401, 403, 422))
def list_latest(
    caller: Caller,
    connection: Transaction,
    now: Now,
    team: Team = None,
    resident: Annotated[Id | None, Query(description="This one alone.")] = None,
    cursor: Cursor = None,
    limit: Many = 1000,
) -> Response:
    """The caller's own residents by id, each with what was told last within a day."""
    after = decode(cursor, str)[0] if cursor else None
    rows = latest(
        connection, caller, now, team=team, resident=resident, after=after, limit=limit + 1
    )
    items, following = page(rows, limit, lambda row: encode(row["resident"]))
    audit.read(connection, caller, "list_latest", [item["resident"] for item in items])
    return Response(_json({"items": items, "next": following}), media_type="application/json")


def _json(answer: object) -> bytes:
    """Past the model: to check a thousand rows of our own takes as long as to find them."""
    return orjson.dumps(answer, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z)
