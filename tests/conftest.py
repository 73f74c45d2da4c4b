"""Real parts for tests: one PostgreSQL a run, a fresh database a test."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Room for servers; not below pytest's own, which other runs of it clean up."""
    with tempfile.TemporaryDirectory(prefix="carewatch-tests-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL server, with a migrated database `carewatch` to clone from."""
    postgres = Postgres(folder / "database", durable=False)
    postgres.prepare()
    process = postgres.start()
    try:
        postgres.wait()
        with psycopg.connect(postgres.url) as connection:
            migrate(connection)
        yield postgres
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def database_url(server: Postgres) -> Iterator[str]:
    """The address of a fresh, migrated database of the test's own."""
    name = f"test_{next(_numbers)}"
    maintenance = server.url.removesuffix("/carewatch") + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"create database {name} template carewatch")
    yield server.url.removesuffix("/carewatch") + f"/{name}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


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
