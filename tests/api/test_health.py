"""Alive, ready and figures."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg_pool import ConnectionPool

from api.app import create_app
from api.database import Database
from carewatch import authority, escalator, steady
from carewatch.readiness import LOCKS, parts
from domain.time import SystemClock


@pytest.fixture
def watched(pool: ConnectionPool[psycopg.Connection]) -> TestClient:
    return TestClient(create_app(pool, SystemClock(), lambda: parts(Database(pool), None)))


@pytest.fixture
def at_work(database_url: str) -> Iterator[psycopg.Connection]:
    """Processes that hold their locks, and a pump that has saved its state."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCKS["gateway"],))
        connection.execute("select pg_advisory_lock_shared(%s)", (LOCKS["escalator"],))
        connection.execute("insert into checkpoint values ('engine', now(), '')")
        yield connection


def test_the_locks_are_those_that_the_processes_hold() -> None:
    assert LOCKS == {
        "gateway": steady.RECEIVING,
        "escalator": escalator.WORKING,
        "auth": authority.WORKING,
    }


def _failing(client: TestClient, status: int) -> set[str]:
    answer = client.get("/readyz")
    assert answer.status_code == status, answer.text
    shown = answer.json()["parts"]
    assert all(part["detail"].endswith(".") for part in shown.values())
    return {name for name, part in shown.items() if part["state"] != "ok"}


def test_ready_when_every_part_is(watched: TestClient, at_work: psycopg.Connection) -> None:
    assert _failing(watched, 200) == set()


def test_what_is_missing_is_named(watched: TestClient) -> None:
    assert _failing(watched, 503) == {"pump", "escalator"}


def test_a_pump_that_is_stuck_is_noticed(watched: TestClient, at_work: psycopg.Connection) -> None:
    at_work.execute("update checkpoint set at = now() - interval '10 minutes'")
    assert _failing(watched, 503) == {"pump"}


def test_a_missing_migration_is_noticed(watched: TestClient, at_work: psycopg.Connection) -> None:
    at_work.execute("delete from migration where name like '0003%'")
    assert _failing(watched, 503) == {"migrations", "pump", "escalator"}


def test_a_broker_that_is_away_is_noticed(
    pool: ConnectionPool[psycopg.Connection], at_work: psycopg.Connection
) -> None:
    url = "mqtt://user:secret@127.0.0.1:1"
    client = TestClient(create_app(pool, SystemClock(), lambda: parts(Database(pool), url)))
    assert _failing(client, 503) == {"broker"}
    assert "secret" not in client.get("/readyz").text


def test_where_the_broker_asks_us_somebody_has_to_answer(
    pool: ConnectionPool[psycopg.Connection], at_work: psycopg.Connection
) -> None:
    asked = TestClient(create_app(pool, SystemClock(), lambda: parts(Database(pool), None, True)))
    assert _failing(asked, 503) == {"auth"}
    assert "carewatch auth" in asked.get("/readyz").json()["parts"]["auth"]["detail"]
    at_work.execute("select pg_advisory_lock_shared(%s)", (LOCKS["auth"],))
    assert _failing(asked, 200) == set()


def test_alive_and_figures(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    client.get("/api/v1/residents/anna")
    figures = client.get("/metrics").text
    assert 'route="/api/v1/residents/{resident}"' in figures
    assert "anna" not in figures
