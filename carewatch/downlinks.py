"""What others want told to devices (commands, receipts of people's answers) is published.

Rows of the table ``downlink`` are the only way for another process to reach a device: they
survive a restart, and are marked once the broker has taken them.
"""

import threading
from collections.abc import Callable
from typing import Any

import orjson
import psycopg

from carewatch.listening import Listening
from domain.time import Clock
from gateway.mqtt.subscriber import all_taken
from ingest import store

_LOOK_AGAIN_S = 5.0
"""How long to rely on notifications before looking by oneself."""
_TAKEN_WITHIN_S = 5.0


class Downlinks(Listening):
    """A thread that publishes waiting rows, oldest first, as soon as they are there."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        publish: Callable[[str, bytes], Any],
        clock: Clock,
        end: threading.Event,
    ) -> None:
        super().__init__("downlinks", ("downlink",), connect, end)
        self._publish = publish
        self._clock = clock
        self._under_way: dict[int, Any] = {}

    def turn(self, connection: psycopg.Connection) -> float:
        while self._send(connection):
            pass
        return _LOOK_AGAIN_S

    def _send(self, connection: psycopg.Connection) -> int:
        """Publish what waits and is not under way already; how much the broker took."""
        for number, _device, topic, payload in store.waiting_downlinks(connection):
            if number not in self._under_way:
                self._under_way[number] = self._publish(topic, orjson.dumps(payload))
        all_taken(self._under_way.values(), _TAKEN_WITHIN_S)
        taken = [number for number, info in self._under_way.items() if info.is_published()]
        store.downlinks_sent(connection, taken, self._clock.now())
        for number in taken:
            del self._under_way[number]
        return len(taken)
