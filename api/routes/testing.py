"""Tests of buttons and fall detectors: announced, and the ledger of who tried which when."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from alerts import testing
from api import audit
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.problems import conflict, documented
from api.routes.devices import device_of
from api.schemas.devices import DeviceTest, TestBody
from api.schemas.fields import Id, Page
from domain.directory import EMERGENCY_KINDS
from domain.refusals import refused
from domain.time import MINUTE

router = APIRouter(tags=["tests"])


@router.get("/tests", response_model=Page[DeviceTest], responses=documented(401, 403, 422))
def list_tests(
    caller: Caller,
    connection: Transaction,
    now: Now,
    team: Annotated[Id | None, Query(description="Of this team and all below it.")] = None,
    resident: Annotated[Id | None, Query()] = None,
    overdue: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """The caller's own buttons and fall detectors that are placed with somebody, by id."""
    after = decode(cursor, str)[0] if cursor else None
    scope = caller.scope()
    del scope["vendor"]
    rows = testing.ledger(
        connection, now, team=team, resident=resident, overdue=overdue, after=after,
        limit=limit + 1, **scope,
    )  # fmt: skip
    items, following = page(rows, limit, lambda row: encode(row["device"]))
    audit.read(connection, caller, "list_tests", [item["resident"] for item in items])
    return {"items": items, "next": following}


@router.post(
    "/devices/{device}/test",
    response_model=DeviceTest,
    status_code=201,
    responses=documented(401, 403, 404, 409, 422),
)
def announce_test(
    device: Id,
    caller: Caller,
    connection: Transaction,
    now: Now,
    body: Annotated[TestBody | None, Body()] = None,
) -> object:
    """For some minutes a press, or a fall, of the device is a test: it rings nobody."""
    found = device_of(connection, caller, device)
    if found["kind"] not in EMERGENCY_KINDS or found["resident_id"] is None:
        raise conflict(refused("not_tested"))
    lasts = (body or TestBody()).minutes * MINUTE
    testing.announce(connection, device, caller.username, now, lasts)
    about = [found["resident_id"]]
    audit.changed(connection, caller, "announce_test", f"device:{device}", about)
    scope = caller.scope()
    del scope["vendor"]
    return testing.ledger(connection, now, device=device, **scope)[0]
