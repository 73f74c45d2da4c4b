"""Alerts in PostgreSQL, as the rest of carewatch sees them: record, act, read.

The caller owns the transaction. Readers restrict by ``resident_ids`` and ``team_ids``: an alert
is shown where its resident or its team is among them. None for both shows all; None *within*
``team_ids`` adds what belongs to no team.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alerts.alert import Actor, AlertRow, Change, ChangeName, Outcome, as_json, change_of
from alerts.ledger import Connection, alert_of, append, load_policy, lock_alerts, queries
from alerts.lifecycle import next_state
from alerts.react import Key, occurrences, react, subjects
from domain.directory import Directory
from domain.errors import CarewatchError, NotAllowed
from domain.finding import Finding, Priority
from domain.time import Micros, from_datetime, iso, to_datetime

__all__ = [
    "Actor", "AlertEvent", "AlertRow", "BadCursor", "NoSuchAlert", "Taken", "act", "alert",
    "append", "as_json", "earliest_sequence", "events_after", "history", "known",
    "latest_sequence", "load_policy", "open_alerts", "page", "record", "snapshot",
]  # fmt: skip


class BadCursor(NotAllowed):
    """A cursor that no page gave."""


class NoSuchAlert(CarewatchError):
    """There is no alert of that name."""


class Taken(NotAllowed):
    """Somebody else has the alert; ``holder`` is the user name."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"{holder} has taken this alert: speak to {holder}, or wait until it is given back."
        )
        self.holder = holder


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
        policy = load_policy(connection)
        standing = open_alerts(connection, subjects(findings, directory))
        done = known(connection, occurrences(findings, directory))
        changes = react(findings, standing, directory, policy, now, done)
        append(connection, changes, policy, now)
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
) -> AlertRow:
    """A person accepts, rejects, sets out, arrives or resolves; the alert after it.

    Runs in a transaction of its own where the caller has none.

    Doing the same twice changes nothing. Rejecting what one has accepted gives it back.
    Raises :class:`Taken` where another has it, NotAllowed where the state does not permit it,
    :class:`NoSuchAlert`.
    """
    with connection.transaction():
        before = next(iter(lock_alerts(connection, ids=[alert_id])), None)
        if before is None:
            raise NoSuchAlert(f"There is no alert {alert_id}.")
        if _done_already(connection, before, change, by, outcome):
            return before
        what = _deed(before, change, by, now, note, outcome)
        return append(connection, [what], load_policy(connection), now)[-1]


def _deed(
    alert: AlertRow,
    change: ChangeName,
    by: Actor,
    now: Micros,
    note: str | None,
    outcome: Outcome | None,
) -> Change:
    """What a person asks for, as a change that is permitted."""
    if alert.state != "resolved" and alert.accepted_by not in (None, by.id):
        raise Taken(alert.accepted_by_name or "Somebody")
    if change == "rejected" and alert.state != "open" and alert.accepted_by == by.id:
        change = "withdrawn"
    next_state(alert.state, change)
    if change == "resolved" and outcome is None:
        raise NotAllowed("Say how it ended: an outcome is needed to resolve an alert.")
    place = {"step": alert.step, "round": alert.round} if change in _REFUSALS else {}
    return change_of(
        alert, change, now, _said(change, by, note),
        by=by, note=note, outcome=outcome, evidence=place,
    )  # fmt: skip


_REFUSALS = ("rejected", "withdrawn")

_SAID: Mapping[str, str] = {
    "accepted": "Accepted",
    "rejected": "Declined",
    "withdrawn": "Given back",
    "on_the_way": "On the way",
    "arrived": "At the door",
    "resolved": "Resolved",
}


def _said(change: str, by: Actor, note: str | None) -> str:
    said = f"{_SAID.get(change, change)} by {by.username}"
    return f"{said}: {note}" if note else f"{said}."


def _done_already(
    connection: Connection, alert: AlertRow, change: str, by: Actor, outcome: Outcome | None
) -> bool:
    """Whether a repeated request asks for what is so already."""
    if change == "rejected" and alert.state == "open":
        said: bool = queries.said_no(
            connection, alert_id=alert.id, account_id=by.id, round=alert.round
        )
        return said
    if alert.accepted_by != by.id:
        return False
    if change == "resolved":
        return alert.state == "resolved" and alert.outcome == outcome
    reached = {
        "accepted": ("accepted", "responding", "on_site"),
        "on_the_way": ("responding", "on_site"),
        "arrived": ("on_site",),
    }
    return alert.state in reached.get(change, ())


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


def page(
    connection: Connection,
    *,
    state: str | None = None,
    resident: str | None = None,
    kind: str | None = None,
    resident_ids: Sequence[str] | None = None,
    team_ids: Teams = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[AlertRow], str | None]:
    """Alerts, the newest first, and the cursor of the page after; state "open": not resolved.

    Raises :class:`BadCursor`.
    """
    before_at, before_id = _read_cursor(cursor) if cursor else (None, None)
    rows = queries.page(
        connection,
        state=state,
        resident=resident,
        kind=kind,
        before_at=None if before_at is None else to_datetime(before_at),
        before_id=before_id,
        limit=limit + 1,
        **_visible(resident_ids, team_ids),
    )
    alerts = [alert_of(row) for row in rows]
    return alerts[:limit], _cursor(alerts[limit - 1]) if len(alerts) > limit else None


def snapshot(
    connection: Connection, resident_ids: Sequence[str] | None = None, team_ids: Teams = None
) -> tuple[list[AlertRow], int]:
    """The open alerts, and the sequence after which :func:`events_after` goes on from them."""
    rows = list(queries.snapshot(connection, **_visible(resident_ids, team_ids)))
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


def _visible(resident_ids: Sequence[str] | None, team_ids: Teams) -> dict[str, Any]:
    return {
        "everything": resident_ids is None and team_ids is None,
        "residents": list(resident_ids or ()),
        "teams": [team for team in team_ids or () if team is not None],
        "unowned": team_ids is not None and None in team_ids,
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
