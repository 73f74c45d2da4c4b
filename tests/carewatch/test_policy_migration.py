"""Policies that somebody changed before there were teams' own are kept."""

import psycopg

from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate


def test_changed_steps_are_taken_over(server: Postgres) -> None:
    maintenance = server.url.removesuffix("/carewatch") + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute("create database before_policies")
    with psycopg.connect(server.url.removesuffix("/carewatch") + "/before_policies") as connection:
        migrate(connection, until="0008_duty.sql")
        connection.execute(
            "update policy_step set hold_s = 90 where priority = 'high' and step = 0"
        )
        assert "0009_policies.sql" in migrate(connection)
        rows = connection.execute(
            "select priority, jsonb_array_length(steps), steps -> 0 -> 'hold_s', team_id, kind"
            " from policy where ended_at is null order by id"
        ).fetchall()
    assert rows == [
        ("high", 3, 90, None, None),
        ("low", 1, None, None, None),
        ("medium", 3, 180, None, None),
    ]
