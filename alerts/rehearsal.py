"""The dry run of an alert: who would be told when, if nobody ever answered.

It goes the way of a live alert: a finding is reacted to, its consequences followed, and each
deadline that passes is an answer that did not come. Only nothing is written and nobody told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from alerts.alert import AlertRow, Change
from alerts.consequences import Circumstances, Entry, follow
from alerts.deadlines import overdue
from alerts.policies import Policies
from alerts.react import react
from alerts.reasons import Reasons, as_json, because, sentence
from alerts.roster import Roster, Telling
from domain.directory import Device, Snapshot, Subject
from domain.finding import KINDS, Finding, Priority
from domain.time import HOUR, Micros, iso

SPAN: Micros = 4 * HOUR
"""How long nobody answers, unless said otherwise."""
MOST_LINES = 500

_NO_DEVICE = "a dry run"
"""Told by, where no device is named. No device can be called so."""


@dataclass(frozen=True, slots=True)
class Line:
    """One moment of the dry run: what changes, why, and who is told."""

    at: Micros
    change: str
    after: AlertRow
    reasons: Reasons
    told: tuple[Telling, ...]

    @property
    def reason(self) -> str:
        """The reasons as sentences."""
        return sentence(self.reasons)

    def as_json(self) -> dict[str, Any]:
        deadline = self.after.deadline
        return {
            "at": iso(self.at),
            "change": self.change,
            "step": self.after.step,
            "round": self.after.round,
            "responsible": self.after.responsible,
            "deadline": None if deadline is None else iso(deadline),
            "reason": self.reason,
            "reasons": as_json(self.reasons),
            "told": [
                telling.recipient.as_json() | {"at": iso(telling.at)} for telling in self.told
            ],
        }


def raising(
    subject: Subject,
    kind: str,
    now: Micros,
    priority: Priority | None = None,
    device: str | None = None,
) -> Change:
    """The change that such a finding would lead to; ``raised`` of it is the alert.

    ``device`` is the id of the one that tells of it: what is silenced may depend on it.
    """
    source = Device(device or _NO_DEVICE, subject.slot + 1, subject.slot)
    finding = Finding(
        at=now,
        slot=subject.slot,
        device=source.slot,
        kind=kind,
        active=True,
        since=now,
        priority=priority or KINDS[kind].priority,
    )
    directory = Snapshot([subject], [source])
    (change,) = react([finding], {}, directory, Policies.default(), now)
    return change if device else replace(change, reasons=(because("rehearsed"),))


def rehearse(raised: Change, roster: Roster, policies: Policies, until: Micros) -> Iterator[Line]:
    """What would become of an alert (see :func:`raising`) that nobody answers.

    ``roster`` must know of duty until then. Ends after :data:`MOST_LINES` at the latest.
    """
    change, now = raised, raised.at
    alerts: tuple[AlertRow, ...] = ()
    for _ in range(MOST_LINES):
        (entry,) = follow([change], alerts, Circumstances(roster.at(now), policies, now, {}))
        yield _line(entry, roster.at(now))
        due = entry.after.deadline
        if due is None or due > until:
            return
        change, alerts, now = overdue(entry.after, due), (entry.after,), due


def _line(entry: Entry, roster: Roster) -> Line:
    change, after = entry.change, entry.after
    told = tuple(roster.tellings(after, change.tell, after.priority))
    return Line(change.at, change.change, after, change.reasons, told)
