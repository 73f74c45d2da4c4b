"""Alerts in PostgreSQL, as the rest of carewatch sees them: record, act, read.

The caller owns the transaction. Readers restrict by ``resident_ids`` and ``team_ids``: an alert
is shown where its resident or its team is among them. None for both shows all; None *within*
``team_ids`` adds what belongs to no team. ``incidents`` adds all alerts of these, and ``asked``
(``party@team``, or a party) the open alerts for as long as that party is asked.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alerts import inhibition, offers
from alerts.alert import Actor, AlertRow, Change, ChangeName, Mistake, Outcome, as_json
from alerts.deeds import Deed, Taken, change_by
from alerts.ledger import Connection, alert_of, append, lock_alerts, queries
from alerts.policies import Policies
from alerts.react import Key, occurrences, react, subjects
from domain.directory import Directory
from domain.errors import CarewatchError, NotAllowed
from domain.finding import Finding, Priority
from domain.refusals import refused
from domain.time import Micros, from_datetime, iso, to_datetime

__all__ = [
    "Actor", "AlertEvent", "AlertRow", "BadCursor", "NoSuchAlert", "Taken", "act", "alert",
    "append", "as_json", "earliest_sequence", "events_after", "history", "known",
    "latest_sequence", "offered",
    "open_alerts", "page", "record", "snapshot", "was_offered", "went_silent",
]  # fmt: skip


class BadCursor(NotAllowed):
    """A cursor that no page gave."""


class NoSuchAlert(CarewatchError):
    """There is no alert of that name."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """A change, with the alert's JSON as it was after it."""

    sequence: int
    alert_id: str
    at: Micros
    change: str
    by_role: str | None
    reason: str
    after: Mapping[str, Any]


# -- what devices tell -------------------------------------------------------------------------


def record(
    connection: Connection, findings: Sequence[Finding], directory: Directory, now: Micros
) -> list[Change]:
    """React to a turn's findings and append what they change; for the pump's transaction.

    Findings that were recorded before change nothing.
    """
    if not findings:
        return []
    with connection.transaction():
        standing = open_alerts(connection, subjects(findings, directory))
        done = known(connection, occurrences(findings, directory))
        changes = react(findings, standing, directory, Policies.default(), now, done)
        append(connection, changes, now)
    return changes


def open_alerts(connection: Connection, subject_ids: Iterable[str]) -> dict[Key, AlertRow]:
    """The open alerts of these subjects, by subject and kind; locked until commit."""
    alerts = lock_alerts(connection, subjects=subject_ids)
    return {(alert.subject, alert.kind): alert for alert in alerts}


def known(connection: Connection, names: Iterable[str]) -> dict[str, Priority]:
    """Which of these occurrences a resolved alert has dealt with, and its priority."""
    asked = sorted(names)
    rows = queries.known_occurrences(connection, names=asked)
    return {row["name"]: row["priority"] for row in rows}


# -- what people do ----------------------------------------------------------------------------


def act(
    connection: Connection,
    alert_id: str,
    change: ChangeName,
    by: Actor,
    now: Micros,
    *,
    note: str | None = None,
    outcome: Outcome | None = None,
    mistake: Mistake | None = None,
    to: str | None = None,
    expected_at: Micros | None = None,
) -> AlertRow:
    """A person answers, sets out, arrives, hands over, helps or resolves; the alert after it.

    Runs in a transaction of its own where the caller has none. ``to`` is the user name of the
    one to whom it is to be handed over.

    Doing the same twice changes nothing. Rejecting what one has accepted gives it back.
    Raises :class:`Taken` where another has it, NotAllowed where the state does not permit it,
    :class:`NoSuchAlert`.
    """
    with connection.transaction():
        before, beside = _lock_with_others(connection, alert_id)
        whom = None if to is None else _taker(connection, before, to)
        deed = Deed(change, by, note, outcome, mistake, whom, expected_at)
        what = change_by(before, offers.of_alert(connection, alert_id), deed, now)
        if what is None:
            return before
        over = what.change == "resolved"
        more = inhibition.released(before, beside, now) if over else []
        return append(connection, [what, *more], now)[0]


def _lock_with_others(connection: Connection, alert_id: str) -> tuple[AlertRow, list[AlertRow]]:
    """An alert and the open ones beside it, locked in the order in which everybody locks them."""
    known = alert(connection, alert_id)
    if known is None:
        raise NoSuchAlert(f"There is no alert {alert_id}.")
    locked = lock_alerts(connection, ids=[alert_id], subjects=[known.subject])
    found = {each.id: each for each in locked}
    return found.pop(alert_id), list(found.values())


def _taker(connection: Connection, alert: AlertRow, username: str) -> Actor:
    """The account that an alert is to be handed over to; NotAllowed where it may not have it."""
    row = next((one for one in takers(connection, alert) if one["username"] == username), None)
    if row is None:
        raise NotAllowed(refused("hand_over_to_stranger", person=username))
    return Actor(row["id"], row["username"], row["role"])


# -- reading -----------------------------------------------------------------------------------

Teams = Sequence[str | None] | None


def alert(connection: Connection, alert_id: str) -> AlertRow | None:
    """One alert, or None."""
    row = queries.alert(connection, id=alert_id)
    return None if row is None else alert_of(row)


def history(connection: Connection, alert_id: str) -> list[dict[str, Any]]:
    """All that became of an alert, in order; ``by`` is a user name, None where nobody did it."""
    return [
        {**row, "at": iso(from_datetime(row["at"]))}
        for row in queries.history(connection, alert_id=alert_id)
    ]


def went_silent(connection: Connection, alerts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Of alerts whose last holder let the deadline pass: ``person``, silent ``since``."""
    rows = queries.went_silent(connection, alerts=sorted(alerts))
    return {
        row["alert_id"]: {"person": row["person"], "since": iso(from_datetime(row["since"]))}
        for row in rows
    }


def was_offered(connection: Connection, alert_id: str, account_id: str) -> bool:
    """Whether somebody may still answer: asked once, and neither declined nor is it over."""
    offered: bool = offers.queries.was_offered(connection, alert=alert_id, person=account_id)
    return offered


def offered(connection: Connection, alert_id: str) -> list[dict[str, Any]]:
    """To whom an alert was offered, in order, and what they answered."""
    return [offer.as_json() for offer in offers.of_alert(connection, alert_id)]


def offered_to(connection: Connection, account_id: str) -> list[dict[str, Any]]:
    """What somebody is asked to take at this moment, the longest ago first."""
    return list(offers.queries.offered_to(connection, person=account_id))


def takers(connection: Connection, alert: AlertRow) -> list[dict[str, Any]]:
    """Accounts that an alert may be handed over to: ``id``, ``username``, ``name``, ``role``."""
    return list(offers.queries.takers(connection, resident=alert.resident_id, team=alert.team_id))


def page(
    connection: Connection,
    *,
    state: str | None = None,
    resident: str | None = None,
    kind: str | None = None,
    incident: str | None = None,
    untaken_since: Micros | None = None,
    resident_ids: Sequence[str] | None = None,
    team_ids: Teams = None,
    incidents: Sequence[str] = (),
    asked: Sequence[str] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[AlertRow], str | None]:
    """Alerts, the newest first, and the cursor of the page after; state "open": not resolved.

    ``untaken_since``: those above low that ended by themselves since then, and nobody took them.
    Raises :class:`BadCursor`.
    """
    before_at, before_id = _read_cursor(cursor) if cursor else (None, None)
    rows = queries.page(
        connection,
        state=state,
        resident=resident,
        kind=kind,
        incident=incident,
        untaken_since=None if untaken_since is None else to_datetime(untaken_since),
        before_at=None if before_at is None else to_datetime(before_at),
        before_id=before_id,
        limit=limit + 1,
        **_visible(resident_ids, team_ids, incidents, asked),
    )
    alerts = [alert_of(row) for row in rows]
    return alerts[:limit], _cursor(alerts[limit - 1]) if len(alerts) > limit else None


def snapshot(
    connection: Connection,
    resident_ids: Sequence[str] | None = None,
    team_ids: Teams = None,
    incidents: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> tuple[list[AlertRow], int]:
    """The open alerts, and the sequence after which :func:`events_after` goes on from them."""
    visible = _visible(resident_ids, team_ids, incidents, asked)
    rows = list(queries.snapshot(connection, **visible))
    return [alert_of(row) for row in rows if row["id"] is not None], rows[0]["latest"]


def events_after(connection: Connection, sequence: int, limit: int = 1000) -> list[AlertEvent]:
    """Changes after that sequence, in order."""
    return [
        AlertEvent(**{**row, "at": from_datetime(row["at"])})
        for row in queries.events_after(connection, sequence=sequence, limit=limit)
    ]


def latest_sequence(connection: Connection) -> int:
    """The sequence of the latest change, 0 where there is none."""
    latest: int = queries.latest_sequence(connection)
    return latest


def earliest_sequence(connection: Connection) -> int:
    """The sequence of the oldest change that is still kept, 0 where there is none."""
    earliest: int = queries.earliest_sequence(connection)
    return earliest


def _visible(
    resident_ids: Sequence[str] | None,
    team_ids: Teams,
    incidents: Sequence[str],
    asked: Sequence[str],
) -> dict[str, Any]:
    return {
        "everything": resident_ids is None and team_ids is None,
        "residents": list(resident_ids or ()),
        "teams": [team for team in team_ids or () if team is not None],
        "unowned": team_ids is not None and None in team_ids,
        "incidents": list(incidents),
        "asked": list(asked),
    }


def _cursor(last: AlertRow) -> str:
    place = orjson.dumps([last.raised_at, last.id])
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[Micros, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        at, name = orjson.loads(base64.urlsafe_b64decode(padded))
        return int(at), str(name)
    except (binascii.Error, ValueError, TypeError):
        raise BadCursor("This cursor is none that a page gave: begin without one.") from None
