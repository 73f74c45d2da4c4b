"""Who is to be told, as last read: for the time in which nobody can be looked up."""

import threading
from collections.abc import Callable

import psycopg
import structlog

from alerts.unrecorded import LastKnown, read_all
from domain.directory import Directory
from domain.time import Clock

log = structlog.get_logger()

_OLD_S = 300.0
"""How old it may get, for what changes without a change of the directory."""
_YOUNG_S = 10.0
"""While people are changed one after the other, they are not all read at each."""
_LOOK_S = 0.2


class AddressBook(threading.Thread):
    """A thread that reads everybody anew when somebody has changed, on a connection of its own.

    ``known`` is what was read last.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        directory: Callable[[], Directory | None],
        clock: Clock,
        end: threading.Event,
    ) -> None:
        super().__init__(name="address book", daemon=True)
        self._connect = connect
        self._directory = directory
        self._clock = clock
        self._end = end
        self._read: Directory | None = None
        self.known = LastKnown.nothing()

    def run(self) -> None:
        age = _OLD_S
        while not self._end.wait(_LOOK_S):
            age += _LOOK_S
            directory = self._directory()
            enough = _OLD_S if directory is self._read else _YOUNG_S
            if directory is not None and age > enough and self._look_up(directory):
                age = 0.0

    def _look_up(self, directory: Directory) -> bool:
        try:
            with self._connect() as connection:
                self.known = read_all(connection, directory, self._clock.now())
        except psycopg.Error as error:
            log.debug("the address book waits for the database", reason=type(error).__name__)
            return False
        self._read = directory
        return True
