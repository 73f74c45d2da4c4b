"""Bodies and answers of the calls; the source of OpenAPI."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from alerts.alert import Mistake, Outcome, State
from alerts.offers import Answer as OfferAnswer
from api.access import Role, TeamRole
from api.fields import (
    Answer,
    Body,
    Id,
    Level,
    Line,
    Names,
    Password,
    Reason,
    Text,
    Thresholds,
    Time,
)
from api.pauses import Cause
from api.reachability import DeliveryAnswer
from domain.directory import DeviceKind
from domain.finding import Priority

# -- logins and accounts -----------------------------------------------------------------------


class Login(Body):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(max_length=1000)]


class Session(Answer):
    token: str
    expires_at: Time


class CookieSession(Answer):
    """The token is in the cookie alone."""

    expires_at: Time


class Membership(Body):
    """What somebody is of a team."""

    team: Id
    role: TeamRole


class Me(Answer):
    """``role`` is the first; ``memberships`` are all, the first among them."""

    id: str
    username: str
    name: str
    role: Role
    team: str | None
    vendor: str | None
    residents: list[str]
    memberships: list[Membership]
    expires_at: Time


class User(Answer):
    """``role`` and ``team`` are the first membership; ``memberships`` are all of them."""

    id: str
    username: str
    name: str
    role: Role
    team: str | None
    vendor: str | None
    residents: list[str]
    memberships: list[Membership]
    disabled: bool
    created_at: Time


class NewUser(Body):
    """``memberships``: what the person is besides ``role`` of ``team``."""

    username: Annotated[str, Field(pattern=r"^\S{1,64}$")]
    password: Password
    role: Role
    name: Line = ""
    team: Id | None = None
    vendor: Line | None = None
    residents: Annotated[list[Id], Field(max_length=1000)] = []
    memberships: Annotated[list[Membership], Field(max_length=100)] = []


class UserChange(Body):
    """A role does not change: make another account, and disable this one."""

    name: Line = ""
    team: Id | None = None
    vendor: Line | None = None
    residents: Annotated[list[Id], Field(max_length=1000)] = []
    memberships: Annotated[list[Membership], Field(max_length=100)] = []
    password: Password | None = None
    disabled: bool = False


class Team(Answer):
    """``thresholds``: the team's own; they hold for the teams below it too.

    ``timezone``: where most of its residents live, those of the teams below it included; null
    where it has none.
    """

    id: str
    name: str
    level: Level
    parent: str | None
    timezone: str | None
    thresholds: dict[str, float]


class NewTeam(Body):
    id: Id
    name: Line
    level: Level
    parent: Id | None = None
    thresholds: Thresholds = {}


class Member(Answer):
    user: str
    name: str
    role: TeamRole


class TeamChange(Body):
    name: Line = ""
    parent: Id | None = None
    thresholds: Thresholds = {}


# -- what was measured of a resident, and what happened ----------------------------------------


class Samples(Answer):
    """``points``: milliseconds since 1970 and value, in order; true and false are 1 and 0.

    ``level`` says what a point is. ``raw``: a reading; where a span holds more of them than
    ``points``, the lowest and the highest of each of points/2 equal spans are given, each at its
    own time, so that no peak is lost. ``minute``, ``hour``, ``day``: the mean of that time (or of
    several), with the lowest and the highest reading of each in ``low`` and ``high``. A day is a
    whole one where the resident lives, and its time is its beginning.
    """

    quantity: str
    unit: str
    points: list[tuple[int, float]]
    level: Literal["raw", "minute", "hour", "day"]
    low: list[float] | None = None
    high: list[float] | None = None


class Spread(Answer):
    """A rate over a night: of all readings the lowest, the mean and the highest.

    ``p10``, ``p50``, ``p90``: quantiles of the medians of its minutes, each of which counts once.
    """

    low: float
    mean: float
    high: float
    p10: float
    p50: float
    p90: float


class Night(Answer):
    """21:00 to 07:00 where the resident lives; ``night`` is the day on whose evening it began.

    ``time_in_bed``: minutes. ``exits``: changes from a reading in bed to the next one, out of bed.
    ``restlessness``: minutes with movement in an hour in bed. Null where nothing told of it.
    """

    night: date
    begins_at: Time
    ends_at: Time
    time_in_bed: float | None
    exits: int | None
    restlessness: float | None
    heart_rate: Spread | None
    respiration_rate: Spread | None


class Nights(Answer):
    """Nights that are over, the oldest first."""

    items: list[Night]


class Latest(Answer):
    """A resident as it is now: ``heard_at`` is when a device of its was last heard.

    ``measured_at`` is of the newest sample, and the quantities are the last of those that its
    devices told in their latest 8 samples; null where none told. ``priority``: the highest of
    its open alerts. ``absence``: why it is not at home; null where it is.
    """

    resident: str
    name: str
    team: str | None
    heard_at: Time | None
    measured_at: Time | None
    heart_rate: float | None
    respiration_rate: float | None
    spo2: float | None
    in_bed: bool | None
    movement: float | None
    presence: bool | None
    open_alerts: int
    priority: str | None
    absence: Cause | None


class Happening(Answer):
    at: Time
    received_at: Time
    device: str | None
    event: str
    id: str | None
    certainty: str | None
    place: str | None
    active: bool | None
    detail: str | None
    clock_wrong: bool


# -- devices -----------------------------------------------------------------------------------


class Device(Answer):
    """``resident``, ``team`` and ``place`` are null for a vendor: not theirs to know."""

    id: str
    kind: DeviceKind
    vendor: str | None
    model: str | None
    resident: str | None
    team: str | None
    place: str | None
    interval_s: float | None
    test_interval_days: float | None
    placed_at: Annotated[Time | None, Field(description="Since when it is with its resident.")]
    created_at: Time
    heard_at: Time | None
    online: bool | None
    firmware: str | None
    battery: float | None
    unknown_fields: int


class NewSecret(Device):
    """The secret is answered this once. ``mqtt``: where devices connect; null if unknown."""

    secret: str
    mqtt: str | None


class DeviceMessage(Answer):
    """What was kept of a message, or why it was refused.

    ``at`` is the device's own time. ``told``: of a sample its quantities by name, of an event the
    fields that it has, of a refusal ``topic``, ``code``, ``reason`` and ``payload`` as the
    quarantine shows it.
    """

    type: Literal["sample", "event", "refusal"]
    at: Time
    received_at: Time
    told: dict[str, Any]


class DeviceChange(Body):
    model: Line | None = None
    resident: Id | None = None
    team: Id | None = None
    place: Line | None = None
    interval_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    test_interval_days: Annotated[
        float | None, Field(ge=0, le=3660, description="0: it is never asked for a test.")
    ] = None


class NewDevice(DeviceChange):
    id: Id
    kind: DeviceKind
    vendor: Line | None = None


class TestBody(Body):
    """For how long a press, or a fall, of the device is a test, from now on."""

    minutes: Annotated[int, Field(ge=1, le=15)] = 5


class DeviceTest(Answer):
    """A button or a fall detector with its last test since it came to its resident.

    ``event`` is what it told then (``button_test``, or a press or a fall of a test that
    ``announced_by`` had announced); ``due_at`` is null where it is never asked for one. It is
    ``overdue`` a day later. Until ``announced_until`` what it tells is a test.
    """

    device: str
    kind: DeviceKind
    model: str | None
    place: str | None
    resident: str
    team: str | None
    placed_at: Time
    interval_days: float
    tested_at: Time | None
    event: str | None
    announced_by: str | None
    due_at: Time | None
    overdue: bool
    announced_until: Time | None


class Model(Answer):
    """``thresholds`` hold for whoever has such a device, unless team or resident have their own."""

    model: str
    thresholds: dict[str, float]


class ModelThresholds(Body):
    """All of them: what is left out is taken away."""

    thresholds: Thresholds


class NewCommand(Body):
    command: Literal["identify", "test", "configure"]
    arguments: dict[str, Any] = {}


class Command(Answer):
    """``ok`` is null until the device has answered."""

    id: str
    command: str
    arguments: dict[str, Any]
    created_by: str | None
    created_at: Time
    ok: bool | None
    detail: str | None
    finished_at: Time | None


class Bytes(Answer):
    base64: str


class Refusal(Answer):
    """``payload``: its first 4 KiB, as text where it is UTF-8. ``size`` is that of the whole.

    ``code`` is one of the contract's, null where it was refused before codes were kept;
    ``reason`` is the sentence.
    """

    at: Time
    device: str | None
    topic: str
    code: str | None
    reason: str
    size: int
    payload: str | Bytes


# -- alerts ------------------------------------------------------------------------------------


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
            raise ValueError("a mistake belongs to a false_alarm: leave it out, or say so")
        return self
