"""From findings to changes of alerts: pure, and the same for live and replayed messages.

A finding may come again: after a restart the engine goes over what it had heard since its last
checkpoint. Each *occurrence* (a condition with its beginning, or a press with its key) has a
name derived from it; an alert remembers the occurrences that it was told of, and what is known
changes nothing a second time.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from alerts import inhibition
from alerts.alert import AlertRow, Change, ChangeName, change_of
from alerts.lifecycle import advance
from alerts.policies import EVERYBODY, Policies
from alerts.policy import Situation
from alerts.reasons import because
from domain.directory import Directory, Subject
from domain.finding import KINDS, RANK, Finding, Priority
from domain.time import Micros

OF_A_DEVICE = frozenset(
    {
        "heart_rate_high",
        "heart_rate_low",
        "respiration_high",
        "respiration_low",
        "spo2_low",
        "smoke",
        "gas",
        "carbon_monoxide",
        "water_leak",
        "device_silent",
        "battery_low",
        "device_fault",
        "clock_skew",
        "button_test_overdue",
    }
)
"""Conditions that each device has for itself, and that end when they end at the last one.

All others are the resident's: whichever device tells that they are over, they are over.
"""

_EVERYBODY_ASKABLE = EVERYBODY - {"handover"}

Key = tuple[str, str]
"""Subject and kind: one open alert at most."""


def alert_id(subject: str, kind: str, since: Micros, source: str, key: str = "") -> str:
    """The name of an occurrence, and of the alert that it raises: derived, never random.

    >>> alert_id("anna", "sos", 0, "button-1", "a1b2")
    '2477b6e70ae5096c6a27'
    """
    told = f"{subject}|{kind}|{since}|{source}|{key}"
    return hashlib.sha256(told.encode()).hexdigest()[:20]


def react(
    findings: Sequence[Finding],
    open_alerts: Mapping[Key, AlertRow],
    directory: Directory,
    policies: Policies,
    now: Micros,
    known: Mapping[str, Priority] | None = None,
) -> list[Change]:
    """What the findings change, in their order; each sees the effect of those before it.

    ``known`` are occurrences that a resolved alert has dealt with, and its priority.
    """
    return Book(open_alerts, known or {}).react(findings, directory, policies, now)


def occurrences(findings: Iterable[Finding], directory: Directory) -> set[str]:
    """Names by which a resolved alert may know these findings; ``known`` is to be among them."""
    names = set()
    for finding in findings:
        subject = _subject(finding, directory)
        if subject is not None:
            source = _source(finding, directory)
            names |= {_occurrence(finding, subject, source), _worse(finding, subject, source)}
    return names


def subjects(findings: Iterable[Finding], directory: Directory) -> set[str]:
    """Ids of the subjects whose alerts these findings may change."""
    found = (_subject(finding, directory) for finding in findings)
    return {subject.id for subject in found if subject is not None}


class Book:
    """The open alerts in memory, kept up with what is reacted to."""

    def __init__(
        self,
        open_alerts: Mapping[Key, AlertRow] | None = None,
        known: Mapping[str, Priority] | None = None,
    ) -> None:
        self.open: dict[Key, AlertRow] = dict(open_alerts or {})
        self.known: dict[str, Priority] = dict(known or {})

    def react(
        self, findings: Iterable[Finding], directory: Directory, policies: Policies, now: Micros
    ) -> list[Change]:
        """As the function :func:`react`."""
        changes = []
        for finding in findings:
            change = self._take(finding, directory, policies, now)
            if change is not None:
                changes += self._keep(change)
        return changes

    def _keep(self, change: Change) -> list[Change]:
        """The change, with what is raised because of it."""
        key = change.subject, change.kind
        after = advance(self.open.get(key), change)
        if after.state != "resolved":
            self.open[key] = after
            return [change]
        del self.open[key]
        self.known |= dict.fromkeys(after.occurrences, after.priority)
        changes = [change]
        for each in inhibition.released(after, self._beside(after.subject), change.at):
            changes += self._keep(each)
        return changes

    def _beside(self, subject: str) -> list[AlertRow]:
        return [alert for (whose, _), alert in self.open.items() if whose == subject]

    def _take(
        self, finding: Finding, directory: Directory, policies: Policies, now: Micros
    ) -> Change | None:
        subject = _subject(finding, directory)
        if subject is None:
            return None  # taken out of the directory meanwhile: nobody to worry about
        source = _source(finding, directory)
        alert = self.open.get((subject.id, finding.kind))
        if not finding.active:
            return self._over(alert, finding, subject, source)
        occurrence = self._news(finding, subject, source)
        if occurrence is None:
            return None
        if alert is not None:
            return _again(alert, finding, source, occurrence)
        new = _with_device(_alert(finding, subject, source, occurrence), directory)
        louder = self._louder(finding, subject)
        if louder is not None:
            return inhibition.held_back(louder, new, _event(finding))
        situation = Situation(_EVERYBODY_ASKABLE, now, subject.timezone)
        return _raised(new, finding, policies, situation)

    def _news(self, finding: Finding, subject: Subject, source: str) -> str | None:
        """The occurrence's name, or None where a resolved alert has dealt with it.

        One that has become worse since is news again.
        """
        name = _occurrence(finding, subject, source)
        if name not in self.known:
            return name
        worse = _worse(finding, subject, source)
        is_worse = RANK[finding.priority] > RANK[self.known[name]]
        return worse if is_worse and worse not in self.known else None

    def _louder(self, finding: Finding, subject: Subject) -> AlertRow | None:
        """The open alert beside which this finding is not to be raised, if any."""
        beside = [self.open.get((subject.id, kind)) for kind in inhibition.by(finding.kind)]
        return inhibition.louder(finding.kind, finding.priority, filter(None, beside))

    def _over(
        self, alert: AlertRow | None, finding: Finding, subject: Subject, source: str
    ) -> Change | None:
        if alert is not None:
            return _over(alert, finding, source)
        keeping = (self.open.get((subject.id, kind)) for kind in inhibition.by(finding.kind))
        found = (inhibition.over(louder, finding) for louder in keeping if louder)
        return next(filter(None, found), None)


def _alert(finding: Finding, subject: Subject, source: str, name: str) -> AlertRow:
    return AlertRow(
        id=name,
        subject=subject.id,
        resident_id=subject.resident_id,
        device_id=None,
        team_id=subject.team_id,
        kind=finding.kind,
        priority=finding.priority,
        latching=KINDS[finding.kind].latching,
        state="open",
        since=finding.since,
        raised_at=finding.at,
        evidence=finding.evidence,
        sources=(source,),
        incident_id=name,
        step=0,
        round=0,
        responsible="",
        deadline=None,
        occurrences=(name,),
        heard_at=finding.at,
    )


def _raised(alert: AlertRow, finding: Finding, policies: Policies, situation: Situation) -> Change:
    """With the first duty of a county where everybody is there; who is, the ledger knows."""
    teams = () if alert.team_id is None else (alert.team_id,)
    first = policies.find(teams, alert.priority, alert.kind).first(situation)
    return change_of(
        alert,
        "raised",
        finding.at,
        because("told", sources=alert.sources),
        evidence=finding.evidence,
        raised=alert,
        duty=first.duty,
        tell=first.tell,
        event=_event(finding),
    )


def _again(alert: AlertRow, finding: Finding, source: str, occurrence: str) -> Change | None:
    """Worse, another occurrence (another press, another device), or nothing new."""
    worse = RANK[finding.priority] > RANK[alert.priority]
    if occurrence in alert.occurrences and not worse:
        return None
    reason = (
        because("told_worse", priority=finding.priority, before=alert.priority, source=source)
        if worse
        else because("told_again", source=source)
    )
    return change_of(
        alert,
        "priority_raised" if worse else "repeated",
        finding.at,
        reason,
        evidence=finding.evidence,
        priority=finding.priority if worse else alert.priority,
        sources=(*(other for other in alert.sources if other != source), source),
        occurrence=occurrence,
        event=_event(finding),
    )


def _over(alert: AlertRow, finding: Finding, source: str) -> Change | None:
    """Cleared, where the last source is over; where another still holds, one source fewer."""
    if (alert.latching and not finding.over) or finding.at < alert.heard_at:
        return None
    left = tuple(other for other in alert.sources if other != source)
    if finding.kind not in OF_A_DEVICE:
        left = ()
    if left == alert.sources:
        return None
    change: ChangeName = "repeated" if left else "cleared"
    reason = (
        because("told_over_here", source=source, sources=left)
        if left
        else because("told_over", source=source)
    )
    return change_of(alert, change, finding.at, reason, evidence=finding.evidence, sources=left)


def _subject(finding: Finding, directory: Directory) -> Subject | None:
    try:
        return directory.subject(finding.slot)
    except KeyError:
        return None


def _source(finding: Finding, directory: Directory) -> str:
    try:
        return directory.device_at(finding.device).id
    except KeyError:  # removed meanwhile; what it told holds all the same
        return f"slot {finding.device}"


def _with_device(alert: AlertRow, directory: Directory) -> AlertRow:
    source = alert.sources[0]
    return replace(alert, device_id=source) if directory.device(source) else alert


def _event(finding: Finding) -> tuple[int, str] | None:
    return (finding.device, finding.key) if finding.key else None


def _occurrence(finding: Finding, subject: Subject, source: str) -> str:
    return alert_id(subject.id, finding.kind, finding.since, source, finding.key)


def _worse(finding: Finding, subject: Subject, source: str) -> str:
    """The name of the same occurrence, where it was dealt with at a lower priority before."""
    key = f"{finding.key}@{finding.priority}"
    return alert_id(subject.id, finding.kind, finding.since, source, key)
