"""The bare pump: the least that keeps a message, as the limit to stay close to.

paho with manual acknowledgement, pydantic, binary COPY into a temporary table, insert on
conflict do nothing, commit, acknowledge. No detectors, no identity, no quarantine.
``python -m carewatch.bench.bare DATABASE_URL MQTT_URL`` runs until it is terminated.
"""

import signal
import sys
import threading
from collections import deque
from datetime import UTC, datetime

import psycopg
from pydantic import BaseModel

from gateway.inbox import Message
from gateway.mqtt.subscriber import Subscriber

CLIENT = "carewatch-bare"
_TABLES = """
create table if not exists bare_sample (
    device text, measured_at timestamptz, received_at timestamptz, heart_rate real,
    respiration_rate real, movement real, in_bed boolean, primary key (device, measured_at)
);
create temporary table bare_incoming (like bare_sample) on commit delete rows;
"""
_COPY = "copy bare_incoming from stdin (format binary)"
_KEEP = "insert into bare_sample select * from bare_incoming on conflict do nothing"
_TYPES = ("text", "timestamptz", "timestamptz", "float4", "float4", "float4", "bool")


class Sample(BaseModel):
    """What the load generator sends."""

    t: int
    heart_rate: float | None = None
    respiration_rate: float | None = None
    movement: float | None = None
    in_bed: bool | None = None


class Pile:
    """Messages as they come in."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.arrived = threading.Event()

    def put(
        self, topic: str, payload: bytes, *, retained: bool, duplicate: bool, session: int, mid: int
    ) -> None:
        self.messages.append(
            Message(0, topic, payload, len(payload), retained, duplicate, session, mid)
        )
        self.arrived.set()

    def resume(self) -> None: ...


def pump(database_url: str, mqtt_url: str, stop: threading.Event) -> None:
    """Keep messages until told to stop."""
    pile = Pile()
    subscriber = Subscriber(mqtt_url, pile, CLIENT)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_TABLES)
        subscriber.start()
        while not stop.is_set():
            if not pile.arrived.wait(0.2):
                continue
            pile.arrived.clear()
            while pile.messages:
                turn = [pile.messages.popleft() for _ in range(min(len(pile.messages), 4000))]
                _keep(connection, turn)
                subscriber.acknowledge(turn)
    subscriber.stop()


def _keep(connection: psycopg.Connection, turn: list[Message]) -> None:
    with connection.transaction():
        with connection.cursor().copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for message in turn:
                sample = Sample.model_validate_json(message.payload)
                at = datetime.fromtimestamp(sample.t / 1000, UTC)
                copy.write_row(
                    (
                        message.topic.split("/")[2],
                        at,
                        at,
                        sample.heart_rate,
                        sample.respiration_rate,
                        sample.movement,
                        sample.in_bed,
                    )
                )
        connection.execute(_KEEP)


if __name__ == "__main__":
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    pump(sys.argv[1], sys.argv[2], ended)
