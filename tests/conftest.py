"""Real parts for tests: one server of each edition a run, a fresh database a test."""

import itertools
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import get_args

import psycopg
import pytest
import structlog

from carewatch.edition import Kind
from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres
from tests import databases
from tests.databases import Databases

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets the log up; the next test has its own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Room for servers; not below pytest's own, which other runs of it clean up."""
    with tempfile.TemporaryDirectory(prefix="carewatch-tests-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Postgres]:
    """The embedded PostgreSQL server."""
    with databases.running(Postgres(folder / "database", durable=False)) as postgres:
        yield postgres


@pytest.fixture(scope="session")
def databases_of(server: Postgres, folder: Path) -> Iterator[Callable[[Kind], Databases]]:
    """Databases of an edition, whose server is started when it is first asked for."""
    with ExitStack() as leave:
        ways: dict[Kind, Callable[[], Databases]] = {
            "plain": lambda: databases.Cloned(server.url),
            "apache": lambda: leave.enter_context(databases.apache(folder)),
            "timescale": lambda: leave.enter_context(databases.full(folder)),
        }
        yield cache(lambda kind: ways[kind]())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is marked ``every_edition`` runs on each.

    With ``connections=2`` it passes over the one that has a single connection.
    """
    if metafunc.definition.get_closest_marker("every_edition"):
        metafunc.parametrize("database_kind", get_args(Kind), indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """The edition of the test's database."""
    asked: Kind = getattr(request, "param", "plain")
    return asked


@pytest.fixture
def database_url(
    databases_of: Callable[[Kind], Databases],
    database_kind: Kind,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """The address of a fresh, migrated database of the test's own."""
    of_kind = databases_of(database_kind)
    if of_kind.connections < _connections(request):
        pytest.skip(
            f"by its nature: the full edition as WebAssembly has one connection, this test needs "
            f"{_connections(request)}. Name a server of that edition in TIMESCALE_URL to run it."
        )
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield of_kind.make(name)
    of_kind.drop(name)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def broker(folder: Path) -> Iterator[Nats]:
    """A NATS server as MQTT broker; its `mqtt_url` is a login that may publish for any device."""
    nats = Nats(folder / "broker")
    nats.prepare()
    process = nats.start()
    try:
        nats.wait()
        yield nats
    finally:
        process.terminate()
        process.wait(10)


def _connections(request: pytest.FixtureRequest) -> int:
    marker = request.node.get_closest_marker("every_edition")
    return int(marker.kwargs.get("connections", 1)) if marker else 1
