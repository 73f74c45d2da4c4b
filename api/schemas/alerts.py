"""Bodies and answers about alerts."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from alerts.alert import Mistake, Outcome, State
from alerts.offers import Answer as OfferAnswer
from api.schemas.fields import Answer, Body, Names, Reason, Text, Time
from api.schemas.reachability import DeliveryAnswer
from domain.finding import Priority
from domain.refusals import refused


class WentSilent(Answer):
    """Who took an alert, let the deadline pass, and did nothing any more since then."""

    person: str
    since: Time


class Alert(Answer):
    """``since`` is the event's own time, ``raised_at`` ours.

    ``responsible`` has to act until ``deadline``; ``sources`` are the devices that still tell it.
    """

    id: str
    resident: str | None
    device: str | None
    team: str | None
    kind: str
    priority: Priority
    state: State
    since: Time
    raised_at: Time
    accepted_by: str | None
    accepted_at: Time | None
    resolved_at: Time | None
    responsible: str
    deadline: Time | None
    step: int
    round: int
    latching: bool
    held_back: Annotated[bool, Field(description="Nobody is asked before `deadline`.")]
    held_by: Annotated[
        str | None,
        Field(
            description="What holds it back: `quiet_hours`, `silence:` or `absence:` and its id, "
            "or `alert:` and the id of a louder one."
        ),
    ]
    policy: Annotated[int | None, Field(description="The version of the policy that holds for it.")]
    evidence: dict[str, Any]
    sources: list[str]
    incident: str
    outcome: Outcome | None
    note: str | None
    sequence: int
    helpers: Annotated[list[str], Field(description="User names of those who help.")]
    expected_at: Annotated[
        Time | None, Field(description="When who is on the way expects to be there.")
    ]
    went_silent: Annotated[
        WentSilent | None,
        Field(description="Who had it last and has not been heard of; null while somebody has it."),
    ]
    names: Names


class AlertChange(Answer):
    """``by`` is a user name; null where nobody did it.

    ``reason`` is the sentence that ``reasons`` make; these are null where they were not kept yet.
    """

    sequence: int
    at: Time
    change: str
    by: str | None
    by_role: str | None
    reason: str | None
    reasons: list[Reason] | None
    evidence: dict[str, Any] | None


class Offered(Answer):
    """The alert offered to one person; ``answer`` is null while it may still be given.

    ``party`` is as which they were asked (empty: they answered unasked), ``handed_by`` who wanted
    to hand it over to them.
    """

    name: str
    username: str | None
    party: str
    step: int
    round: int
    offered_at: Time
    deadline: Time
    handed_by: str | None
    answer: OfferAnswer | None
    answered_at: Time | None
    why: str | None


class AlertWithHistory(Alert):
    history: list[AlertChange]
    deliveries: Annotated[
        list[DeliveryAnswer], Field(description="Each attempt to reach somebody, in order.")
    ]
    offers: list[Offered]


class Waveform(Answer):
    """A message of a waveform, as in the contract of the devices: ``t`` in ms since 1970."""

    t: int
    rate: float
    signal: Literal["acceleration", "bed"]
    unit: Literal["g", "count"]
    placement: str | None
    x: list[float | None]
    y: list[float | None]
    z: list[float | None]


class AlertSignal(Answer):
    items: list[Waveform]


class Remark(Body):
    note: Text | None = None


class Estimate(Remark):
    """In how many minutes one expects to be there."""

    minutes: Annotated[int, Field(ge=1, le=240)] | None = None


class HandOver(Remark):
    """``to``: the user name of the one who is to take it over, if they want to."""

    to: Annotated[str, Field(min_length=1, max_length=64)]


class Resolution(Body):
    """``mistake``: whose a false alarm was, where one knows it."""

    outcome: Outcome
    mistake: Mistake | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _of_a_false_alarm(self) -> "Resolution":
        if self.mistake is not None and self.outcome != "false_alarm":
            raise ValueError(refused("mistake_unfit"))
        return self
