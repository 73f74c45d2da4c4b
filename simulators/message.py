"""What a simulated device says, before it meets a broker or a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.time import SECOND, Micros

MILLISECOND: Micros = SECOND // 1000
"""The contract's times have no finer grain."""


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message. ``at`` is when it leaves the device (or the fault on its way)."""

    at: Micros
    device: str
    topic: str
    payload: bytes
    retain: bool = False
    will: bool = False
    """Not said by the device: the broker says it, because the device fell silent."""


def message(
    at: Micros, device: str, what: str, said: Mapping[str, Any], *, retain: bool = False
) -> Message:
    """A message of the wire contract below the device's own topic.

    >>> message(0, "bed-7", "sample", {"t": 0, "heart_rate": 61}).payload
    b'{"t":0,"heart_rate":61}'
    """
    payload = json.dumps(said, separators=(",", ":")).encode()
    return Message(at, device, f"cw/v1/{device}/{what}", payload, retain)


def milliseconds(at: Micros) -> int:
    """As the contract's ``t``."""
    return at // MILLISECOND
