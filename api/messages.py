"""What one device says, as it arrives: for whoever sets it up, or looks for what is wrong.

Nothing is kept for it: the tables that the pump writes are looked at once a second, for as long
as somebody watches. A message can wait for no more than that, and for the pump's turn.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import aiosql
from psycopg.rows import dict_row
from starlette.concurrency import run_in_threadpool

from api.database import Connection
from domain.time import HOUR, Micros, to_datetime
from gateway.decode import CLOCK_UNSET

queries = aiosql.from_path(
    Path(__file__).with_name("messages.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

LOOK_S = 1.0
SPAN: Micros = HOUR
"""What is older by the device's own clock is not shown; by a clock not set, what arrived before."""
MOST = 50
"""Messages of one look: of a device that says more in a second, the latest are shown."""

Message = dict[str, Any]
Look = Callable[[], Sequence[Message] | None]
"""The latest messages, the latest first; None where there is nothing to see any more."""


def latest(connection: Connection, device: str, now: Micros) -> list[Message]:
    """The latest messages of a device, the latest first, each with a ``key`` of its own."""
    rows = queries.messages(
        connection, device=device, since=to_datetime(now - SPAN),
        unset=to_datetime(CLOCK_UNSET), limit=MOST,
    )  # fmt: skip
    return [row | {"told": _readable(row["told"])} for row in rows]


async def follow(look: Look) -> AsyncIterator[Message]:
    """What is there, in the order in which it arrived; then whatever is new."""
    told: set[tuple[Any, ...]] = set()
    while (messages := await run_in_threadpool(look)) is not None:
        for message in reversed(messages):
            if _key(message) not in told:
                yield message
        told = {_key(message) for message in messages}
        await asyncio.sleep(LOOK_S)


def readable(payload: bytes) -> str | dict[str, str]:
    """A payload as JSON can hold it: as text where it is UTF-8."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(payload).decode()}


def _readable(told: dict[str, Any]) -> dict[str, Any]:
    if "payload" not in told:
        return told
    return told | {"payload": readable(base64.b64decode(told["payload"]))}


def _key(message: Message) -> tuple[Any, ...]:
    return message["type"], message["at"], message["key"]
