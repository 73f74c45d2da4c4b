"""Migrations are applied once, and never change afterwards."""

import psycopg
import pytest

from carewatch.edition import Kind
from carewatch.migrate import MigrationDrift, migrate, migrations

pytestmark = pytest.mark.every_edition


def test_a_migrated_database_has_nothing_left_to_do(connection: psycopg.Connection) -> None:
    assert migrate(connection) == []


def test_every_table_of_readings_is_split_by_day(
    connection: psycopg.Connection, database_kind: Kind
) -> None:
    if database_kind != "plain":
        split = connection.execute(
            "select hypertable_name from timescaledb_information.hypertables"
        )
        assert {"sample", "measurement", "event"} <= {name for (name,) in split}
        return
    connection.execute("select make_days('sample', '2026-11-20', '2026-11-22')")
    made = connection.execute(
        "select count(*) from pg_inherits where inhparent = 'sample'::regclass"
    ).fetchone()
    assert made == (4,)  # three days and the rest


def test_a_changed_migration_is_refused_with_the_way_out(connection: psycopg.Connection) -> None:
    first = next(migrations()).name
    connection.execute("update migration set digest = 'other' where name = %s", (first,))
    with pytest.raises(MigrationDrift, match="put the change into a new migration"):
        migrate(connection)


def test_a_database_of_a_newer_version_is_refused(connection: psycopg.Connection) -> None:
    connection.execute("insert into migration (name, digest) values ('9999_later.sql', 'x')")
    with pytest.raises(MigrationDrift, match="9999_later"):
        migrate(connection)
