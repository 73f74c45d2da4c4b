"""The registry and the quarantine, for a loop that must not wait for the database."""

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import structlog
from psycopg_pool import ConnectionPool

from carewatch.punctual import Punctual, check
from carewatch.steady import AWAY
from domain.time import SystemClock, to_datetime
from gateway import registry
from gateway.throttle import Throttle

log = structlog.get_logger()


class Books:
    """The registry and the quarantine, asked from a loop that must not wait for them."""

    def __init__(self, pool: ConnectionPool[Punctual], workers: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._workers = workers
        self._clock = SystemClock()
        self._throttle = Throttle()

    @staticmethod
    @contextlib.contextmanager
    def open(url: str) -> Iterator["Books"]:
        with (
            ConnectionPool(
                url, min_size=1, max_size=4, timeout=3, open=True, check=check,
                connection_class=Punctual, kwargs={"connect_timeout": 5},
            ) as pool,
            ThreadPoolExecutor(4, "books") as workers,
        ):  # fmt: skip
            yield Books(pool, workers)

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
