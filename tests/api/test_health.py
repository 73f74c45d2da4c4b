"""Alive, ready and figures."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg_pool import ConnectionPool

from api.app import create_app
from carewatch import locks
from carewatch.locks import AT_WORK
from carewatch.readiness import parts
from domain.time import SystemClock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def watched(pool: ConnectionPool[psycopg.Connection], database_url: str) -> TestClient:
    return TestClient(create_app(pool, SystemClock(), lambda: parts(database_url)))


@pytest.fixture
def at_work(database_url: str) -> Iterator[psycopg.Connection]:
    """Processes that hold their locks, and a pump that has saved its state."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (AT_WORK["gateway"],))
        connection.execute("select pg_advisory_lock_shared(%s)", (AT_WORK["escalator"],))
        connection.execute("select pg_advisory_lock(%s)", (AT_WORK["keeper"],))
        connection.execute("insert into checkpoint values ('engine', now(), '')")
        connection.execute("insert into escalator values ('one', now(), now())")
        yield connection


def test_the_numbers_of_locks_in_sql_are_those_of_the_table() -> None:
    found = {
        int(number)
        for folder in ("alerts", "api", "carewatch", "gateway", "ingest")
        for file in (ROOT / folder).rglob("*.sql")
        for number in re.findall(r"lock\w*\((7264\d+)", file.read_text())
    }
    assert found == {
        locks.CLAIMING, locks.READING_ALL, locks.MAKING_DAYS,
        locks.APPENDING, locks.ADMITTING, locks.INSPECTING,
    }  # fmt: skip


def _failing(client: TestClient, status: int) -> set[str]:
    answer = client.get("/readyz")
    assert answer.status_code == status, answer.text
    shown = answer.json()["parts"]
    assert all(part["detail"].endswith(".") for part in shown.values())
    return {name for name, part in shown.items() if part["state"] != "ok"}


def test_ready_when_every_part_is(watched: TestClient, at_work: psycopg.Connection) -> None:
    assert _failing(watched, 200) == set()


def test_what_is_missing_is_named(watched: TestClient) -> None:
    assert _failing(watched, 503) == {"pump", "inspection", "escalator", "keeper"}


def test_a_pump_that_is_stuck_is_noticed(watched: TestClient, at_work: psycopg.Connection) -> None:
    at_work.execute("update checkpoint set at = now() - interval '10 minutes'")
    assert _failing(watched, 503) == {"pump"}


def test_what_the_standing_audit_found_is_shown_until_it_is_mended(
    watched: TestClient, at_work: psycopg.Connection
) -> None:
    at_work.execute(
        "insert into defect (kind, thing, sentence, since)"
        " values ('unattended', 'a1', 'The alert a1 is left alone.', now())"
    )
    assert _failing(watched, 503) == {"inspection"}
    assert watched.get("/readyz").json()["parts"]["inspection"]["detail"] == (
        "The alert a1 is left alone."
    )
    at_work.execute("update defect set ended_at = now()")
    assert _failing(watched, 200) == set()
    at_work.execute("update escalator set seen_at = now() - interval '2 minutes'")
    assert _failing(watched, 503) == {"inspection"}


def test_a_missing_migration_is_noticed(watched: TestClient, at_work: psycopg.Connection) -> None:
    at_work.execute("delete from migration where name like '0003%'")
    assert _failing(watched, 503) == {"migrations", "pump", "inspection", "escalator", "keeper"}


def test_a_broker_that_is_away_is_noticed(
    pool: ConnectionPool[psycopg.Connection], database_url: str, at_work: psycopg.Connection
) -> None:
    url = "mqtt://user:secret@127.0.0.1:1"
    client = TestClient(create_app(pool, SystemClock(), lambda: parts(database_url, url)))
    assert _failing(client, 503) == {"broker"}
    assert "secret" not in client.get("/readyz").text


def test_where_the_broker_asks_us_somebody_has_to_answer(
    pool: ConnectionPool[psycopg.Connection], database_url: str, at_work: psycopg.Connection
) -> None:
    asked = TestClient(create_app(pool, SystemClock(), lambda: parts(database_url, None, True)))
    assert _failing(asked, 503) == {"auth"}
    assert "carewatch auth" in asked.get("/readyz").json()["parts"]["auth"]["detail"]
    at_work.execute("select pg_advisory_lock_shared(%s)", (AT_WORK["auth"],))
    assert _failing(asked, 200) == set()


def test_alive_and_figures(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    client.get("/api/v1/residents/anna")
    figures = client.get("/metrics").text
    assert 'route="/api/v1/residents/{resident}"' in figures
    assert "anna" not in figures
