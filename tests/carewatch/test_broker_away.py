"""What devices and displays are to be told while the broker is away reaches them afterwards."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from carewatch.displays import Displays
from carewatch.downlinks import Downlinks
from carewatch.embedded.nats import Nats
from carewatch.steady import Connector
from domain.time import SystemClock
from gateway import registry
from gateway.inbox import Mailbox
from gateway.mqtt.subscriber import Subscriber
from tests.waiting import eventually

PLACE = """
insert into team values ('town', 'Town', 'township', null);
insert into resident (id, name, team_id) values ('anna', 'Anna', 'town');
"""
ALERT = """
insert into alert (id, subject, resident_id, team_id, kind, priority, latching, state, since,
                   raised_at, incident_id, responsible, deadline)
values ('x', 'anna', 'anna', 'town', 'sos', 'high', true, 'open', now(), now(), 'x', 'family',
        now());
notify alert;
insert into downlink (device_id, topic, payload) values ('bed', 'cw/v1/bed/receipt', '{}');
"""


class Teller:
    """Our session at a broker that goes and comes back, and all that was handed to it."""

    def __init__(self, folder: Path) -> None:
        self._nats = Nats(folder)
        self._nats.prepare()
        self._process: subprocess.Popen[bytes]
        self.handed: list[tuple[str, Any]] = []
        self.session = Subscriber(self._nats.mqtt_url, Mailbox(SystemClock()), "teller")

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> Any:
        info = self.session.publish(topic, payload, retain)
        self.handed.append((topic, info))
        return info

    def begin(self) -> None:
        self._process = self._nats.start()
        self._nats.wait()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def teller(tmp_path: Path) -> Iterator[Teller]:
    teller = Teller(tmp_path / "broker")
    teller.begin()
    teller.session.start()
    teller.session.wait(10)
    yield teller
    teller.session.stop()
    teller.end()


@pytest.fixture
def place(database_url: str, teller: Teller) -> Iterator[psycopg.Connection[Any]]:
    """A database whose displays and devices are told."""
    end, clock, connect = threading.Event(), SystemClock(), Connector(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(PLACE)
        registry.add(connection, "wall", "display", team="town")
        threads = [kind(connect, teller.publish, clock, end) for kind in (Downlinks, Displays)]
        for thread in threads:
            thread.start()
        yield connection
        end.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def test_what_could_not_be_told_is_told_later_and_once(
    teller: Teller, place: psycopg.Connection[Any]
) -> None:
    eventually(lambda: len(teller.handed) == 1, "an empty board")
    teller.end()
    eventually(lambda: not teller.session.connected, "the end of the session")
    place.execute(ALERT)
    eventually(lambda: len(teller.handed) == 3, "a board and a receipt")
    teller.begin()
    sent = "select from downlink where sent_at is not null"
    eventually(lambda: place.execute(sent).fetchall(), "the receipt", 30)
    assert all(info.is_published() for _, info in teller.handed)
    assert sorted(topic for topic, _ in teller.handed) == [
        "cw/display/town/alerts", "cw/display/town/alerts", "cw/v1/bed/receipt",
    ]  # fmt: skip
