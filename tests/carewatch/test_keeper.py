"""One keeper works, and makes up for what it missed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from carewatch import keeper
from carewatch.settings import Settings
from domain.time import DAY, MINUTE, SystemClock, to_datetime
from ingest import store
from ingest.retention import Keep
from tests.waiting import eventually

LONG_AGO = 5 * MINUTE


@contextmanager
def keeping(database_url: str) -> Iterator[threading.Event]:
    stop = threading.Event()
    settings = Settings(database_url=database_url)
    thread = threading.Thread(target=keeper.run, args=(settings, stop))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def ask(connection: psycopg.Connection) -> psycopg.Connection:
    connection.autocommit = True
    now = SystemClock().now()
    store.make_days(connection, now)
    connection.execute(
        "insert into sample (device, subject, measured_at, received_at, heart_rate)"
        " values (1, 1, %s, %s, 60)",
        (to_datetime(now - LONG_AGO), to_datetime(now - LONG_AGO)),
    )
    connection.execute(
        "insert into quarantine (at, topic, reason, size, payload) values (%s, 't', 'r', 1, 'x')",
        (to_datetime(now - 31 * DAY),),
    )
    return connection


def test_what_was_missed_is_made_up_for(database_url: str, ask: psycopg.Connection) -> None:
    with keeping(database_url):
        eventually(lambda: ask.execute("select from sample_minute").fetchall(), "a minute")
        eventually(lambda: not ask.execute("select from quarantine").fetchall(), "forgetting")


def test_finished_days_are_packed(ask: psycopg.Connection) -> None:
    now = SystemClock().now()
    ask.execute(
        "insert into sample (device, subject, measured_at, received_at, heart_rate)"
        " values (1, 1, %(at)s, %(at)s, 61)", {"at": to_datetime(now - 9 * DAY)},
    )  # fmt: skip
    keeper.Keeper(Keep()).work(ask, now)
    assert ask.execute("select sum(samples) from sample_pack").fetchall() == [(1,)]


def test_a_second_keeper_waits_and_takes_over(database_url: str, ask: psycopg.Connection) -> None:
    held = "select pg_try_advisory_lock(%s)"
    with psycopg.connect(database_url, autocommit=True) as first:
        assert first.execute(held, (keeper.WORKING,)).fetchone() == (True,)
        with keeping(database_url):
            name = "select from pg_stat_activity where application_name = %s"
            eventually(lambda: ask.execute(name, (keeper.APPLICATION_NAME,)).fetchall(), "a second")
            assert ask.execute("select from progress").fetchall() == []
            first.close()
            eventually(lambda: ask.execute("select from progress").fetchall(), "taking over")
