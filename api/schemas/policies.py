"""Bodies and answers about policies, and their dry run."""

from datetime import time
from typing import Annotated

from pydantic import AwareDatetime, Field

from api.schemas.fields import (
    Answer,
    Body,
    ClockTime,
    Id,
    KindName,
    Line,
    Names,
    Reason,
    Time,
    Zone,
)
from domain.finding import Priority


class StepBody(Body):
    """``parties`` are asked together; after ``hold_s`` the next step is (null: in the morning)."""

    parties: Annotated[list[Line], Field(min_length=1, max_length=20)]
    hold_s: Annotated[float, Field(ge=1, le=86_400)] | None
    quiet: Annotated[bool, Field(description="A list, not a sound; for low alerts.")] = False
    repeats: Annotated[int, Field(ge=0, le=20, description="How often it is told again.")] = 0


class QuietHoursBody(Body):
    """Daily, by the clock of the resident."""

    starts: ClockTime
    ends: ClockTime


class PolicyBody(Body):
    """For alerts of a priority; without a team those of all teams, without a kind of all kinds."""

    team: Id | None = None
    priority: Priority
    kind: KindName | None = None
    steps: Annotated[list[StepBody], Field(min_length=1, max_length=20)]
    quiet_hours: QuietHoursBody | None = None


class StepAnswer(Answer):
    parties: list[str]
    hold_s: float | None
    quiet: bool
    repeats: int


class QuietHoursAnswer(Answer):
    starts: str
    ends: str


class PolicyAnswer(Answer):
    """``id`` is the version; ``ended_at`` is null while it is in force."""

    id: int
    team: str | None
    priority: Priority
    kind: str | None
    steps: list[StepAnswer]
    quiet_hours: QuietHoursAnswer | None
    made_by: str
    made_at: Time
    ended_by: str | None
    ended_at: Time | None


class PolicyList(Answer):
    items: list[PolicyAnswer]


class Trial(Body):
    """The alert in question: raised ``at`` (now, where it is left out), answered by nobody.

    ``device`` is one of the resident's: only where it is named, its silences count.
    """

    resident: Id
    kind: KindName
    device: Id | None = None
    priority: Priority | None = None
    at: AwareDatetime | None = None
    hours: Annotated[float, Field(gt=0, le=72)] = 4


class Told(Answer):
    """``at`` is later than the line where own quiet hours hold the message back.

    ``reachable``: whether the person has a confirmed channel for alerts of this priority; null
    for who has no account, and so no channel of their own.
    """

    party: str
    name: str
    username: str | None
    reachable: bool | None
    at: Time


class TrialLine(Answer):
    at: Time
    change: str
    step: int
    round: int
    responsible: str
    deadline: Time | None
    reason: str
    reasons: list[Reason]
    told: list[Told]


class TrialAnswer(Answer):
    """``policy`` is the version that holds, null where it is the built-in default.

    ``timezone`` is the resident's.
    """

    policy: int | None
    timezone: str
    lines: list[TrialLine]
    names: Names


class OwnQuietHours(Body):
    """Own hours in which nothing rings that is not high, by one's own clock."""

    starts: ClockTime
    ends: ClockTime
    timezone: Zone


class OwnQuietHoursAnswer(Answer):
    quiet_hours: OwnQuietHours | None


def clock(text: str) -> time:
    return time.fromisoformat(text)
