"""The process at the broker's door: answers who may come in, and puts out who may not stay.

Three things run side by side: answers to the auth callout, ending the connections of revoked
devices, and reading the broker's log for publishes that it dropped. A login that was verified
once is remembered until it is revoked, so devices come back while the database is away.
"""

import asyncio
import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nats
import psycopg
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import Counter
from psycopg_pool import ConnectionPool

from carewatch.embedded.nats import ACCOUNT
from carewatch.follow import FollowedFile
from carewatch.settings import Settings
from domain.time import SystemClock, to_datetime
from gateway import auth, registry, violations
from gateway.throttle import Throttle

log = structlog.get_logger()

LOGINS = Counter("carewatch_logins", "Logins at the broker by answer", ["answer"])
PUT_OUT = Counter("carewatch_connections_ended", "Connections of revoked devices that were ended")
DROPPED = Counter("carewatch_publishes_dropped", "Publishes against the rights, dropped")

_CONNECTIONS_KNOWN = 200_000
_AGAIN_S = 2.0
"""A login that was being answered while its device was revoked has come through by then."""
_LOG_PAUSE_S = 0.5
_CONNZ_PAGE = 1024


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve until ``stop`` is set."""
    asyncio.run(_serve(settings, stop))


async def _serve(settings: Settings, stop: threading.Event) -> None:
    async with contextlib.AsyncExitStack() as stack:
        books = stack.enter_context(_Books.open(settings.required("database_url")))
        client = await stack.enter_async_context(_connected(settings.required("nats_url")))
        door = _Door(books, auth.Signer(settings.required("nats_issuer"), ACCOUNT))
        tasks = [asyncio.create_task(door.serve(client))]
        if settings.nats_system_url:
            system = await stack.enter_async_context(_connected(settings.nats_system_url))
            bouncer = _Bouncer(books, door, system)
            tasks.append(asyncio.create_task(bouncer.serve(settings.required("database_url"))))
        if settings.nats_log:
            place = settings.nats_log.with_name(settings.nats_log.name + ".read")
            followed = FollowedFile(settings.nats_log, place)
            tasks.append(asyncio.create_task(_watch_log(followed, door, books)))
        tasks.append(asyncio.create_task(_told_to(stop)))
        done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        stop.set()  # frees the thread that waits for it, where a task failed first
        await asyncio.gather(*waiting, return_exceptions=True)
        for task in done:
            task.result()


async def _told_to(stop: threading.Event) -> None:
    await asyncio.to_thread(stop.wait)


class _Books:
    """The registry and the quarantine, asked from a loop that must not wait for them."""

    def __init__(self, pool: ConnectionPool, workers: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._workers = workers
        self._clock = SystemClock()
        self._throttle = Throttle()

    @staticmethod
    @contextlib.contextmanager
    def open(url: str) -> Iterator["_Books"]:
        with (
            ConnectionPool(url, min_size=1, max_size=4, timeout=3, open=True) as pool,
            ThreadPoolExecutor(4, "books") as workers,
        ):
            yield _Books(pool, workers)

    def now(self) -> int:
        return self._clock.now()

    async def logins(self, *names: str) -> list[registry.Login | None]:
        """Raises psycopg.OperationalError where the database does not answer."""

        def ask() -> list[registry.Login | None]:
            with self._pool.connection() as connection:
                return [registry.login_of(connection, name) for name in names]

        return await asyncio.get_running_loop().run_in_executor(self._workers, ask)

    async def secrets_since(self, ids: list[str]) -> dict[str, datetime]:
        def ask() -> dict[str, datetime]:
            with self._pool.connection() as connection:
                return registry.secrets_since(connection, ids)

        return await asyncio.get_running_loop().run_in_executor(self._workers, ask)

    async def note(self, device: str, topic: str, reason: str, **more: Any) -> None:
        """One line and one row of quarantine, once a minute for each device and reason."""
        device = device.replace("\0", "?")[:64]
        if not self._throttle.lets((device, topic, reason), self.now()):
            return
        log.warning("refused by the broker", device=device, topic=topic, reason=reason, **more)

        def write() -> None:
            with self._pool.connection() as connection:
                registry.note_refusal(connection, to_datetime(self.now()), device, topic, reason)

        try:
            await asyncio.get_running_loop().run_in_executor(self._workers, write)
        except psycopg.OperationalError as error:
            log.warning("a refusal could not be kept", device=device, error=str(error))


class _Door:
    """Answers the auth callout."""

    def __init__(self, books: _Books, signer: auth.Signer) -> None:
        self._books = books
        self._signer = signer
        self._known: dict[str, registry.Login] = {}
        self._users: OrderedDict[int, str] = OrderedDict()
        self._answering: set[asyncio.Task[None]] = set()

    async def serve(self, client: Client) -> None:
        """Answer for as long as nobody cancels; several at a time."""
        asked = await client.subscribe("$SYS.REQ.USER.AUTH")
        await client.flush()
        log.info("the door is kept")
        async for message in asked.messages:
            task = asyncio.create_task(self._answer(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def forget(self, name: str | None = None) -> None:
        """Ask the database again about this name, or about all."""
        if name is None:
            self._known.clear()
        else:
            self._known.pop(name, None)

    def met(self, connection: int, user: str) -> None:
        """Remember whose connection it is."""
        self._users[connection] = user
        while len(self._users) > _CONNECTIONS_KNOWN:
            self._users.popitem(last=False)

    def user_of(self, connection: int) -> str | None:
        return self._users.get(connection)

    async def _answer(self, message: Msg) -> None:
        request = auth.read_request(message.data)
        decision = await self._decide(request)
        await message.respond(self._signer.answer(request, decision, self._books.now()))
        if isinstance(decision, auth.Grant):
            LOGINS.labels("granted").inc()
            self.met(request.connection, decision.name)
        else:
            LOGINS.labels(decision.code).inc()
            await self._books.note(request.user, "", decision.reason, address=request.address)

    async def _decide(self, request: auth.Request) -> auth.Grant | auth.Refusal:
        known = self._known.get(request.user)
        if known and request.client_id == request.user and known.opens_with(request.password):
            return auth.decide(request, known, known)
        try:
            login, owner = await self._books.logins(request.user, request.client_id)
        except psycopg.OperationalError:
            if known is None:
                return auth.Refusal("unavailable", "nobody can be verified just now: try again")
            return auth.decide(request, known, self._known.get(request.client_id))
        decision = auth.decide(request, login, owner)
        if login and isinstance(decision, auth.Grant):
            self._known[login.id] = login
        return decision


@dataclass(frozen=True, slots=True)
class _Connection:
    """One client of the broker, by the broker's own account."""

    server: str
    id: int
    user: str
    since: datetime


class _Bouncer:
    """Ends the connections of devices that were removed or have another secret."""

    def __init__(self, books: _Books, door: _Door, system: Client) -> None:
        self._books = books
        self._door = door
        self._system = system
        self._ending: set[asyncio.Task[None]] = set()

    async def serve(self, database_url: str) -> None:
        """Act on each revocation as it is committed, and on those missed meanwhile."""
        while True:
            try:
                await self._listen(database_url)
            except psycopg.OperationalError as error:
                log.warning("revocations cannot be heard, trying again", error=str(error).strip())
                await asyncio.sleep(1)

    async def _listen(self, database_url: str) -> None:
        async with await psycopg.AsyncConnection.connect(
            database_url, autocommit=True, connect_timeout=5, keepalives_idle=15
        ) as connection:
            await connection.execute("listen revoked")
            self._door.forget()
            await self._sweep()
            async for told in connection.notifies():
                self._door.forget(told.payload)
                task = asyncio.create_task(self._put_out(told.payload))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    async def _end(self, name: str, until: datetime | None = None) -> None:
        """End the connections of a user name, those begun before ``until``."""
        async with contextlib.aclosing(self._connections(user=name)) as clients:
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
        clients = [client async for client in self._connections()]
        for client in clients:
            self._door.met(client.id, client.user)
        since = await self._books.secrets_since([client.user for client in clients])
        for client in clients:
            if client.user not in since or client.since < since[client.user]:
                await self._kick(client)

    async def _kick(self, client: _Connection) -> None:
        subject = f"$SYS.REQ.SERVER.{client.server}.KICK"
        # Asked for an answer: the server passes over a request that wants none.
        with contextlib.suppress(nats.errors.TimeoutError, nats.errors.NoRespondersError):
            await self._system.request(subject, json.dumps({"cid": client.id}).encode(), timeout=2)
        PUT_OUT.inc()
        log.info("connection ended", device=client.user)

    async def _connections(self, **only: str) -> AsyncGenerator[_Connection]:
        """Devices that are connected, at all servers of the broker."""
        offset = 0
        while True:
            question = {"auth": True, "limit": _CONNZ_PAGE, "offset": offset, **only}
            most = 0
            async with contextlib.aclosing(_ask_all(self._system, "CONNZ", question)) as answers:
                async for answer in answers:
                    rows = answer["data"].get("connections") or []
                    most = max(most, len(rows))
                    for client in _devices_in(rows, answer["server"]["id"]):
                        yield client
            if most < _CONNZ_PAGE:
                return
            offset += _CONNZ_PAGE


def _devices_in(rows: list[dict[str, Any]], server: str) -> Iterator[_Connection]:
    for row in rows:
        user = row.get("authorized_user", "")
        if row.get("type") == "mqtt" and user and not user.startswith(auth.RESERVED):
            since = datetime.fromisoformat(row["start"])
            yield _Connection(server, row["cid"], user, since)


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


async def _watch_log(followed: FollowedFile, door: _Door, books: _Books) -> None:
    """Keep an account of what the broker dropped."""
    while True:
        for line in followed.lines():
            found = violations.parse(line)
            if found:
                DROPPED.inc()
                device = door.user_of(found.connection) or found.client
                reason = violations.REASON.format(device=device)
                await books.note(device, found.topic, reason)
        await asyncio.sleep(_LOG_PAUSE_S)


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Client]:
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


def listens(system_url: str, user: str) -> bool:
    """Whether a user of ours is connected to the broker and listens to something."""
    return asyncio.run(_listens(system_url, user))


async def _listens(system_url: str, user: str) -> bool:
    async with _connected(system_url) as client:
        question = {"auth": True, "user": user}
        async with contextlib.aclosing(_ask_all(client, "CONNZ", question)) as answers:
            async for answer in answers:
                rows = answer["data"].get("connections") or []
                if any(row.get("subscriptions", 0) > 0 for row in rows):
                    return True
    return False
