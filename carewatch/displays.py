"""Displays on walls and at bedsides: each team's open alerts, kept up to date at the broker."""

import threading
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import structlog

from alerts.board import Board, boards
from domain.time import MINUTE, Clock, Micros, iso
from gateway import topics

log = structlog.get_logger()

AGAIN: Micros = MINUTE
"""At least this often a board is sent: a display that has none for longer is cut off."""
_TAKEN_WITHIN_S = 5.0
_STEP_S = 0.5

Publish = Callable[[str, bytes, bool], Any]
"""Topic, payload, and whether it is retained."""


class Displays(threading.Thread):
    """A thread that publishes a team's board when it has changed, and once a minute."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        publish: Publish,
        clock: Clock,
        end: threading.Event,
    ) -> None:
        super().__init__(name="displays", daemon=True)
        self._connect = connect
        self._publish = publish
        self._clock = clock
        self._end = end
        self._sent: dict[str, tuple[Micros, Board]] = {}

    def run(self) -> None:
        while not self._end.is_set():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except psycopg.Error as error:
                log.warning("displays wait for the database", reason=type(error).__name__)
                self._end.wait(1)

    def _serve(self, connection: psycopg.Connection) -> None:
        connection.execute("listen alert")
        connection.execute("listen directory")
        while not self._end.is_set():
            self._show(boards(connection))
            self._await(connection)

    def _await(self, connection: psycopg.Connection) -> None:
        """Until something has changed, a board is due again, or the end."""
        while not self._end.is_set() and not self._due():
            if list(connection.notifies(timeout=_STEP_S, stop_after=1)):
                return

    def _due(self) -> bool:
        now = self._clock.now()
        return any(sent + AGAIN <= now for sent, _ in self._sent.values())

    def _show(self, found: dict[str, Board]) -> None:
        for team in self._sent.keys() - found.keys():  # its last display is gone
            del self._sent[team]
        now = self._clock.now()
        for team, board in found.items():
            sent, before = self._sent.get(team, (0, None))
            if (before != board or sent + AGAIN <= now) and self._send(team, board, now):
                self._sent[team] = now, board

    def _send(self, team: str, board: Board, now: Micros) -> bool:
        payload = orjson.dumps({**board, "at": iso(now)})
        info = self._publish(topics.display(team), payload, True)
        info.wait_for_publish(_TAKEN_WITHIN_S)
        return bool(info.is_published())
