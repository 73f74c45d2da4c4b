"""The process at the broker's door: answers who may come in, and puts out who may not stay.

Side by side run: answers to the auth callout, ending the connections of revoked devices, reading
the broker's log for publishes and subscriptions that it refused, and a sign that we are at work.
All logins are known by heart, from the start and until they are revoked: a button that sleeps for
days gets in while the database is away.
"""

import asyncio
import contextlib
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import Counter, Gauge
from psycopg_pool import ConnectionPool

from carewatch import connections, locks
from carewatch.embedded.nats import ACCOUNT
from carewatch.follow import FollowedFile
from carewatch.punctual import Punctual, check
from carewatch.settings import Settings
from carewatch.steady import AWAY
from domain.time import SystemClock, to_datetime
from gateway import auth, registry, violations
from gateway.throttle import Throttle

log = structlog.get_logger()

LOGINS = Counter("carewatch_logins", "Logins at the broker by answer", ["answer"])
KNOWN = Gauge("carewatch_logins_known", "Logins that are known while the database is away")
PUT_OUT = Counter("carewatch_connections_ended", "Connections of revoked devices that were ended")
DROPPED = Counter("carewatch_publishes_dropped", "Publishes against the rights, dropped")
DENIED = Counter("carewatch_subscriptions_refused", "Subscriptions against the rights, refused")

WORKING = locks.KEEPING_THE_DOOR
"""Advisory lock that is shared while logins are answered; others see by it that they are."""

_CONNECTIONS_KNOWN = 200_000
_AGAIN_S = 2.0
"""A login that was being answered while its device was revoked has come through by then."""
_LEARN_S = 2.0
"""Between a change of the directory and learning all logins anew."""
_LOG_PAUSE_S = 0.5


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve until ``stop`` is set."""
    asyncio.run(_serve(settings, stop))


async def _serve(settings: Settings, stop: threading.Event) -> None:
    async with contextlib.AsyncExitStack() as stack:
        books = stack.enter_context(_Books.open(settings.required("database_url")))
        client = await stack.enter_async_context(
            connections.connected(settings.required("nats_url"))
        )
        door = _Door(books, auth.Signer(settings.required("nats_issuer"), ACCOUNT))
        tasks = [
            asyncio.create_task(door.serve(client)),
            asyncio.create_task(_be_seen(settings.required("database_url"), door, client)),
        ]
        if settings.nats_system_url:
            system = await stack.enter_async_context(
                connections.connected(settings.nats_system_url)
            )
            bouncer = _Bouncer(books, door, system)
            tasks.append(asyncio.create_task(bouncer.serve(settings.required("database_url"))))
        if settings.nats_log:
            place = settings.nats_log.with_name(settings.nats_log.name + ".read")
            followed = FollowedFile(settings.nats_log, place)
            tasks.append(asyncio.create_task(_watch_log(followed, door, books)))
        tasks.append(asyncio.create_task(_told_to(stop)))
        done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stop.set()  # frees the thread that waits for it, where a task failed first
        await _ended(waiting)
        for task in done:
            task.result()


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended.

    Once is not enough: on a connection that is just being lost, psycopg answers a cancellation
    with an OperationalError, and the task would try again as if only the database had gone.
    """
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=0.5)


async def _told_to(stop: threading.Event) -> None:
    await asyncio.to_thread(stop.wait)


class _Books:
    """The registry and the quarantine, asked from a loop that must not wait for them."""

    def __init__(self, pool: ConnectionPool[Punctual], workers: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._workers = workers
        self._clock = SystemClock()
        self._throttle = Throttle()

    @staticmethod
    @contextlib.contextmanager
    def open(url: str) -> Iterator["_Books"]:
        with (
            ConnectionPool(
                url, min_size=1, max_size=4, timeout=3, open=True, check=check,
                connection_class=Punctual, kwargs={"connect_timeout": 5},
            ) as pool,
            ThreadPoolExecutor(4, "books") as workers,
        ):  # fmt: skip
            yield _Books(pool, workers)

    def now(self) -> int:
        return self._clock.now()

    async def logins(self, *names: str) -> list[registry.Login | None]:
        """Raises psycopg.OperationalError where the database does not answer."""

        def ask() -> list[registry.Login | None]:
            with self._pool.connection() as connection:
                return [registry.login_of(connection, name) for name in names]

        return await asyncio.get_running_loop().run_in_executor(self._workers, ask)

    async def all_logins(self) -> dict[str, registry.Login]:
        """Raises psycopg.OperationalError where the database does not answer."""

        def ask() -> dict[str, registry.Login]:
            with self._pool.connection() as connection:
                return registry.logins(connection)

        return await asyncio.get_running_loop().run_in_executor(self._workers, ask)

    async def secrets_since(self, ids: list[str]) -> dict[str, datetime]:
        def ask() -> dict[str, datetime]:
            with self._pool.connection() as connection:
                return registry.secrets_since(connection, ids)

        return await asyncio.get_running_loop().run_in_executor(self._workers, ask)

    async def note(self, device: str, topic: str, code: str, reason: str, **more: Any) -> None:
        """One line and one row of quarantine, once a minute for each device and reason."""
        device = device.replace("\0", "?")[:64]
        if not self._throttle.lets((device, topic, reason), self.now()):
            return
        log.warning("refused by the broker", device=device, topic=topic, reason=reason, **more)

        def write() -> None:
            with self._pool.connection() as connection:
                at = to_datetime(self.now())
                registry.note_refusal(connection, at, device, topic, code, reason)

        try:
            await asyncio.get_running_loop().run_in_executor(self._workers, write)
        except AWAY as error:
            log.warning("a refusal could not be kept", device=device, error=str(error))


class _Door:
    """Answers the auth callout."""

    def __init__(self, books: _Books, signer: auth.Signer) -> None:
        self._books = books
        self._signer = signer
        self._known: dict[str, registry.Login] = {}
        self._users: OrderedDict[int, str] = OrderedDict()
        self._answering: set[asyncio.Task[None]] = set()
        self.kept = asyncio.Event()

    async def serve(self, client: Client) -> None:
        """Answer for as long as nobody cancels; several at a time."""
        asked = await client.subscribe("$SYS.REQ.USER.AUTH")
        await client.flush()
        self.kept.set()
        log.info("the door is kept")
        async for message in asked.messages:
            task = asyncio.create_task(self._answer(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def learn(self, logins: dict[str, registry.Login]) -> None:
        """From now on these are all that are known."""
        self._known = logins
        KNOWN.set(len(logins))

    def forget(self, name: str) -> None:
        """Ask the database again about this name."""
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
            await self._books.note(
                request.user, "", decision.code, decision.reason, address=request.address
            )

    async def _decide(self, request: auth.Request) -> auth.Grant | auth.Refusal:
        known = self._known.get(request.user)
        if known and request.client_id == request.user and known.opens_with(request.password):
            return auth.decide(request, known, known)
        try:
            login, owner = await self._books.logins(request.user, request.client_id)
        except AWAY:
            if known is None:
                return auth.Refusal("unavailable", "nobody can be verified just now: try again")
            return auth.decide(request, known, self._known.get(request.client_id))
        decision = auth.decide(request, login, owner)
        if login and isinstance(decision, auth.Grant):
            self._known[login.id] = login
        return decision


class _Bouncer:
    """Ends the connections of devices that were removed or have another secret."""

    def __init__(self, books: _Books, door: _Door, system: Client) -> None:
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


async def _be_seen(database_url: str, door: _Door, client: Client) -> None:
    """Hold the lock for as long as logins reach us, and take it again when it was lost."""
    await door.kept.wait()
    while True:
        try:
            if client.is_connected:
                await _hold_while_connected(database_url, client)
        except psycopg.OperationalError as error:
            log.warning("the database is away, trying again", error=type(error).__name__)
        await asyncio.sleep(1)


async def _hold_while_connected(database_url: str, client: Client) -> None:
    async with await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, connect_timeout=5, keepalives_idle=15,
        application_name="carewatch auth",
    ) as connection:  # fmt: skip
        await connection.execute("select pg_advisory_lock_shared(%s)", (WORKING,))
        while client.is_connected:
            async for _ in connection.notifies(timeout=1):
                pass  # nothing is listened to: this only notices when the database goes


async def _watch_log(followed: FollowedFile, door: _Door, books: _Books) -> None:
    """Keep an account of what the broker refused."""
    while True:
        for line in followed.lines():
            found = violations.parse(line)
            if found:
                (DROPPED if found.act == "Publish" else DENIED).inc()
                device = door.user_of(found.connection) or found.client
                await books.note(device, found.topic, violations.CODE, found.reason(device))
        await asyncio.sleep(_LOG_PAUSE_S)
