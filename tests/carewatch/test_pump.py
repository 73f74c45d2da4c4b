"""The way of a reading, from a device's publish to the database and back to the device."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerts.detectors import silence
from carewatch import pump, steady
from carewatch.embedded.nats import Nats
from domain.time import SECOND, SystemClock
from gateway import registry
from tests.carewatch.home import Home, at_home
from tests.mosquitto import BINARY, Mosquitto
from tests.talking import now_ms
from tests.waiting import eventually


@pytest.fixture(scope="session")
def other_broker(folder: Path) -> Iterator[Mosquitto]:
    """A Mosquitto, where the machine has one; .ci/run installs it."""
    if BINARY is None:
        pytest.skip("no mosquitto on this machine: install it to try carewatch with it")
    mosquitto = Mosquitto(folder / "mosquitto")
    process = mosquitto.start()
    try:
        mosquitto.wait()
        yield mosquitto
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["broker", "other_broker"], ids=["nats", "mosquitto"])
def home(request: pytest.FixtureRequest, database_url: str) -> Iterator[Home]:
    with at_home(request.getfixturevalue(request.param), database_url) as home:
        yield home


def test_a_reading_is_kept(home: Home) -> None:
    home.device("bed-7").say("sample", {"t": now_ms(), "heart_rate": 61, "in_bed": True})
    assert eventually(lambda: home.ask("select heart_rate, in_bed from sample")) == [(61.0, True)]


def test_a_press_raises_one_alert_however_often_it_comes_and_is_answered(home: Home) -> None:
    button = home.device("button-7")
    press = {"t": now_ms(), "id": "a1b2", "event": "button_pressed"}
    for _ in range(100):
        button.say("event", press)
    eventually(lambda: len(button.receipts) == 100, "a receipt for each")
    ((alert, state, kind),) = home.ask("select id, state, kind from alert")
    assert (state, kind) == ("open", "sos")
    assert {(r["event"], r["state"], r["alert"]) for r in button.receipts} == {
        ("a1b2", "stored", alert)
    }
    assert home.ask("select count(*) from event") == [(1,)]


def test_what_is_refused_is_kept_with_its_reason_and_stops_nobody(home: Home) -> None:
    bed, fall = home.device("bed-7"), home.device("fall-7")
    bed.say("sample", b"garbage")
    bed.say("sample", bytes(1024 * 1024))
    bed.say("sample", {"t": 0, "heart_rate": 99})
    bed.say("sample", {f"field_{number}": number for number in range(10_000)})
    bed.say("nonsense", {})
    fall.say("event", {"event": "fall"}, retain=True)
    fall.say("event", b"", retain=True)  # takes the retained fall back
    bed.say("sample", {"t": now_ms(), "heart_rate": 61})
    eventually(lambda: home.ask("select from sample where heart_rate = 61"), "the good sample")
    refused = home.ask(
        "select device_id, size, length(payload), reason, code from quarantine order by id"
    )
    assert [(row[0], row[1], row[2]) for row in refused[:3]] == [
        ("bed-7", 7, 7),
        ("bed-7", 1024 * 1024, 4096),
        ("bed-7", 2, 2),
    ]
    assert "not JSON" in refused[0][3]
    assert [row[4] for row in refused[:2]] == ["not_json", "too_large"]
    assert home.ask("select heart_rate from sample where measured_at < '1971-01-01'") == [(99.0,)]
    eventually(lambda: home.ask("select from device_status where unknown_fields = 10000"))


def test_a_device_that_is_placed_with_nobody_is_heard(home: Home) -> None:
    registry.add(home.database, "spare", "button")
    home.device("spare").say("event", {"event": "button_pressed", "t": now_ms()})
    (found,) = eventually(lambda: home.ask("select subject, resident_id, device_id from alert"))
    assert found == ("device:spare", None, "spare")


def test_a_device_that_was_registered_a_moment_ago_is_heard(home: Home) -> None:
    devices = [home.device(f"new-{number}") for number in range(5)]
    for device in devices:
        registry.add(home.database, device.name, "bed", resident="rosa")
        device.say("sample", {"t": now_ms(), "heart_rate": 61})
    eventually(lambda: home.ask("select from sample having count(*) = 5"), "all are kept")
    assert home.ask("select from quarantine") == []


def test_a_device_that_was_given_away_a_moment_ago_tells_of_its_new_owner(home: Home) -> None:
    button = home.device("button-7")
    home.ask("insert into resident (id, name) values ('ben', 'Ben') returning id")
    home.ask("update device set resident_id = 'ben' where id = 'button-7' returning id")
    button.say("event", {"event": "button_pressed", "t": now_ms()})
    (found,) = eventually(lambda: home.ask("select resident_id, device_id from alert"))
    assert found == ("ben", "button-7")


def test_a_device_that_was_removed_a_moment_ago_is_refused(home: Home) -> None:
    bed, button = home.device("bed-7"), home.device("button-7")
    registry.remove(home.database, "bed-7")
    bed.say("sample", {"t": now_ms(), "heart_rate": 61})
    eventually(lambda: home.ask("select from quarantine where device_id = 'bed-7'"), "refused")
    button.say("event", {"event": "button_pressed", "t": now_ms()})
    eventually(lambda: button.receipts, "the other device is heard as ever")
    assert home.ask("select from sample") == []


def test_a_device_hears_that_somebody_has_taken_its_press(home: Home) -> None:
    button = home.device("button-7")
    payload = {"event": "a1", "state": "accepted", "alert": "x", "by": "station"}
    home.database.execute(
        "insert into downlink (device_id, topic, payload) values ('button-7', %s, %s)",
        ("cw/v1/button-7/receipt", json.dumps(payload)),
    )
    assert eventually(lambda: button.receipts) == [payload]
    eventually(lambda: home.ask("select from downlink where sent_at is not null"), "it is marked")


def test_the_result_of_a_command_is_kept(home: Home) -> None:
    home.database.execute(
        "insert into command (id, device_id, command) values ('c1', 'bed-7', 'identify')"
    )
    home.device("bed-7").say("result", {"id": "c1", "ok": True})
    eventually(lambda: home.ask("select from command where ok and finished_at is not null"))


def test_readings_flow_on_after_the_database_was_away(home: Home) -> None:
    bed = home.device("bed-7")
    bed.say("sample", {"t": now_ms(), "heart_rate": 61})
    eventually(lambda: home.ask("select from sample"), "a first sample")
    home.ask(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    bed.say("sample", {"t": now_ms() + 1, "heart_rate": 62})
    eventually(lambda: home.ask("select from sample where heart_rate = 62"), "the next sample")


def test_no_turn_waits_until_the_engine_is_saved(broker: Nats, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("lock table checkpoint in exclusive mode")
        with at_home(broker, database_url) as home:
            home.device("button-7").say("event", {"event": "button_pressed", "key": "p1"})
            eventually(lambda: home.ask("select from alert"), "the alert")
            assert home.ask("select from checkpoint") == []
            other.commit()
            eventually(lambda: home.ask("select from checkpoint"), "the engine's state")


def test_a_bed_that_sends_hours_at_once_delays_no_press(home: Home) -> None:
    bed, button = home.device("bed-7"), home.device("button-7")
    start = now_ms() - 20_000_000
    for part in range(3):
        at = start + part * 6_000_000
        batch = [{"t": at + 1000 * n, "heart_rate": 61, "in_bed": True} for n in range(4_500)]
        bed.say("sample", {"samples": batch})
    pressed = SystemClock().now()
    button.say("event", {"id": "a1", "event": "button_pressed"})
    eventually(lambda: button.receipts, "the receipt", 10)
    assert SystemClock().now() - pressed < 4 * SECOND
    eventually(lambda: home.ask("select from sample having count(*) = 13500"), "all samples")


def test_a_device_that_is_deleted_before_its_contact_is_kept_stops_nobody(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed, button = home.device("bed-7"), home.device("button-7")
    bed.say("sample", {"t": now_ms(), "heart_rate": 61})
    eventually(lambda: home.ask("select from sample"), "the sample")
    delete(home, "bed-7")
    monkeypatch.setattr(pump, "MEMORY_EVERY", SECOND)
    kept = "select from device_status s join device d on d.slot = s.device where d.id = 'button-7'"

    def press() -> list[Any]:
        button.say("event", {"event": "button_pressed", "t": now_ms()})
        return home.ask(f"{kept} and s.heard_at is not null")

    eventually(press, "the contact of the other", 20)
    answered = len(button.receipts)
    press()
    eventually(lambda: len(button.receipts) > answered, "the next press is answered")


def test_somebody_who_is_deleted_while_their_alert_is_recorded_stops_nobody(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "AT_LEAST", SECOND)
    home.database.execute("insert into resident (id, name) values ('ben', 'Ben')")
    registry.add(home.database, "bed-8", "bed", resident="ben", interval_s=0.1)
    bed, button = home.device("bed-8"), home.device("button-7")
    waits = (
        "select from pg_stat_activity"
        " where application_name like %s and cardinality(pg_blocking_pids(pid)) > 0"
    )
    bed.say("sample", {"t": now_ms(), "heart_rate": 61})
    with home.database.transaction():
        delete(home, "bed-8")
        home.database.execute("delete from resident where id = 'ben'")
        eventually(lambda: home.ask(waits, f"{steady.NAME}%"), "the alert waits for the deletion")
    button.say("event", {"event": "button_pressed", "t": now_ms()})
    eventually(lambda: button.receipts, "the press is answered")
    assert home.ask("select kind from alert") == [("sos",)]


def delete(home: Home, device: str) -> None:
    """The row itself, which carewatch only marks: somebody is at work with SQL."""
    slot = "(select slot from device where id = %s)"
    home.ask(f"delete from device_status where device = {slot} returning device", device)
    home.ask("delete from device where id = %s returning id", device)
