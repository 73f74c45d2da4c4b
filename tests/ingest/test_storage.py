"""What readings take up is measured, on each edition."""

from datetime import UTC, datetime

import psycopg
import pytest

from domain.time import DAY, HOUR, Micros, from_datetime, to_datetime
from ingest import retention, rollups, storage, store
from ingest.retention import Keep
from ingest.storage import Table

NOW = from_datetime(datetime(2026, 11, 21, 8, tzinfo=UTC))

pytestmark = pytest.mark.every_edition


@pytest.fixture
def home(connection: psycopg.Connection) -> psycopg.Connection:
    """Two days of ten beds at a sample a minute."""
    connection.autocommit = True
    store.make_days(connection, NOW)
    connection.execute(
        "insert into sample (device, subject, measured_at, received_at, heart_rate,"
        " respiration_rate, movement, signal_quality, in_bed)"
        " select d, d, at, at, 60, 14, 0.1, 0.9, true from generate_series(1, 10) as d,"
        " generate_series(%s::timestamptz, %s, '1 minute') as at",
        (to_datetime(NOW - 2 * DAY), to_datetime(NOW - 1)),
    )
    return connection


def measured(connection: psycopg.Connection) -> dict[str, Table]:
    return {table.name: table for table in storage.measure(connection, Keep(), NOW, exactly=True)}


def told_at(connection: psycopg.Connection, *times: Micros) -> None:
    """A bed's sample at each of these times, whatever a clock says."""
    connection.cursor().executemany(
        "insert into sample (device, subject, measured_at, received_at, heart_rate)"
        " values (1, 1, %s, %s, 60)",
        [(to_datetime(at), to_datetime(NOW)) for at in times],
    )


def rows_of(connection: psycopg.Connection, name: str, exactly: bool = False) -> int | None:
    whole = storage.measure_whole(connection, exactly)
    return next(each.rows for each in whole.others if each.name == name)


def test_rows_bytes_and_span_of_each_table(home: psycopg.Connection) -> None:
    rollups.roll_up(home, NOW + HOUR, since=NOW - 3 * DAY)
    tables = measured(home)
    assert tables["sample"].rows == tables["sample_minute"].rows == 28_800
    assert tables["sample_hour"].rows == 480
    assert tables["sample"].oldest == to_datetime(NOW - 2 * DAY)
    each = tables["sample"].bytes_per_row
    assert each is not None
    assert 100 < each < 150
    used = sum(piece.bytes for piece in tables["sample"].pieces if piece.row_count)
    assert tables["sample"].in_a_year == pytest.approx(15 * used, rel=0.01)


def test_what_is_compressed_counts_as_it_is(home: psycopg.Connection, database_kind: str) -> None:
    before = measured(home)["sample"]
    retention.compress(home, Keep(uncompressed=1), NOW + 2 * DAY)
    after = measured(home)["sample"]
    assert after.rows == before.rows
    assert (after.bytes < before.bytes / 3) == (database_kind == "timescale")


def test_an_empty_table_has_no_rate(connection: psycopg.Connection) -> None:
    assert [
        (table.rows, table.in_a_year) for table in storage.measure(connection, Keep(), NOW)
    ] == [(0, None)] * len(storage.TABLES)


def test_what_a_year_needs_is_known_after_an_hour_of_samples(
    connection: psycopg.Connection,
) -> None:
    connection.autocommit = True
    store.make_days(connection, NOW)
    assert storage.forecast(measured(connection).values()) is None
    told_at(connection, NOW - HOUR // 2, NOW)
    assert storage.forecast(measured(connection).values()) is None
    told_at(connection, NOW - 2 * HOUR)
    tables = measured(connection)
    assert storage.forecast(tables.values()) == tables["sample"].in_a_year is not None


@pytest.mark.parametrize("wrong", [0, NOW - 400 * DAY, NOW + 400 * DAY])
def test_a_clock_that_is_wrong_changes_no_forecast(home: psycopg.Connection, wrong: Micros) -> None:
    before = measured(home)["sample"].in_a_year
    told_at(home, wrong)
    after = measured(home)["sample"]
    assert after.rows == 28_801
    assert after.in_a_year == before is not None


def test_whatever_else_is_on_the_disk_is_told(home: psycopg.Connection) -> None:
    whole = storage.measure_whole(home)
    names = {each.name for each in whole.others}
    assert {"alert", "alert_event", "audit", "wave", "quarantine", "outbox"} <= names
    assert names.isdisjoint(storage.TABLES)
    assert not any(name.startswith("sample_2") for name in names)
    known = sum(table.bytes for table in measured(home).values())
    assert known + sum(each.bytes for each in whole.others) <= whole.database


def test_rows_of_small_tables_are_counted(home: psycopg.Connection) -> None:
    home.execute("insert into team (id, name, level) values ('a', 'A', 'county')")
    assert rows_of(home, "team") == 1
    assert rows_of(home, "account") == 0


def test_rows_that_nobody_has_counted_are_not_known(
    home: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "COUNTED_BYTES", -1)  # all tables are large
    home.execute("insert into team (id, name, level) values ('a', 'A', 'county')")
    assert rows_of(home, "team") is None
    assert rows_of(home, "team", exactly=True) == 1
    home.execute("analyze team")
    assert rows_of(home, "team") == 1
