"""What `carewatch bench query` asks, of a small county."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from carewatch.bench import filling, query
from carewatch.bench.filling import Size
from carewatch.bench.query import Plan
from carewatch.bench.questions import questions, viewer
from domain.errors import Unavailable
from domain.time import HOUR, SystemClock

SMALL = Size(samples=50_000, residents=210, alerts=300, span=HOUR)


@pytest.fixture
def county(connection: psycopg.Connection) -> psycopg.Connection:
    connection.autocommit = True
    now = SystemClock().now()
    filling.fill(connection, SMALL, now - HOUR, lambda _what, _done: None)
    filling.tell_now(connection, SMALL, now)
    connection.autocommit = False
    return connection


def test_each_question_finds_what_it_is_about(county: psycopg.Connection) -> None:
    asked = questions(viewer(SMALL.residents), SystemClock().now())
    told: dict[str, Any] = {each.name: each.alone(county, 0) for each in asked}
    assert told["year"]["level"] == "day"
    assert len(told["year"]["points"]) > 360
    assert told["month"]["level"] == "hour"
    assert told["day"]["points"]
    assert told["day_of_readings"]["points"]
    assert len(told["station"]) == SMALL.residents
    assert all(item["heart_rate"] for item in told["station"])
    alerts, _ = told["open_alerts"]
    assert (len(alerts), {alert.state for alert in alerts}) == (100, {"open"})


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="name a larger disk's folder with --keep"):
        query._check_room(Plan(samples=10**13, keep=tmp_path))
