"""What a detector concludes, and the table of kinds that it may conclude."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from domain.time import Micros

Priority = Literal["high", "medium", "low"]
"""As in IEC 60601-1-8."""

RANK: Mapping[str, int] = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alert. A latching one stays until a person resolves it."""

    name: str
    priority: Priority
    latching: bool


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("sos", "high", True),
        Kind("fall", "high", True),
        Kind("fall_suspected", "medium", True),
        Kind("breathing_stopped", "high", True),
        Kind("heart_rate_high", "medium", False),
        Kind("heart_rate_low", "medium", False),
        Kind("respiration_high", "medium", False),
        Kind("respiration_low", "medium", False),
        Kind("spo2_low", "medium", False),
        Kind("blood_pressure", "medium", False),
        Kind("body_temperature", "medium", False),
        Kind("weight_change", "low", False),
        Kind("bed_exit_long", "medium", False),
        Kind("not_up", "low", False),
        Kind("inactivity", "medium", False),
        Kind("trend", "low", False),
        Kind("smoke", "high", False),
        Kind("gas", "high", False),
        Kind("carbon_monoxide", "high", False),
        Kind("water_leak", "medium", False),
        Kind("device_silent", "low", False),
        Kind("battery_low", "low", False),
        Kind("device_fault", "low", False),
        Kind("clock_skew", "low", False),
        Kind("button_test_overdue", "low", False),
        Kind("ambient_unusual", "low", False),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that a detector found to hold (``active``) or to be over.

    ``at``      when it was concluded (arrival of the deciding message, or a timer's due time)
    ``since``   when it began, by the event's own time
    ``slot``    whose condition: a resident's slot, or the device's if it is unplaced
    ``device``  the device's slot that told of it
    ``key``     tells two occurrences apart that share ``since`` (an event's key); else empty
    ``over``    True where even a latching alert ends with it: the finding was taken back or
                has become another kind
    """

    at: Micros
    slot: int
    device: int
    kind: str
    active: bool
    since: Micros
    priority: Priority
    evidence: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    over: bool = False
