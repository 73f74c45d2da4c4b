"""Which tables a database has, of which parts they are made, and in which order they are filled."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import BinaryIO

import aiosql
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from carewatch.edition import edition

queries = aiosql.from_path(
    Path(__file__).with_name("queries.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection

LEFT_OUT = ("migration", "session")
"""Tables that a backup does not hold: the first is written by migrating; logins end."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a table: the whole, a partition, or a chunk from ``begins`` to ``ends``."""

    schema: str | None
    name: str
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """``needs`` are the tables that its rows point to; ``split``: by time, in whichever way.

    ``hypertable`` is the schema and name of the one that holds its rows, where one does.
    """

    name: str
    columns: tuple[str, ...]
    needs: tuple[str, ...] = ()
    split: bool = False
    hypertable: tuple[str, str] | None = None


def tables_of(connection: Connection) -> list[Table]:
    """All tables, those first that others point to, and those that are split by time at last.

    (The functions that split ask other tables how.) Continuous aggregates are tables, too.
    """
    hypertables = _hypertables(connection)
    found = {
        row["name"]: Table(
            row["name"],
            tuple(row["columns"]),
            tuple(row["needs"]),
            row["split"] or row["name"] in hypertables,
            hypertables.get(row["name"]),
        )
        for row in queries.tables(connection, left_out=list(LEFT_OUT))
    }
    order = TopologicalSorter(
        {name: [need for need in table.needs if need in found] for name, table in found.items()}
    )
    ordered = sorted((found[name] for name in order.static_order()), key=lambda each: each.split)
    return [*ordered, *_aggregates(connection)]


def parts_of(connection: Connection, table: Table) -> list[Part]:
    """What the table's rows lie in."""
    if not table.split:
        return [Part(None, table.name)]
    if table.hypertable:
        schema, name = table.hypertable
        rows = queries.chunks(connection, schema=schema, name=name)
        return [
            Part(row["schema"], row["name"], row["range_start"], row["range_end"]) for row in rows
        ]
    rows = queries.partitions(connection, name=table.name)
    return [Part(row["schema"], row["name"], *_bounds(row["bound"])) for row in rows]


def copy_out(connection: Connection, table: Table, part: Part, target: BinaryIO) -> int:
    """Write the rows of a part as text; how many there were."""
    place = [part.schema, part.name] if part.schema else [part.name]
    statement = sql.SQL("copy (select {} from {}) to stdout").format(
        _listed(table.columns), sql.Identifier(*place)
    )
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in copy:
                target.write(block)
        return cursor.rowcount


def copy_in(
    connection: Connection, table: Table, columns: Iterable[str], rows: Iterable[bytes]
) -> int:
    """Add rows that :func:`copy_out` gave; how many there were."""
    place = table.hypertable or (table.name,)
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(*place), _listed(columns))
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in rows:
                copy.write(block)
        return cursor.rowcount


def empty(connection: Connection, tables: Sequence[Table]) -> None:
    """Take out what the migrations have put in: the rows of the backup say it all."""
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in tables if not table.split)
    connection.execute(sql.SQL("truncate {} cascade").format(names))


def silence(connection: Connection, table: Table, *, again: bool) -> None:
    """Let the table's triggers sleep while its rows are put back (``again``: wake them)."""
    if table.split:
        return
    word = sql.SQL("enable" if again else "disable")
    for row in queries.triggers(connection, name=table.name):
        connection.execute(
            sql.SQL("alter table {} {} trigger {}").format(
                sql.Identifier(table.name), word, sql.Identifier(row["name"])
            )
        )


def _hypertables(connection: Connection) -> dict[str, tuple[str, str]]:
    if edition(connection).kind == "plain":
        return {}
    rows = queries.hypertables(connection)
    return {row["name"]: (row["schema"], row["name"]) for row in rows}


def _aggregates(connection: Connection) -> list[Table]:
    if edition(connection).kind != "timescale":
        return []
    return [
        Table(
            row["name"], tuple(row["columns"]), split=True,
            hypertable=(row["schema"], row["hypertable"]),
        )
        for row in queries.aggregates(connection)
    ]  # fmt: skip


def _bounds(said: str) -> tuple[datetime | None, datetime | None]:
    """From when until when a partition reaches; None where it takes what no other does.

    >>> _bounds("FOR VALUES FROM ('2026-11-20 00:00:00+00') TO ('2026-11-21 00:00:00+00')")[0]
    datetime.datetime(2026, 11, 20, 0, 0, tzinfo=datetime.timezone.utc)
    >>> _bounds("DEFAULT")
    (None, None)
    """
    times = re.findall(r"'([^']+)'", said)
    if len(times) != 2:
        return None, None
    begins, ends = (datetime.fromisoformat(time) for time in times)
    return begins, ends


def _listed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)
