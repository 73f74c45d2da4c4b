"""What readings take up is measured, on each edition."""

from datetime import UTC, datetime

import psycopg
import pytest

from domain.time import DAY, HOUR, from_datetime, to_datetime
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
    return {table.name: table for table in storage.measure(connection, Keep(), exactly=True)}


def test_rows_bytes_and_span_of_each_table(home: psycopg.Connection) -> None:
    rollups.roll_up(home, NOW + HOUR, since=NOW - 3 * DAY)
    tables = measured(home)
    assert tables["sample"].rows == tables["sample_minute"].rows == 28_800
    assert tables["sample_hour"].rows == 480
    assert tables["sample"].oldest == to_datetime(NOW - 2 * DAY)
    each = tables["sample"].bytes_per_row
    assert each is not None
    assert 100 < each < 150
    assert tables["sample"].in_a_year == pytest.approx(15 * tables["sample"].bytes, rel=0.01)


def test_what_is_compressed_counts_as_it_is(home: psycopg.Connection, database_kind: str) -> None:
    before = measured(home)["sample"]
    retention.compress(home, Keep(uncompressed=1), NOW + 2 * DAY)
    after = measured(home)["sample"]
    assert after.rows == before.rows
    assert (after.bytes < before.bytes / 3) == (database_kind == "timescale")


def test_an_empty_table_has_no_rate(connection: psycopg.Connection) -> None:
    assert [(table.rows, table.in_a_year) for table in storage.measure(connection, Keep())] == [
        (0, None)
    ] * len(storage.TABLES)


def test_whatever_else_is_on_the_disk_is_told(home: psycopg.Connection) -> None:
    whole = storage.measure_whole(home)
    names = {each.name for each in whole.others}
    assert {"alert", "alert_event", "audit", "wave", "quarantine", "outbox"} <= names
    assert names.isdisjoint(storage.TABLES)
    assert not any(name.startswith("sample_2") for name in names)
    known = sum(table.bytes for table in measured(home).values())
    assert known + sum(each.bytes for each in whole.others) <= whole.database
