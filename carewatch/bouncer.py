"""Who may not stay at the broker: connections of revoked devices are ended."""

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

import psycopg
import structlog
from nats.aio.client import Client
from prometheus_client import Counter

from carewatch import connections
from carewatch.books import Books
from carewatch.door import Door
from carewatch.steady import AWAY
from domain.time import to_datetime

log = structlog.get_logger()

PUT_OUT = Counter("carewatch_connections_ended", "Connections of revoked devices that were ended")

_AGAIN_S = 2.0
"""A login that was being answered while its device was revoked has come through by then."""
_LEARN_S = 2.0
"""Between a change of the directory and learning all logins anew."""


class Bouncer:
    """Ends the connections of devices that were removed or have another secret."""

    def __init__(self, books: Books, door: Door, system: Client) -> None:
        self._books = books
        self._door = door
        self._system = system
        self._doing: set[asyncio.Task[None]] = set()
        self._learning = False
        self._revoked: set[str] = set()

    async def serve(self, database_url: str) -> None:
        """Act on each revocation as it is committed, and on those missed meanwhile."""
        while True:
            try:
                await self._listen(database_url)
            except AWAY as error:
                log.warning("revocations cannot be heard, trying again", error=str(error).strip())
                await asyncio.sleep(1)

    async def _listen(self, database_url: str) -> None:
        async with await psycopg.AsyncConnection.connect(
            database_url, autocommit=True, connect_timeout=5, keepalives_idle=15
        ) as connection:
            await connection.execute("listen revoked")
            await connection.execute("listen directory")
            await self._learn()
            await self._sweep()
            async for told in connection.notifies():
                if told.channel == "revoked":
                    self._revoked.add(told.payload)
                    self._door.forget(told.payload)
                    self._do(self._put_out(told.payload))
                elif not self._learning:
                    self._learning = True
                    self._do(self._learn_soon())

    async def _learn(self) -> None:
        """All logins, by heart, but for those that are revoked while we read."""
        self._revoked.clear()
        logins = await self._books.all_logins()
        for name in self._revoked:
            logins.pop(name, None)
        self._door.learn(logins)

    async def _learn_soon(self) -> None:
        """What changed in the directory: once for all of a moment's changes."""
        await asyncio.sleep(_LEARN_S)
        self._learning = False
        try:
            await self._learn()
        except AWAY as error:
            log.warning("changed logins are learned later", error=type(error).__name__)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _end(self, name: str, until: datetime | None = None) -> None:
        """End the connections of a user name, those begun before ``until``."""
        async with contextlib.aclosing(connections.devices(self._system, user=name)) as clients:
            async for client in clients:
                if until is None or client.since <= until:
                    await self._kick(client)

    async def _put_out(self, name: str) -> None:
        told_at = to_datetime(self._books.now())
        await self._end(name)
        await asyncio.sleep(_AGAIN_S)
        await self._end(name, until=told_at)

    async def _sweep(self) -> None:
        """End every connection whose secret no longer counts."""
        clients = [client async for client in connections.devices(self._system)]
        for client in clients:
            self._door.met(client.id, client.user)
        since = await self._books.secrets_since([client.user for client in clients])
        for client in clients:
            if client.user not in since or client.since < since[client.user]:
                await self._kick(client)

    async def _kick(self, client: connections.Connection) -> None:
        await connections.end(self._system, client)
        PUT_OUT.inc()
        log.info("connection ended", device=client.user)
