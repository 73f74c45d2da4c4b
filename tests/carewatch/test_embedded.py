"""The broker and the database of our own: made once, private, and sturdy."""

import socket
from pathlib import Path

import pytest

from carewatch.embedded import nats
from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres, free_port
from carewatch.ports import with_free_ports
from carewatch.settings import Settings
from domain.errors import Unavailable
from tests.databases import running


def test_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first, second = Nats(tmp_path / "b"), Nats(tmp_path / "b")
    first.prepare()
    second.prepare()
    assert first.issuer == second.issuer
    for name in ("keys.json", "nats.conf"):
        assert (tmp_path / "b" / name).stat().st_mode & 0o077 == 0


def test_a_broker_that_flushes_each_message_starts_even_in_an_odd_folder(tmp_path: Path) -> None:
    broker = Nats(tmp_path / 'öl "und" $x', sync_always=True)
    broker.prepare()
    process = broker.start()
    try:
        broker.wait()
    finally:
        process.terminate()
        process.wait(10)


def test_a_broker_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    broker = Nats(tmp_path / "b")
    broker.prepare()
    with pytest.raises(Unavailable, match=r"does not listen on port .*nats\.log"):
        broker.wait(seconds=0)


def test_without_any_broker_program_the_ways_out_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nats.shutil, "which", lambda name: None)
    monkeypatch.setattr(nats, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="CAREWATCH_MQTT_URL"):
        nats.server_binary()


def test_a_cluster_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "database", durable=False)
    (tmp_path / "database" / "cluster.new").mkdir(parents=True)
    (tmp_path / "database" / "cluster.new" / "PG_VERSION").write_text("18")
    postgres.prepare()
    assert (tmp_path / "database" / "cluster" / "global" / "pg_control").exists()
    assert not (tmp_path / "database" / "cluster.new").exists()


def test_a_database_that_is_started_again_keeps_its_address(tmp_path: Path) -> None:
    folder = tmp_path / "database"
    with running(Postgres(folder, durable=False)) as first:
        url = first.url
    with running(Postgres(folder, durable=False)) as again:
        assert again.url == url


def test_a_database_whose_port_is_taken_meanwhile_takes_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (tmp_path / "port").write_text(str(port))
        postgres = Postgres(tmp_path)
        assert postgres.last_port == port != postgres.port


def test_up_keeps_the_database_where_it_was(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "database").mkdir()
    (tmp_path / "database" / "port").write_text(str(port))
    chosen = with_free_ports(Settings(data=tmp_path, http_port=0))
    assert chosen.database_port == port
    assert chosen.http_port not in (0, port)
