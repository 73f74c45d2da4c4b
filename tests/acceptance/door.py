"""The real broker with the service at its door, and devices that knock."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from carewatch import authority, connections
from carewatch.embedded.nats import GATEWAY, Nats
from carewatch.settings import Settings
from gateway import registry
from tests.waiting import eventually


@dataclass
class Client:
    """A device, as a vendor would write it."""

    mqtt: mqtt.Client
    answer: str = ""
    answered: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    granted: list[bool] = field(default_factory=list)

    def say(self, topic: str, payload: bytes = b"{}", qos: int = 1) -> None:
        self.mqtt.publish(topic, payload, qos).wait_for_publish(5)

    def listen(self, topic: str) -> bool:
        """Whether the broker lets us."""
        before = len(self.granted)
        self.mqtt.subscribe(topic, 1)
        eventually(lambda: len(self.granted) > before)
        return self.granted[-1]


@dataclass
class Door:
    """The real broker with the service at its door."""

    broker: Nats
    database_url: str
    clients: list[Client] = field(default_factory=list)

    def knock(self, user: str, password: str, client_id: str | None = None) -> Client:
        """Log in; ``answer`` is then what the broker said."""
        client_id = user if client_id is None else client_id
        client = Client(mqtt.Client(CallbackAPIVersion.VERSION2, client_id))
        client.mqtt.username_pw_set(user, password)
        client.mqtt.on_connect = lambda c, u, f, code, p: _answered(client, str(code))
        client.mqtt.on_disconnect = lambda c, u, f, code, p: client.gone.set()
        client.mqtt.on_message = lambda c, u, m: client.got.append((m.topic, m.payload))
        client.mqtt.on_subscribe = lambda c, u, m, codes, p: client.granted.append(
            not codes[0].is_failure
        )
        client.mqtt.connect("127.0.0.1", self.broker.mqtt_port)
        client.mqtt.loop_start()
        self.clients.append(client)
        assert client.answered.wait(15)
        if client.answer != "Success":
            client.mqtt.loop_stop()
        return client

    def gateway(self) -> Client:
        """Our own session, which hears everything."""
        password = self.broker.mqtt_url.split(":")[2].split("@")[0]
        client = self.knock(GATEWAY, password, "carewatch-listener")
        assert client.listen("cw/v1/+/+")
        return client

    def quarantine(self) -> list[tuple[str, str, str]]:
        with psycopg.connect(self.database_url) as connection:
            return list(
                connection.execute("select device_id, topic, reason from quarantine order by id")
            )

    def add(self, name: str, kind: str = "bed") -> str:
        with psycopg.connect(self.database_url) as connection:
            return registry.add(connection, name, kind)

    def close(self) -> None:
        for client in self.clients:
            client.mqtt.disconnect()
            client.mqtt.loop_stop()


@contextmanager
def serving(broker: Nats, database_url: str) -> Iterator[None]:
    """The service answers the broker within the block."""
    stop = threading.Event()
    thread = threading.Thread(target=authority.run, args=(_settings(broker, database_url), stop))
    thread.start()
    eventually(lambda: connections.listens(broker.system_url, "carewatch-auth"))
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def _answered(client: Client, answer: str) -> None:
    client.answer = answer
    client.answered.set()


def _settings(broker: Nats, database_url: str) -> Settings:
    return Settings(
        data=Path(broker.folder),
        database_url=database_url,
        nats_url=broker.nats_url,
        nats_system_url=broker.system_url,
        nats_issuer=broker.issuer,
        nats_log=broker.log_file,
    )
