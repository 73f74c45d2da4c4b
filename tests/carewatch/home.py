"""A home whose devices talk to a pump that runs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from carewatch import pump, steady
from carewatch.embedded.nats import Nats
from carewatch.settings import Settings
from gateway import registry
from gateway.mqtt.subscriber import address, make_client
from tests.mosquitto import Mosquitto
from tests.waiting import eventually

Broker = Nats | Mosquitto


class Device:
    """A device with an MQTT session of its own; keeps what carewatch tells it."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.name = name
        self.receipts: list[dict[str, Any]] = []
        self._subscribed = threading.Event()
        self._client = make_client(broker.mqtt_url, f"test-{name}")
        self._client.on_connect = lambda client, *_: client.subscribe(f"cw/v1/{name}/receipt", 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _c, _d, m: self.receipts.append(json.loads(m.payload))
        self._client.connect(*address(broker.mqtt_url))
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def say(self, what: str, payload: Any, *, topic: str | None = None, **how: Any) -> None:
        """Publish, and return once the broker has it."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload)
        info = self._client.publish(topic or f"cw/v1/{self.name}/{what}", body, qos=1, **how)
        info.wait_for_publish(10)
        assert info.is_published()

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Home:
    """A running pump, its database, and devices of one resident."""

    def __init__(self, broker: Broker, database_url: str) -> None:
        self.broker = broker
        self.database = psycopg.connect(database_url, autocommit=True)
        self.database.execute("insert into resident (id, name) values ('rosa', 'Rosa')")
        for kind in ("bed", "button", "fall"):
            registry.add(self.database, f"{kind}-7", kind, resident="rosa")
        self.devices: list[Device] = []
        self.stop = threading.Event()
        settings = Settings(database_url=database_url, mqtt_url=broker.mqtt_url)
        self._pump = threading.Thread(target=pump.run, args=(settings, self.stop))
        self._pump.start()

    def open(self) -> None:
        """Return once the pump receives."""
        held = "select from pg_locks where locktype = 'advisory' and objid = %s and granted"
        eventually(lambda: self.ask(held, steady.RECEIVING), "receiving")

    def device(self, name: str) -> Device:
        device = Device(self.broker, name)
        self.devices.append(device)
        return device

    def ask(self, query: str, *arguments: Any) -> list[Any]:
        return self.database.execute(query, arguments).fetchall()

    def close(self) -> None:
        self.stop.set()
        self._pump.join(20)
        for device in self.devices:
            device.leave()
        self.database.close()
        assert not self._pump.is_alive()


@contextmanager
def at_home(broker: Broker, database_url: str) -> Iterator[Home]:
    """A home that is open within the block."""
    home = Home(broker, database_url)
    try:
        home.open()
        yield home
    finally:
        home.close()
