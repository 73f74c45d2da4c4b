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
from typing import Any

import paho.mqtt.client as paho
import psycopg
from pydantic import BaseModel

from gateway import topics
from gateway.mqtt.subscriber import address, make_client

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
    """Messages as paho hands them over, one at a time."""

    def __init__(self, mqtt_url: str) -> None:
        self.messages: deque[paho.MQTTMessage] = deque()
        self.arrived = threading.Event()
        self.client = make_client(mqtt_url, CLIENT, clean_session=False, manual_ack=True)
        self.client.on_connect = lambda client, *_: client.subscribe(topics.EVERYTHING, qos=1)
        self.client.on_message = self._put
        self.client.connect_async(*address(mqtt_url))

    def _put(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.messages.append(message)
        self.arrived.set()


def pump(database_url: str, mqtt_url: str, stop: threading.Event) -> None:
    """Keep messages until told to stop."""
    pile = Pile(mqtt_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_TABLES)
        pile.client.loop_start()
        while not stop.is_set():
            if not pile.arrived.wait(0.2):
                continue
            pile.arrived.clear()
            while pile.messages:
                turn = [pile.messages.popleft() for _ in range(min(len(pile.messages), 4000))]
                _keep(connection, turn)
                for message in turn:
                    pile.client.ack(message.mid, message.qos)
    pile.client.loop_stop()


def _keep(connection: psycopg.Connection, turn: list[paho.MQTTMessage]) -> None:
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
