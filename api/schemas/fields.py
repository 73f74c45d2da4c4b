"""What bodies and answers are made of: checked strings, times, pages and problems.

Times go out as ISO 8601 in UTC with a Z, as everywhere in carewatch.
"""

from collections.abc import Collection
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from alerts.detectors import threshold_names
from domain.finding import KINDS
from domain.quantity import BY_NAME
from domain.time import from_datetime, iso

Item = TypeVar("Item")


def _time(value: Any) -> Any:
    return iso(from_datetime(value)) if isinstance(value, datetime) else value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads some hundred files


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("use a name of the time zone database, such as Asia/Shanghai")
    return name


def _one_of(names: Collection[str]) -> Any:
    """A string that is one of these, in the code as in OpenAPI."""

    def known(name: str) -> str:
        if name not in names:
            raise ValueError(f"use one of {', '.join(names)}")
        return name

    schema = WithJsonSchema({"type": "string", "enum": list(names)})
    return Annotated[str, AfterValidator(known), schema]


def _threshold(name: str) -> str:
    if name not in _THRESHOLDS:
        near = get_close_matches(name, _THRESHOLDS, 1, cutoff=0)
        raise ValueError(f"no detector looks for {name!r}; the nearest name is {near[0]!r}")
    return name


_THRESHOLDS = sorted(threshold_names())

Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()/.-]{1,30}$", examples=["+86 10 6552 9988"])]
Time = Annotated[
    str, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})
]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["bed-7"])]
Line = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Zone = Annotated[str, AfterValidator(_zone), Field(examples=["Asia/Shanghai"])]
if TYPE_CHECKING:
    QuantityName = str
    KindName = str
else:
    QuantityName = _one_of(BY_NAME)
    KindName = _one_of(KINDS)
ThresholdName = Annotated[
    str, AfterValidator(_threshold), WithJsonSchema({"type": "string", "enum": _THRESHOLDS})
]
OwnValue = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Thresholds = Annotated[
    dict[ThresholdName, OwnValue | None],
    Field(description="Own values in place of the detectors' defaults; null takes one away."),
]
Password = Annotated[str, Field(min_length=8, max_length=256)]
Level = Literal["county", "township", "village"]

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
"""A local time of day."""


class Answer(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Body(BaseModel):
    """What a caller sends: a misspelt field is an error, not silence."""

    model_config = ConfigDict(extra="forbid")

    def said(self) -> dict[str, Any]:
        """What was said, by name; what was left out stays as it is."""
        return self.model_dump(exclude_unset=True)


class Reason(Answer):
    """Why, as a code with what its sentence tells of: to be said in the reader's own words.

    The codes are in `alerts/reasons.py` and, of problems, in `domain/refusals.py`; others may
    be added. Whoever knows no words for one shows the sentence.
    """

    code: str
    values: dict[str, Any]


Names = Annotated[
    dict[str, str],
    Field(description="What the people in it are called, by user name; who set no name is not in."),
]


class WrongField(Answer):
    """A field of the body, as ``shifts.0.starts``, and what is wrong with it."""

    field: str
    detail: str
    reasons: list[Reason]


class Problem(Answer):
    """RFC 9457: what went wrong, and in ``detail`` what to do; ``errors`` names wrong fields.

    ``reasons`` are there where people may meet the problem: the same as codes.
    """

    type: str
    title: str
    status: int
    detail: str
    reasons: list[Reason] | None = None
    errors: list[WrongField] | None = None


class Page(Answer, Generic[Item]):
    """One page; ``next`` is the cursor of the page after it, null at the end."""

    items: list[Item]
    next: str | None
