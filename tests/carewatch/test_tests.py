"""A button is tried, for real: what is a test rings nobody, and everything else does."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from alerts import testing
from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from alerts.store import page, record
from carewatch.embedded.nats import Nats
from carewatch.memory import Memory
from domain.event import Event
from domain.sample import Batch
from domain.time import DAY, MINUTE, SECOND, Micros, SystemClock, to_datetime
from gateway import registry
from gateway.directory import load_directory
from ingest import signals
from tests.carewatch.home import Device, Home, at_home
from tests.waiting import eventually


@pytest.fixture
def home(broker: Nats, database_url: str) -> Iterator[Home]:
    with at_home(broker, database_url) as home:
        yield home


def press(button: Device, id: str, event: str = "button_pressed", ago: Micros = 0) -> Any:
    """What the device is told of it."""
    t = (SystemClock().now() - ago) // 1000
    button.say("event", {"t": t, "id": id, "event": event})
    return eventually(lambda: [each for each in button.receipts if each["event"] == id])[0]


def announce(home: Home, device: str, ago: Micros = 0, lasts: Micros = 5 * MINUTE) -> None:
    testing.announce(home.database, device, "li", SystemClock().now() - ago, lasts)


def ledger(home: Home) -> list[Any]:
    return home.ask(
        "select d.id, t.event, t.announced_by from device_test t join device d on d.slot = t.device"
        " order by t.at"
    )


def test_a_test_is_recorded_and_answered_and_rings_nobody(home: Home) -> None:
    button, fall = home.device("button-7"), home.device("fall-7")
    told = press(button, "t1", "button_test")
    assert (told["state"], told["alert"], told["test"]) == ("stored", None, True)
    announce(home, "button-7", ago=SECOND)
    announce(home, "fall-7", ago=SECOND)
    told = press(button, "p1")
    assert (told["state"], told["alert"], told["test"]) == ("stored", None, True)
    assert press(fall, "f1", "fall")["test"] is True
    assert ledger(home) == [
        ("button-7", "button_test", None), ("button-7", "button_pressed", "li"),
        ("fall-7", "fall", "li"),
    ]  # fmt: skip
    assert home.ask("select kind from alert") == []
    assert [event for (event,) in home.ask("select event from event order by received_at")] == [
        "button_test", "button_pressed", "fall",
    ], "what was said stays as it was said"  # fmt: skip
    (tested,) = home.ask(
        "select s.tested_at is not null from device_status s join device d on d.slot = s.device"
        " where d.id = 'button-7'"
    )
    assert tested == (True,)


def test_whatever_may_be_no_test_rings(home: Home) -> None:
    """A press after the time, one that the button had kept from before, another device's."""
    button = home.device("button-7")
    announce(home, "button-7", ago=6 * MINUTE)
    after = press(button, "after")
    assert after["alert"] is not None
    assert "test" not in after
    announce(home, "button-7")
    assert press(button, "before", ago=10 * SECOND)["alert"] == after["alert"]
    announce(home, "fall-7", ago=SECOND)
    home.ask("delete from announced_test where device_id = 'button-7' returning id")
    assert press(button, "other")["alert"] == after["alert"]
    assert ledger(home) == []
    assert home.ask("select kind, state from alert") == [("sos", "open")]


def test_the_first_press_is_the_test_and_who_presses_again_needs_help(home: Home) -> None:
    button = home.device("button-7")
    announce(home, "button-7", ago=3 * MINUTE)
    assert press(button, "p1")["test"] is True
    assert press(button, "p1 again")["test"] is True, "some tell of one press several times"
    over = "update announced_test set ends_at = ends_at - interval '30 s' returning ends_at < now()"
    assert home.ask(over) == [(True,)]
    assert press(button, "p2")["alert"] is not None


def test_of_what_arrives_together_the_later_presses_ring(home: Home) -> None:
    home.device("button-7")
    announce(home, "button-7", ago=3 * MINUTE)
    now = SystemClock().now()
    (slot,) = home.ask("select slot from device where id = 'button-7'")[0]
    presses = [
        Event(0, slot, slot, "button-7", "button_pressed", now - ago, now - ago, key)
        for ago, key in ((2 * MINUTE, "first"), (MINUTE, "second"))
    ]
    assert testing.among(home.database, presses) == {(slot, "first"): "li"}


# -- overdue -----------------------------------------------------------------------------------


def overdue(home: Any, now: Micros) -> list[str]:
    """Devices that a pump finds overdue that starts now and has no memory of its own."""
    directory = load_directory(home)
    engine = Engine(standard(), judging_samples())
    engine.know(directory)
    Memory(engine, signals.standard(), lambda: home).recover(home, directory, now)
    found = engine.step(now, Batch.empty(), ())
    with home.transaction():
        record(home, found, directory, now)
    return sorted(
        directory.device_at(each.device).id for each in found if each.kind == "button_test_overdue"
    )


def test_the_ledger_outlives_the_memory_of_the_pump(database_url: str) -> None:
    """Overdue once, however often it starts; and not at all where the ledger has a test."""
    now = SystemClock().now()
    with psycopg.connect(database_url, autocommit=True) as home:
        home.execute("insert into resident (id, name) values ('rosa', 'Rosa')")
        for name, kind in (("b-1", "button"), ("b-2", "button"), ("f-1", "fall"), ("x", "bed")):
            registry.add(home, name, kind, resident="rosa")
        registry.add(home, "spare", "button")
        assert overdue(home, now) == [], "all have just been placed"
        home.execute(
            "update device set placed_at = %s where resident_id is not null",
            (to_datetime(now - 9 * DAY),),
        )
        device = load_directory(home).device("b-2")
        assert device is not None
        pressed = Event(0, device.subject, device.slot, "b-2", "button_test", now - DAY, now - DAY,
                        "t1")  # fmt: skip
        testing.keep(home, [pressed], {})
        assert overdue(home, now) == ["b-1", "f-1"]
        (alert,) = page(home, kind="button_test_overdue")[0]
        assert (alert.priority, set(alert.sources)) == ("low", {"b-1", "f-1"})
        home.execute("update device set test_interval_days = 30 where id = 'f-1'")
        assert overdue(home, now + MINUTE) == ["b-1"]
        assert len(page(home, kind="button_test_overdue")[0]) == 1
