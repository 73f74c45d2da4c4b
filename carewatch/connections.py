"""The broker's own account of who is connected, asked through its system account."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nats
import structlog
from nats.aio.client import Client

from gateway.auth import RESERVED

log = structlog.get_logger()

_CONNZ_PAGE = 1024


@dataclass(frozen=True, slots=True)
class Connection:
    """One client of the broker, by the broker's own account."""

    server: str
    id: int
    user: str
    since: datetime


def listens(system_url: str, user: str) -> bool:
    """Whether a user of ours is connected to the broker and listens to something."""
    return asyncio.run(_listens(system_url, user))


async def _listens(system_url: str, user: str) -> bool:
    async with connected(system_url) as client:
        question = {"auth": True, "user": user}
        async with contextlib.aclosing(_ask_all(client, "CONNZ", question)) as answers:
            async for answer in answers:
                rows = answer["data"].get("connections") or []
                if any(row.get("subscriptions", 0) > 0 for row in rows):
                    return True
    return False


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """A login of ours at the broker, which comes back by itself whenever it is lost."""
    client = await nats.connect(
        url,
        name="carewatch auth",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
        error_cb=_broker_trouble,
    )
    try:
        yield client
    finally:
        await client.close()


async def _broker_trouble(error: Exception) -> None:
    log.warning("the broker is not there, trying again", error=str(error))


async def devices(system: Client, **only: str) -> AsyncGenerator[Connection]:
    """Devices that are connected, at all servers of the broker."""
    offset = 0
    while True:
        question = {"auth": True, "limit": _CONNZ_PAGE, "offset": offset, **only}
        most = 0
        async with contextlib.aclosing(_ask_all(system, "CONNZ", question)) as answers:
            async for answer in answers:
                rows = answer["data"].get("connections") or []
                most = max(most, len(rows))
                for client in _devices_in(rows, answer["server"]["id"]):
                    yield client
        if most < _CONNZ_PAGE:
            return
        offset += _CONNZ_PAGE


async def end(system: Client, connection: Connection) -> None:
    """Close a connection; the broker then speaks its last will."""
    subject = f"$SYS.REQ.SERVER.{connection.server}.KICK"
    # Asked for an answer: the server passes over a request that wants none.
    with contextlib.suppress(nats.errors.TimeoutError, nats.errors.NoRespondersError):
        await system.request(subject, json.dumps({"cid": connection.id}).encode(), timeout=2)


def _devices_in(rows: list[dict[str, Any]], server: str) -> Iterator[Connection]:
    for row in rows:
        user = row.get("authorized_user", "")
        if row.get("type") == "mqtt" and user and not user.startswith(RESERVED):
            since = datetime.fromisoformat(row["start"])
            yield Connection(server, row["cid"], user, since)


async def _ask_all(client: Client, what: str, question: dict[str, Any]) -> AsyncGenerator[Any]:
    """The answers of all servers, each as it comes; a quarter of a second of silence ends it."""
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    try:
        await client.publish(
            f"$SYS.REQ.SERVER.PING.{what}", json.dumps(question).encode(), reply=inbox
        )
        while True:
            try:
                yield json.loads((await answers.next_msg(timeout=0.25)).data)
            except nats.errors.TimeoutError:
                return
    finally:
        await answers.unsubscribe()
