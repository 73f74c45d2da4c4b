"""Handing an alert over to the emergency service: all that whoever drives there needs, on a page.

The document is made when it is asked for, so it shows the present. Health (abilities, risks,
medication, doctor, vitals) is part of it, unless the resident's consent ``emergency`` was
withdrawn. Its keys are described in docs/response.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosql
from psycopg.rows import dict_row

from alerts import links, store
from alerts.alert import AlertRow
from alerts.letters import Desk
from alerts.outbox import Claimed
from alerts.reach import Connection
from domain.quantity import BY_NAME
from domain.time import DAY, Micros, from_datetime, iso, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("handover.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

VERSION = 1
PARTY = "handover"

_VITALS_OF: Micros = DAY


def complete(connection: Connection, claimed: Claimed, desk: Desk, now: Micros) -> Claimed:
    """A message to the emergency service with the document, and a link to the page of it.

    Nobody else's copy has them, not even of the same message.
    """
    message = claimed.message
    if claimed.recipient != PARTY or message.address != desk.handover_url:
        return claimed
    with connection.transaction():
        found = document(connection, message.alert_id, now)
        page = None
        if desk.public_url:
            made = links.make(connection, message.alert_id, None, now)
            page = f"{desk.public_url}/a/{made.token}/handover"
    payload = {**message.payload, "handover": found, "page": page}
    return replace(claimed, message=replace(message, payload=payload))


def document(connection: Connection, alert_id: str, now: Micros) -> dict[str, Any] | None:
    """The hand-over as JSON; None where there is no such alert."""
    alert = store.alert(connection, alert_id)
    if alert is None:
        return None
    who = queries.who(connection, alert_id=alert_id)
    healthy = who is not None and not _withdrawn(who["consents"])
    return {
        "version": VERSION,
        "made_at": iso(now),
        "what": _what(connection, alert),
        "who": None if who is None else _who(who),
        "where": _where(connection, alert_id, who),
        "health": _health(connection, who, now) if healthy else None,
        "contacts": [] if who is None else _contacts(who),
        "on_the_way": _on_the_way(connection, alert),
        "also_open": [
            {"kind": row["kind"], "priority": row["priority"], "since": _at(row["since"])}
            for row in queries.others(connection, alert_id=alert_id)
        ],
    }


def _what(connection: Connection, alert: AlertRow) -> dict[str, Any]:
    device = queries.device(connection, alert_id=alert.id)
    return {
        "alert": alert.id,
        "kind": alert.kind,
        "priority": alert.priority,
        "state": alert.state,
        "since": iso(alert.since),
        "raised_at": iso(alert.raised_at),
        "told_by": device,
        "note": alert.note,
    }


def _who(row: Mapping[str, Any]) -> dict[str, Any]:
    told = ("id", "name", "phone", "birth_year", "living", "languages")
    return {name: row[name] for name in told}


def _where(
    connection: Connection, alert_id: str, row: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    if row is None:
        return None
    box = {"place": row["key_box_place"], "code": row["key_box_code"]}
    device = queries.device(connection, alert_id=alert_id)
    return {
        "address": row["address"],
        "floor": row["floor"],
        "way_in": row["way_in"],
        "key_box": box if any(box.values()) else None,
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "notes": row["notes"],
        "room": device["place"] if device else None,
        "timezone": row["timezone"],
    }


def _health(connection: Connection, row: Mapping[str, Any], now: Micros) -> dict[str, Any]:
    since = to_datetime(now - _VITALS_OF)
    vitals = [
        {
            "quantity": found["quantity"],
            "value": found["value"],
            "unit": BY_NAME[found["quantity"]].unit,
            "at": _at(found["measured_at"]),
        }
        for found in queries.vitals(connection, slot=row["slot"], since=since)
    ]
    known = {name: row[name] for name in ("abilities", "risks", "medication", "doctor")}
    return {**known, "vitals": vitals}


def _on_the_way(connection: Connection, alert: AlertRow) -> dict[str, Any] | None:
    holder = queries.holder(connection, alert_id=alert.id)
    if holder is None:
        return None
    accepted = None if alert.accepted_at is None else iso(alert.accepted_at)
    return {**holder, "state": alert.state, "accepted_at": accepted}


def _withdrawn(consents: Any) -> bool:
    """Whether the consent to emergency help by others was taken back, and not given anew."""
    said = [each for each in consents if each.get("what") == "emergency"]
    return bool(said) and all(each.get("withdrawn_on") for each in said)


def _at(value: Any) -> str:
    return iso(from_datetime(value))


def _contacts(who: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As somebody typed them, as far as they are objects."""
    return [each for each in who["contacts"] if isinstance(each, dict)]
