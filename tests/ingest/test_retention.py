"""Old data goes in whole pieces; what is still wanted stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from domain.time import DAY, HOUR, MINUTE, Micros, SystemClock, from_datetime, to_datetime
from ingest import retention, rollups, store
from ingest.retention import Keep
from tests.ingest.test_rollups import ANNA, BED, keep, samples
from tests.waiting import eventually

NOW = from_datetime(datetime(2026, 11, 21, 8, tzinfo=UTC))
DAYS = Keep(samples=2, minutes=40, rest=400, quarantine=10, uncompressed=3)

pytestmark = pytest.mark.every_edition


@pytest.fixture
def home(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("insert into resident (id, slot, name) values ('anna', 2, 'Anna')")
    connection.execute(
        "insert into device (id, slot, kind, resident_id, secret_hash)"
        " values ('bed', 1, 'bed', 'anna', 'x')"
    )
    connection.commit()
    connection.autocommit = True
    store.prepare(connection)
    return connection


def live(connection: psycopg.Connection, now: Micros) -> None:
    """What the keeper does."""
    retention.make_room(connection, now)
    rollups.roll_up(connection, now, since=now - DAYS.samples * DAY)
    retention.forget(connection, DAYS, now)


def count(connection: psycopg.Connection, table: str) -> int:
    (found,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    return int(found)


def days_of_samples(connection: psycopg.Connection, days: int) -> None:
    for day in range(days):
        at = NOW + day * DAY
        live(connection, at)
        keep(connection, samples((at, {"heart_rate": 60.0})))
    live(connection, NOW + (days - 1) * DAY + HOUR)


def test_samples_go_and_their_roll_ups_stay(home: psycopg.Connection) -> None:
    days_of_samples(home, 5)
    assert count(home, "sample") == 3
    assert count(home, "sample_minute") == 5
    live(home, NOW + 80 * DAY)
    assert (count(home, "sample"), count(home, "sample_hour")) == (0, 5)
    assert count(home, "sample_minute") == 0


@pytest.mark.every_edition(connections=2)
def test_pump_and_keeper_make_the_same_days_at_once(database_url: str) -> None:
    with psycopg.connect(database_url) as pump, psycopg.connect(database_url) as keeper:
        store.make_days(pump, NOW)
        with ThreadPoolExecutor(1) as other:
            made = other.submit(retention.make_room, keeper, NOW)
            eventually(lambda: _waits_for_a_lock(database_url) or made.done(), "the other's wait")
            pump.commit()
            made.result(20)


def _waits_for_a_lock(database_url: str) -> bool:
    with psycopg.connect(database_url) as look:
        return look.execute("select from pg_locks where not granted").fetchone() is not None


def test_nothing_goes_before_it_is_rolled_up(home: psycopg.Connection) -> None:
    retention.make_room(home, NOW)
    keep(home, samples((NOW, {"heart_rate": 60.0})))
    rollups.roll_up(home, NOW + MINUTE, since=NOW - DAY)
    retention.forget(home, DAYS, NOW + 30 * DAY)
    assert count(home, "sample") == 1


def test_late_samples_of_what_is_gone_change_nothing_that_was_rolled_up(
    home: psycopg.Connection,
) -> None:
    days_of_samples(home, 5)
    keep(home, samples((NOW + 1, {"heart_rate": 99.0})))
    live(home, NOW + 5 * DAY)
    found = home.execute("select heart_rate_count, heart_rate_mean from sample_minute order by at")
    assert found.fetchone() == (1, 60.0)


def test_claims_of_odd_times_go_with_what_is_old(home: psycopg.Connection) -> None:
    live(home, NOW)
    keep(home, samples((0, {"heart_rate": 60.0})))
    assert count(home, "sample") == 1
    live(home, NOW + HOUR)
    assert count(home, "sample") == 0


def test_room_is_made_for_samples_that_were_told_of_days_without_it(
    home: psycopg.Connection,
) -> None:
    keep(home, samples((NOW - DAY, {"heart_rate": 60.0}), (NOW + DAY, {"heart_rate": 61.0})))
    retention.make_room(home, NOW)
    keep(home, samples((NOW - DAY, {"heart_rate": 99.0}), (NOW + DAY, {"movement": 0.5})))
    rows = home.execute("select heart_rate, movement from sample order by measured_at").fetchall()
    assert rows == [(60.0, None), (61.0, 0.5)]


def test_quarantine_and_what_was_sent_go_after_their_days(home: psycopg.Connection) -> None:
    for age in (5, 15):
        at = to_datetime(NOW) - timedelta(days=age)
        home.execute(
            "insert into quarantine (at, topic, reason, size, payload)"
            " values (%s, 't', 'r', 1, 'x')",
            (at,),
        )
        home.execute(
            "insert into downlink (device_id, topic, payload, created_at, sent_at)"
            " values ('bed', 't', '{}', %s, %s)", (at, at),
        )  # fmt: skip
    live(home, NOW)
    assert (count(home, "quarantine"), count(home, "downlink")) == (1, 1)


def test_of_a_device_that_never_stops_being_refused_the_newest_stay(
    home: psycopg.Connection,
) -> None:
    more = retention.REFUSALS_KEPT + 5
    home.execute(
        "insert into quarantine (at, device_id, topic, reason, size, payload)"
        " select %s, device, 't', n::text, 1, 'x' from generate_series(1, %s) n,"
        " unnest(array['broken', null]) device",
        (to_datetime(NOW), more),
    )
    home.execute(
        "insert into quarantine (at, device_id, topic, reason, size, payload)"
        " values (%s, 'bed', 't', 'r', 1, 'x')",
        (to_datetime(NOW),),
    )
    live(home, NOW)
    kept = home.execute(
        "select device_id, count(*), min(reason::int) filter (where reason <> 'r')"
        " from quarantine group by device_id order by device_id"
    ).fetchall()
    assert kept == [("bed", 1, None), ("broken", 1000, 6), (None, 1000, 6)]


def test_only_what_is_past_the_recent_window_is_compressed(
    home: psycopg.Connection, database_kind: Any
) -> None:
    for day in range(6):
        keep(home, samples((NOW - day * DAY, {"heart_rate": 60.0}), device=BED, subject=ANNA))
    compressed = retention.compress(home, DAYS, NOW)
    assert compressed == (2 if database_kind == "timescale" else 0)
    keep(home, samples((NOW - 5 * DAY, {"heart_rate": 99.0, "movement": 0.5})))
    row = home.execute("select heart_rate, movement from sample order by measured_at").fetchone()
    assert row == (60.0, 0.5)


def test_chunks_to_come_are_as_long_as_set_or_as_the_rate_wants(
    home: psycopg.Connection, database_kind: Any
) -> None:
    chunked = database_kind != "plain"
    assert retention.fit_chunks(home, None) == (24 if chunked else None)
    assert retention.fit_chunks(home, 6) == (6 if chunked else None)
    now = SystemClock().now() - 2 * HOUR
    retention.make_room(home, now)
    keep(home, samples((now, {"heart_rate": 60.0})))
    assert retention.fit_chunks(home, None) == (24 if chunked else None)
