"""Displays on walls and at bedsides: each team's open alerts, kept up to date at the broker."""

import threading
from collections.abc import Callable
from typing import Any

import orjson
import psycopg

from alerts.board import Board, boards
from carewatch.listening import Listening
from domain.time import MINUTE, SECOND, Clock, Micros, iso
from gateway import topics

AGAIN: Micros = MINUTE
"""At least this often a board is sent: a display that has none for longer is cut off."""
_TAKEN_WITHIN_S = 5.0

Publish = Callable[[str, bytes, bool], Any]
"""Topic, payload, and whether it is retained."""


class Displays(Listening):
    """A thread that publishes a team's board when it has changed, and once a minute."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        publish: Publish,
        clock: Clock,
        end: threading.Event,
    ) -> None:
        super().__init__("displays", ("alert", "directory"), connect, end)
        self._publish = publish
        self._clock = clock
        self._sent: dict[str, tuple[Micros, Board]] = {}

    def turn(self, connection: psycopg.Connection) -> float:
        self._show(boards(connection))
        now = self._clock.now()
        first = min((sent for sent, _ in self._sent.values()), default=now)
        return (first + AGAIN - now) / SECOND

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
