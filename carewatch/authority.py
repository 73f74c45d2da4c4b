"""The process at the broker's door: answers who may come in, and puts out who may not stay.

Side by side run: answers to the auth callout (``carewatch.door``), ending the connections of
revoked devices (``carewatch.bouncer``), reading the broker's log for publishes and subscriptions
that it refused, and a sign that we are at work.
"""

import asyncio
import contextlib
import threading

import psycopg
import structlog
from nats.aio.client import Client
from prometheus_client import Counter

from carewatch import connections, locks
from carewatch.books import Books
from carewatch.bouncer import Bouncer
from carewatch.door import Door
from carewatch.embedded.nats import ACCOUNT
from carewatch.follow import FollowedFile
from carewatch.settings import Settings
from gateway import auth, violations

log = structlog.get_logger()

DROPPED = Counter("carewatch_publishes_dropped", "Publishes against the rights, dropped")
DENIED = Counter("carewatch_subscriptions_refused", "Subscriptions against the rights, refused")

WORKING = locks.KEEPING_THE_DOOR
"""Advisory lock that is shared while logins are answered; others see by it that they are."""

_LOG_PAUSE_S = 0.5


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve until ``stop`` is set."""
    asyncio.run(_serve(settings, stop))


async def _serve(settings: Settings, stop: threading.Event) -> None:
    async with contextlib.AsyncExitStack() as stack:
        books = stack.enter_context(Books.open(settings.required("database_url")))
        client = await stack.enter_async_context(
            connections.connected(settings.required("nats_url"))
        )
        door = Door(books, auth.Signer(settings.required("nats_issuer"), ACCOUNT))
        tasks = [
            asyncio.create_task(door.serve(client)),
            asyncio.create_task(_be_seen(settings.required("database_url"), door, client)),
        ]
        if settings.nats_system_url:
            system = await stack.enter_async_context(
                connections.connected(settings.nats_system_url)
            )
            bouncer = Bouncer(books, door, system)
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


async def _be_seen(database_url: str, door: Door, client: Client) -> None:
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


async def _watch_log(followed: FollowedFile, door: Door, books: Books) -> None:
    """Keep an account of what the broker refused."""
    while True:
        for line in followed.lines():
            found = violations.parse(line)
            if found:
                (DROPPED if found.act == "Publish" else DENIED).inc()
                device = door.user_of(found.connection) or found.client
                await books.note(device, found.topic, violations.CODE, found.reason(device))
        await asyncio.sleep(_LOG_PAUSE_S)
