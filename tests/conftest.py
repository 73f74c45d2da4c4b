"""Real parts for tests: one PostgreSQL a run, a fresh database a test."""

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server, with a migrated database `carewatch` to clone from."""
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), durable=False)
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
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    """A NATS server as MQTT broker; its `mqtt_url` is a login that may publish for any device."""
    nats = Nats(tmp_path_factory.mktemp("broker"))
    nats.prepare()
    process = nats.start()
    try:
        nats.wait()
        yield nats
    finally:
        process.terminate()
        process.wait(10)
