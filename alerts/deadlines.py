"""Deadlines: whoever was asked and has not answered is passed over, in time.

A deadline is a column of the alert. Any number of escalators look for those that have passed,
each taking rows that no other is at; whatever was due while none ran is done as of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import Gauge, Histogram

from alerts import offers
from alerts.alert import Actor, AlertRow, Change, change_of
from alerts.ledger import Connection, alert_of, append, queries
from alerts.reasons import because
from domain.time import MINUTE, SECOND, Micros, from_datetime, iso, to_datetime

LATENESS = Histogram(
    "carewatch_escalation_lateness_seconds",
    "How long after its deadline an alert went on to the next in line.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600),
)
UNATTENDED = Gauge(
    "carewatch_alerts_unattended",
    "Open alerts without anybody who answers for them, or overdue for a minute: must be 0.",
    ["what"],
)

_OVERDUE: Micros = MINUTE


@dataclass(frozen=True, slots=True)
class Unattended:
    """What the standing check found; all well where both are 0."""

    nobodys: int
    overdue: int


def escalate(connection: Connection, now: Micros, limit: int = 200) -> list[Micros]:
    """Move overdue alerts on, ``limit`` at most; the deadlines that they had missed.

    For one transaction of the caller's, who observes their lateness once it is committed.
    """
    due = queries.due_alerts(connection, now=to_datetime(now), limit=limit)
    alerts = [alert_of(row) for row in due]
    changes = [overdue(alert, now) for alert in alerts]
    waited = list(offers.queries.due_hand_overs(connection, now=to_datetime(now), limit=limit))
    append(connection, [*changes, *(lapsed(row, now) for row in waited)], now)
    missed = [alert.deadline for alert in alerts if alert.deadline is not None]
    return missed + [from_datetime(row["until"]) for row in waited]


def overdue(alert: AlertRow, now: Micros) -> Change:
    """Nobody answered, or who had it did not go on, and is told so; or the quiet hours are over."""
    due = now if alert.deadline is None else alert.deadline
    if alert.state == "open" and not alert.asked:
        return change_of(alert, "asked", now, because("wait_over"))
    evidence = {
        "due": iso(due),
        "late_ms": (now - due) // 1000,
        "state": alert.state,
        "step": alert.step,
        "round": alert.round,
        "responsible": alert.responsible,
    }
    reason = because("nobody_answered", responsible=alert.responsible, due=iso(due))
    if alert.accepted_by is None or alert.holder is None or alert.state == "on_site":
        return change_of(alert, "no_answer", now, reason, evidence=evidence)
    reason = because("went_silent", holder=alert.holder, due=iso(due))
    told = {"to": Actor(alert.accepted_by, alert.holder, ""), "tell": (f"person:{alert.holder}",)}
    return change_of(alert, "no_answer", now, reason, evidence=evidence, **told)


def lapsed(row: Mapping[str, Any], now: Micros) -> Change:
    """Who was to take it over has not answered: it stays with whoever has it, who is told."""
    alert = alert_of(row)
    to = Actor(row["person"], row["username"], "")
    reason = because("hand_over_lapsed", name=row["name"], holder=alert.holder)
    tell = (f"person:{alert.holder}",)
    return change_of(alert, "hand_over_lapsed", now, reason, to=to, tell=tell)


def observe(deadlines: list[Micros], done_at: Micros) -> None:
    """Count how late these were."""
    for deadline in deadlines:
        LATENESS.observe(max(done_at - deadline, 0) / SECOND)


def next_deadline(connection: Connection) -> Micros | None:
    """When the next open alert is due; None where none is open."""
    due = queries.next_deadline(connection)
    return None if due is None else from_datetime(due)


def check(connection: Connection, now: Micros) -> Unattended:
    """Look for open alerts that nobody answers for; the database should forbid them."""
    found = Unattended(**queries.unattended(connection, overdue_since=to_datetime(now - _OVERDUE)))
    UNATTENDED.labels("nobodys").set(found.nobodys)
    UNATTENDED.labels("overdue").set(found.overdue)
    return found
