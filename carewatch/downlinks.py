"""What others want told to devices (commands, receipts of people's answers) is published.

Rows of the table ``downlink`` are the only way for another process to reach a device: they
survive a restart, and are marked once the broker has taken them.
"""

import threading
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import structlog

from domain.time import Clock
from ingest import store

log = structlog.get_logger()

_LOOK_AGAIN_S = 5.0
"""How long to rely on notifications before looking by oneself."""
_TAKEN_WITHIN_S = 5.0


class Downlinks(threading.Thread):
    """A thread that publishes waiting rows, oldest first, as soon as they are there."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        publish: Callable[[str, bytes], Any],
        clock: Clock,
        end: threading.Event,
    ) -> None:
        super().__init__(name="downlinks", daemon=True)
        self._connect = connect
        self._publish = publish
        self._clock = clock
        self._end = end

    def run(self) -> None:
        while not self._end.is_set():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except psycopg.Error as error:
                log.warning("downlinks wait for the database", reason=str(error).split("\n")[0])
                self._end.wait(1)

    def _serve(self, connection: psycopg.Connection) -> None:
        connection.execute("listen downlink")
        while not self._end.is_set():
            while self._send(connection):
                pass
            self._await(connection)

    def _await(self, connection: psycopg.Connection) -> None:
        """Until a notification, a while, or the end; in short steps, to see the end."""
        for _ in range(int(_LOOK_AGAIN_S / 0.5)):
            if self._end.is_set() or list(connection.notifies(timeout=0.5, stop_after=1)):
                return

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
