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

    def turn(self, connection: psycopg.Connection) -> float:
        while self._send(connection):
            pass
        return _LOOK_AGAIN_S

    def _send(self, connection: psycopg.Connection) -> int:
        """Publish what waits; how much the broker took."""
        rows = store.waiting_downlinks(connection)
        infos = [(row[0], self._publish(row[2], orjson.dumps(row[3]))) for row in rows]
        taken = []
        for row_id, info in infos:
            info.wait_for_publish(_TAKEN_WITHIN_S)
            if info.is_published():
                taken.append(row_id)
        store.downlinks_sent(connection, taken, self._clock.now())
        return len(taken)
