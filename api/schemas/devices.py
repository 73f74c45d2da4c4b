"""Bodies and answers about devices, their tests and messages."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.fields import Answer, Body, Id, Line, Names, Thresholds, Time
from domain.directory import DeviceKind


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


class ListedDevice(Device):
    refused_day: Annotated[
        int, Field(description="Messages of the last 24 hours that the quarantine still has.")
    ]


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
    names: Names


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
