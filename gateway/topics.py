"""The topics of the wire contract, version 1."""

import re
from functools import lru_cache
from typing import Literal, get_args

Uplink = Literal["sample", "event", "wave", "status", "result"]
Downlink = Literal["receipt", "command"]

UPLINKS: tuple[str, ...] = get_args(Uplink)
DOWNLINKS: tuple[str, ...] = get_args(Downlink)
EVERYTHING = "cw/v1/#"
"""What carewatch subscribes to; its own downlinks come back with it and are passed over."""

EVENTS = "cw/v1/+/event"

_TOPIC = re.compile(r"cw/v1/([A-Za-z0-9_-]{1,64})/([a-z]+)")


@lru_cache(maxsize=65_536)
def parse(topic: str) -> tuple[str, str] | None:
    """Device and what it is about, or None where the topic is not of the contract.

    >>> parse("cw/v1/bed-7/sample")
    ('bed-7', 'sample')
    >>> parse("cw/v1/bed 7/sample") is None
    True
    """
    match = _TOPIC.fullmatch(topic)
    if match is None or match[2] not in UPLINKS + DOWNLINKS:
        return None
    return match[1], match[2]


def device_of(topic: str) -> str | None:
    """The device that a topic names, however wrong the rest of it is."""
    match = re.match(r"cw/v1/([A-Za-z0-9_-]{1,64})(/|$)", topic)
    return match[1] if match else None


def display(team: str) -> str:
    """What a team's displays show: apart from ``cw/v1``, so that no device's name meets it.

    >>> display("liushu")
    'cw/display/liushu/alerts'
    """
    return f"cw/display/{team}/alerts"


def downlink(device_id: str, what: Downlink) -> str:
    """
    >>> downlink("bed-7", "receipt")
    'cw/v1/bed-7/receipt'
    """
    return f"cw/v1/{device_id}/{what}"
