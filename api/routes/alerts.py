"""Alerts: what is wrong with whom, and who comes."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import AwareDatetime

from alerts import reach, store
from alerts.alert import Actor, AlertRow, ChangeName, State, as_json
from api import audit
from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, Limit, strange_cursor
from api.database import Connection
from api.names import in_alert, in_history, with_names
from api.problems import documented, not_found
from api.schemas.alerts import (
    Alert,
    AlertSignal,
    AlertWithHistory,
    Estimate,
    HandOver,
    Remark,
    Resolution,
)
from api.schemas.fields import Id, KindName, Page
from api.silent import with_silent
from domain.time import MINUTE, Micros, from_datetime
from ingest import waveforms

router = APIRouter(prefix="/alerts", tags=["alerts"])

Note = Annotated[Remark | None, Body()]
OnTheWay = Annotated[Estimate | None, Body()]


@router.get("", response_model=Page[Alert], responses=documented(401, 403, 422))
def list_alerts(
    caller: Caller,
    connection: Transaction,
    state: Annotated[State | None, Query(description="`open`: all that is not resolved.")] = None,
    resident: Annotated[Id | None, Query()] = None,
    kind: Annotated[KindName | None, Query()] = None,
    incident: Annotated[
        Id | None, Query(description="All alerts of one incident: what belongs together.")
    ] = None,
    untaken_since: Annotated[
        AwareDatetime | None,
        Query(
            description="Only what ended by itself from then on, above low, and nobody had "
            "ever taken it."
        ),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """The caller's own alerts, the latest first."""
    try:
        items, following = store.page(
            connection,
            state=state,
            resident=resident,
            kind=kind,
            incident=incident,
            untaken_since=None if untaken_since is None else from_datetime(untaken_since),
            cursor=cursor,
            limit=limit,
            **caller.own_alerts(),
        )
    except (store.BadCursor, OverflowError) as error:
        raise strange_cursor() from error
    audit.read(connection, caller, "list_alerts", [item.resident_id for item in items])
    return {"items": _told(connection, items), "next": following}


@router.get("/{alert}", response_model=AlertWithHistory, responses=documented(401, 403, 404, 422))
def get_alert(alert: Id, caller: Caller, connection: Transaction) -> object:
    """An alert with all that became of it."""
    found = _own(connection, caller, alert)
    audit.read(connection, caller, "get_alert", [found.resident_id], f"alert:{alert}")
    whole = with_silent(connection, [as_json(found)])[0] | {
        "history": store.history(connection, alert),
        "offers": store.offered(connection, alert),
        "deliveries": list(reach.queries.deliveries(connection, alert_id=alert)),
    }
    return with_names(connection, [whole], in_history)[0]


@router.get("/{alert}/signal", response_model=AlertSignal, responses=documented(401, 403, 404, 422))
def get_alert_signal(alert: Id, caller: Caller, connection: Transaction) -> object:
    """What the worn sensor measured from 10 s before to 20 s after a fall; none for the rest."""
    found = _own(connection, caller, alert)
    audit.read(connection, caller, "get_alert_signal", [found.resident_id], f"alert:{alert}")
    return {"items": waveforms.of_alert(connection, alert)}


def _may(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return documented(401, 403, 404, 409, 422, *statuses)


@router.post("/{alert}/accept", response_model=Alert, responses=_may())
def accept_alert(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: Note = None
) -> object:
    """I take it. 409, with who has it, where somebody else was first."""
    return _act(connection, caller, alert, "accepted", now, body)


@router.post("/{alert}/reject", response_model=Alert, responses=_may())
def reject_alert(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: Note = None
) -> object:
    """I cannot: the next in line is asked at once."""
    return _act(connection, caller, alert, "rejected", now, body)


@router.post("/{alert}/withdraw", response_model=Alert, responses=_may())
def withdraw_alert(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: Note = None
) -> object:
    """I took it, and cannot after all: the next in line is asked at once."""
    return _act(connection, caller, alert, "withdrawn", now, body)


@router.post("/{alert}/on-the-way", response_model=Alert, responses=_may())
def alert_on_the_way(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: OnTheWay = None
) -> object:
    """I am going there now, and expect to be there in so many minutes; say it again if not."""
    minutes = body.minutes if body else None
    expected_at = None if minutes is None else now + minutes * MINUTE
    return _act(connection, caller, alert, "on_the_way", now, body, expected_at=expected_at)


@router.post("/{alert}/arrive", response_model=Alert, responses=_may())
def alert_arrive(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: Note = None
) -> object:
    """I am at the door."""
    return _act(connection, caller, alert, "arrived", now, body)


@router.post("/{alert}/hand-over", response_model=Alert, responses=_may())
def hand_over_alert(
    alert: Id, body: HandOver, caller: Caller, connection: Transaction, now: Now
) -> object:
    """I ask somebody to take it over: it stays mine until they accept, within two minutes."""
    return _act(connection, caller, alert, "hand_over_offered", now, body, to=body.to)


@router.post("/{alert}/join", response_model=Alert, responses=_may())
def join_alert(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: Note = None
) -> object:
    """I help whoever has it; they stay answerable."""
    return _act(connection, caller, alert, "joined", now, body)


@router.post("/{alert}/leave", response_model=Alert, responses=_may())
def leave_alert(
    alert: Id, caller: Caller, connection: Transaction, now: Now, body: Note = None
) -> object:
    """I no longer help."""
    return _act(connection, caller, alert, "left", now, body)


@router.post("/{alert}/resolve", response_model=Alert, responses=_may())
def resolve_alert(
    alert: Id, body: Resolution, caller: Caller, connection: Transaction, now: Now
) -> object:
    """It is over, and this is what it was."""
    remark = Remark(note=body.note or None)
    return _act(
        connection, caller, alert, "resolved", now, remark,
        outcome=body.outcome, mistake=body.mistake,
    )  # fmt: skip


def _act(
    connection: Connection,
    caller: Viewer,
    alert: str,
    change: ChangeName,
    now: Micros,
    remark: Remark | None,
    **more: Any,
) -> dict[str, Any]:
    # Whoever was asked is told who was first, though the alert is no longer theirs to see.
    if not store.was_offered(connection, alert, caller.account_id):
        _own(connection, caller, alert)
    by = Actor(caller.account_id, caller.username, caller.role)
    note = remark.note if remark else None
    after = store.act(connection, alert, change, by, now, note=note, **more)
    audit.changed(connection, caller, f"alert_{change}", f"alert:{alert}", [after.resident_id])
    return _told(connection, [after])[0]


def _told(connection: Connection, alerts: Iterable[AlertRow]) -> list[dict[str, Any]]:
    return with_names(connection, with_silent(connection, map(as_json, alerts)), in_alert)


def _own(connection: Connection, caller: Viewer, alert: str) -> AlertRow:
    found = store.alert(connection, alert)
    if found is None or not caller.sees_alert(as_json(found)):
        raise not_found("alert", alert)
    return found
