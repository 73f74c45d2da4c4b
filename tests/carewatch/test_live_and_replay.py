"""A live run, recorded message by message, gives the same alerts when it is replayed."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from carewatch.embedded.nats import Nats
from carewatch.pump import Pump
from carewatch.replay import Cast, People, line_of, parse_lines, read_people, replay
from domain.directory import Device
from domain.time import Micros, SystemClock, from_datetime, iso
from gateway import registry
from gateway.inbox import Mailbox, Message, Turn
from gateway.mqtt.subscriber import Subscriber, address, make_client
from ingest import signals
from tests.waiting import eventually

SCENARIOS = Path(__file__).parents[1] / "scenarios"
PRINTED = ("raised", "repeated", "priority_raised", "cleared")


class Recorder(Mailbox):
    """A mailbox that keeps a copy of what it hands out."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.messages: list[Message] = []

    def take(self, until: Micros) -> Turn:
        turn = super().take(until)
        self.messages += turn.messages
        return turn


@pytest.fixture
def recorder(broker: Nats, database_url: str) -> Iterator[Recorder]:
    """A pump at work, whose messages are recorded."""
    recorder, stop = Recorder(), threading.Event()
    subscriber = Subscriber(broker.mqtt_url, recorder)
    recorder.acknowledge = subscriber.acknowledge
    connect = partial(psycopg.connect, database_url, autocommit=True)
    engine = Engine(standard(), judging_samples())
    pump = Pump(
        recorder, engine, signals.standard(), connect, subscriber.publish, SystemClock(), stop
    )
    subscriber.start()
    subscriber.wait(10)
    thread = threading.Thread(target=pump.run)
    thread.start()
    try:
        yield recorder
    finally:
        stop.set()
        recorder.close()
        thread.join(20)
        subscriber.stop()
        assert not thread.is_alive()


def register(connection: psycopg.Connection, people: People, lines: list[str]) -> None:
    """The residents and devices of a recording."""
    cast = Cast(people)
    cast.meet(list(parse_lines(lines)))
    for subject in cast.snapshot.subjects():
        if subject.resident_id:
            connection.execute(
                "insert into resident (id, name, timezone) values (%s, %s, %s)",
                (subject.id, subject.id, subject.timezone),
            )
    for device in cast.snapshot.devices():
        _register(connection, cast, device)


def _register(connection: psycopg.Connection, cast: Cast, device: Device) -> None:
    resident = cast.snapshot.subject(device.subject).resident_id
    registry.add(connection, device.id, device.kind, resident=resident, place=device.place)


AT_ONCE = 20
"""Messages under way: fewer than the samples of one device that a turn judges (carewatch.fair)."""


def publish(broker: Nats, recorder: Recorder, lines: list[str]) -> int:
    """Send a recording's messages, in their order; how many."""
    client = make_client(broker.mqtt_url, "recorded")
    client.connect(*address(broker.mqtt_url))
    client.loop_start()
    messages = [message for message in parse_lines(lines) if not message.retained]
    for start in range(0, len(messages), AT_ONCE):
        some = messages[start : start + AT_ONCE]
        for message in some:
            client.publish(message.topic, message.payload, qos=1)
        arrived = start + len(some)
        eventually(lambda n=arrived: len(recorder.messages) >= n, "the messages so far")
    client.disconnect()
    client.loop_stop()
    return len(messages)


def told_live(connection: psycopg.Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "select e.at, a.subject, a.id, a.kind, e.after->>'priority', e.change, a.since"
        " from alert_event e join alert a on a.id = e.alert_id"
        " where e.change = any(%s) order by e.sequence",
        (list(PRINTED),),
    )
    names = ("at", "resident", "alert", "kind", "priority", "change", "since")
    return [
        dict(zip(names, row, strict=True)) | {"at": _text(row[0]), "since": _text(row[6])}
        for row in rows
    ]


def _text(at: Any) -> str:
    return iso(from_datetime(at))


@pytest.mark.parametrize(
    "name", ["fast_heart", "button_presses", "fall_at_night", "readings_out_of_order", "hazards"]
)
def test_a_replay_of_what_was_recorded_tells_the_same(
    broker: Nats, database_url: str, recorder: Recorder, name: str
) -> None:
    lines = (SCENARIOS / f"{name}.jsonl").read_text().splitlines()
    path = SCENARIOS / f"{name}.directory.json"
    people = read_people(path) if path.exists() else People()
    with psycopg.connect(database_url, autocommit=True) as connection:
        register(connection, people, lines)
        count = publish(broker, recorder, lines)
        eventually(lambda: len(recorder.messages) >= count, "all messages", 30)
        recorded = [json.loads(line_of(message)) for message in recorder.messages]
        own = [
            json.dumps(line)
            for line in recorded
            if line["topic"].rsplit("/", 1)[1] not in ("receipt", "command")
        ]
        again = [
            {key: value for key, value in change.items() if key != "evidence"}
            for change in replay(own, people, settle_s=0)
        ]
        assert again
        eventually(lambda: len(told_live(connection)) >= len(again), "all changes", 20)
        assert told_live(connection) == again
