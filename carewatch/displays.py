"""Displays on walls and at bedsides: each team's open alerts, kept up to date at the broker."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from alerts.board import Board, boards
from carewatch.listening import Listening
from domain.time import MINUTE, SECOND, Clock, Micros, iso
from gateway import topics
from gateway.mqtt.subscriber import all_taken

AGAIN: Micros = MINUTE
"""At least this often a board is sent: a display that has none for longer is cut off."""
_TAKEN_WITHIN_S = 5.0
_LOOK_AGAIN_S = 1.0

Publish = Callable[[str, bytes, bool], Any]
"""Topic, payload, and whether it is retained."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A team's board as it was published last."""

    at: Micros
    board: Board
    info: Any


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
        self._sent: dict[str, _Sent] = {}

    def turn(self, connection: psycopg.Connection) -> float:
        if self._taken(0):  # else the broker is away, and is given the boards of its return
            self._show(boards(connection))
        if not self._taken(_TAKEN_WITHIN_S):
            return _LOOK_AGAIN_S
        now = self._clock.now()
        first = min((sent.at for sent in self._sent.values()), default=now)
        return (first + AGAIN - now) / SECOND

    def _taken(self, within_s: float) -> bool:
        return all_taken((sent.info for sent in self._sent.values()), within_s)

    def _show(self, found: dict[str, Board]) -> None:
        for team in self._sent.keys() - found.keys():  # its last display is gone
            del self._sent[team]
        now = self._clock.now()
        for team, board in found.items():
            sent = self._sent.get(team)
            if sent is None or sent.board != board or sent.at + AGAIN <= now:
                payload = orjson.dumps({**board, "at": iso(now)})
                info = self._publish(topics.display(team), payload, True)
                self._sent[team] = _Sent(now, board, info)
