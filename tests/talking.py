"""Devices that talk to the broker over paho, and which of it the broker and the database have."""

import json
import threading
from collections.abc import Callable
from typing import Any

from domain.time import SystemClock
from gateway.mqtt.subscriber import address, make_client
from tests.waiting import eventually


def now_ms() -> int:
    return SystemClock().now() // 1000


class Session:
    """A persistent session of one device or of several, and what the broker acknowledged of it."""

    def __init__(self, url: str, name: str) -> None:
        # No lock: paho calls back under a lock of its own, which `publish` takes too.
        self._said: list[tuple[int, str, int]] = []
        self._done: set[int] = set()
        self._address = address(url)
        self._client = make_client(url, name, clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = lambda _c, _d, mid, *_: self._done.add(mid)

    def connect(self) -> None:
        self._client.connect(*self._address)
        self._client.loop_start()
        eventually(self._client.is_connected, "the login")

    def publish(self, device: str, what: str, payload: dict[str, Any]) -> int:
        """Say it at QoS 1; the time that it carries, which is now where it has none."""
        said = {"t": now_ms(), **payload}
        info = self._client.publish(f"cw/v1/{device}/{what}", json.dumps(said), qos=1)
        self._said.append((info.mid, f"{device}/{what}", said["t"]))
        return int(said["t"])

    def acknowledged(self, device: str) -> set[int]:
        """Times of the samples of a device that the broker has."""
        mine = f"{device}/sample"
        return {t for mid, said, t in list(self._said) if said == mine and mid in self._done}

    def settle(self) -> None:
        """Until everything that was said is acknowledged."""
        eventually(lambda: len(self._done) == len(self._said), "all acknowledgements", 60)
        assert len(self._said) < 65_000, "packet ids name messages only once"

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Talk(threading.Thread):
    """Beds that say something over and over, with a time of its own each time."""

    def __init__(self, session: Session, *beds: str, every_s: float = 0.02) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._beds = beds
        self._every_s = every_s
        self._end = threading.Event()

    def run(self) -> None:
        t = now_ms()
        while not self._end.wait(self._every_s):
            t = max(t + 1, now_ms())
            said = {"t": t, "heart_rate": 61, "in_bed": True, "movement": 0.1}
            for bed in self._beds:
                self._session.publish(bed, "sample", said)

    def end(self) -> None:
        self._end.set()
        self.join(10)


def await_kept(session: Session, bed: str, ask: Callable[..., list[Any]]) -> None:
    """Until the database has all samples that the broker has, none of them twice."""
    stored = (
        "select (extract(epoch from measured_at) * 1000)::bigint"
        " from sample s join device d on d.slot = s.device where d.id = %s"
    )

    def kept() -> bool:
        times = [t for (t,) in ask(stored, bed)]
        assert len(times) == len(set(times))
        return session.acknowledged(bed) <= set(times)

    eventually(kept, f"the last sample of {bed}", 60)
