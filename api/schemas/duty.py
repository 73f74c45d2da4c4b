"""Bodies and answers about duty: rotas, swaps, holidays, and who is on duty when."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from api.schemas.fields import Answer, Body, ClockTime, Id, Line, Text, Time, Zone
from domain.refusals import refused

UserName = Annotated[str, Field(pattern=r"^\S{1,64}$")]
DayName = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"
]
DutyPartyName = Literal["station", "centre", "responders", "volunteers"]


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
            raise ValueError(refused("swap_backwards"))
        if self.giver == self.taker:
            raise ValueError(refused("swap_of_one"))
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
