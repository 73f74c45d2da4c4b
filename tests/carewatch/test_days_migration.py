"""An installation that has hours already gets their days when it is upgraded."""

from datetime import UTC, datetime, timedelta

import psycopg

from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate
from domain.time import DAY, HOUR, Micros, from_datetime, to_datetime
from ingest import rollups

UNTIL: Micros = from_datetime(datetime(2026, 11, 20, 12, tzinfo=UTC))
MIDNIGHT = datetime(2026, 11, 17, 23, tzinfo=UTC)
"""In Madrid."""


def test_days_of_the_past_are_made(server: Postgres) -> None:
    maintenance = server.url.removesuffix("/carewatch") + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute("create database before_days")
    url = server.url.removesuffix("/carewatch") + "/before_days"
    with psycopg.connect(url, autocommit=True) as connection:
        migrate(connection, until="0018_packing_in_parts.sql")
        connection.execute(
            "insert into resident (id, slot, name, timezone)"
            " values ('anna', 2, 'Anna', 'Europe/Madrid')"
        )
        connection.execute(
            "insert into sample_hour (subject, at, heart_rate_count, heart_rate_low,"
            " heart_rate_high, heart_rate_mean) select 2, at, 60, 50, 70, 60"
            " from (select timestamptz '1970-01-01' union"  # somebody's clock
            " select generate_series(%s::timestamptz, %s, '1 hour')) as hour (at)",
            (to_datetime(UNTIL - 3 * DAY), to_datetime(UNTIL - HOUR)),
        )
        rollups.queries.begin(
            connection, names=["claimed", "minute", "hour", "rare", "night"], at=to_datetime(UNTIL)
        )
        rollups.queries.advance(connection, name="rest", at=to_datetime(UNTIL - 20 * DAY))
        assert migrate(connection)[0] == "0019_days.sql"
        rollups.roll_up(connection, UNTIL + rollups.LAG, since=UNTIL - DAY)
        days = connection.execute("select at, count from quantity_day order by at").fetchall()
    begins = [MIDNIGHT + timedelta(days=n - 1) for n in range(3)]
    assert days == list(zip(begins, (11 * 60, 24 * 60, 24 * 60), strict=True))
