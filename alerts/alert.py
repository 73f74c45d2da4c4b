"""An alert as it stands, a change of it, and how both are told to other programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from alerts.reasons import Reason, Reasons, sentence
from domain.finding import Priority
from domain.time import Micros, iso

State = Literal["open", "accepted", "responding", "on_site", "resolved"]

ChangeName = Literal[
    "raised",
    "repeated",
    "priority_raised",
    "hastened",
    "held_back",
    "restored",
    "cleared",
    "accepted",
    "rejected",
    "declined",
    "withdrawn",
    "no_answer",
    "asked",
    "on_the_way",
    "arrived",
    "hand_over_offered",
    "hand_over_rejected",
    "hand_over_lapsed",
    "taken_over",
    "joined",
    "left",
    "resolved",
]

Outcome = Literal["real", "false_alarm", "test", "not_needed", "handed_over"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
Mistake = Literal["device", "person", "rule"]
"""Whose a false alarm was: measured wrongly, set off by accident, or judged wrongly."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who does something with an alert."""

    id: str
    username: str
    role: str


QUIET_HOURS = "quiet_hours"


@dataclass(frozen=True, slots=True)
class Hold:
    """What holds an alert back, and until when.

    ``by`` is :data:`QUIET_HOURS`, ``silence:`` or ``absence:`` with its number, or ``alert:`` with
    the id of a louder one.
    """

    until: Micros
    by: str
    why: Reason


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is answerable for an alert, and until when.

    ``step`` of its policy in which ``round``; ``responsible`` is a list of parties, or the user
    name of the one who accepted. ``asked`` is how often the step was told, 0 while it is held
    back, and ``held_by`` by what; ``policy_id`` the version of the policy, where it is to be kept
    from now on.
    """

    step: int
    round: int
    responsible: str
    deadline: Micros
    asked: int = 1
    policy_id: int | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert: the fold of its changes, and one row of the table ``alert``.

    ``subject``      the resident's id, or ``device:`` and the id of an unplaced device
    ``since``        when the condition began, by the event's own time
    ``raised_at``    when it was concluded
    ``sources``      devices at which the condition holds
    ``deadline``     when ``responsible`` is passed over; None once resolved
    ``accepted_by``  the account of whoever has it; ``holder`` is its user name
    ``occurrences``  what was told of it already, the latest last (see :mod:`alerts.react`)
    ``heard_at``     when a device last told of it
    ``asked``        how often its step was told; 0 while it is held back
    ``held_by``      by what it is held back (see :class:`Hold`); None where it is not
    ``inhibited``    conditions that are not raised while it is open (:mod:`alerts.inhibition`)
    ``policy_id``    the version of the policy that it was raised under
    ``helpers``      user names of those who help whoever has it
    ``expected_at``  when who is on the way expects to be there, where they said so
    """

    id: str
    subject: str
    resident_id: str | None
    device_id: str | None
    team_id: str | None
    kind: str
    priority: Priority
    latching: bool
    state: State
    since: Micros
    raised_at: Micros
    evidence: Mapping[str, Any]
    sources: tuple[str, ...]
    incident_id: str
    step: int
    round: int
    responsible: str
    deadline: Micros | None
    occurrences: tuple[str, ...]
    heard_at: Micros
    accepted_by: str | None = None
    holder: str | None = None
    accepted_at: Micros | None = None
    resolved_at: Micros | None = None
    outcome: Outcome | None = None
    note: str | None = None
    sequence: int = 0
    asked: int = 1
    policy_id: int | None = None
    helpers: tuple[str, ...] = ()
    expected_at: Micros | None = None
    held_by: str | None = None
    inhibited: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_paused(self) -> bool:
        """Held back by more than the hour: by a silence, an absence or a louder alert."""
        return self.held_by not in (None, QUIET_HOURS)

    def duty_until(self, deadline: Micros) -> Duty:
        """The same duty, with another deadline."""
        return Duty(
            self.step, self.round, self.responsible, deadline, self.asked, self.policy_id,
            self.held_by,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to one alert, with its reasons.

    ``priority``, ``kind``, ``subject`` and ``since`` are the alert's own, after the change.
    ``raised``      the new alert, where the change is "raised"
    ``duty``        who is answerable from now on, where that changes
    ``tell``        the parties that are to be notified
    ``sources``     devices at which the condition holds, where that changes
    ``occurrence``  what a device told, so that telling it again changes nothing
    ``inhibited``   conditions that it keeps from being raised, where that changes
    ``event``       slot and key of the event of that device, where it was one
    ``to``          whom it is to be handed over to, or was
    ``until``       when that person is to have answered
    ``expected_at`` when who is on the way expects to be there
    """

    alert_id: str
    subject: str
    kind: str
    priority: Priority
    since: Micros
    change: ChangeName
    at: Micros
    reasons: Reasons
    evidence: Mapping[str, Any] = field(default_factory=dict)
    by: Actor | None = None
    raised: AlertRow | None = None
    duty: Duty | None = None
    tell: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None
    occurrence: str | None = None
    inhibited: tuple[Mapping[str, Any], ...] | None = None
    event: tuple[int, str] | None = None
    outcome: Outcome | None = None
    note: str | None = None
    to: Actor | None = None
    until: Micros | None = None
    expected_at: Micros | None = None

    @property
    def reason(self) -> str:
        """The reasons as sentences."""
        return sentence(self.reasons)


def change_of(
    alert: AlertRow, change: ChangeName, at: Micros, reason: Reason, **more: Any
) -> Change:
    """A change of an alert that exists; ``more`` are fields of :class:`Change`."""
    what: dict[str, Any] = {"priority": alert.priority, **more}
    return Change(
        alert_id=alert.id,
        subject=alert.subject,
        kind=alert.kind,
        since=alert.since,
        change=change,
        at=at,
        reasons=(reason,),
        **what,
    )


def as_json(alert: AlertRow) -> dict[str, Any]:
    """An alert in the API, on the feed, in ``alert_event.after`` and in webhooks."""
    return {
        "id": alert.id,
        "resident": alert.resident_id,
        "kind": alert.kind,
        "priority": alert.priority,
        "state": alert.state,
        "since": iso(alert.since),
        "raised_at": iso(alert.raised_at),
        "accepted_by": alert.holder,
        "accepted_at": _iso(alert.accepted_at),
        "resolved_at": _iso(alert.resolved_at),
        "deadline": _iso(alert.deadline),
        "evidence": dict(alert.evidence),
        "sequence": alert.sequence,
        "device": alert.device_id,
        "team": alert.team_id,
        "responsible": alert.responsible,
        "step": alert.step,
        "round": alert.round,
        "incident": alert.incident_id,
        "outcome": alert.outcome,
        "note": alert.note,
        "sources": list(alert.sources),
        "latching": alert.latching,
        "held_back": alert.state == "open" and not alert.asked,
        "held_by": alert.held_by,
        "policy": alert.policy_id,
        "helpers": list(alert.helpers),
        "expected_at": _iso(alert.expected_at),
    }


def _iso(at: Micros | None) -> str | None:
    return None if at is None else iso(at)
