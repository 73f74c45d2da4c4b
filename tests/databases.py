"""The databases that tests run on: PostgreSQL alone, and both editions of TimescaleDB.

``TIMESCALE_URL`` names a server of your own for the edition that it is (a superuser's address).
Where an edition is lacking, ``tests/needs.py`` decides what becomes of its tests. What an edition
cannot do by its nature is skipped all the same, and says so.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg

from carewatch.edition import edition
from carewatch.embedded import timescale
from carewatch.embedded.postgres import Postgres, free_port
from carewatch.migrate import migrate
from tests.needs import lacking

URL_SETTING = "TIMESCALE_URL"
FULL = Path(__file__).parent / "full"


class Databases(Protocol):
    """Somewhere to have databases from."""

    connections: float
    """How many may be open at a time."""

    def make(self, name: str) -> str:
        """The address of a fresh, migrated one."""
        ...

    def drop(self, name: str) -> None: ...


class Cloned:
    """Databases of a server, each a copy of one that was migrated."""

    connections = float("inf")

    def __init__(self, url: str) -> None:
        """``url`` leads to any database of the server, as a superuser."""
        self._server = url.rpartition("/")[0]
        self._template = f"carewatch_template_{os.getpid()}"
        self._do(f"create database {self._template}")
        with psycopg.connect(f"{self._server}/{self._template}") as connection:
            migrate(connection)
        # Nobody may be connected to what is copied, TimescaleDB's own workers neither.
        self._do(f"alter database {self._template} allow_connections false")
        self._do(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            f" where datname = '{self._template}'"
        )

    def make(self, name: str) -> str:
        self._do(f"create database {name} template {self._template}")
        return f"{self._server}/{name}"

    def drop(self, name: str) -> None:
        self._do(f"drop database {name} with (force)")

    def close(self) -> None:
        self.drop(self._template)

    def _do(self, statement: str) -> None:
        maintenance = f"{self._server}/postgres"
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(statement.encode())


class OneAtATime:
    """The full edition as WebAssembly: see ``tests/full/server.mjs``."""

    connections = 1.0

    def __init__(self, port: int) -> None:
        self._server = f"postgresql://postgres@127.0.0.1:{port}"
        with psycopg.connect(f"{self._server}/template") as connection:
            migrate(connection)

    def make(self, name: str) -> str:
        url = f"{self._server}/{name}"
        psycopg.connect(url).close()  # makes it, which may take longer than a test's patience
        return url

    def drop(self, name: str) -> None:
        """The next one takes its place."""


@contextmanager
def running(server: Postgres) -> Iterator[Postgres]:
    """A server, from its start to its end."""
    server.prepare()
    process = server.start()
    try:
        server.wait()
        yield server
    finally:
        process.terminate()
        process.wait(10)


def programs() -> timescale.Programs:
    """TimescaleDB on this machine; without it the test is skipped."""
    return timescale.find() or lacking("apache", "no TimescaleDB here: run `make timescale`.")


@contextmanager
def apache(folder: Path) -> Iterator[Databases]:
    """TimescaleDB as Debian builds it; of this machine, or the server that is named."""
    if url := _named("apache"):
        with closing(Cloned(url)) as databases:
            yield databases
        return
    server = timescale.Timescale(programs(), folder / "timescale", durable=False, background=False)
    try:
        with running(server):
            yield Cloned(server.url)
    finally:
        server.remove()


@contextmanager
def full(folder: Path) -> Iterator[Databases]:
    """TimescaleDB with the vendor's licence: the server that is named, else WebAssembly."""
    if url := _named("timescale"):
        with closing(Cloned(url)) as databases:
            yield databases
        return
    if not (shutil.which("node") and (FULL / "node_modules").exists()):
        lacking("timescale", "no full edition here: run `npm ci --prefix tests/full`.")
    port = free_port()
    process = subprocess.Popen(
        ["node", str(FULL / "server.mjs"), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(folder / "full.log").open("wb"),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), (folder / "full.log").read_text()
        yield OneAtATime(port)
    finally:
        process.kill()
        process.communicate()


def _named(kind: str) -> str | None:
    """The server that the environment names, if it is of this edition."""
    url = os.environ.get(URL_SETTING)
    if not url:
        return None
    with psycopg.connect(url) as connection:
        connection.execute("create extension if not exists timescaledb")
        return url if edition(connection).kind == kind else None
