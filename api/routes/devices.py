"""Devices: their secrets, their places, and commands to them."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api import audit
from api.access import Viewer
from api.context import Caller, Now, Shared, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection, Jsonb, people, queries
from api.names import in_command, with_names
from api.problems import conflict, documented, not_found, unprocessable
from api.routes.homes import check_team
from api.schemas.devices import (
    Command,
    Device,
    DeviceChange,
    ListedDevice,
    NewCommand,
    NewDevice,
    NewSecret,
)
from api.schemas.fields import Id, Page
from domain.directory import DeviceKind
from domain.refusals import refused
from domain.time import DAY, Micros, to_datetime
from gateway import registry

_PLACED_FIELDS = ("model", "resident", "team", "place", "interval_s", "test_interval_days")

router = APIRouter(prefix="/devices", tags=["devices"])

_NOT_A_VENDORS = {"resident": None, "team": None, "place": None}


@router.get("", response_model=Page[ListedDevice], responses=documented(401, 403, 422))
def list_devices(
    caller: Caller,
    connection: Transaction,
    now: Now,
    resident: Annotated[Id | None, Query()] = None,
    kind: Annotated[DeviceKind | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> object:
    """The caller's own devices by id, with what was last heard, and how much was refused."""
    after = decode(cursor, str)[0] if cursor else None
    theirs = None if caller.role == "vendor" else resident
    rows = _rows(connection, caller, resident=theirs, kind=kind, after=after, limit=limit + 1)
    items, following = page(rows, limit, lambda row: encode(row["id"]))
    refused = _refused(connection, items, now)
    shown = [_shown(caller, row) | {"refused_day": refused.get(row["id"], 0)} for row in items]
    audit.read(connection, caller, "list_devices", [row["resident"] for row in shown])
    return {"items": shown, "next": following}


@router.post(
    "", response_model=NewSecret, status_code=201, responses=documented(401, 403, 409, 422)
)
def create_device(
    body: NewDevice, caller: Caller, connection: Transaction, shared: Shared
) -> object:
    """Register a device; the answer holds its secret, which cannot be read again.

    A vendor registers its own, placed with nobody; others in their own area.
    """
    vendor = body.vendor
    if caller.role == "vendor":
        vendor = _vendor_of_new(caller, body)
    else:
        if body.resident is not None:
            _check_resident(caller, connection, body.resident)
        if body.team is not None or body.resident is None:
            check_team(caller, connection, body.team)
    _check_comeback(caller, connection, body.id)
    secret = registry.add(
        connection, body.id, body.kind, vendor=vendor, model=body.model, resident=body.resident,
        team=body.team, place=body.place, interval_s=body.interval_s,
        test_interval_days=body.test_interval_days,
    )  # fmt: skip
    shown = _shown(caller, device_of(connection, caller, body.id))
    _note(connection, caller, "create_device", shown, body.said())
    return shown | {"secret": secret, "mqtt": shared.device_url}


@router.get("/{device}", response_model=Device, responses=documented(401, 403, 404, 422))
def get_device(device: Id, caller: Caller, connection: Transaction) -> object:
    shown = _shown(caller, device_of(connection, caller, device))
    audit.read(connection, caller, "get_device", [shown["resident"]], f"device:{device}")
    return shown


@router.patch("/{device}", response_model=Device, responses=documented(401, 403, 404, 422))
def change_device(
    device: Id, body: DeviceChange, caller: Caller, connection: Transaction
) -> object:
    """Place a device with a resident (null: with nobody), or say more of it."""
    said = body.said()
    before = _shown(caller, device_of(connection, caller, device))
    row = before | said
    if "resident" in said and body.resident is not None:
        _check_resident(caller, connection, body.resident)
    if "team" in said or ("resident" in said and body.resident is None):
        check_team(caller, connection, row["team"])
    fields = {name: row[name] for name in _PLACED_FIELDS}
    queries.place_device(connection, id=device, **fields)
    _note(connection, caller, "change_device", row, said, before["resident"])
    return _shown(caller, device_of(connection, caller, device))


@router.post(
    "/{device}/rotate", response_model=NewSecret, responses=documented(401, 403, 404, 409, 422)
)
def rotate_device(device: Id, caller: Caller, connection: Transaction, shared: Shared) -> object:
    """Another secret; whoever is connected with the old one is put out."""
    row = _own_or_unplaced(connection, caller, device)
    secret = registry.rotate(connection, device)
    _note(connection, caller, "rotate_device", row, ["secret"])
    return _shown(caller, row) | {"secret": secret, "mqtt": shared.device_url}


@router.delete("/{device}", status_code=204, responses=documented(401, 403, 404, 409, 422))
def remove_device(device: Id, caller: Caller, connection: Transaction) -> Response:
    """Take a device out of use; it is put out at once, and what it told stays."""
    row = _own_or_unplaced(connection, caller, device)
    registry.remove(connection, device)
    _note(connection, caller, "remove_device", row)
    return Response(status_code=204)


@router.get(
    "/{device}/commands", response_model=Page[Command], responses=documented(401, 403, 404, 422)
)
def list_commands(
    device: Id, caller: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    """Commands and their results, the latest first."""
    device_of(connection, caller, device)
    at, after = decode(cursor, datetime, str) if cursor else (None, None)
    rows = list(
        queries.commands(
            connection,
            device=device,
            id=None,
            at=at,
            after=after,
            limit=limit + 1,
        )
    )
    items, following = page(rows, limit, lambda row: encode(row["created_at"], row["id"]))
    return {"items": with_names(connection, items, in_command), "next": following}


@router.post(
    "/{device}/commands",
    response_model=Command,
    status_code=201,
    responses=documented(401, 403, 404, 422),
)
def send_command(
    device: Id, body: NewCommand, caller: Caller, connection: Transaction, now: Now
) -> object:
    """Have the device do something; its answer appears in the list of commands."""
    _note(connection, caller, "send_command", device_of(connection, caller, device), [body.command])
    told = f"{device}|{body.command}|{caller.account_id}|{now}"
    command = hashlib.sha256(told.encode()).hexdigest()[:20]
    made = queries.insert_command(
        connection, id=command, device=device, command=body.command,
        arguments=Jsonb(body.arguments), by=caller.username, at=to_datetime(now),
    )  # fmt: skip
    if made:
        payload = {"id": command, "command": body.command, "arguments": body.arguments}
        queries.send_down(
            connection, device=device, topic=f"cw/v1/{device}/command",
            payload=Jsonb(payload), at=to_datetime(now),
        )  # fmt: skip
    rows = queries.commands(connection, device=device, id=command, at=None, after=None, limit=1)
    return with_names(connection, rows, in_command)[0]


def _vendor_of_new(caller: Viewer, body: NewDevice) -> str | None:
    if body.vendor not in (None, caller.vendor):
        raise unprocessable(refused("devices_of_vendor"))
    if body.resident is not None or body.team is not None:
        raise unprocessable(refused("placed_by_vendor"))
    return caller.vendor


def _check_resident(caller: Viewer, connection: Connection, resident: str) -> None:
    scope = caller.scope()
    del scope["vendor"]
    if not list(people.residents(connection, id=resident, after=None, limit=1, **scope)):
        raise unprocessable(refused("resident_unknown", resident=resident))


def _check_comeback(caller: Viewer, connection: Connection, device: str) -> None:
    """A removed device has a history, which is not another's to take over."""
    before = queries.removed_device(connection, id=device)
    if before is None or caller.everything:
        return
    if caller.role == "vendor":
        own = before["vendor"] == caller.vendor
    else:
        own = caller.sees(None, before["team_id"])
    if not own:
        raise conflict(refused("device_taken", device=device))


def _own_or_unplaced(connection: Connection, caller: Viewer, device: str) -> dict[str, Any]:
    row = device_of(connection, caller, device)
    if caller.role == "vendor" and row["resident_id"] is not None:
        raise conflict(refused("device_placed"))
    return row


def device_of(connection: Connection, caller: Viewer, device: str) -> dict[str, Any]:
    """One that the caller may see; a problem where there is none."""
    for row in _rows(connection, caller, id=device):
        return row
    raise not_found("device", device)


def _rows(
    connection: Connection,
    caller: Viewer,
    *,
    id: str | None = None,
    resident: str | None = None,
    kind: str | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    return list(
        queries.devices(
            connection, id=id, resident=resident, kind=kind, after=after, limit=limit,
            **caller.scope(),
        )
    )  # fmt: skip


def _refused(
    connection: Connection, rows: Iterable[Mapping[str, Any]], now: Micros
) -> dict[str, int]:
    """How many messages of each were refused within a day; without those of which none was."""
    found = queries.refused_of(
        connection, devices=[row["id"] for row in rows], since=to_datetime(now - DAY)
    )
    return {row["device_id"]: row["refused"] for row in found}


def _shown(caller: Viewer, row: dict[str, Any]) -> dict[str, Any]:
    shown = row | {"resident": row["resident_id"], "team": row["team_id"]}
    return shown | _NOT_A_VENDORS if caller.role == "vendor" else shown


def _note(
    connection: Connection,
    caller: Viewer,
    action: str,
    row: dict[str, Any],
    said: Iterable[str] = (),
    *more: str | None,
) -> None:
    about = [row.get("resident_id"), row.get("resident"), *more]
    audit.changed(connection, caller, action, f"device:{row['id']}", about, said)
