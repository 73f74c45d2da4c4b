"""The API as a process: a pool, the notifications of the database, and uvicorn."""

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, cast

import psycopg
import structlog
import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from api.app import create_app
from api.feed import Feed
from carewatch.punctual import Punctual, check
from carewatch.readiness import parts
from carewatch.settings import Settings
from domain.errors import Unavailable
from domain.time import DAY, Clock, Micros, SystemClock, stopwatch

POOL_SIZE = 10
WAIT_S = 3.0
"""How long a request waits for a connection before it is told that the database is away."""
QUERY_S = 15.0
"""The longest statement: one person's chart must not keep everybody else waiting."""
OPTIONS = f"-c jit=off -c statement_timeout={int(QUERY_S * 1000)}"
"""Of the API's connections. To compile a statement, where the server can, takes longer than most of
ours do."""
START_S = 10.0
GRACE_S = 5
"""How long requests may take to end when we are to stop."""

_log = structlog.get_logger()


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve until told to stop; open feeds end with it.

    Raises Unavailable where the database is not named or the port is taken.
    """
    if settings.database_url is None:
        raise Unavailable("Say which database to use: set CAREWATCH_DATABASE_URL.")
    with Server(
        settings.database_url,
        SystemClock(),
        host=settings.host,
        port=settings.http_port,
        mqtt_url=settings.mqtt_url,
        asks_us=settings.nats_url is not None,
        reply_secret=settings.reply_secret,
        device_url=settings.device_url,
        stay=settings.stay_logged_in_days * DAY,
    ) as server:
        _log.info("the API answers", url=server.url)
        server.wait(stop)


class Server:
    """The API on a port (0: a free one), from entering the context until leaving it.

    ``asks_us``: the broker asks ``carewatch auth`` about each login, so that one has to be there.
    """

    def __init__(
        self,
        database_url: str,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        mqtt_url: str | None = None,
        asks_us: bool = False,
        reply_secret: str | None = None,
        device_url: str | None = None,
        stay: Micros = 0,
    ) -> None:
        self._database_url = database_url
        self._clock = clock
        self._socket = _bound(host, port)
        self._mqtt_url = mqtt_url
        self._asks_us = asks_us
        self._reply_secret = reply_secret
        self._device_url = device_url
        self._stay = stay
        self._exits = ExitStack()

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> "Server":
        pool = _pool(self._database_url)
        app = create_app(
            pool,
            self._clock,
            lambda: parts(self._database_url, self._mqtt_url, self._asks_us),
            self._reply_secret,
            self._device_url,
            self._stay,
        )
        self._exits.callback(pool.close, timeout=1)
        feed: Feed = app.state.context.feed
        listener = Listener(self._database_url, feed)
        listener.start()
        self._exits.callback(listener.stop)
        self._uvicorn = _Uvicorn(app, feed)
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([self._socket],), name="http"
        )
        self._thread.start()
        self._exits.callback(self._end)
        try:
            self._await()
        except Unavailable:
            self._exits.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def wait(self, stop: threading.Event) -> None:
        """Until told to stop. Raises Unavailable where the server ended by itself."""
        while not stop.wait(0.5):
            if not self._thread.is_alive():
                raise Unavailable("The API ended by itself; its log says why.")

    def _await(self) -> None:
        deadline = stopwatch() + START_S
        while not self._uvicorn.started:
            if stopwatch() > deadline or not self._thread.is_alive():
                raise Unavailable("The API did not start; its log says why.")
            self._thread.join(0.01)

    def _end(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join()


class _Uvicorn(uvicorn.Server):
    """Ends the feeds before it waits for open requests: they would never end."""

    def __init__(self, app: FastAPI, feed: Feed) -> None:
        super().__init__(
            uvicorn.Config(
                cast(Any, app), log_config=None, access_log=False, server_header=False,
                timeout_graceful_shutdown=GRACE_S, lifespan="on",
            )
        )  # fmt: skip
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.close()
        await super().shutdown(sockets)


class Listener(threading.Thread):
    """Passes the database's notifications on to the feed, and comes back when it was away."""

    def __init__(self, database_url: str, feed: Feed) -> None:
        super().__init__(name="listener", daemon=True)
        self._database_url = database_url
        self._wake: dict[str, Callable[[], None]] = {
            "alert": feed.wake,
            "directory": feed.wake,
            "session": feed.recheck,
        }
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            try:
                self._listen()
            except psycopg.Error as error:
                _log.warning("notifications are away", error=type(error).__name__)
                self._stop_asked.wait(1)

    def _listen(self) -> None:
        with psycopg.connect(
            self._database_url,
            autocommit=True,
            connect_timeout=5,
            application_name="carewatch api listener",
        ) as connection:
            for channel in self._wake:
                connection.execute(f"listen {channel}")
            for wake in self._wake.values():
                wake()  # for what was said while nobody listened
            while not self._stop_asked.is_set():
                for notification in connection.notifies(timeout=0.5):
                    self._wake[notification.channel]()
                    if self._stop_asked.is_set():
                        return


def _pool(database_url: str) -> ConnectionPool[psycopg.Connection]:
    pool: ConnectionPool[psycopg.Connection] = ConnectionPool(
        database_url,
        connection_class=Punctual,  # patient for longer than QUERY_S, and no longer
        min_size=2,
        max_size=POOL_SIZE,
        timeout=WAIT_S,
        reconnect_timeout=WAIT_S,  # later requests try again; the pool's own pauses grow too long
        check=check,
        kwargs={
            "application_name": "carewatch api",
            "connect_timeout": 5,
            "options": OPTIONS,
        },
        open=True,
    )
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(lambda record: not record.exc_info)
    return pool


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio does not switch Nagle's algorithm off: 40 ms more an answer.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise Unavailable(
            f"Port {port} of {host} cannot be used ({error.strerror}): "
            "set CAREWATCH_HTTP_PORT to another, or to 0 for a free one."
        ) from error
    return found
