"""What is there before a file is taken in."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row

queries = aiosql.from_path(
    Path(__file__).with_name("queries.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]
Rows = Mapping[str, dict[str, Any]]


def by_id(statement: Callable[..., Iterable[dict[str, Any]]], connection: Connection) -> Rows:
    """The rows of a statement, by their names."""
    return {row["id"]: row for row in statement(connection)}
