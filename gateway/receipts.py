"""What a device is told became of its event."""

from dataclasses import dataclass
from typing import Literal

import orjson

from domain.time import Micros, iso
from gateway import topics
from gateway.decoded import RefusedEvent

State = Literal["stored", "accepted", "resolved", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message to a device, ready to be published at QoS 1, not retained."""

    topic: str
    payload: bytes


def stored(
    device_id: str, event_id: str | None, alert_id: str | None, at: Micros, is_test: bool = False
) -> Receipt:
    """The event is committed; a press need not be sent again. A test says that it was one.

    >>> stored("b1", "a1", None, 0).payload
    b'{"event":"a1","state":"stored","alert":null,"at":"1970-01-01T00:00:00.000Z"}'
    """
    test = {"test": True} if is_test else {}
    return _receipt(device_id, event=event_id, state="stored", alert=alert_id, at=iso(at), **test)


def refused(event: RefusedEvent, at: Micros) -> Receipt:
    """The event was not taken, and why."""
    return _receipt(
        event.device_id, event=event.event_id, state="refused", reason=event.reason, at=iso(at)
    )


def _receipt(device_id: str, **fields: str | bool | None) -> Receipt:
    return Receipt(topics.downlink(device_id, "receipt"), orjson.dumps(fields))
