"""Bodies and answers of the calls; the source of OpenAPI."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Outcome, State
from api.access import Role
from api.fields import Answer, Body, Id, Level, Line, Password, Text, Thresholds, Time, Zone
from domain.directory import DeviceKind
from domain.finding import Priority

# -- logins and accounts -----------------------------------------------------------------------


class Login(Body):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(max_length=1000)]


class Session(Answer):
    token: str
    expires_at: Time


class Me(Answer):
    id: str
    username: str
    name: str
    role: Role
    team: str | None
    vendor: str | None
    residents: list[str]
    expires_at: Time


class User(Answer):
    id: str
    username: str
    name: str
    role: Role
    team: str | None
    vendor: str | None
    residents: list[str]
    disabled: bool
    created_at: Time


class NewUser(Body):
    username: Annotated[str, Field(pattern=r"^\S{1,64}$")]
    password: Password
    role: Role
    name: Line = ""
    team: Id | None = None
    vendor: Line | None = None
    residents: Annotated[list[Id], Field(max_length=1000)] = []


class UserChange(Body):
    """A role does not change: make another account, and disable this one."""

    name: Line = ""
    team: Id | None = None
    vendor: Line | None = None
    residents: Annotated[list[Id], Field(max_length=1000)] = []
    password: Password | None = None
    disabled: bool = False


class Team(Answer):
    """``thresholds``: the team's own; they hold for the teams below it too."""

    id: str
    name: str
    level: Level
    parent: str | None
    thresholds: dict[str, float]


class NewTeam(Body):
    id: Id
    name: Line
    level: Level
    parent: Id | None = None
    thresholds: Thresholds = {}


class TeamChange(Body):
    name: Line = ""
    parent: Id | None = None
    thresholds: Thresholds = {}


# -- residents and what is known of them -------------------------------------------------------


class Contact(BaseModel):
    """Somebody to call. More keys are kept as they are."""

    model_config = ConfigDict(extra="allow")

    name: Line
    phone: Line | None = None
    relation: Line | None = None


class Resident(Answer):
    """``thresholds``: the resident's own; else those of the team, else of the device's model."""

    id: str
    name: str
    team: str | None
    timezone: str
    birth_year: int | None
    address: str | None
    way_in: str | None
    risks: str | None
    contacts: list[dict[str, Any]]
    thresholds: dict[str, float]
    devices: list[str]
    created_at: Time


class ResidentChange(Body):
    name: Annotated[Line, Field(min_length=1)] = ""
    team: Id | None = None
    timezone: Zone = "UTC"
    birth_year: Annotated[int, Field(ge=1850, le=2200)] | None = None
    address: Text | None = None
    way_in: Text | None = None
    risks: Text | None = None
    contacts: Annotated[list[Contact], Field(max_length=50)] = []
    thresholds: Thresholds = {}


class NewResident(ResidentChange):
    """Without an ``id``, one is made."""

    id: Id | None = None
    name: Annotated[Line, Field(min_length=1)]


class Samples(Answer):
    """``points``: milliseconds since 1970 and value, in order; true and false are 1 and 0.

    Where a span holds more readings than ``points``, the lowest and the highest reading of each
    of points/2 equal spans are given, each at its own time, so that no peak is lost.
    """

    quantity: str
    unit: str
    points: list[tuple[int, float]]


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
    created_at: Time
    heard_at: Time | None
    online: bool | None
    firmware: str | None
    battery: float | None
    unknown_fields: int


class NewSecret(Device):
    """The secret is answered this once."""

    secret: str


class DeviceChange(Body):
    model: Line | None = None
    resident: Id | None = None
    team: Id | None = None
    place: Line | None = None
    interval_s: Annotated[float, Field(gt=0, le=86_400)] | None = None


class NewDevice(DeviceChange):
    id: Id
    kind: DeviceKind
    vendor: Line | None = None


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
    """``payload``: its first 4 KiB, as text where it is UTF-8. ``size`` is that of the whole."""

    at: Time
    device: str | None
    topic: str
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
    evidence: dict[str, Any]
    sources: list[str]
    incident: str
    outcome: Outcome | None
    note: str | None
    sequence: int


class AlertChange(Answer):
    """``by`` is a user name; null where nobody did it."""

    sequence: int
    at: Time
    change: str
    by: str | None
    by_role: str | None
    reason: str | None
    evidence: dict[str, Any] | None


class AlertWithHistory(Alert):
    history: list[AlertChange]


class Waveform(Answer):
    """A message of a waveform, as in the contract of the devices: ``t`` in ms since 1970."""

    t: int
    rate: float
    signal: Literal["acceleration", "bed"]
    unit: Literal["g", "count"]
    placement: str | None
    x: list[float]
    y: list[float]
    z: list[float]


class AlertSignal(Answer):
    items: list[Waveform]


class Remark(Body):
    note: Text | None = None


class Resolution(Body):
    outcome: Outcome
    note: Text = ""
