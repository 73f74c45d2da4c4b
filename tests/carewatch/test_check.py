"""What `carewatch check` finds, and which way out it names."""

import socket
from pathlib import Path

import psycopg
import pytest

from carewatch.check import Found, look
from carewatch.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(
        environment={}, data=tmp_path / "data", http_port=0, mqtt_port=0, nats_port=0
    )  # fmt: skip


def found(settings: Settings, **more: object) -> dict[str, Found]:
    return {each.name: each for each in look(settings.model_copy(update=more))}


def test_a_fresh_machine_is_well(settings: Settings) -> None:
    result = found(settings)
    assert {each.state for each in result.values()} == {"ok"}
    assert "carewatch up" in result["database"].detail
    assert not settings.data.exists()  # it looks, and makes nothing


def test_a_port_that_is_taken_is_named_with_its_option(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = found(settings, http_port=port)[f"port {port}"]
    assert result.state == "wrong"
    assert "--http-port" in result.mend


def test_a_database_that_does_not_answer_is_missing(settings: Settings) -> None:
    result = found(settings, database_url="postgresql://me:hunter2@127.0.0.1:1/carewatch")
    assert result["database"].state == "missing"
    assert "CAREWATCH_DATABASE_URL" in result["database"].mend
    assert "hunter2" not in str(result)


def test_a_broker_that_does_not_answer_is_missing(settings: Settings) -> None:
    result = found(settings, mqtt_url="mqtt://me:hunter2@127.0.0.1:1")
    assert result["broker"].state == "missing"
    assert "hunter2" not in str(result)


def test_a_migrated_database_with_the_same_clock_is_well(
    settings: Settings, database_url: str
) -> None:
    result = found(settings, database_url=database_url)
    assert [result[name].state for name in ("database", "clock", "tables")] == ["ok"] * 3


def test_missing_tables_are_mended_by_migrate(settings: Settings, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from migration where name like '0003%'")
    tables = found(settings, database_url=database_url)["tables"]
    assert (tables.state, tables.mend) == ("wrong", "Run `carewatch migrate`.")
    assert "0003" in tables.detail


def test_an_empty_database_is_mended_by_migrate(settings: Settings, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    tables = found(settings, database_url=database_url)["tables"]
    assert (tables.state, tables.mend) == ("wrong", "Run `carewatch migrate`.")


def test_tables_of_another_version_are_left_alone(settings: Settings, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into migration (name, digest) values ('9999_later.sql', 'x')")
    tables = found(settings, database_url=database_url)["tables"]
    assert tables.state == "wrong"
    assert "9999_later" in tables.detail
