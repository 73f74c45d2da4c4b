"""A whole carewatch, started as a user would, and devices that talk to it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from domain.time import SystemClock
from gateway.mqtt.subscriber import address, make_client
from tests.waiting import eventually

CLOCK = SystemClock()


def now_ms() -> int:
    return CLOCK.now() // 1000


class Instance:
    """``carewatch demo --quiet`` on a folder, every port a free one; or without ``--quiet``."""

    def __init__(self, folder: Path, *, quiet: bool = True) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        ports = {f"CAREWATCH_{name}_PORT": "0" for name in ("HTTP", "MQTT", "NATS")}
        self._output = (folder / "output").open("wb")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "carewatch", "demo", "--data", str(folder / "data")),
                *(["--quiet"] if quiet else []),
            ],
            env=os.environ | ports,
            stdout=self._output,
            stderr=self._output,
        )
        eventually(self._is_up, "the start", 90)
        self.demo = json.loads((folder / "data" / "demo.json").read_text())
        self.database = psycopg.connect(self.run["database"], autocommit=True)

    @property
    def run(self) -> dict[str, Any]:
        """What run.json says at this moment."""
        said: dict[str, Any] = json.loads((self.folder / "data" / "run.json").read_text())
        return said

    def _is_up(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text()
        return (self.folder / "data" / "run.json").exists()

    def ask(self, query: str, *arguments: Any) -> list[Any]:
        """Rows of the database, which may be on its way back."""
        if self.database.closed:
            self.database = eventually(self._connected, "the database", 60)
        try:
            return self.database.execute(query, arguments).fetchall()
        except psycopg.OperationalError:
            self.database.close()
            return self.ask(query, *arguments)

    def _connected(self) -> psycopg.Connection | None:
        try:
            return psycopg.connect(self.run["database"], autocommit=True, connect_timeout=2)
        except psycopg.OperationalError:
            return None

    def kill(self, part: str) -> None:
        """End a part at once (SIGKILL), and return when its supervisor has put another there."""
        old = self.run["pids"][part]
        os.kill(old, signal.SIGKILL)
        eventually(lambda: self.run["pids"][part] != old, f"another {part}")

    def devices(self, kind: str) -> list[dict[str, Any]]:
        return [device for device in self.demo["devices"] if device["kind"] == kind]

    def log_in(self, who: str) -> httpx.Client:
        """A client of the API with the first account of that user name or role."""
        account = next(a for a in self.demo["accounts"] if who in (a["username"], a["role"]))
        url = f"{self.run['http']}/api/v1"
        login = {"username": account["username"], "password": account["password"]}
        token = httpx.post(f"{url}/session", json=login).raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=url, headers=headers, timeout=10)

    def stop(self) -> float:
        """End it as Ctrl-C does; how many seconds that took."""
        self.database.close()
        children = psutil.Process(self.process.pid).children(recursive=True)
        began = CLOCK.now()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self._output.close()
        took = (CLOCK.now() - began) / 1_000_000
        assert [child for child in children if child.is_running()] == []
        return took


class Sender:
    """A device that publishes over paho, and knows what the broker has acknowledged."""

    def __init__(self, instance: Instance, device: dict[str, Any]) -> None:
        self.id = device["id"]
        self.resident = device["resident"]
        self.receipts: list[dict[str, Any]] = []
        # No lock: paho calls back under a lock of its own, which `publish` takes too.
        self._said: list[tuple[int, int]] = []
        self._done: set[int] = set()
        url = instance.run["mqtt"]
        self._client = make_client(url, self.id, clean_session=False)
        self._client.username_pw_set(self.id, device["secret"])
        self._client.on_publish = self._published
        self._client.on_connect = lambda c, *_: c.subscribe(f"cw/v1/{self.id}/receipt", 1)
        self._client.on_message = lambda _c, _d, m: self.receipts.append(json.loads(m.payload))
        self._client.connect(*address(url))
        self._client.loop_start()
        eventually(self._client.is_connected, "the login")

    def say(self, what: str, payload: dict[str, Any]) -> int:
        """Publish; the time that it carries names it in ``acknowledged``."""
        t = int(payload.setdefault("t", now_ms()))
        info = self._client.publish(f"cw/v1/{self.id}/{what}", json.dumps(payload), qos=1)
        self._said.append((info.mid, t))
        return t

    @property
    def acknowledged(self) -> list[int]:
        """The times of what the broker has said that it has."""
        return [t for mid, t in self._said if mid in self._done]

    def _published(self, _client: Any, _data: Any, mid: int, *_: Any) -> None:
        self._done.add(mid)

    def settle(self) -> None:
        """Until everything that was said is acknowledged."""
        eventually(
            lambda: len(self.acknowledged) == len(self._said), f"{self.id}'s acknowledgements", 60
        )

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Stream(threading.Thread):
    """A bed that says its heart rate, over and over, with a time of its own each time."""

    def __init__(self, sender: Sender, every_s: float = 0.005) -> None:
        super().__init__(daemon=True)
        self.sender = sender
        self._every_s = every_s
        self._end = threading.Event()

    def run(self) -> None:
        t = now_ms()
        while not self._end.wait(self._every_s):
            t = max(t + 1, now_ms())
            self.sender.say("sample", {"t": t, "heart_rate": 61, "in_bed": True, "movement": 0.1})

    def end(self) -> None:
        self._end.set()
        self.join(10)
        self.sender.settle()


@contextmanager
def instance(folder: Path, *, quiet: bool = True) -> Iterator[Instance]:
    """An instance that ends with the block, within ten seconds."""
    running = Instance(folder, quiet=quiet)
    try:
        yield running
    finally:
        took = running.stop()
    assert took < 10, f"stopping took {took:.1f} s"
