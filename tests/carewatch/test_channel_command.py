"""``carewatch channel test`` tells whether somebody can be reached."""

import os
import subprocess
import sys

import psycopg
import pytest

from domain.time import SystemClock, to_datetime
from tests.alerts.conftest import Receiver

ACCOUNT = (
    "insert into account (id, username, password_hash, role) values ('1', 'li', 'x', 'family')"
)
CHANNEL = (
    "insert into person_channel (account_id, place, kind, address, priorities, created_at,"
    " confirmed_at) values ('1', 0, 'ntfy', 'rosas-topic', '{high}', %(at)s, %(at)s)"
)


def run(database_url: str, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "CAREWATCH_DATABASE_URL": database_url, **more}
    command = [sys.executable, "-m", "carewatch", "channel", "test", "li"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def li(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute(ACCOUNT)
        connection.execute(CHANNEL, {"at": to_datetime(SystemClock().now())})
    return database_url


def test_a_channel_that_answers(li: str) -> None:
    with Receiver() as receiver:
        host = receiver.url.removeprefix("http://").split("/")[0]
        done = run(li, CAREWATCH_NTFY_URL=f"ntfy://{host}/{{to}}")
    assert done.returncode == 0, done.stderr
    assert "delivered" in done.stdout
    assert "rosas-topic" not in done.stdout
    assert b"This is a test for li" in receiver.requests[0].body


def test_one_without_a_service_and_nobody_at_all(li: str) -> None:
    done = run(li)
    assert done.returncode == 1
    assert "CAREWATCH_NTFY_URL" in done.stdout
    with psycopg.connect(li) as connection:
        connection.execute("delete from person_channel")
    nobody = run(li)
    assert nobody.returncode == 1
    assert "no confirmed channel" in nobody.stderr
