"""A run of the simulators as replay lines, without a broker.

Nobody answers a recording, so a stand-in does: what a line says of an event is `stored` at
once, and a button stops sending. An event that a fault lost is not.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.time import MINUTE, SECOND, Micros, iso
from gateway import topics
from simulators.fleet import Fleet
from simulators.message import Message
from simulators.scenarios import Home

_ON_THE_WAY: Micros = SECOND // 20
"""From leaving the device to arriving at the gateway."""

_INTERVAL_S: Mapping[str, float] = {"bed": 60, "fall": 600, "button": 600, "ambient": 600}
"""Signs of life that are promised, as a registry would have it."""


def lines(fleet: Fleet, begin: Micros, lasts: Micros) -> Iterator[str]:
    """Replay lines of everything that leaves within ``lasts``, without line ends."""
    at = begin
    while at < begin + lasts:
        at = min(at + MINUTE, begin + lasts)
        for message in fleet.until(at):
            yield line(message)
            _store(fleet, message)


def line(message: Message) -> str:
    """One message as a replay line."""
    said = {
        "received_at": iso(message.at + _ON_THE_WAY),
        "topic": message.topic,
        "payload": _readable(message.payload),
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def directory(homes: Iterable[Home]) -> str:
    """Who has which device, as the file of ``carewatch replay --directory``."""
    people = list(homes)
    said = {
        "residents": [{"id": home.resident, "timezone": home.zone} for home in people],
        "devices": [
            {"id": id_, "kind": kind, "resident": home.resident, "interval_s": _INTERVAL_S[kind]}
            for home in people
            for id_, kind in home.devices
        ],
    }
    return json.dumps(said, indent=1)


def _readable(payload: bytes) -> Any:
    """An object where it is one, else text, else base64."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(payload).decode()}
    try:
        said = json.loads(text)
    except ValueError:
        return text
    return said if isinstance(said, dict) else text


def _store(fleet: Fleet, message: Message) -> None:
    said = _readable(message.payload)
    if message.topic.endswith("/event") and isinstance(said, dict) and "id" in said:
        receipt = json.dumps({"event": said["id"], "state": "stored"}).encode()
        fleet.hear(topics.downlink(message.device, "receipt"), receipt, message.at)
