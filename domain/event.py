"""What happened: a press, a fall, a door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.time import Micros

Certainty = Literal["suspected", "confirmed", "cleared"]

EVENTS = (
    "button_pressed",
    "button_cancelled",
    "button_test",
    "fall",
    "bed_exit",
    "bed_entry",
    "motion",
    "door_opened",
    "door_closed",
    "smoke",
    "gas",
    "carbon_monoxide",
    "water_leak",
    "tamper",
    "fault",
)

SIGNS_OF_LIFE = frozenset(
    {
        "button_pressed",
        "button_cancelled",
        "button_test",
        "bed_exit",
        "bed_entry",
        "motion",
        "door_opened",
        "door_closed",
    }
)
"""Events that only a moving person causes."""

AS_TEST: Mapping[str, str] = {"button_pressed": "button_test", "fall": "fall_test"}
"""What an event is judged as while a test of its device is announced. No device says
``fall_test``, and it is no sign of life: whoever drops a fall detector need not be its wearer."""

TESTS = frozenset(AS_TEST.values())


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as one device told it.

    ``key`` recognises a repetition: the device's own ``id``, or the event and its time.
    ``happened_at`` is the device's claim (the arrival, where it claims none or the future).
    ``clock_wrong`` says that the claim cannot be true (years off), and was kept as it was.
    """

    order: int
    slot: int
    device: int
    device_id: str
    event: str
    happened_at: Micros
    received_at: Micros
    key: str
    id: str | None = None
    certainty: Certainty | None = None
    place: str | None = None
    active: bool | None = None
    detail: str | None = None
    clock_wrong: bool = False
    source: str = field(default="event", compare=False)


@dataclass(frozen=True, slots=True)
class Impact(Event):
    """A jolt in an acceleration signal that may be a fall; ``event`` is "impact".

    ``features`` describe it, in the order that its detector's model names them. No device sends
    it: it is found in waves, and like them it repeats itself when they do. It is told again with
    more of the signal behind it (``seen_until``), until it is ``whole``. ``placement`` is where
    the sensor is worn, as the wave has it; ``message`` is how long that wave was, in µs: so long
    the next may take.
    """

    features: tuple[float, ...] = ()
    placement: str | None = None
    seen_until: Micros = 0
    whole: bool = False
    message: Micros = 0
