"""Offers: what is asked of the caller now, and whom an alert can be handed over to."""

from typing import Any

from fastapi import APIRouter

from alerts import store
from alerts.alert import as_json
from api import audit
from api.context import Caller, Transaction
from api.problems import documented, not_found
from api.schemas.fields import Answer, Id, Time

router = APIRouter(tags=["alerts"])


class Asked(Answer):
    """An alert that the caller is asked to take until ``deadline``, as which ``party``.

    ``handed_by``: who has it and wants to hand it over; null where the policy asks.
    """

    alert: str
    party: str
    offered_at: Time
    deadline: Time
    handed_by: str | None


class AskedList(Answer):
    items: list[Asked]


class Taker(Answer):
    """Somebody of the resident's family, or of their team or one above it."""

    username: str
    name: str


class TakerList(Answer):
    items: list[Taker]


@router.get("/me/offers", response_model=AskedList, responses=documented(401, 403))
def my_offers(caller: Caller, connection: Transaction) -> object:
    """Alerts that are offered to the caller at this moment, the longest ago first."""
    return {"items": store.offered_to(connection, caller.account_id)}


@router.get(
    "/alerts/{alert}/takers", response_model=TakerList, responses=documented(401, 403, 404, 422)
)
def list_takers(alert: Id, caller: Caller, connection: Transaction) -> object:
    """Whom the caller can ask to take the alert over, by name."""
    found = store.alert(connection, alert)
    if found is None or not caller.sees_alert(as_json(found)):
        raise not_found("alert", alert)
    audit.read(connection, caller, "list_takers", [found.resident_id], f"alert:{alert}")
    people: list[dict[str, Any]] = store.takers(connection, found)
    return {"items": [one for one in people if one["username"] != caller.username]}
