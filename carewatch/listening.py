"""Work that is done as soon as the database tells of it."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

import psycopg
import structlog

from domain.time import stopwatch

log = structlog.get_logger()

_STEP_S = 0.5
"""How long the end may go unseen."""


class Listening(ABC, threading.Thread):
    """A thread that takes a turn at each notification, on a database connection of its own.

    It comes back where the database was away. ``name`` is what the log calls it.
    """

    def __init__(
        self,
        name: str,
        channels: tuple[str, ...],
        connect: Callable[[], psycopg.Connection],
        end: threading.Event,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._channels = channels
        self._connect = connect
        self._end = end

    @abstractmethod
    def turn(self, connection: psycopg.Connection) -> float:
        """Do what there is to do; the seconds after which to look even if nothing is told."""

    def run(self) -> None:
        while not self._end.is_set():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except psycopg.Error as error:
                reason = type(error).__name__
                log.warning(f"{self.name} wait for the database", reason=reason)
                self._end.wait(1)

    def _serve(self, connection: psycopg.Connection) -> None:
        for channel in self._channels:
            connection.execute(f"listen {channel}")
        while not self._end.is_set():
            self._await(connection, self.turn(connection))

    def _await(self, connection: psycopg.Connection, seconds: float) -> None:
        """Until a notification, so many seconds, or the end."""
        until = stopwatch() + seconds
        while not self._end.is_set() and stopwatch() < until:
            if list(connection.notifies(timeout=_STEP_S, stop_after=1)):
                return
