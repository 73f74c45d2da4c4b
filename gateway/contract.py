"""The wire format, version 1, as pydantic types: what is valid, and why a payload is not.

Typed dictionaries rather than models: a sample is checked in about a microsecond and comes out
as a plain dict that the decoder spreads over columns. Everything is strict: a number in quotes
is a wrong type, not a number. Unknown fields pass, to be counted.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails, from_json, to_json
from typing_extensions import TypedDict

from domain.errors import CarewatchError
from domain.event import EVENTS
from domain.quantity import BY_NAME, QUANTITIES, Quantity
from domain.time import Micros, from_datetime

MAX_WAVE_SECONDS = 60
PLACEMENTS = ("waist", "wrist", "chest", "pocket")
"""Where a sensor may be worn; any other word says nothing."""

_OPEN = ConfigDict(extra="allow", strict=True)
_LATEST_MS = 253_402_300_799_999  # the last millisecond of the year 9999
_RANGE_ERRORS = {"greater_than_equal", "less_than_equal"}


def _with_zone(text: str) -> str:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs a zone, such as Z or +08:00")
    return text


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL in a text


Text = Annotated[str, AfterValidator(_storable)]
Time = (
    Annotated[int, Field(ge=0, le=_LATEST_MS)]
    | Annotated[float, Field(ge=0, le=_LATEST_MS, allow_inf_nan=False)]
    | Annotated[str, Field(min_length=17, max_length=40), AfterValidator(_with_zone)]
)
"""Milliseconds since 1970, or ISO 8601 with a zone."""


def _accepted(quantity: Quantity) -> Any:
    if quantity.boolean:
        return bool | None
    within = Field(ge=quantity.low, le=quantity.high, allow_inf_nan=False)
    return Annotated[float, within] | None


_SAMPLE_FIELDS: dict[str, Any] = {
    "t": Time | None,
    "seq": int | None,
    **{quantity.name: _accepted(quantity) for quantity in QUANTITIES},
}
_typed_dict: Any = TypedDict  # the fields come from the table of quantities, not from source text
SampleDict: Any = with_config(_OPEN)(_typed_dict("SampleDict", _SAMPLE_FIELDS, total=False))
_BATCH_FIELDS: dict[str, Any] = {**_SAMPLE_FIELDS, "samples": list[SampleDict]}
SampleMessage: Any = with_config(_OPEN)(_typed_dict("SampleMessage", _BATCH_FIELDS, total=False))
EventName = Literal[EVENTS]  # type: ignore[valid-type]


@with_config(_OPEN)
class EventMessage(TypedDict, total=False):
    """Something happened."""

    t: Time | None
    id: Annotated[Text, Field(min_length=1, max_length=64)] | None
    event: Required[EventName]
    certainty: Literal["suspected", "confirmed", "cleared"] | None
    place: Text | None
    active: bool | None
    detail: Text | None


_Values = list[Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] | None]


@with_config(_OPEN)
class WaveMessage(TypedDict, total=False):
    """Part of a raw waveform."""

    t: Required[Time]
    rate: Required[Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]]
    signal: Required[Literal["acceleration", "bed"]]
    unit: str | None
    placement: Text | None
    x: _Values
    y: _Values
    z: _Values
    values: _Values


@with_config(_OPEN)
class StatusMessage(TypedDict, total=False):
    """Whether a device is connected; also its last will."""

    online: Required[bool]
    firmware: Text | None
    battery: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None


@with_config(_OPEN)
class ResultMessage(TypedDict, total=False):
    """What became of a command."""

    id: Required[Text]
    ok: Required[bool]
    detail: Text | None


_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "sample": TypeAdapter(SampleMessage),
    "event": TypeAdapter(EventMessage),
    "wave": TypeAdapter(WaveMessage),
    "status": TypeAdapter(StatusMessage),
    "result": TypeAdapter(ResultMessage),
}
_VALIDATE = {what: adapter.validator.validate_json for what, adapter in _ADAPTERS.items()}
_KNOWN = {
    "sample": frozenset(SampleMessage.__annotations__),
    "event": frozenset(EventMessage.__annotations__),
    "wave": frozenset(WaveMessage.__annotations__),
    "status": frozenset(StatusMessage.__annotations__),
    "result": frozenset(ResultMessage.__annotations__),
}


class Refused(CarewatchError):
    """A payload is refused whole; ``code`` is for counting, ``reason`` for its sender."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Dropped:
    """One value of sample number ``place`` was out of range; the rest of it is kept."""

    place: int
    quantity: str
    reason: str


Payload = dict[str, Any]


def read(what: str, payload: bytes) -> tuple[Payload, list[Dropped]]:
    """The checked payload of a message, and the values that were taken out of it.

    Raises :class:`Refused` where the message must be refused whole.
    """
    try:
        return _VALIDATE[what](payload), []
    except ValidationError as error:
        return _mend(what, payload, error)


def milliseconds(t: float | str) -> float:
    """Milliseconds since 1970 of a valid ``t``."""
    if isinstance(t, str):
        return from_datetime(datetime.fromisoformat(t)) / 1000
    return t


def micros(t: float | str) -> Micros:
    """Microseconds since 1970 of a valid ``t``."""
    if isinstance(t, int):
        return t * 1000
    return round(milliseconds(t) * 1000)


def unknown(what: str, payload: Payload) -> int:
    """How many fields of a payload the contract does not know."""
    return sum(name not in _KNOWN[what] for name in payload)


def event_id(payload: bytes) -> str | None:
    """The ``id`` of a refused event, where so much of it can be read."""
    try:
        found = from_json(payload)
    except ValueError:
        return None
    name = found.get("id") if isinstance(found, dict) else None
    return name if isinstance(name, str) and len(name) <= 64 else None


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each payload that a device sends."""
    return {what: adapter.json_schema() for what, adapter in _ADAPTERS.items()}


def _mend(what: str, payload: bytes, error: ValidationError) -> tuple[Payload, list[Dropped]]:
    """Take out what is only out of range; raise where anything else is wrong."""
    details = error.errors(include_url=False, include_context=False)
    wrong = [detail for detail in details if not _is_range(what, detail)]
    if wrong:
        raise _refusal(wrong[0]) from None
    found = from_json(payload)
    dropped = [_take_out(found, detail) for detail in details]
    return _VALIDATE[what](to_json(found)), dropped


def _is_range(what: str, detail: ErrorDetails) -> bool:
    return (
        what in ("sample", "status")
        and detail["type"] in _RANGE_ERRORS
        and detail["loc"][-1] in BY_NAME
    )


def _take_out(found: Payload, detail: ErrorDetails) -> Dropped:
    *way, name = detail["loc"]
    holder: Any = found
    for step in way:
        holder = holder[step]
    value = holder[name]
    holder[name] = None
    quantity = BY_NAME[str(name)]
    accepted = f"{quantity.low:g} to {quantity.high:g} {quantity.unit}".rstrip()
    reason = f"{name} {value} is outside {accepted}: leave it out, or send null"
    return Dropped(int(way[1]) if way else 0, quantity.name, reason)


def _refusal(detail: ErrorDetails) -> Refused:
    place = ".".join(str(part) for part in detail["loc"] if part not in _BRANCHES)
    if detail["type"] == "json_invalid":
        return Refused("not_json", f"not JSON in UTF-8: {detail['msg']}")
    if detail["type"] == "finite_number":
        return Refused("not_json", f"{place}: {_spelled(detail['input'])} is not JSON; send null")
    if not detail["loc"]:
        return Refused("not_an_object", "the payload must be one JSON object")
    if detail["type"] == "missing":
        return Refused("missing", f"{place} is missing")
    if place == "t" or place.endswith(".t"):
        return Refused(
            "wrong_type", f"{place} must be milliseconds since 1970 or ISO 8601 with a zone"
        )
    return Refused("wrong_type", f"{place}: {detail['msg']}")


_BRANCHES = {
    "constrained-int",
    "constrained-float",
    "function-after[_with_zone(), constrained-str]",
}
"""How pydantic names the members of ``Time`` in the way to an error."""


def _spelled(value: Any) -> str:
    return "NaN" if isinstance(value, float) and math.isnan(value) else "a number without end"
