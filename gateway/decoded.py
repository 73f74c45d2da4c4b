"""What a turn's messages said: the result of decoding."""

from dataclasses import dataclass, field

from domain.event import Event
from domain.sample import Batch
from domain.time import Micros
from domain.wave import Wave


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message, or a part of one, that was not taken, and why."""

    order: int
    at: Micros
    device_id: str | None
    topic: str
    code: str
    reason: str
    size: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """A device's word on its own connection."""

    device: int
    online: bool
    firmware: str | None
    battery: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a command."""

    device_id: str
    command_id: str
    ok: bool
    detail: str | None
    at: Micros


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that its device is told the refusal of."""

    device_id: str
    event_id: str | None
    reason: str


@dataclass(slots=True)
class Decoded:
    """What a turn's messages said."""

    samples: Batch = field(default_factory=Batch.empty)
    events: list[Event] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused_events: list[RefusedEvent] = field(default_factory=list)
    unknown_fields: dict[int, int] = field(default_factory=dict)
    """Fields that the contract does not know, counted by device slot."""
    by_arrival: set[int] = field(default_factory=set)
    """Positions of messages whose time was taken from their arrival."""
