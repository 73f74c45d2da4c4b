"""Who looked at what: for those who answer for it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api import audit
from api.context import Caller, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import people
from api.names import in_audit, with_names
from api.problems import documented
from api.schemas.fields import Id, Page
from api.schemas.persons import AuditLine

router = APIRouter(prefix="/audit", tags=["users"])


@router.get("", response_model=Page[AuditLine], responses=documented(401, 403, 422))
def list_audit(
    caller: Caller,
    connection: Transaction,
    resident: Annotated[Id | None, Query(description="Only lines about this resident.")] = None,
    who: Annotated[str | None, Query(max_length=200, description="A user name.")] = None,
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: Annotated[AwareDatetime | None, Query(description="Excluded.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """Who read or changed what, the latest first: a centre about its residents, an admin all."""
    at, before = decode(cursor, datetime, int) if cursor else (None, None)
    scope = caller.scope()
    rows = list(
        people.audit(
            connection, resident=resident, who=who, from_at=from_, till_at=to, at=at,
            before=before, limit=limit + 1, everything=scope["everything"],
            teams=scope["teams"], unowned=scope["unowned"],
        )
    )  # fmt: skip
    items, following = page(rows, limit, lambda row: encode(row["at"], row["id"]))
    audit.read(connection, caller, "list_audit", [resident], "audit")
    return {"items": with_names(connection, items, in_audit), "next": following}
