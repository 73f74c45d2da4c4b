"""Bodies and answers of the calls about duty and policies; a source of OpenAPI beside schemas."""

from datetime import time
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from api.fields import Answer, Body, Id, KindName, Line, Names, Reason, Text, Time, Zone
from domain.finding import Priority

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
"""A local time of day."""
UserName = Annotated[str, Field(pattern=r"^\S{1,64}$")]
DayName = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"
]
DutyPartyName = Literal["station", "centre", "responders", "volunteers"]

# -- duty --------------------------------------------------------------------------------------


class ShiftBody(Body):
    """Ends on the next day where ``ends`` is not later than ``starts``."""

    day: DayName
    starts: ClockTime
    ends: ClockTime
    people: Annotated[list[UserName], Field(min_length=1, max_length=100)]


class RotaBody(Body):
    """One layer of a team's duty; layer 1 answers, the next where that has nobody."""

    team: Id
    party: DutyPartyName = "station"
    layer: Annotated[int, Field(ge=1, le=9)] = 1
    name: Annotated[Line, Field(min_length=1)]
    timezone: Zone
    shifts: Annotated[list[ShiftBody], Field(max_length=500)]


class RotaTrial(RotaBody):
    """With an ``id``, in the place of the rota that has it."""

    id: Id | None = None


class ShiftAnswer(Answer):
    day: DayName
    starts: str
    ends: str
    people: list[str]


class RotaAnswer(Answer):
    """``names``: of those in the shifts, by user name; who has none is not in it."""

    id: str
    team: str
    party: DutyPartyName
    layer: int
    name: str
    timezone: str
    shifts: list[ShiftAnswer]
    names: dict[str, str]
    version: int
    changed_by: str
    changed_at: Time


class RotaList(Answer):
    items: list[RotaAnswer]


class SwapBody(Body):
    """``taker`` is on duty in the place of ``giver``; without a giver, beside whoever is."""

    giver: UserName | None = None
    taker: UserName
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    note: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "SwapBody":
        if self.starts_at >= self.ends_at:
            raise ValueError("a swap must end after it begins")
        if self.giver == self.taker:
            raise ValueError("giver and taker must be two people")
        return self


class SwapAnswer(Answer):
    id: int
    rota: str
    giver: str | None
    taker: str
    starts_at: Time
    ends_at: Time
    note: str | None
    noted_by: str
    noted_at: Time
    withdrawn_by: str | None
    withdrawn_at: Time | None


class SwapList(Answer):
    items: list[SwapAnswer]


class HolidayBody(Body):
    """On the date, the shifts of ``pattern`` hold: of ``holiday``, or of another day."""

    name: Annotated[Line, Field(min_length=1)]
    pattern: DayName = "holiday"


class HolidayAnswer(Answer):
    team: str
    date: str
    name: str
    pattern: DayName
    noted_by: str


class HolidayList(Answer):
    items: list[HolidayAnswer]


class Person(Answer):
    """``username`` is null where the centre as such stands in."""

    username: str | None
    name: str


class OnDuty(Answer):
    """Nobody in ``people`` is a gap.

    ``from`` or ``until`` is null where it lies more than 60 days away: nothing changes until then.
    """

    people: list[Person]
    from_: Annotated[Time | None, Field(alias="from")]
    until: Time | None
    rota: str | None
    layer: int | None


class Answers(Answer):
    """Who is asked, and why it is these."""

    people: list[Person]
    why: str


class GapAnswer(Answer):
    """A gap within the days that were asked about; it may have begun before.

    ``goes_on``: at ``until`` these days are over, and the gap is not.
    """

    team: str
    party: str
    from_: Annotated[Time, Field(alias="from")]
    until: Time
    goes_on: bool
    answers: Answers


class CoverageAnswer(Answer):
    """``now`` and ``next`` by the team's own rotas; ``answers`` wherever they are found."""

    party: str
    now: OnDuty | None
    next: OnDuty | None
    backup: list[Person]
    answers: Answers
    gaps: list[GapAnswer]


class DutyAnswer(Answer):
    team: str
    at: Time
    parties: list[CoverageAnswer]


class OwnDuty(Answer):
    """A span in which one is on duty oneself; ``name`` and ``timezone`` are the rota's."""

    team: str
    team_name: str
    party: str
    name: str
    timezone: str
    from_: Annotated[Time, Field(alias="from")]
    until: Time


class OwnDuties(Answer):
    items: list[OwnDuty]


class GapList(Answer):
    items: list[GapAnswer]


# -- policies ----------------------------------------------------------------------------------


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
    """``at`` is later than the line where own quiet hours hold the message back."""

    party: str
    name: str
    username: str | None
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
