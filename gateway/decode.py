"""Messages become columns of samples, events, waves and refusals.

Pure: the same messages and the same directory give the same result. The loop over messages is
the hottest code of the gateway.
"""

from collections.abc import Sequence
from typing import Any

from domain.directory import Device, Directory
from domain.event import Event
from domain.time import MINUTE, Micros
from domain.wave import Wave
from gateway import contract, topics
from gateway.contract import Dropped, Payload, Refused
from gateway.decoded import Decoded, Refusal, RefusedEvent, Result, Status
from gateway.inbox import MAX_BYTES, QUARANTINED_BYTES, Message
from gateway.rows import Rows
from gateway.waveform import placement, waveform

FUTURE = 2 * MINUTE
"""A claim further ahead than this is replaced by the time of arrival."""
CLOCK_UNSET: Micros = 1_577_836_800_000_000
"""2020-01-01: no device of ours measured anything before; an earlier claim is a clock not set."""


def decode(
    messages: Sequence[Message],
    directory: Directory,
    first_arrival: dict[int, Micros] | None = None,
) -> Decoded:
    """Check, sort and spread the messages of a turn.

    ``first_arrival`` gives, by position, when a redelivered message arrived the first time: what
    has no time of its own keeps that one.
    """
    return _Decoder(directory, first_arrival or {}).run(messages)


class _Decoder:
    """One pass over the messages of a turn."""

    def __init__(self, directory: Directory, first_arrival: dict[int, Micros]) -> None:
        self._directory = directory
        self._first_arrival = first_arrival
        self._found = Decoded()
        self._rows = Rows()

    def run(self, messages: Sequence[Message]) -> Decoded:
        for order, message in enumerate(messages):
            try:
                self._message(order, message)
            except Refused as refused:
                self._refuse(order, message, refused.code, refused.reason)
        self._found.samples = self._rows.batch()
        return self._found

    def _message(self, order: int, message: Message) -> None:
        parsed = topics.parse(message.topic)
        if parsed is None:
            raise Refused("topic", _TOPIC_HELP)
        device_id, what = parsed
        if what in topics.DOWNLINKS:
            return
        device = self._directory.device(device_id)
        if device is None:
            raise Refused("unknown_device", "no such device is registered: add it first")
        if message.size > MAX_BYTES:
            self._heard(order, device, message)
            raise Refused("too_large", f"{message.size} bytes, of which {MAX_BYTES} are allowed")
        try:
            payload, dropped = contract.read(what, message.payload)
        except Refused as refused:
            self._heard(order, device, message)
            if what == "event":
                self._refused_event(device, message, refused.reason)
            raise
        if dropped:
            self._refuse(order, message, "out_of_range", _told(dropped))
        _HANDLERS[what](self, order, device, message, payload, dropped)

    # -- one handler a topic ------------------------------------------------------------------

    def _sample(
        self,
        order: int,
        device: Device,
        message: Message,
        payload: Payload,
        dropped: Sequence[Dropped],
    ) -> None:
        if "samples" in payload:
            self._count_unknown(device, contract.unknown("sample", payload))
            for place, sample in enumerate(payload["samples"]):
                bad = sum(drop.place == place for drop in dropped)
                self._row(order, device, message, sample, bad)
        else:
            self._row(order, device, message, payload, len(dropped))

    def _event(
        self, order: int, device: Device, message: Message, payload: Payload, _: Sequence[Dropped]
    ) -> None:
        if message.retained:
            reason = "an event must not be retained: an old alarm would ring again and again"
            self._refused_event(device, message, reason)
            raise Refused("retained", reason)
        self._count_unknown(device, contract.unknown("event", payload))
        at, _offset = self._when(order, message, payload)
        self._found.events.append(
            Event(
                order=order,
                slot=device.subject,
                device=device.slot,
                device_id=device.id,
                event=payload["event"],
                happened_at=at,
                received_at=message.received_at,
                key=_key(payload, at),
                id=payload.get("id"),
                certainty=payload.get("certainty"),
                place=_short(payload.get("place")) or device.place,
                active=payload.get("active"),
                detail=_short(payload.get("detail")),
                clock_wrong=at < CLOCK_UNSET,
            )
        )

    def _wave(
        self, order: int, device: Device, message: Message, payload: Payload, _: Sequence[Dropped]
    ) -> None:
        self._count_unknown(device, contract.unknown("wave", payload))
        values = waveform(payload)
        self._heard(order, device, message)
        at, _offset = self._when(order, message, payload)
        self._found.waves.append(
            Wave(
                order,
                device.subject,
                device.slot,
                payload["signal"],
                at,
                message.received_at,
                payload["rate"],
                values,
                placement(payload),
            )
        )

    def _status(
        self, order: int, device: Device, message: Message, payload: Payload, _: Sequence[Dropped]
    ) -> None:
        battery = payload.get("battery")
        self._count_unknown(device, contract.unknown("status", payload))
        self._found.statuses.append(
            Status(device.slot, payload["online"], _short(payload.get("firmware")), battery)
        )
        if message.retained:
            return  # an old word; it tells the state, but is no sign of life now
        self._status_event(order, device, message, payload["online"])
        if payload["online"]:
            self._heard(order, device, message)
            if battery is not None:
                self._rows.fill({"battery": battery})

    def _status_event(self, order: int, device: Device, message: Message, online: bool) -> None:
        """A change of connection, as an event beside those of the contract."""
        name = "online" if online else "offline"
        at = message.received_at
        self._found.events.append(
            Event(
                order=order,
                slot=device.subject,
                device=device.slot,
                device_id=device.id,
                event=name,
                happened_at=at,
                received_at=at,
                key=f"{name}@{at}",
                source="status",
            )
        )

    def _result(
        self, order: int, device: Device, message: Message, payload: Payload, _: Sequence[Dropped]
    ) -> None:
        self._heard(order, device, message)
        detail = _short(payload.get("detail"))
        self._found.results.append(
            Result(device.id, payload["id"], payload["ok"], detail, message.received_at)
        )

    # -- rows of the batch --------------------------------------------------------------------

    def _row(
        self, order: int, device: Device, message: Message, sample: Payload, implausible: int
    ) -> None:
        at, offset = self._when(order, message, sample)
        self._rows.add(order, device, at, message.received_at, implausible, offset)
        unknown = self._rows.fill(sample)
        if unknown:
            self._count_unknown(device, unknown)

    def _heard(self, order: int, device: Device, message: Message) -> None:
        """A row that says nothing but that the device is there."""
        at = message.received_at
        self._rows.add(order, device, at, at)

    def _when(self, order: int, message: Message, payload: Payload) -> tuple[Micros, Micros]:
        """When it was so, and how far ahead of arrival the device's clock claims it."""
        claim = payload.get("t")
        if claim is None:
            self._found.by_arrival.add(order)
            return self._first_arrival.get(order, message.received_at), 0
        at = contract.micros(claim)
        ahead = at - message.received_at
        if ahead > FUTURE:
            self._found.by_arrival.add(order)
            return self._first_arrival.get(order, message.received_at), ahead
        return at, ahead

    # -- what goes wrong ----------------------------------------------------------------------

    def _refuse(self, order: int, message: Message, code: str, reason: str) -> None:
        self._found.refusals.append(
            Refusal(
                order,
                message.received_at,
                topics.device_of(message.topic),
                message.topic[:1024],
                code,
                reason,
                message.size,
                message.payload[:QUARANTINED_BYTES],
            )
        )

    def _refused_event(self, device: Device, message: Message, reason: str) -> None:
        if not message.retained:
            name = contract.event_id(message.payload)
            self._found.refused_events.append(RefusedEvent(device.id, name, reason))

    def _count_unknown(self, device: Device, count: int) -> None:
        if count:
            counts = self._found.unknown_fields
            counts[device.slot] = counts.get(device.slot, 0) + count


_HANDLERS: dict[str, Any] = {
    "sample": _Decoder._sample,
    "event": _Decoder._event,
    "wave": _Decoder._wave,
    "status": _Decoder._status,
    "result": _Decoder._result,
}

_TOPIC_HELP = (
    "a device publishes to cw/v1/{device}/sample, event, wave, status or result, "
    "{device} being 1 to 64 of A-Z a-z 0-9 _ -"
)


def _key(payload: Payload, at: Micros) -> str:
    """Recognises a repetition: the device's id, or all that the event says and its time.

    A state machine may tell several of its steps under one time; each says something else.
    """
    name = payload.get("id")
    if name is not None:
        return f"id:{name}"
    said = [payload["event"], *(str(payload[f]) for f in _TELLING if payload.get(f) is not None)]
    return f"{'/'.join(said)[:200]}@{at}"


_TELLING = ("certainty", "active", "place", "detail")


def _told(dropped: Sequence[Dropped]) -> str:
    """One sentence about all values that were taken out of a message."""
    reasons = list(dict.fromkeys(drop.reason for drop in dropped))
    more = len(dropped) - len(reasons[:3])
    return "; ".join(reasons[:3]) + (f"; and {more} more values" if more > 0 else "")


def _short(text: str | None) -> str | None:
    return None if text is None else text[:256]
