"""What is heard of emergencies, until it is recorded or told."""

import json
from typing import Any

import psycopg
import pytest

from alerts.unrecorded import Told
from carewatch.emergency import PATIENCE, Emergency
from carewatch.lookout import STANDS, Lookout
from domain.directory import Device, Snapshot, Subject
from domain.event import Event
from domain.finding import KINDS, Finding
from domain.time import HOUR, MINUTE, SECOND, ManualClock, Micros
from gateway.inbox import Message, Packet

NOW: Micros = 1_795_262_400_000_000
HOME = Snapshot(
    [Subject("rosa", 0, "rosa")],
    [Device("button-7", 1, 0, "button"), Device("smoke-7", 2, 0, "ambient")],
)
TELLING = Told("rosa", "sos", "a1", "family", "mei", "log", "")


class Street:
    """A lookout, what it is told, and what it has acknowledged."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.acknowledged: list[int] = []
        self.ended = 0
        self.lookout = Lookout(self.clock)
        self.lookout.acknowledge = self._acknowledge
        self.lookout.ended = self._end
        self.lookout.know(HOME)
        self._mid = 0

    def say(self, device: str = "button-7", event: str = "button_pressed", **more: Any) -> int:
        """A device's event arrives; its packet id."""
        self._mid += 1
        payload = json.dumps({"event": event, **more}).encode()
        self.lookout.put([Packet(f"cw/v1/{device}/event", payload, mid=self._mid)], 1)
        return self._mid

    def due(self, after: Micros = PATIENCE) -> list[Emergency]:
        self.clock.advance(after)
        return self.lookout.due(self.clock.now())

    def record(self, event: str = "button_pressed", id: str | None = "a1") -> None:
        """The pump has heard the same event a moment earlier, and recorded it."""
        at = self.clock.now() - 1000
        key = f"id:{id}" if id else f"{event}@{at}"
        happened = [Event(0, 0, 1, "button-7", event, at, at, key, id)]
        self.lookout.recorded(happened)

    def _acknowledge(self, messages: Any) -> None:
        self.acknowledged += [message.mid for message in messages if isinstance(message, Message)]

    def _end(self) -> None:
        self.ended += 1


@pytest.fixture
def street() -> Street:
    return Street()


def test_a_press_is_due_after_five_seconds(street: Street) -> None:
    street.say(id="a1")
    assert street.due(PATIENCE - 1) == []
    (found,) = street.due(1)
    assert found.key == ("rosa", "sos")
    assert street.acknowledged == []


@pytest.mark.parametrize("id", ["a1", None])
def test_what_is_recorded_is_not_told(street: Street, id: str | None) -> None:
    mid = street.say(id=id)
    street.record(id=id)
    assert street.due() == []
    assert street.acknowledged == [mid]


@pytest.mark.parametrize("id", ["a1", None])
def test_the_pump_may_be_first(street: Street, id: str | None) -> None:
    street.record(id=id)
    mid = street.say(id=id)
    assert street.acknowledged == [mid]
    assert street.due() == []


def test_a_nameless_press_later_is_another(street: Street) -> None:
    street.record(id=None)
    street.clock.advance(MINUTE)
    street.say(id=None)
    assert len(street.due()) == 1


@pytest.mark.parametrize(
    ("device", "event", "more"),
    [
        ("button-7", "button_test", {}),
        ("button-7", "button_cancelled", {}),
        ("smoke-7", "smoke", {"active": False}),
        ("smoke-7", "water_leak", {"active": True}),
        ("nobodys", "button_pressed", {}),
        ("button-7", "no such event", {}),
    ],
)
def test_what_is_no_emergency_is_done_with(
    street: Street, device: str, event: str, more: dict[str, Any]
) -> None:
    mid = street.say(device, event, **more)
    assert street.acknowledged == [mid]
    assert street.due() == []


def test_smoke_that_was_none_is_not_told(street: Street) -> None:
    street.say("smoke-7", "smoke", active=True, t=NOW // 1000)
    street.say("smoke-7", "smoke", active=False, t=NOW // 1000 + 1)
    assert street.due() == []
    assert sorted(street.acknowledged) == [1, 2]


def test_a_second_press_tells_nobody_a_second_time(street: Street) -> None:
    street.say(id="a1")
    assert street.say(id="a2") in street.acknowledged
    assert len(street.due()) == 1


def test_what_the_pump_is_about_to_record_is_held_too(street: Street) -> None:
    priority = KINDS["breathing_stopped"].priority
    finding = Finding(NOW, 0, 1, "breathing_stopped", True, NOW, priority)
    street.lookout.hold([finding])
    assert len(street.due()) == 1
    street.lookout.recorded([], [finding])
    assert street.due(0) == []


def test_what_was_told_is_kept_until_it_is_recorded(
    street: Street, connection: psycopg.Connection
) -> None:
    mid = street.say(id="a1")
    (found,) = street.due()
    assert street.lookout.tell(found, [TELLING], street.clock.now() + 5 * SECOND)
    street.lookout.told(found, TELLING, street.clock.now())
    assert street.acknowledged == [mid]
    assert [each.key for each in street.lookout.all_told()] == [("rosa", "sos")]
    with street.lookout.settle(connection):
        pass
    street.record()
    assert street.lookout.all_told() == []
    assert street.ended == 1


@pytest.mark.parametrize(("id", "told"), [("a1", 0), ("a2", 1)])
def test_after_an_hour_another_press_is_told_again(street: Street, id: str, told: int) -> None:
    street.say(id="a1")
    (found,) = street.due()
    street.lookout.tell(found, [TELLING], street.clock.now() + HOUR)
    street.lookout.told(found, TELLING, street.clock.now())
    street.clock.advance(STANDS)
    street.say(id=id)
    assert len([each for each in street.due() if not each.tellings]) == told


def test_what_is_recorded_meanwhile_is_not_told(street: Street) -> None:
    street.say(id="a1")
    (found,) = street.due()
    street.record()
    assert not street.lookout.tell(found, [TELLING], 0)


def test_while_what_records_it_waits_for_others_it_is_told(
    street: Street, connection: psycopg.Connection
) -> None:
    street.say(id="a1")
    with street.lookout.settle(connection):
        (found,) = street.due()
        assert street.lookout.tell(found, [TELLING], 0)
        street.lookout.told(found, TELLING, street.clock.now())
    street.record()
    assert street.lookout.all_told() == []


def test_while_it_is_being_committed_nobody_is_told(
    street: Street, connection: psycopg.Connection
) -> None:
    street.say(id="a1")
    (found,) = street.due()
    with street.lookout.settle(connection):
        pass
    assert not street.lookout.tell(found, [TELLING], 0)
    assert street.due(SECOND) == []


def test_a_commit_that_does_not_end_is_waited_for_once(
    street: Street, connection: psycopg.Connection
) -> None:
    street.say(id="a1")
    with street.lookout.settle(connection):
        pass
    assert len(street.due()) == 1
    with street.lookout.settle(connection):
        pass
    assert len(street.due(0)) == 1


def test_a_commit_of_others_delays_nothing(street: Street, connection: psycopg.Connection) -> None:
    street.say(id="a1")
    street.clock.advance(PATIENCE)
    with street.lookout.settle(connection):
        pass
    street.record(id="another")
    assert len(street.due(0)) == 1


def test_what_did_not_get_through_is_tried_again(street: Street) -> None:
    street.say(id="a1")
    (found,) = street.due()
    street.lookout.tell(found, [TELLING], street.clock.now() + 5 * SECOND)
    street.lookout.told(found, TELLING, None)
    assert street.due(4 * SECOND) == []
    assert street.due(SECOND) == [found]


def test_while_nobody_is_known_the_device_itself_is_told_of() -> None:
    street = Street()
    street.lookout = Lookout(street.clock)
    street.say("button-7", id="a1")
    (found,) = street.due()
    assert found.key == ("device:button-7", "sos")
