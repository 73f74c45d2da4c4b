"""Bodies and answers of the calls about silences and absences; a source of OpenAPI."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from alerts.pauses import ALWAYS_RING
from api.schemas.fields import Answer, Body, Id, KindName, Names, Text, Time
from domain.refusals import refused

Cause = Literal["hospital", "holiday", "other"]
Quieter = Literal["medium", "low"]
"""Priorities that may be held back."""


class SilenceBody(Body):
    """For one resident, device or team; without kinds for all, without priorities for both."""

    resident: Id | None = None
    device: Id | None = None
    team: Id | None = None
    kinds: Annotated[list[KindName], Field(max_length=100)] = []
    priorities: Annotated[list[Quieter], Field(max_length=2)] = []
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime
    reason: Annotated[Text, Field(min_length=1)]

    @model_validator(mode="after")
    def _of_one(self) -> "SilenceBody":
        if sum(each is not None for each in (self.resident, self.device, self.team)) != 1:
            raise ValueError(refused("silence_of_one"))
        loud = sorted(ALWAYS_RING.intersection(self.kinds))
        if loud:
            raise ValueError(refused("never_silenced", kind=loud))
        return self


class SilenceAnswer(Answer):
    """``holds``: how many open alerts it holds back now. ``ended_at``: it was ended early."""

    id: int
    resident: str | None
    device: str | None
    team: str | None
    kinds: list[str]
    priorities: list[Quieter]
    starts_at: Time
    ends_at: Time
    reason: str
    made_by: str
    made_at: Time
    ended_by: str | None
    ended_at: Time | None
    holds: int
    names: Names


class AbsenceBody(Body):
    """Without ``ends_at`` it holds for a week, and for another each time it is confirmed."""

    cause: Cause
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    note: Text | None = None


class AbsenceChange(Body):
    """What is left out stays; ``ends_at`` null confirms that the end is still open."""

    cause: Cause = "other"
    ends_at: AwareDatetime | None = None
    note: Text | None = None


class AbsenceAnswer(Answer):
    """``open``: it has no end yet, and ends at ``ends_at`` unless somebody confirms it."""

    id: int
    resident: str
    cause: Cause
    starts_at: Time
    ends_at: Time
    open: bool
    note: str | None
    made_by: str
    made_at: Time
    ended_by: str | None
    ended_at: Time | None
    holds: Annotated[int, Field(description="Open alerts that it holds back now.")]
    names: Names


class AbsenceList(Answer):
    items: list[AbsenceAnswer]
