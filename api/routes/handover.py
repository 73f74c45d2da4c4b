"""The hand-over of an alert to the emergency service: a document, and a page to print."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import HTMLResponse

from alerts import handover, store
from alerts.alert import as_json
from api import audit, sheet
from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.database import Connection
from api.problems import documented, not_found
from api.routes.answers import language_of
from api.schemas.fields import Answer, Id, Time
from domain.time import Micros

router = APIRouter(prefix="/alerts", tags=["alerts"])
page = APIRouter(prefix="/alerts", include_in_schema=False)


class Handover(Answer):
    """All that whoever drives there needs; docs/response.md describes each key."""

    version: int
    made_at: Time
    what: dict[str, Any]
    who: dict[str, Any] | None
    where: dict[str, Any] | None
    health: dict[str, Any] | None
    contacts: list[dict[str, Any]]
    on_the_way: dict[str, Any] | None
    also_open: list[dict[str, Any]]


@router.get("/{alert}/handover", response_model=Handover, responses=documented(401, 403, 404, 422))
def get_handover(alert: Id, caller: Caller, connection: Transaction, now: Now) -> object:
    """Who, where, what, since when, vitals, risks, contacts, and who is on the way."""
    return _document(connection, caller, alert, now)


@page.get("/{alert}/handover", name="get_handover")
def handover_page(
    alert: Id,
    caller: Caller,
    connection: Transaction,
    now: Now,
    accept_language: Annotated[str, Header()] = "en",
) -> HTMLResponse:
    """The same as a page."""
    found = _document(connection, caller, alert, now)
    return sheet.handover(found, language_of(accept_language))


def _document(connection: Connection, caller: Viewer, alert: str, now: Micros) -> dict[str, Any]:
    found = store.alert(connection, alert)
    if found is None or not caller.sees_alert(as_json(found)):
        raise not_found("alert", alert)
    audit.read(connection, caller, "get_handover", [found.resident_id], f"alert:{alert}")
    document = handover.document(connection, alert, now)
    assert document is not None, "the alert is there"
    return document
