"""The messages of one device, live, as server-sent events."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.responses import Response
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from api import accounts, audit
from api.access import Viewer
from api.context import Caller, Context, Shared, Token, Transaction
from api.messages import Look, Message, follow, latest
from api.problems import Problem, documented
from api.routes.devices import device_of
from api.routes.feed import PING_S, SEND_S
from api.schemas.devices import DeviceMessage
from api.schemas.fields import Id
from domain.errors import Unavailable

router = APIRouter(prefix="/devices", tags=["devices"])

_CALL = "follow_messages"
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": (
            "`event: message` with a DeviceMessage: at most 50 of the last hour by the device's "
            "own clock, then each within two seconds of being kept; a comment every 15 s."
        ),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/{device}/messages",
    response_class=EventSourceResponse,
    responses=_STREAM | documented(401, 403, 404, 422),
)
def follow_messages(
    device: Id, caller: Caller, connection: Transaction, shared: Shared, token: Token
) -> Response:
    """What the device says: samples and events that were kept, and what was refused, and why."""
    row = device_of(connection, caller, device)
    audit.read(connection, caller, _CALL, [row["resident_id"]], f"device:{device}")
    return EventSourceResponse(
        _events(_look(shared, token, device)),
        ping=PING_S,
        ping_message_factory=lambda: ServerSentEvent(comment="still here"),
        send_timeout=SEND_S,
        sep="\n",
    )


async def _events(look: Look) -> AsyncIterator[ServerSentEvent]:
    async for message in follow(look):
        data = DeviceMessage.model_validate(message).model_dump()
        yield ServerSentEvent(data=orjson.dumps(data).decode(), event="message", sep="\n")


def _look(shared: Context, token: str, device: str) -> Look:
    """Each look asks anew whether the login holds and the device is still theirs to see."""

    def look() -> Sequence[Message] | None:
        with suppress(Problem, Unavailable), shared.database.transaction() as connection:
            now = shared.clock.now()
            viewer = accounts.viewer(connection, token, now)
            if viewer is not None and viewer.may(_CALL) and not shared.feed.closed:
                device_of(connection, viewer.using(_CALL), device)
                return [_shown(viewer, each) for each in latest(connection, device, now)]
        return None

    return look


def _shown(viewer: Viewer, message: Message) -> Message:
    """A vendor is not told where in a home its device is."""
    if viewer.role != "vendor":
        return message
    told = {name: value for name, value in message["told"].items() if name != "place"}
    return message | {"told": told}
