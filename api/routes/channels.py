"""How I am reached: my channels in their order, codes that confirm them, web push."""

from typing import Any

from fastapi import APIRouter, Response

from alerts import reach
from alerts.channels.push import public_key, server_key
from alerts.reach import Wanted
from api import audit, problems
from api.context import Caller, Now, Transaction
from api.database import Connection
from api.problems import conflict, documented, not_found, unprocessable
from api.schemas.reachability import (
    ChannelAnswer,
    ChannelBody,
    ChannelsAnswer,
    ChannelsBody,
    CodeBody,
    PushBody,
    PushKey,
)
from domain.errors import NotAllowed
from domain.refusals import refused

router = APIRouter(prefix="/me", tags=["channels"])


@router.get("/channels", response_model=ChannelsAnswer, responses=documented(401, 403))
def get_channels(caller: Caller, connection: Transaction) -> object:
    """One's own channels, in the order in which they are tried."""
    return _all(connection, caller.account_id)


@router.put("/channels", response_model=ChannelsAnswer, responses=documented(401, 403, 422))
def set_channels(body: ChannelsBody, caller: Caller, connection: Transaction, now: Now) -> object:
    """Replace them. A code is sent to each new address, and it is used once that is entered."""
    wanted = [_wanted(connection, caller.account_id, item) for item in body.items]
    try:
        reach.arrange(connection, caller.account_id, wanted, body.language, now)
    except (NotAllowed, reach.NoSuchChannel) as error:
        raise unprocessable(*error.why) from error
    audit.changed(connection, caller, "set_channels", f"account:{caller.account_id}")
    return _all(connection, caller.account_id)


@router.post(
    "/channels/{channel}/confirm",
    response_model=ChannelAnswer,
    responses=documented(401, 403, 404, 409, 422),
)
def confirm_channel(
    channel: int, body: CodeBody, caller: Caller, connection: Transaction, now: Now
) -> object:
    """Enter the code that was sent there. After five wrong ones another has to be sent."""
    _find(connection, caller.account_id, channel)
    if not reach.confirm(connection, caller.account_id, channel, body.code, now):
        return problems.answer(
            422, refused("code_wrong")
        )  # no exception: the try has to be counted
    audit.changed(connection, caller, "confirm_channel", f"account:{caller.account_id}")
    return _find(connection, caller.account_id, channel)


@router.post(
    "/channels/{channel}/code", status_code=204, responses=documented(401, 403, 404, 409, 422)
)
def send_code(channel: int, caller: Caller, connection: Transaction, now: Now) -> Response:
    """Have another code sent."""
    found = _find(connection, caller.account_id, channel)
    if found["confirmed_at"] is not None:
        raise conflict(refused("channel_confirmed"))
    if not reach.want_code(connection, caller.account_id, channel, now):
        raise conflict(refused("code_sent"))
    return Response(status_code=204)


@router.get("/push", response_model=PushKey, responses=documented(401, 403))
def push_key(caller: Caller, connection: Transaction) -> object:
    """The key with which a browser subscribes."""
    return {"public_key": public_key(server_key(connection))}


@router.post("/push", response_model=ChannelAnswer, responses=documented(401, 403, 409, 422))
def add_push(body: PushBody, caller: Caller, connection: Transaction, now: Now) -> object:
    """This browser shows notifications from now on; it is the last in the order."""
    keys = body.keys.model_dump()
    made = reach.add_push(connection, caller.account_id, body.endpoint, keys, now)
    audit.changed(connection, caller, "add_push", f"account:{caller.account_id}")
    return _find(connection, caller.account_id, made)


def _all(connection: Connection, account: str) -> dict[str, Any]:
    return {
        "language": reach.language_of(connection, account),
        "items": reach.channels(connection, account),
    }


def _find(connection: Connection, account: str, channel: int) -> dict[str, Any]:
    for row in reach.channels(connection, account):
        if row["id"] == channel:
            return row
    raise not_found("channel", str(channel))


def _wanted(connection: Connection, account: str, item: ChannelBody) -> Wanted:
    if item.id is None:
        if item.kind is None or item.address is None:
            raise unprocessable(
                "A new channel wants `kind` and `address`; one that is there, `id`."
            )
        return Wanted(item.kind, item.address, item.priorities)
    if item.kind is not None or item.address is not None:
        raise unprocessable("A channel keeps its address: leave `id` out to add another one.")
    return Wanted("", "", item.priorities, item.id)
