"""Many device sessions on one thread, against a real broker."""

from collections.abc import Callable, Iterator

import pytest

from domain.time import stopwatch
from gateway.mqtt.publisher import Login, Publisher

BED = Login(
    "bed-1",
    "bed-1",
    "b-secret",
    will=("cw/v1/bed-1/status", b'{"online":false}'),
    subscriptions=("cw/v1/bed-1/receipt", "cw/v1/bed-1/command"),
)
ONLINE = b'{"online":true}'


@pytest.fixture
def heard() -> list[tuple[str, bytes]]:
    return []


@pytest.fixture
def publisher(broker, observer, heard) -> Iterator[Publisher]:
    publisher = Publisher(broker.url, lambda topic, payload: heard.append((topic, payload)))
    yield publisher
    publisher.close(0.5)


def turns(publisher: Publisher, until: Callable[[], bool], seconds: float = 15) -> None:
    deadline = stopwatch() + seconds
    while not until():
        assert stopwatch() < deadline, f"it did not come to pass: {publisher.traffic()}"
        publisher.turn(0.02)


def test_a_device_is_told_what_became_of_its_event(publisher, observer, heard) -> None:
    publisher.open(BED)
    turns(publisher, lambda: publisher.traffic().connected == 1)
    publisher.publish("bed-1", "cw/v1/bed-1/event", b"{}")
    turns(publisher, lambda: publisher.traffic().acknowledged == 1)
    turns(publisher, lambda: "cw/v1/bed-1/event" in observer.topics())
    observer.tell("cw/v1/bed-1/receipt", '{"state":"stored"}')
    turns(publisher, lambda: heard == [("cw/v1/bed-1/receipt", b'{"state":"stored"}')])


def test_a_device_that_dies_leaves_its_will_and_one_that_leaves_does_not(
    publisher, observer
) -> None:
    publisher.open(BED)
    turns(publisher, lambda: publisher.traffic().connected == 1)
    publisher.cut("bed-1")
    turns(publisher, lambda: ("cw/v1/bed-1/status", b'{"online":false}', False) in observer.heard)
    publisher.revive("bed-1")
    turns(publisher, lambda: publisher.traffic().connected == 1)
    publisher.close()
    assert observer.topics().count("cw/v1/bed-1/status") == 1


def test_a_broker_that_comes_back_gets_what_waited_and_the_status_again(
    publisher, broker, observer
) -> None:
    publisher.open(BED)
    publisher.publish("bed-1", "cw/v1/bed-1/status", ONLINE, retain=True)
    turns(publisher, lambda: publisher.traffic().acknowledged == 1)
    broker.kill()
    turns(publisher, lambda: publisher.traffic().connected == 0)
    for _ in range(50):
        publisher.publish("bed-1", "cw/v1/bed-1/sample", b"{}")
    broker.start()
    turns(publisher, lambda: publisher.traffic().acknowledged == 52)
    turns(publisher, lambda: observer.topics().count("cw/v1/bed-1/sample") == 50)
    assert [p for t, p, _ in observer.heard if t.endswith("status")][-1] == ONLINE


def test_a_wrong_secret_is_said_and_does_not_stop_the_others(publisher) -> None:
    publisher.open(Login("button-1", "button-1", "not-it"))
    publisher.open(BED)
    turns(publisher, lambda: publisher.traffic().problem is not None)
    turns(publisher, lambda: publisher.traffic().connected == 1)
    problem = publisher.traffic().problem
    assert problem is not None
    assert "button-1" in problem
    assert "not-it" not in problem


def test_a_session_that_stays_away_keeps_a_thousand_messages_and_counts_the_rest(
    publisher,
) -> None:
    publisher.open(BED)
    for _ in range(1_100):
        publisher.publish("bed-1", "cw/v1/bed-1/sample", b"{}")
    assert publisher.traffic().dropped == 100
    turns(publisher, lambda: publisher.traffic().acknowledged == 1_000)


def test_many_sessions_share_a_thread(publisher, observer) -> None:
    names = [f"bed-{number}" for number in range(100)]
    for name in names:
        publisher.open(Login(name, "bridge", "g-secret"))
        publisher.publish(name, f"cw/v1/{name}/sample", b"{}")
    turns(publisher, lambda: publisher.traffic().acknowledged == 100)
    turns(publisher, lambda: len(observer.heard) == 100)
    assert sorted(observer.topics()) == sorted(f"cw/v1/{name}/sample" for name in names)
