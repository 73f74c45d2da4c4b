"""The ledger of alerts: changes are appended here, and nowhere else.

One call writes the alert, its history, to whom it is offered, the messages to those who are
asked and the receipts to devices, in the caller's transaction. Locks are taken in one order: rows
of alerts first, then the writers' lock, held until commit, so that the order of sequences is the
order of commits and a reader of the feed misses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import aiosql
import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts import inhibition, offers, reasons
from alerts.alert import AlertRow, Change, as_json
from alerts.consequences import INCIDENT, Circumstances, Entry, Latest, follow
from alerts.muster import muster
from alerts.roster import PERSON, Roster, Telling
from domain.time import Micros, from_datetime, iso, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("queries.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]

_TIMES = (
    "since", "raised_at", "deadline", "heard_at", "accepted_at", "resolved_at", "expected_at",
)  # fmt: skip
_LISTS = ("sources", "occurrences", "helpers", "inhibited")
_STIRRING = frozenset({"raised", "priority_raised", "resolved", "cleared"})
"""Changes that may change what is open beside them."""
_FIELDS = tuple(field.name for field in fields(AlertRow))


def append(connection: Connection, changes: Sequence[Change], now: Micros) -> list[AlertRow]:
    """Write changes with what follows from them; each alert after its change, in their order.

    Raises NotAllowed where the lifecycle does not permit a change; nothing is written then.
    """
    if not changes:
        return []
    alerts = _concerned(connection, changes)
    around = _circumstances(connection, alerts, changes, now)
    entries = follow(changes, alerts, around)
    queries.one_writer(connection)
    numbers = queries.next_sequences(connection, count=len(entries))
    entries = [
        replace(entry, after=replace(entry.after, sequence=row["sequence"]))
        for entry, row in zip(entries, numbers, strict=True)
    ]
    _write(connection, entries)
    _offer(connection, entries, around.roster)
    _post(connection, entries, around.roster, now)
    _answer_devices(connection, entries)
    return [entry.after for entry in entries if not entry.follows]


def lock_alerts(
    connection: Connection, ids: Iterable[str] = (), subjects: Iterable[str] = ()
) -> list[AlertRow]:
    """These alerts, and the open ones of these subjects, kept from others until commit."""
    rows = queries.lock_alerts(connection, ids=sorted(ids), subjects=sorted(subjects))
    return [alert_of(row) for row in rows]


def messages(entries: Sequence[Entry], roster: Roster) -> list[dict[str, Any]]:
    """To all who are to be told: alert_id, occasion, party, recipient, payload and next_at."""
    return [
        _message(entry, telling)
        for entry in entries
        for telling in roster.tellings(entry.after, entry.change.tell, entry.after.priority)
    ]


def alert_of(row: Mapping[str, Any]) -> AlertRow:
    """An alert out of a row of the table, with its accepter's user name."""
    values = {name: row[name] for name in _FIELDS}
    for name in _TIMES:
        values[name] = None if values[name] is None else from_datetime(values[name])
    for name in _LISTS:
        values[name] = tuple(values[name])
    return AlertRow(**values)


# -- how append goes about it ------------------------------------------------------------------


def _concerned(connection: Connection, changes: Sequence[Change]) -> list[AlertRow]:
    stirred = {change.subject for change in changes if change.change in _STIRRING}
    return lock_alerts(connection, {change.alert_id for change in changes}, stirred)


def _circumstances(
    connection: Connection,
    alerts: Sequence[AlertRow],
    changes: Sequence[Change],
    now: Micros,
) -> Circumstances:
    new = [change.raised for change in changes if change.raised is not None]
    people = {name for change in changes for name in _people(change)}
    roster, policies = muster(connection, [*alerts, *new], now, people=people)
    beside = _louder(connection, changes)
    return Circumstances(roster, policies, now, _latest(connection, new), beside)


def _louder(connection: Connection, changes: Sequence[Change]) -> list[AlertRow]:
    """Open alerts beside which those of the changes may be held back; read, and not locked."""
    kinds = sorted({kind for change in changes for kind in inhibition.by(change.kind)})
    if not kinds:
        return []
    subjects = sorted({change.subject for change in changes})
    rows = queries.open_beside(connection, subjects=subjects, kinds=kinds)
    return [alert_of(row) for row in rows]


def _people(change: Change) -> list[str]:
    """User names of those who are told by name."""
    return [party.removeprefix(PERSON) for party in change.tell if party.startswith(PERSON)]


def _latest(connection: Connection, new: Sequence[AlertRow]) -> dict[str, Latest]:
    """The latest alerts of those for whom something is raised, for their incidents."""
    if not new:
        return {}
    since = min(alert.raised_at for alert in new) - INCIDENT
    rows = queries.recent_incidents(
        connection,
        subjects=sorted({alert.subject for alert in new}),
        since=to_datetime(since),
    )
    return {
        row["subject"]: Latest(row["incident_id"], from_datetime(row["raised_at"])) for row in rows
    }


def _write(connection: Connection, entries: Sequence[Entry]) -> None:
    latest = {entry.after.id: entry.after for entry in entries}
    queries.save_alerts(connection, [_row(alert) for alert in latest.values()])
    queries.append_events(connection, [_event(entry) for entry in entries])
    links = [
        {"alert_id": entry.after.id, "device": entry.change.event[0], "key": entry.change.event[1]}
        for entry in entries
        if entry.change.event
    ]
    if links:
        queries.link_events(connection, links)


def _row(alert: AlertRow) -> dict[str, Any]:
    row = {name: getattr(alert, name) for name in _FIELDS}
    for name in _TIMES:
        row[name] = None if row[name] is None else to_datetime(row[name])
    for name in _LISTS:
        row[name] = list(row[name])
    return row | {
        "evidence": _json(alert.evidence),
        "inhibited": Jsonb(list(alert.inhibited), dumps=orjson.dumps),
    }


def _event(entry: Entry) -> dict[str, Any]:
    change = entry.change
    return {
        "sequence": entry.after.sequence,
        "alert_id": change.alert_id,
        "at": to_datetime(change.at),
        "change": change.change,
        "by": change.by.id if change.by else None,
        "by_role": change.by.role if change.by else None,
        "reason": change.reason,
        "reasons": Jsonb(reasons.as_json(change.reasons)),
        "evidence": _json(change.evidence),
        "after": _json(as_json(entry.after)),
    }


def _offer(connection: Connection, entries: Sequence[Entry], roster: Roster) -> None:
    """To whom the alerts are offered now, and what became of earlier offers."""
    pending = offers.pending(connection, {entry.after.id for entry in entries})
    offers.save(connection, offers.follow(entries, pending, roster))
    over = [entry.after.id for entry in entries if _is(entry, "resolved")]
    if over:
        offers.queries.end_offers(connection, alerts=over)


def _post(connection: Connection, entries: Sequence[Entry], roster: Roster, now: Micros) -> None:
    """Messages to those who are asked; what is on its way to others ends where one has come."""
    for name in ("accepted", "held back", "resolved"):
        over = [entry.after.id for entry in entries if _is(entry, name)]
        if over:
            queries.no_longer_of_use(
                connection, alert_ids=over, now=to_datetime(now), why=f"the alert is {name}"
            )
    posted = [
        {
            **message,
            "payload": _json(message["payload"]),
            "now": to_datetime(now),
            "next_at": to_datetime(message["next_at"]),
        }
        for message in messages(entries, roster)
    ]
    if posted:
        queries.post(connection, posted)


def _is(entry: Entry, name: str) -> bool:
    """Whether the entry's change is what took its alert to that state."""
    if name == "accepted":
        return entry.change.change == "accepted"
    if name == "held back":
        return entry.after.is_paused and entry.change.duty is not None
    return entry.after.state == "resolved"


def _message(entry: Entry, telling: Telling) -> dict[str, Any]:
    change, alert, recipient = entry.change, entry.after, telling.recipient
    payload = {
        "occasion": change.change,
        "reason": change.reason,
        "recipient": recipient.as_json(),
        "alert": as_json(alert),
    }
    # An alert is raised once: its first messages have names that are known before its number is.
    once = change.change == "raised"
    return {
        "alert_id": alert.id,
        "occasion": change.change if once else f"{change.change}:{alert.sequence}",
        "party": recipient.party,
        "recipient": recipient.id,
        "payload": payload,
        "next_at": telling.at,
    }


def _answer_devices(connection: Connection, entries: Sequence[Entry]) -> None:
    """Receipts: somebody has taken the alert, and its end."""
    receipts = [
        {
            "alert_id": entry.after.id,
            "state": name,
            "at": iso(entry.change.at),
            "by": entry.change.by.role if entry.change.by else None,
        }
        for entry in entries
        for name in ("accepted", "resolved")
        if _is(entry, name)
    ]
    if receipts:
        queries.receipts(connection, receipts)


def _json(value: Mapping[str, Any]) -> Jsonb:
    # orjson writes NaN as null: evidence with a gap in it must not keep an alert out.
    return Jsonb(dict(value), dumps=orjson.dumps)
