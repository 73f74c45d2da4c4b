"""Silences and absences: what holds alerts back for a while, made, shown and ended early."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from alerts import pausing
from alerts.in_force import queries
from alerts.pauses import LONGEST_ABSENCE, LONGEST_OF_FAMILY, LONGEST_SILENCE, UNCONFIRMED
from api import audit
from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection
from api.names import in_pause, with_names
from api.problems import Problem, conflict, documented, not_found, unprocessable
from api.routes.devices import device_of
from api.routes.residents import resident_of
from api.routes.rotas import check_team
from api.schemas.fields import Id, Page
from api.schemas.pauses import (
    AbsenceAnswer,
    AbsenceBody,
    AbsenceChange,
    AbsenceList,
    SilenceAnswer,
    SilenceBody,
)
from domain.refusals import refused
from domain.time import DAY, Micros, from_datetime, to_datetime

router = APIRouter(tags=["silences and absences"])

Number = Annotated[int, Path(ge=1, le=2**53)]
Old = Annotated[bool, Query(description="Also those that are over.")]


@router.get("/silences", response_model=Page[SilenceAnswer], responses=documented(401, 403, 422))
def list_silences(
    caller: Caller,
    connection: Transaction,
    now: Now,
    resident: Annotated[
        Id | None, Query(description="Those for this resident, or for a device of theirs.")
    ] = None,
    old: Old = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """What is silenced for the caller's own, now or later, the latest first."""
    before = decode(cursor, int)[0] if cursor else None
    rows = _silences(
        connection, caller, now, resident=resident, old=old, before=before, limit=limit + 1
    )
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    audit.read(connection, caller, "list_silences", [item["about"] for item in items])
    return {"items": items, "next": following}


@router.post(
    "/silences",
    response_model=SilenceAnswer,
    status_code=201,
    responses=documented(401, 403, 422),
)
def create_silence(body: SilenceBody, caller: Caller, connection: Transaction, now: Now) -> object:
    """Ask nobody about such alerts until then; they are raised and shown all the same."""
    _check_scope(connection, caller, body)
    starts = _micros(body.starts_at) or now
    ends = from_datetime(body.ends_at)
    _check_span(starts, ends, now, _longest(caller, body))
    whom = {"resident": body.resident, "device": body.device, "team": body.team}
    made = pausing.silence(
        connection, **whom, kinds=body.kinds, priorities=body.priorities, starts=starts, ends=ends,
        reason=body.reason, by=caller.username, now=now,
    )  # fmt: skip
    shown = _silence(connection, caller, made, now)
    about = [shown["about"]]
    audit.changed(connection, caller, "create_silence", f"silence:{made}", about, body.said())
    return shown


@router.delete(
    "/silences/{silence}", status_code=204, responses=documented(401, 403, 404, 409, 422)
)
def end_silence(silence: Number, caller: Caller, connection: Transaction, now: Now) -> None:
    """End it now: what it held back, and still holds, is asked about at once."""
    shown = _silence(connection, caller, silence, now)
    if not pausing.end_silence(connection, silence, caller.username, now):
        raise conflict(refused("silence_over"))
    audit.changed(connection, caller, "end_silence", f"silence:{silence}", [shown["about"]])


# -- absences ----------------------------------------------------------------------------------


@router.get(
    "/residents/{resident}/absences",
    response_model=AbsenceList,
    responses=documented(401, 403, 404, 422),
)
def list_absences(
    resident: Id, caller: Caller, connection: Transaction, now: Now, old: Old = False
) -> object:
    """When a resident is not at home, the latest first."""
    resident_of(connection, caller, resident)
    audit.read(connection, caller, "list_absences", [resident])
    return {"items": _absences(connection, resident, now, old=old)}


@router.post(
    "/residents/{resident}/absences",
    response_model=AbsenceAnswer,
    status_code=201,
    responses=documented(401, 403, 404, 409, 422),
)
def create_absence(
    resident: Id, body: AbsenceBody, caller: Caller, connection: Transaction, now: Now
) -> object:
    """The resident is not at home: ask nobody about what their home tells of them."""
    resident_of(connection, caller, resident)
    starts = _micros(body.starts_at) or now
    ends = _end(body.ends_at, max(starts, now))
    _check_span(starts, ends, now, LONGEST_ABSENCE)
    _check_overlap(connection, resident, starts, ends)
    made = pausing.leave(
        connection, resident=resident, cause=body.cause, starts=starts, ends=ends,
        open=body.ends_at is None, note=body.note, by=caller.username, now=now,
    )  # fmt: skip
    audit.changed(connection, caller, "create_absence", f"absence:{made}", [resident], body.said())
    return _absence(connection, resident, made, now)


@router.patch(
    "/residents/{resident}/absences/{absence}",
    response_model=AbsenceAnswer,
    responses=documented(401, 403, 404, 409, 422),
)
def change_absence(
    resident: Id,
    absence: Number,
    body: AbsenceChange,
    caller: Caller,
    connection: Transaction,
    now: Now,
) -> object:
    """It lasts until another day, or its end is still open."""
    resident_of(connection, caller, resident)
    before = _absence(connection, resident, absence, now)
    starts, ends = from_datetime(before["starts_at"]), from_datetime(before["ends_at"])
    if before["ended_at"] is not None or ends <= now:
        raise conflict(refused("absence_over"))
    said = body.said()
    if "ends_at" in said:
        ends = _end(body.ends_at, now)
        _check_span(starts, ends, now, LONGEST_ABSENCE if body.ends_at else None)
        _check_overlap(connection, resident, starts, ends, but=absence)
    after = before | said
    pausing.change_absence(
        connection, absence, ends=ends, by=caller.username, now=now, cause=after["cause"],
        note=after["note"], open=body.ends_at is None if "ends_at" in said else before["open"],
    )  # fmt: skip
    audit.changed(connection, caller, "change_absence", f"absence:{absence}", [resident], said)
    return _absence(connection, resident, absence, now)


@router.delete(
    "/residents/{resident}/absences/{absence}",
    status_code=204,
    responses=documented(401, 403, 404, 409, 422),
)
def end_absence(
    resident: Id, absence: Number, caller: Caller, connection: Transaction, now: Now
) -> None:
    """The resident is back: what was held back, and still holds, is asked about at once."""
    resident_of(connection, caller, resident)
    _absence(connection, resident, absence, now)
    if not pausing.end_absence(connection, absence, caller.username, now):
        raise conflict(refused("absence_over"))
    audit.changed(connection, caller, "end_absence", f"absence:{absence}", [resident])


# -- how they go about it ----------------------------------------------------------------------


def _silences(
    connection: Connection,
    caller: Viewer,
    now: Micros,
    *,
    id: int | None = None,
    resident: str | None = None,
    old: bool = True,
    before: int | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    scope = caller.scope()
    del scope["vendor"]
    rows = queries.silences(
        connection, id=id, resident=resident, old=old, now=to_datetime(now), before=before,
        limit=limit, **scope,
    )  # fmt: skip
    return with_names(connection, rows, in_pause)


def _silence(connection: Connection, caller: Viewer, silence: int, now: Micros) -> dict[str, Any]:
    for row in _silences(connection, caller, now, id=silence):
        return row
    raise not_found("silence", str(silence))


def _absences(
    connection: Connection, resident: str, now: Micros, *, id: int | None = None, old: bool = True
) -> list[dict[str, Any]]:
    rows = queries.absences(connection, resident=resident, id=id, old=old, now=to_datetime(now))
    return with_names(connection, rows, in_pause)


def _absence(connection: Connection, resident: str, absence: int, now: Micros) -> dict[str, Any]:
    for row in _absences(connection, resident, now, id=absence):
        return row
    raise not_found("absence", str(absence))


def _check_scope(connection: Connection, caller: Viewer, body: SilenceBody) -> None:
    """A problem where that is not the caller's to silence."""
    try:
        if body.resident is not None:
            resident_of(connection, caller, body.resident)
        elif body.device is not None:
            device_of(connection, caller, body.device)
        else:
            check_team(caller, body.team or "")
    except Problem as error:  # of the body, and not of the address
        raise unprocessable(*error.why) from None


def _longest(caller: Viewer, body: SilenceBody) -> Micros:
    staff = caller.everything or caller.teams or caller.unowned
    return LONGEST_SILENCE if staff else LONGEST_OF_FAMILY


def _end(ends_at: datetime | None, since: Micros) -> Micros:
    return since + UNCONFIRMED if ends_at is None else from_datetime(ends_at)


def _check_span(starts: Micros, ends: Micros, now: Micros, longest: Micros | None) -> None:
    if ends <= max(starts, now):
        raise unprocessable(refused("span_backwards"))
    if longest is not None and ends - starts > longest:
        raise unprocessable(refused("span_long", days=longest // DAY))


def _check_overlap(
    connection: Connection, resident: str, starts: Micros, ends: Micros, but: int = 0
) -> None:
    span = {"starts_at": to_datetime(starts), "ends_at": to_datetime(ends)}
    other = queries.overlapping_absence(connection, resident=resident, but=but, **span)
    if other is not None:
        raise conflict(refused("absence_overlaps", absence=other))


def _micros(at: datetime | None) -> Micros | None:
    return None if at is None else from_datetime(at)
