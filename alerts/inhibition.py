"""Inhibition: what is not told beside a louder alert of the same resident. Pure.

Who lies on the floor is not in bed, and does not get up either: while ``sos``, ``fall`` or
``smoke`` is open, nobody is told of the empty bed as well. A condition that begins meanwhile is
not raised, but kept with the louder alert (``inhibited``); an alert that is open already is held
back. When the louder alert is over, what still holds is raised, or asked about, at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from alerts.alert import AlertRow, Change, Hold, change_of
from alerts.reasons import because
from domain.finding import KINDS, RANK, Finding, Priority
from domain.time import HOUR, Micros

INHIBITED_BY: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("bed_exit_long", "inactivity", "not_up"), ("sos", "fall", "smoke")
)
"""Of each kind those beside which it is not told."""

LOOKED_AT_AGAIN: Micros = HOUR
"""An alert that is held back beside another has a deadline too, though it has no end of its own."""


def louder(kind: str, priority: Priority, beside: Iterable[AlertRow]) -> AlertRow | None:
    """The open alert, of these of one subject, beside which such a one is not told, if any."""
    by_kind = {alert.kind: alert for alert in beside if alert.state != "resolved"}
    found = (by_kind.get(each) for each in by(kind))
    return next((each for each in found if each and RANK[each.priority] >= RANK[priority]), None)


def hold(louder: AlertRow, now: Micros) -> Hold:
    """Keeps an alert that is open already from being asked about."""
    why = because("behind", kind=louder.kind)
    return Hold(now + LOOKED_AT_AGAIN, f"alert:{louder.id}", why)


def by(kind: str) -> tuple[str, ...]:
    """The kinds beside which this one is not told."""
    return INHIBITED_BY.get(kind, ())


def held_back(louder: AlertRow, new: AlertRow, event: tuple[int, str] | None) -> Change | None:
    """An alert that is not raised, and is kept with the louder one; None where it is already."""
    if new.id in louder.occurrences:
        return None
    return replace(_kept(louder, _as_json(new), new.heard_at), event=event)


def over(louder: AlertRow, finding: Finding) -> Change | None:
    """What was kept no longer holds; None where nothing was."""
    kind = finding.kind
    if not any(held["kind"] == kind and held["at"] <= finding.at for held in louder.inhibited):
        return None
    return change_of(
        louder, "repeated", finding.at, because("kept_over", kind=kind),
        evidence=finding.evidence, sources=louder.sources, inhibited=_without(louder, kind),
    )  # fmt: skip


def released(ended: AlertRow, beside: Iterable[AlertRow], at: Micros) -> list[Change]:
    """What was kept with an alert that is over now, and still holds: raised.

    ``beside`` are the open alerts of the subject. Where one of them is louder too, it keeps the
    condition from now on. Who is asked is decided where the changes are followed.
    """
    changes = []
    for held in ended.inhibited:
        other = louder(held["kind"], held["priority"], beside)
        changes.append(_kept(other, held, at) if other else _raised(ended, held, at))
    return changes


def _kept(louder: AlertRow, held: Mapping[str, Any], at: Micros) -> Change:
    kind = held["kind"]
    return change_of(
        louder, "repeated", at, because("kept_beside", kind=kind),
        evidence={**held["evidence"], "held_back": kind}, sources=louder.sources,
        occurrence=held["name"], inhibited=(*_without(louder, kind), held),
    )  # fmt: skip


def _raised(ended: AlertRow, held: Mapping[str, Any], at: Micros) -> Change:
    """Under the name that it would have had, had it not been held back."""
    kind = held["kind"]
    alert = AlertRow(
        id=held["name"],
        subject=ended.subject,
        resident_id=ended.resident_id,
        device_id=held["device"],
        team_id=ended.team_id,
        kind=kind,
        priority=held["priority"],
        latching=KINDS[kind].latching,
        state="open",
        since=held["since"],
        raised_at=at,
        evidence=held["evidence"],
        sources=tuple(held["sources"]),
        incident_id=held["name"],
        step=0,
        round=0,
        responsible="",
        deadline=None,
        occurrences=(held["name"],),
        heard_at=held["at"],
    )
    reason = because("kept_told", sources=alert.sources, kind=ended.kind)
    return change_of(alert, "raised", at, reason, evidence=alert.evidence, raised=alert)


def _as_json(alert: AlertRow) -> dict[str, Any]:
    """What is kept of an alert that was not raised."""
    return {
        "kind": alert.kind,
        "priority": alert.priority,
        "since": alert.since,
        "at": alert.heard_at,
        "sources": list(alert.sources),
        "device": alert.device_id,
        "name": alert.id,
        "evidence": dict(alert.evidence),
    }


def _without(alert: AlertRow, kind: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(each for each in alert.inhibited if each["kind"] != kind)
