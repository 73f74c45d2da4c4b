"""The database fails in each way that it can; help comes all the same, and nothing is lost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import psycopg

from tests.faults.rig import Rig, pause, within
from tests.talking import Talk
from tests.waiting import eventually

SOON = 2.0
"""Seconds after the end of an outage within which its alerts exist."""


@contextmanager
def all_connections(rig: Rig) -> Iterator[None]:
    """Takes every connection that there is, again and again."""
    end, taken = threading.Event(), list[psycopg.Connection]()

    def take() -> None:
        while not end.wait(0.01):
            with suppress(psycopg.OperationalError):
                while not end.is_set():
                    taken.append(rig.connect())

    taking = threading.Thread(target=take)
    taking.start()
    try:
        yield
    finally:
        end.set()
        taking.join()
        for connection in taken:
            connection.close()


@contextmanager
def read_only(rig: Rig) -> Iterator[None]:
    rig.set_database("default_transaction_read_only = on")
    try:
        yield
    finally:
        rig.set_database("default_transaction_read_only = off")


def test_the_database_is_stopped_and_started(rig: Rig, talk: Talk) -> None:
    before = rig.memory
    rig.end_database()
    pressed = rig.press()
    rig.wait_said("database", "takes no connections")
    for number in range(20_000):
        rig.devices.publish(f"flood-{number % 20}", "sample", {"heart_rate": 61})
    rig.wait_told_unrecorded(pressed)
    assert rig.memory - before < 100_000_000
    rig.start_database()
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)


def test_a_short_outage_is_told_in_the_ordinary_way(rig: Rig, talk: Talk) -> None:
    rig.end_database()
    pressed = rig.press()
    rig.start_database()
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)
    assert "recorded" not in rig.told(pressed)[0]


def test_the_pump_crashes_while_the_database_is_away(rig: Rig, talk: Talk) -> None:
    rig.end_database()
    pressed = rig.press()
    rig.wait_told_unrecorded(pressed)
    eventually(lambda: "webhook" in str(rig.journal), "the note of it")  # else it may come twice
    rig.kill("pump")
    rig.start("pump")
    pause(7)  # what the broker had not been told of is heard again
    rig.start_database()
    rig.all_is_well(talk, pressed)


def test_the_database_takes_no_writes(rig: Rig, talk: Talk) -> None:
    with read_only(rig):
        pressed = rig.press()
        rig.wait_said("pump", "takes no writes")
        rig.wait_told_unrecorded(pressed)
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)


@contextmanager
def frozen(rig: Rig) -> Iterator[None]:
    try:
        rig.freeze_database()
        yield
    finally:
        rig.thaw_database()


def test_the_database_hangs(rig: Rig, talk: Talk) -> None:
    """Its connections stay, and nothing comes by them: only our own clock tells."""
    call = f"http://127.0.0.1:{rig.http_port}/api/v1/alerts"
    with frozen(rig):
        pressed = rig.press()
        assert within(5, lambda: "hangs" in rig.readyz()["database"], "/readyz") < 5
        for _ in range(2):
            answer = httpx.get(call, headers={"Authorization": "Bearer x"}, timeout=10)
            assert answer.status_code == 503
        rig.wait_told_unrecorded(pressed)
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)


def test_the_database_has_no_connection_left(rig: Rig, talk: Talk) -> None:
    with all_connections(rig):
        rig.wait_said("database", "has no connection left")
        rig.kill("pump")
        pause(1)
        rig.start("pump")
        pressed = rig.press()
        rig.wait_said("database", "has no connection left")
        rig.wait_told_unrecorded(pressed)
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)


def test_readings_wait_for_a_lock(rig: Rig, talk: Talk) -> None:
    with rig.connect() as other, other.transaction():
        other.execute("lock table sample")
        pressed = rig.press()
        rig.wait_said("pump", "for a lock")
        pause(4)
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)
