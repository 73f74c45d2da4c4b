"""A whole carewatch, started as a user would, and devices that talk to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from domain.time import SystemClock
from tests.talking import Session
from tests.waiting import eventually

CLOCK = SystemClock()


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


class Sender(Session):
    """A device with a session of its own, which hears its receipts."""

    def __init__(self, instance: Instance, device: dict[str, Any]) -> None:
        self.id: str = device["id"]
        self.resident: str = device["resident"]
        self.receipts: list[dict[str, Any]] = []
        super().__init__(instance.run["mqtt"], self.id)
        self._client.username_pw_set(self.id, device["secret"])
        self._client.on_connect = lambda c, *_: c.subscribe(f"cw/v1/{self.id}/receipt", 1)
        self._client.on_message = lambda _c, _d, m: self.receipts.append(json.loads(m.payload))
        self.connect()

    def say(self, what: str, payload: dict[str, Any]) -> int:
        return self.publish(self.id, what, payload)


@contextmanager
def instance(folder: Path, *, quiet: bool = True) -> Iterator[Instance]:
    """An instance that ends with the block, within ten seconds."""
    running = Instance(folder, quiet=quiet)
    try:
        yield running
    finally:
        took = running.stop()
    assert took < 10, f"stopping took {took:.1f} s"
