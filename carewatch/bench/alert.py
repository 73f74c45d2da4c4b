"""From a press of a button to a line on a caregiver's feed, beside other traffic.

Every press is of another resident, each on an MQTT session of its own login; the caregiver is a
logged-in member of the centre who reads the feed over HTTP. The clock of both ends is one.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.console import Console

from api import accounts
from carewatch.bench.stack import Stack, stack, until
from carewatch.embedded.postgres import free_port
from domain.time import SystemClock
from gateway import registry
from gateway.mqtt.subscriber import address, make_client

_PASSWORD = "a-password-for-measuring"
_TEAM = "bench-county"


@dataclass(frozen=True, slots=True)
class Plan:
    """``presses`` a fifth of a second apart, beside ``rate`` samples a second of ``beds``."""

    presses: int = 200
    rate: float = 2_000
    beds: int = 2_000
    apart_s: float = 0.2


def measure(plan: Plan) -> dict[str, Any]:
    """Percentiles of the way, in milliseconds; takes about a minute."""
    console = Console(stderr=True)
    with stack() as whole, console.status("starting") as status:
        fleet = whole.fleet(plan.beds)
        secrets = _people(whole, plan.presses)
        url = _start(whole)
        reader = Reader(url)
        status.update(f"{plan.presses} presses beside {plan.rate:g} messages a second")
        seconds = plan.presses * plan.apart_s + 3
        traffic = threading.Thread(target=_traffic, args=(whole, fleet, plan.rate, seconds))
        traffic.start()
        pressed = _press(whole, secrets, plan.apart_s)
        traffic.join()
        reader.settle(len(pressed))
        took = [
            (reader.seen[name] - at) / 1000 for name, at in pressed.items() if name in reader.seen
        ]
        return {
            "presses": len(pressed),
            "p50_ms": round(float(np.percentile(took, 50)), 1),
            "p99_ms": round(float(np.percentile(took, 99)), 1),
            "max_ms": round(max(took), 1),
            "lost": len(pressed) - len(took),
            "other_messages_per_s": plan.rate,
        }


class Reader(threading.Thread):
    """A caregiver's feed: when each resident's alert was first seen."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, int] = {}
        self._url = f"{url}/api/v1"
        self._open = threading.Event()
        self._clock = SystemClock()
        self.start()
        self._open.wait(20)

    def run(self) -> None:
        login = {"username": "bench", "password": _PASSWORD}
        token = httpx.post(f"{self._url}/session", json=login).raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{self._url}/feed", headers=headers, timeout=None) as answer:
            for alert in self._alerts(answer.iter_lines()):
                self.seen.setdefault(alert["resident"], self._clock.now())

    def _alerts(self, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
        kind = ""
        for line in lines:
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:") and kind == "snapshot":
                self._open.set()
            elif line.startswith("data:") and kind == "alert":
                yield json.loads(line.removeprefix("data:"))

    def settle(self, expected: int) -> None:
        """Wait a while for what is still on its way."""
        waiting = threading.Event()
        for _ in range(50):
            if len(self.seen) >= expected:
                return
            waiting.wait(0.1)


def _people(whole: Stack, count: int) -> dict[str, str]:
    """Residents with a button each, and the caregiver; secrets by button."""
    with whole.connect() as connection:
        connection.execute(
            "insert into team (id, name, level) values (%s, 'Bench', 'county')", (_TEAM,)
        )
        connection.execute(
            "insert into resident (id, name, team_id)"
            " select 'presser-' || n, 'Presser', %s from generate_series(1, %s) n",
            (_TEAM, count),
        )
        accounts.add(connection, "bench", _PASSWORD, "centre", SystemClock().now(), team=_TEAM)
        return {
            f"presser-{n}": registry.add(
                connection, f"presser-{n}", "button", resident=f"presser-{n}"
            )
            for n in range(1, count + 1)
        }


def _start(whole: Stack) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    for service in ("gateway", "escalator", "keeper"):
        whole.start(service, "carewatch", service)
    whole.start("api", "carewatch", "api", CAREWATCH_HTTP_PORT=str(port))
    until(lambda: _ready(url), 60, "Starting")
    return url


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _traffic(whole: Stack, fleet: Path, rate: float, seconds: float) -> None:
    whole.load(fleet, "--rate", str(rate), "--seconds", str(seconds))


def _press(whole: Stack, secrets: dict[str, str], apart_s: float) -> dict[str, int]:
    """Press each button once, at its pace; when each was pressed."""
    clock, pace, pressed = SystemClock(), threading.Event(), {}
    clients = {}
    for button, secret in secrets.items():
        client = make_client(whole.nats.mqtt_address, button)
        client.username_pw_set(button, secret)
        client.connect(*address(whole.nats.mqtt_address))
        client.loop_start()
        clients[button] = client
    until(lambda: all(client.is_connected() for client in clients.values()), 30, "Logging in")
    for button, client in clients.items():
        pressed[button] = clock.now()
        press = {"t": pressed[button] // 1000, "id": "press", "event": "button_pressed"}
        client.publish(f"cw/v1/{button}/event", json.dumps(press), qos=1)
        pace.wait(apart_s)
    for client in clients.values():
        client.disconnect()
        client.loop_stop()
    return pressed
