"""The live feed as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from api.context import Caller, Shared, Token
from api.feed import Feed
from api.problems import documented

router = APIRouter(tags=["feed"])

PING_S = 15
SEND_S = 30
"""A client that takes nothing for so long has gone without a word."""

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            '`event: snapshot` with `{"alerts": [alert], "sequence": n}`, then `event: alert` '
            "with the alert after each change and `id: <sequence>`; a comment every 15 s. "
            "The snapshot comes again when the caller's rights change."
        ),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/feed", response_class=EventSourceResponse, responses=_STREAM | documented(401, 403, 422)
)
async def follow_feed(
    _: Caller,
    shared: Shared,
    token: Token,
    last_event_id: Annotated[
        str | None, Header(description="The last `id` received: go on after it.")
    ] = None,
    after: Annotated[
        str | None, Query(alias="last_event_id", description="The same, as a parameter.")
    ] = None,
) -> Response:
    """Open alerts of the caller's own, and every change of them as it happens."""
    known = _sequence(last_event_id or after)
    return EventSourceResponse(
        _events(shared.feed, token, known),
        ping=PING_S,
        ping_message_factory=lambda: ServerSentEvent(comment="still here"),
        send_timeout=SEND_S,
        sep="\n",
    )


async def _events(feed: Feed, token: str, known: int | None) -> AsyncIterator[ServerSentEvent]:
    async for message in feed.follow(token, known):
        data = orjson.dumps(message.data).decode()
        yield ServerSentEvent(data=data, event=message.event, id=str(message.id), sep="\n")


def _sequence(said: str | None) -> int | None:
    """None where it is no number of ours: the client begins with a snapshot."""
    if said is None or not said.isascii() or not said.isdigit() or len(said) > 18:
        return None
    return int(said)
