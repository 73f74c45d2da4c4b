"""Cursors of pages: opaque to their holders, so that what is inside may change."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Query

from api.problems import Problem, unprocessable
from domain.time import from_datetime, to_datetime

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page, at most.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]


def encode(*place: str | int | datetime) -> str:
    """A cursor that :func:`decode` takes apart again.

    >>> decode(encode("bed-7", 3), str, int)
    ['bed-7', 3]
    """
    parts = [from_datetime(part) if isinstance(part, datetime) else part for part in place]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type[str] | type[int] | type[datetime]) -> list[Any]:
    """The parts of a cursor; a problem where it is none of this list's."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_part(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise strange_cursor() from error


def strange_cursor() -> Problem:
    return unprocessable("This cursor is not one of this list: start again without a cursor.")


def _part(part: Any, kind: type) -> Any:
    if kind is str and isinstance(part, str):
        return part
    if kind is str or type(part) is not int or abs(part) >= 2**63:
        raise TypeError
    return to_datetime(part) if kind is datetime else part


def page(
    rows: Sequence[dict[str, Any]], limit: int, place: Callable[[dict[str, Any]], str]
) -> tuple[list[dict[str, Any]], str | None]:
    """The page of ``limit`` rows and its ``next``; one row more was asked for, to know."""
    if len(rows) <= limit:
        return list(rows), None
    return list(rows[:limit]), place(rows[limit - 1])
