"""What the database itself says of statements: how long they took, and by which plan.

PostgreSQL's `auto_explain` tells it to whoever asked them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from carewatch import server

_TELL = (
    "load 'auto_explain'; set client_min_messages = log; set auto_explain.log_min_duration = 0;"
    " set auto_explain.log_timing = off"
)
_TELL_ALL = (
    "set auto_explain.log_analyze = on; set auto_explain.log_nested_statements = on;"
    " set auto_explain.log_buffers = on; set auto_explain.log_timing = on"
)

Ask = Callable[[psycopg.Connection, int], object]
"""Statements about something that has this number."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A connection on which statements are asked, and what the database said of them."""

    connection: psycopg.Connection
    said: list[str] = field(default_factory=list)

    def milliseconds(self, ask: Ask, number: int) -> float:
        """How long the statements took, together."""
        return sum(_milliseconds(plan) for plan in self._said_of(ask, number))

    def plans(self, ask: Ask, number: int) -> list[str]:
        """How each statement went, step by step, the longest last; this makes them slower."""
        self.connection.execute(_TELL_ALL)
        return sorted(self._said_of(ask, number), key=_milliseconds)

    def _said_of(self, ask: Ask, number: int) -> list[str]:
        self.said.clear()
        ask(self.connection, number)
        return self.said


@contextmanager
def explained(url: str) -> Iterator[Explained]:
    """A connection with the settings of the API's."""
    # In a transaction, a statement's plan would only be told when the next statement begins.
    with psycopg.connect(url, autocommit=True, options=server.OPTIONS) as connection:
        told = Explained(connection)
        connection.add_notice_handler(lambda notice: told.said.append(notice.message_primary or ""))
        connection.execute(_TELL)
        yield told


def _milliseconds(plan: str) -> float:
    """How long a statement took.

    >>> _milliseconds("duration: 0.512 ms  plan: ...")
    0.512
    """
    found = re.match(r"duration: ([0-9.]+) ms", plan)
    return float(found[1]) if found else 0.0
