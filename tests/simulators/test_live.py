"""Simulated homes against a real broker: a carewatch that only answers `stored`."""

import json
import threading
from datetime import UTC, datetime

from domain.time import HOUR, MINUTE, SECOND, SystemClock, from_datetime, stopwatch
from simulators.devices import Button
from simulators.fleet import build
from simulators.live import Access, Live, pace
from simulators.residents import Incident
from simulators.scenarios import Home

HOME = Home("resident-1", "UTC", (("bed-1", "bed"), ("button-1", "button")))
SECRETS = {"bed-1": "b-secret", "button-1": "p-secret"}


def watch(observer, stop: threading.Event, seconds: float = 20) -> None:
    """Answer each press, as carewatch would, after its second repetition."""
    deadline = stopwatch() + seconds
    while not stop.is_set() and stopwatch() < deadline:
        presses = [json.loads(p) for t, p, _ in observer.heard if t == "cw/v1/button-1/event"]
        if len(presses) >= 2:
            receipt = {"event": presses[0]["id"], "state": "stored", "at": 0}
            observer.tell("cw/v1/button-1/receipt", json.dumps(receipt))
            return
        stop.wait(0.02)


def test_a_button_is_pressed_repeats_and_is_told_stored(broker, observer) -> None:
    clock = SystemClock()
    moving = pace(clock.now(), 30, 2 * MINUTE)
    press = Incident(moving.begin + 20 * SECOND, moving.begin + MINUTE, "resident-1", "press")
    fleet = build([HOME], [press], moving.begin)
    stop = threading.Event()
    answering = threading.Thread(target=watch, args=(observer, stop))
    answering.start()
    live = Live(fleet, broker.url, Access(SECRETS), clock, moving)
    traffic = live.run(stop, ends=moving.begin + 2 * MINUTE)
    stop.set()
    answering.join()
    button = fleet.devices["button-1"]
    assert isinstance(button, Button)
    assert button.waiting == 0
    assert traffic.published == traffic.acknowledged > 100
    presses = [p for t, p, _ in observer.heard if t == "cw/v1/button-1/event"]
    assert 2 <= len(presses) < 20
    assert len(set(presses)) == 1


def test_a_bed_that_dies_is_missed_by_the_broker_and_returns(broker, observer) -> None:
    clock = SystemClock()
    moving = pace(clock.now(), 60, 3 * MINUTE)
    death = Incident(moving.begin + MINUTE, moving.begin + 2 * MINUTE, "resident-1", "device_dies")
    live = Live(build([HOME], [death], moving.begin), broker.url, Access(SECRETS), clock, moving)
    live.run(threading.Event(), ends=moving.begin + 3 * MINUTE)
    states = [
        json.loads(payload)["online"] for topic, payload, _ in observer.heard
        if topic == "cw/v1/bed-1/status"
    ]  # fmt: skip
    assert states[0] is True
    assert False in states
    assert states[-1] is True


def test_all_devices_may_speak_through_one_account(broker, observer) -> None:
    clock = SystemClock()
    moving = pace(clock.now(), 60, MINUTE)
    fleet = build([HOME], [], moving.begin)
    access = Access({}, ("bridge", "g-secret"))
    traffic = Live(fleet, broker.url, access, clock, moving).run(
        threading.Event(), ends=moving.begin + MINUTE
    )
    assert traffic.sessions == 1
    assert traffic.published == traffic.acknowledged > 50
    assert {"cw/v1/bed-1/sample", "cw/v1/button-1/status"} <= set(observer.topics())


def test_a_fast_story_begins_in_the_past_and_never_tells_the_future() -> None:
    now = from_datetime(datetime(2026, 3, 2, 12, tzinfo=UTC))
    moving = pace(now, 60, HOUR)
    assert moving.story(now) == now - 59 * MINUTE
    assert moving.story(now + 30 * SECOND) == now - 29 * MINUTE
    assert moving.story(now + MINUTE) == now + MINUTE
    assert moving.story(now + 5 * MINUTE) == now + 5 * MINUTE
    assert pace(now, 1, HOUR).story(now + SECOND) == now + SECOND
