"""What follows from changes of alerts: who is asked next, until when, and what is hastened.

Pure: the alerts, the people and the policy are given, and nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from alerts import inhibition
from alerts.alert import AlertRow, Change, Hold, change_of
from alerts.lifecycle import advance
from alerts.policies import Policies
from alerts.policy import Assignment, Policy, Situation
from alerts.reasons import because
from alerts.roster import Roster
from domain.finding import Priority
from domain.time import MINUTE, Micros

INCIDENT: Micros = 15 * MINUTE
"""Alerts of one subject that are no further apart than this form one incident."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change made whole, and the alert after it; ``follows`` where another one led to it."""

    change: Change
    after: AlertRow
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Latest:
    """A subject's latest alert: its incident, and when it was raised."""

    incident_id: str
    raised_at: Micros


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What consequences depend on.

    ``latest`` by subject holds alerts raised no longer than :data:`INCIDENT` ago; ``beside`` are
    open alerts that may be louder than those that are changed.
    """

    roster: Roster
    policies: Policies
    now: Micros
    latest: Mapping[str, Latest]
    beside: Sequence[AlertRow] = ()


def follow(
    changes: Iterable[Change], alerts: Sequence[AlertRow], around: Circumstances
) -> list[Entry]:
    """The changes in order with their consequences.

    ``alerts`` holds every alert that is changed, and all open ones of a subject for whom
    something is raised or over. Raises NotAllowed where the lifecycle does not permit a change.
    """
    following = _Following(alerts, around)
    for change in changes:
        following.take(change)
    return following.entries


class _Following:
    def __init__(self, alerts: Sequence[AlertRow], around: Circumstances) -> None:
        self._alerts: dict[str, dict[str, AlertRow]] = {}
        for alert in alerts:
            self._know(alert)
        self._around = around
        self._latest = dict(around.latest)
        self.entries: list[Entry] = []

    def take(self, change: Change) -> None:
        before = self._alerts.get(change.subject, {}).get(change.alert_id)
        if change.raised is not None:
            change = replace(change, raised=self._in_incident(change.raised))
        # The same one, with time again; or with none left, where nobody could be reached.
        carries_duty = change.change in ("restored", "hastened")
        after = self._put(change if carries_duty else self._with_duty(change, before), before)
        if change.change in ("raised", "priority_raised"):
            self._hold_others(after)
            self._hasten_others(change)
        if change.change == "repeated":
            self._look_again(after, change.at)
        if after.state == "resolved":
            self._release_others(after, change.at)

    def _put(self, change: Change, before: AlertRow | None, follows: bool = False) -> AlertRow:
        after = advance(before, change)
        self._know(after)
        self.entries.append(Entry(change, after, follows))
        return after

    def _know(self, alert: AlertRow) -> None:
        self._alerts.setdefault(alert.subject, {})[alert.id] = alert

    def _with_duty(self, change: Change, before: AlertRow | None) -> Change:
        new = self._assignment(change, before)
        # What a finding leads to is decided here; of a hand-over the two people are told.
        told = change.tell if change.by or change.to else ()
        if new is None:
            return replace(change, duty=None, tell=told)
        reasons = (*change.reasons, *new.reasons)
        return replace(change, duty=new.duty, tell=(*told, *new.tell), reasons=reasons)

    def _assignment(self, change: Change, before: AlertRow | None) -> Assignment | None:
        alert = change.raised or before
        if alert is None:
            return None
        if change.sources is not None:
            alert = replace(alert, sources=change.sources)
        policy = self._policy(alert, change)
        situation = self._situation(alert, policy, change.priority)
        if change.raised is not None:
            return policy.first(situation)
        if change.change == "priority_raised":
            return policy.raised_to(alert, situation)
        by = change.by.username if change.by else ""
        return policy.after(alert, change.change, by, situation, change.expected_at)

    def _policy(self, alert: AlertRow, change: Change) -> Policy:
        """Of what is raised, or becomes more urgent, today's; else the one that it has kept."""
        teams = self._around.roster.teams(alert)
        if change.change in ("raised", "priority_raised"):
            return self._around.policies.find(teams, change.priority, change.kind)
        return self._around.policies.of_alert(alert, teams)

    def _situation(self, alert: AlertRow, policy: Policy, priority: Priority) -> Situation:
        roster = self._around.roster
        present = roster.present(alert, policy.parties(), policy.priority)
        why = {party: reasons for party, reasons in present.items() if reasons}
        hold = self._hold(alert, priority)
        return Situation(present.keys(), self._around.now, roster.timezone(alert), why, hold)

    def _hold(self, alert: AlertRow, priority: Priority) -> Hold | None:
        """What keeps an alert of that priority from being asked about, if anything."""
        louder = self._louder(alert, priority) if inhibition.by(alert.kind) else None
        if louder is not None:
            return inhibition.hold(louder, self._around.now)
        return self._around.roster.hold(alert, priority)

    def _louder(self, alert: AlertRow, priority: Priority) -> AlertRow | None:
        read = {each.id: each for each in self._around.beside if each.subject == alert.subject}
        beside = read | self._alerts.get(alert.subject, {})
        return inhibition.louder(alert.kind, priority, beside.values())

    def _in_incident(self, alert: AlertRow) -> AlertRow:
        latest = self._latest.get(alert.subject)
        near = latest is not None and alert.raised_at - latest.raised_at <= INCIDENT
        incident = latest.incident_id if latest is not None and near else alert.id
        self._latest[alert.subject] = Latest(incident, alert.raised_at)
        return replace(alert, incident_id=incident)

    def _hold_others(self, cause: AlertRow) -> None:
        """Nobody is asked any longer about what is open already, and is told by the louder one."""
        for other in self._others(cause.subject, cause.id):
            asked = other.state == "open" and not other.is_paused
            if asked and inhibition.louder(other.kind, other.priority, [cause]):
                reason = because("raised_beside", kind=cause.kind)
                self._follow(change_of(other, "held_back", self._around.now, reason), other)

    def _release_others(self, ended: AlertRow, at: Micros) -> None:
        """What was held back beside it, and still holds, is asked about now."""
        for other in self._others(ended.subject, ended.id):
            if other.state == "open" and other.held_by == f"alert:{ended.id}":
                reason = because("louder_over", kind=ended.kind)
                self._follow(change_of(other, "asked", at, reason), other)

    def _look_again(self, alert: AlertRow, at: Micros) -> None:
        """Another device tells of it, which nobody has silenced."""
        if alert.state == "open" and alert.is_paused and not self._hold(alert, alert.priority):
            reason = because("not_covered")
            self._follow(change_of(alert, "asked", at, reason), alert)

    def _follow(self, change: Change, before: AlertRow) -> None:
        self._put(self._with_duty(change, before), before, follows=True)

    def _others(self, subject: str, alert_id: str) -> list[AlertRow]:
        return [each for each in self._alerts[subject].values() if each.id != alert_id]

    def _hasten_others(self, cause: Change) -> None:
        """Whoever is in greater trouble than we thought waits less for everything else too."""
        now = self._around.now
        for other in self._others(cause.subject, cause.alert_id):
            duty = self._policy(other, cause).hastened(other, now)
            if duty is not None:
                reason = because("hastened_beside", kind=cause.kind, priority=cause.priority)
                hastened = change_of(other, "hastened", now, reason, duty=duty)
                self._put(hastened, other, follows=True)
