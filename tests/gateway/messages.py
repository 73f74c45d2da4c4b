"""Messages and a small directory to try the gateway with."""

import json
from typing import Any

from domain.directory import Device, Snapshot, Subject
from domain.time import Micros
from gateway.inbox import Message

NOW: Micros = 1_763_713_800_000_000
NOW_MS = NOW // 1000

HOME = Snapshot(
    subjects=[Subject("rosa", 0, "rosa", "north"), Subject("device:spare", 3, None, "north")],
    devices=[
        Device("bed-7", 1, 0),
        Device("button-7", 2, 0, kind="button"),
        Device("spare", 3, 3, kind="fall"),
    ],
)


def message(what: str, payload: Any, device: str = "bed-7", **more: Any) -> Message:
    """A message of the device, received at NOW unless told otherwise."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    fields = {"received_at": NOW, "topic": f"cw/v1/{device}/{what}", "size": len(body)} | more
    return Message(payload=body, **fields)
