"""Alerts in PostgreSQL: what is open, what became of each, and what people do with them.

Every change goes through :func:`append`, which writes the alert, its history, the messages to
those who are asked and the receipts to devices in the caller's transaction. Locks are taken in
one order: rows of alerts first (by id), then the writers' lock, held until commit, so that the
order of sequences is the order of commits and a reader of the feed misses nothing.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import Actor, AlertRow, Change, ChangeName, Outcome, as_json, change_of
from alerts.lifecycle import advance, next_state
from alerts.policy import Assignment, Policy, Situation
from alerts.react import Key, occurrences, react, subjects
from alerts.roster import Recipient, Roster, Staff, contacts_of
from domain.directory import Directory
from domain.errors import CarewatchError, NotAllowed
from domain.finding import Finding, Priority
from domain.time import MINUTE, Micros, from_datetime, iso, to_datetime

__all__ = [
    "Actor", "AlertEvent", "AlertRow", "NoSuchAlert", "Taken", "act", "alert", "append", "as_json",
    "events_after", "history", "known", "latest_sequence", "load_policy", "open_alerts", "page",
    "record", "snapshot",
]  # fmt: skip

queries = aiosql.from_path(
    Path(__file__).with_name("queries.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]

INCIDENT: Micros = 15 * MINUTE
"""Alerts of one resident that are no further apart form one incident."""

_TIMES = ("since", "raised_at", "deadline", "heard_at", "accepted_at", "resolved_at")
_FIELDS = tuple(field.name for field in fields(AlertRow))


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
    policy = load_policy(connection)
    standing = open_alerts(connection, subjects(findings, directory))
    done = known(connection, occurrences(findings, directory))
    changes = react(findings, standing, directory, policy, now, done)
    append(connection, changes, policy, now)
    return changes


def load_policy(connection: Connection) -> Policy:
    return Policy.of_rows(queries.policy_steps(connection))


def open_alerts(connection: Connection, subject_ids: Iterable[str]) -> dict[Key, AlertRow]:
    """The open alerts of these subjects, by subject and kind; locked until commit."""
    rows = queries.lock_alerts(connection, ids=[], subjects=sorted(subject_ids))
    return {(row["subject"], row["kind"]): _alert(row) for row in rows}


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

    Doing the same twice changes nothing. Rejecting what one has accepted gives it back.
    Raises :class:`Taken` where another has it, NotAllowed where the state does not permit it,
    :class:`NoSuchAlert`.
    """
    row = next(iter(queries.lock_alerts(connection, ids=[alert_id], subjects=[])), None)
    if row is None:
        raise NoSuchAlert(f"There is no alert {alert_id}.")
    before = _alert(row)
    if _done_already(connection, before, change, by, outcome):
        return before
    if before.accepted_by not in (None, by.id) and before.state != "resolved":
        raise Taken(before.accepted_by_name or "Somebody")
    if change == "rejected" and before.accepted_by == by.id and before.state != "resolved":
        change = "withdrawn"
    next_state(before.state, change)
    if change == "resolved" and outcome is None:
        raise NotAllowed("Say how it ended: an outcome is needed to resolve an alert.")
    what = change_of(
        before,
        change,
        now,
        _said(change, by, note),
        by=by,
        note=note,
        outcome=outcome,
        evidence={"step": before.step, "round": before.round} if change in _REFUSALS else {},
    )
    return append(connection, [what], load_policy(connection), now)[-1]


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


# -- appending ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """A change made whole, and the alert after it."""

    change: Change
    after: AlertRow


def append(
    connection: Connection, changes: Sequence[Change], policy: Policy, now: Micros
) -> list[AlertRow]:
    """Write changes with all that follows from them; each alert after its change, in order.

    What follows: who is answerable next and until when, messages to those who are asked,
    shorter deadlines beside something more urgent, the incident, receipts to devices.
    Raises NotAllowed where the table does not permit a change, and then wrote nothing.
    """
    if not changes:
        return []
    steps = _fold(connection, changes, policy, now)
    queries.one_writer(connection)
    numbers = [row["sequence"] for row in queries.next_sequences(connection, count=len(steps))]
    steps = [
        replace(step, after=replace(step.after, sequence=number))
        for step, number in zip(steps, numbers, strict=True)
    ]
    _write(connection, steps)
    _tell_people(connection, steps, now)
    _tell_devices(connection, steps)
    asked = {change.alert_id for change in changes}
    return [step.after for step in steps if step.after.id in asked]


def _fold(
    connection: Connection, changes: Sequence[Change], policy: Policy, now: Micros
) -> list["_Told"]:
    raised = sorted({change.subject for change in changes if _is_urgent(change)})
    rows = queries.lock_alerts(
        connection, ids=sorted({change.alert_id for change in changes}), subjects=raised
    )
    book = {row["id"]: _alert(row) for row in rows}
    new = [change.raised for change in changes if change.raised is not None]
    roster = load_roster(connection, [*book.values(), *new])
    folding = _Folding(book, roster, policy, now, _incidents(connection, new))
    for change in changes:
        folding.take(change)
    return folding.steps
