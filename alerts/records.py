"""What figures are made of: the books of a span as arrays of whole numbers.

A year of a county is a million alerts, so each column comes as one string of bytes into structured
arrays, and not as a million Python objects. Times are microseconds, and what has not happened is
:data:`domain.time.NEVER`; the names of their columns end in ``_at``. ``team``, ``kind`` and
``model`` are places in lists, from 1; 0 is whatever is in none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosql
import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.rows import dict_row, tuple_row
from psycopg.sql import SQL, Composable, Identifier

from alerts.detectors.button_test import GRACE
from domain.finding import KINDS
from domain.time import NEVER, SECOND, Micros, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("records.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]
Table = npt.NDArray[np.void]

PRIORITIES = ("low", "medium", "high")
OUTCOMES = ("real", "false_alarm", "test", "not_needed", "handed_over")
MISTAKES = ("device", "person", "rule")
KIND_NAMES: tuple[str, ...] = tuple(sorted({*KINDS, "button_test_overdue"}))

_OF_AN_ALERT = ("team i4", "kind i4", "model i4", "priority i4")
_OF_A_DEVICE = ("team i4", "model i4")


def _columns(*told: str) -> np.dtype[np.void]:
    return np.dtype([(name, kind) for name, kind in (each.split() for each in told)])


COLUMNS: Mapping[str, np.dtype[np.void]] = {
    "alerts": _columns(
        *_OF_AN_ALERT, "outcome i4", "mistake i4", "of_resident ?", "told ?", "raised_at i8",
        "asked_at i8", "answered_at i8", "set_out_at i8", "arrived_at i8", "ended_at i8",
    ),
    "escalations": _columns(*_OF_AN_ALERT, "late_ms i8"),
    "offers": _columns(*_OF_AN_ALERT, "person i8", "offered_at i8"),
    "residents": _columns("team i4", "begins_at i8"),
    "devices": _columns(*_OF_A_DEVICE, "begins_at i8", "heard_at i8", "ends_at i8"),
    "lapses": _columns(*_OF_A_DEVICE, "begins_at i8", "ends_at i8"),
    "tests": _columns(*_OF_A_DEVICE, "begins_at i8", "overdue_at i8", "ends_at i8"),
}  # fmt: skip
"""The columns of each array, in the order in which its statement selects them."""


@dataclass(frozen=True, slots=True)
class Records:
    """All that the figures of a span are computed from; the columns are in :data:`COLUMNS`.

    ``alerts``       those raised in the span
    ``escalations``  of these, each time that somebody was passed over
    ``offers``       of these, each time that somebody on duty was asked, ``person`` from 0
    ``residents``    of today, and since when they are cared for
    ``devices``      all that were ever placed or heard, and since when they were heard
    ``lapses``       spans in which a device that was heard once was silent
    ``tests``        of each button and fall detector the spans from test to test
    """

    alerts: Table
    escalations: Table
    offers: Table
    residents: Table
    devices: Table
    lapses: Table
    tests: Table

    @classmethod
    def empty(cls) -> "Records":
        return cls(**{name: np.empty(0, columns) for name, columns in COLUMNS.items()})

    def by(self, column: str) -> dict[int, "Records"]:
        """The same apart, by the numbers of a column.

        Residents have a team alone and stay whole for each other column; devices are nowhere if
        they have no such column.
        """
        parts = {field.name: _apart(getattr(self, field.name), column) for field in fields(self)}
        numbers = sorted({number for part in parts.values() for number in part or ()})
        return {
            number: replace(
                self, **{name: self._of(name, part, number) for name, part in parts.items()}
            )
            for number in numbers
        }

    def _of(self, name: str, part: Mapping[int, Table] | None, number: int) -> Table:
        whole: Table = getattr(self, name)
        if part is None:
            return whole if name == "residents" else whole[:0]
        return part.get(number, whole[:0])


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records: the ``parts`` (from 1) into which teams fall, and whatever is no team's.

    ``kind`` and ``model`` None: all of them.
    """

    parts: Mapping[str, int]
    unowned: bool
    start: Micros
    end: Micros
    models: Sequence[str] = ()
    kind: str | None = None
    model: str | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "teams": list(self.parts),
            "parts": list(self.parts.values()),
            "unowned": self.unowned,
            "since": to_datetime(self.start),
            "until": to_datetime(self.end),
            "kinds": list(KIND_NAMES),
            "models": list(self.models),
            "kind": self.kind,
            "model": self.model,
            "grace": timedelta(microseconds=GRACE),
        }


def load(connection: Connection, chosen: Chosen) -> Records:
    """The records of a span. Nothing is told of devices where a kind is asked for."""
    queries.hurry(connection)
    found = {name: _fetch(connection, name, chosen) for name in COLUMNS}
    found["offers"]["person"] = np.unique(found["offers"]["person"], return_inverse=True)[1]
    if chosen.kind is not None:
        found |= {name: found[name][:0] for name in ("devices", "lapses", "tests")}
    return Records(**found)


def models(connection: Connection) -> list[str]:
    """The models of all devices, by name."""
    return [row["model"] for row in queries.models(connection)]


def _apart(table: Table, column: str) -> dict[int, Table] | None:
    """The rows of each number of a column; None where there is no such column."""
    if column not in (table.dtype.names or ()):
        return None
    order = np.argsort(table[column], kind="stable")
    numbers, starts = np.unique(table[column][order], return_index=True)
    pieces = np.split(table[order], starts[1:])
    return dict(zip(numbers.tolist(), pieces, strict=False))


# -- how they are fetched ----------------------------------------------------------------------

_FOREVER = np.iinfo(np.int64).max
"""`infinity` as PostgreSQL sends it; other times count from 2000."""
_YEAR_2000: Micros = 946_684_800 * SECOND
_SENT = {"i4": "int4send", "i8": "int8send", "b1": "boolsend", "at": "timestamptz_send"}


def _fetch(connection: Connection, name: str, chosen: Chosen) -> Table:
    columns = COLUMNS[name]
    statement = SQL("{within} select {sent} from ({rows}) as told ({names})").format(
        within=SQL(f"with chosen as ({queries.chosen.sql})" if "chosen" in _sql(name) else ""),
        sent=SQL(", ").join(_sent(column, kind) for column, kind in _kinds(columns)),
        rows=SQL(_sql(name)),
        names=SQL(", ").join(map(Identifier, columns.names or ())),
    )
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        found = cursor.execute(statement, chosen.arguments(), prepare=False).fetchone()
    return table_of(found or (), columns)


def table_of(sent: Sequence[bytes | None], columns: np.dtype[np.void]) -> Table:
    """A table out of the bytes of each of its columns; None where there are no rows."""
    values = [
        np.frombuffer(each or b"", columns[name].newbyteorder(">"))
        for name, each in zip(columns.names or (), sent, strict=True)
    ]
    table = np.empty(max(map(len, values)), columns)
    for (name, kind), each in zip(_kinds(columns), values, strict=True):
        if len(each) != len(table):
            raise ValueError(f"the column {name} has a null: each statement leaves none")
        table[name] = _micros(each) if kind == "at" else each
    return table


def _sql(name: str) -> Any:
    return getattr(queries, name).sql.rstrip("; \n")


def _sent(column: str, kind: str) -> Composable:
    return SQL("string_agg({}({}), '')").format(Identifier(_SENT[kind]), Identifier(column))


def _kinds(columns: np.dtype[np.void]) -> list[tuple[str, str]]:
    names = columns.names or ()
    return [(name, "at" if name.endswith("_at") else columns[name].str[1:]) for name in names]


def _micros(at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.where(at == _FOREVER, NEVER, at.astype(np.int64) + _YEAR_2000)
