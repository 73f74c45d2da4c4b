"""Which of the three databases it is, is asked of the database and told to people."""

import psycopg
import pytest

from carewatch.edition import Kind, edition, log_edition
from carewatch.readiness import parts


@pytest.mark.every_edition
def test_the_database_itself_says_which_edition_it_is(
    connection: psycopg.Connection, database_kind: Kind
) -> None:
    found = edition(connection)
    assert found.kind == database_kind
    assert (found.timescaledb is None) == (database_kind == "plain")
    assert connection.execute("select database_edition()").fetchone() == (database_kind,)


@pytest.mark.every_edition
def test_readiness_names_the_edition(database_url: str, database_kind: Kind) -> None:
    told = parts(database_url)["database"]
    assert told.ok
    words = {"plain": "PostgreSQL", "apache": "Apache edition", "timescale": "full edition"}
    assert words[database_kind] in told.detail
    assert told.detail.endswith(" answers.")


@pytest.mark.every_edition
def test_a_service_logs_the_edition_when_it_starts(
    database_url: str, database_kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    log_edition(database_url)
    told = capsys.readouterr()
    assert database_kind in told.out + told.err


def test_a_database_that_is_away_is_logged_and_stops_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_edition("postgresql://me:hunter2@127.0.0.1:1/carewatch")
    told = capsys.readouterr()
    assert "does not answer" in told.out + told.err
    assert "hunter2" not in told.out + told.err
