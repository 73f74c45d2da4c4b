"""The broker and the database of our own: made once, private, and sturdy."""

from pathlib import Path

import pytest

from carewatch.embedded import nats
from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres
from domain.errors import Unavailable


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
