"""A database connection that does not wait for ever.

A server that is stopped in the middle of everything, or on the far side of a network that was
cut, still counts as connected: its system keeps the connection alive for it. `statement_timeout`
is the server's own promise, and a server that hangs keeps none. So the one who asks looks at the
clock.
"""

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from domain.time import stopwatch

T = TypeVar("T")


class Punctual(psycopg.Connection[Any]):
    """Ends itself where the server owes an answer for longer than ``patience_s``.

    Raises psycopg.OperationalError then, and is closed: what the server has done is not known.
    """

    patience_s = 20.0

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """Of psycopg: all that waits for the server goes through here."""
        deadline = stopwatch() + self.patience_s
        return super().wait(self._until(deadline, gen), *arguments, **named)

    def _until(self, deadline: float, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and stopwatch() > deadline:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("timeout: the server does not answer")
                wanted = gen.send(ready)
        except StopIteration as end:
            found: T = end.value
            return found


def check(connection: psycopg.Connection[Any]) -> None:
    """For a pool of these: whether a connection still works; a second is enough to say so."""
    assert isinstance(connection, Punctual)
    usual, connection.patience_s = connection.patience_s, 1.0
    ConnectionPool.check_connection(connection)
    connection.patience_s = usual
