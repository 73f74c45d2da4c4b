"""The database as routes and the feed meet it: a connection, or the sentence that there is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiosql
import psycopg
from psycopg import IsolationLevel
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from api.problems import unprocessable
from domain.errors import Unavailable
from domain.refusals import refused

__all__ = ["Connection", "Database", "Jsonb", "Pool", "people", "queries"]

Connection = psycopg.Connection
Pool = ConnectionPool[psycopg.Connection]

queries = aiosql.from_path(
    Path(__file__).with_name("queries.sql"), "psycopg", kwargs={"row_factory": dict_row}
)
people = aiosql.from_path(
    Path(__file__).with_name("people.sql"), "psycopg", kwargs={"row_factory": dict_row}
)
"""Statements about people, their places, and who looked at them."""

_AWAY = "The database does not answer at this moment; please try again in a few seconds."


class Database:
    """Connections of a pool, each for one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection, committed at the end, or rolled back where an error leaves it.

        Raises Unavailable where the database is away.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InternalError, PoolTimeout) as error:
            raise Unavailable(_AWAY) from error
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise unprocessable(refused("not_storable")) from error

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """A connection whose statements all see the same instant."""
        with self.transaction() as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            try:
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                connection.isolation_level = None
