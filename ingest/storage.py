"""What is on the disk: readings measured and reckoned for a year, and all the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import aiosql
import psycopg
from psycopg import sql
from psycopg.rows import class_row

from domain.time import Micros, to_datetime
from ingest import retention
from ingest.retention import Keep

YEAR_DAYS = 365

TABLES = (*retention.RAW, *retention.MINUTES, *retention.REST)
_OF_SAMPLES = (*retention.PACKS, "late_sample")
"""Tables whose rows count as samples."""
COUNTED_BYTES = 10_000_000
"""Other tables up to this size are counted: that takes milliseconds, and an estimate may be old."""
_PIECE_DAYS = {
    **dict.fromkeys(retention.RAW, 1),
    **dict.fromkeys((*retention.MINUTES, "event"), 31),
}
"""How long a piece is: a table keeps whole ones. Those of all other tables are years."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A partition or chunk. ``compressed``: how many of its rows are (or are packed), or None."""

    piece: str
    row_count: int
    bytes: int
    index_bytes: int
    compressed: int | None
    oldest: datetime | None
    newest: datetime | None


_SQL = Path(__file__).with_name("storage.sql")
queries = aiosql.from_path(_SQL, "psycopg", kwargs={"row_factory": class_row(Piece)})
sizes = aiosql.from_path(_SQL, "psycopg")


@dataclass(frozen=True, slots=True)
class Other:
    """A table that is not of readings, indexes included; ``rows`` is None where not known."""

    name: str
    rows: int | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the disk holds: ``database`` with every table, and the server's log.

    ``log`` is None where the database's user may not know it.
    """

    others: Sequence[Other]
    database: int
    log: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its pieces at a time, indexes included; ``kept`` in days."""

    name: str
    kept: int
    at: datetime
    pieces: Sequence[Piece]

    @property
    def rows(self) -> int:
        return sum(piece.row_count for piece in self.pieces)

    @property
    def bytes(self) -> int:
        return sum(piece.bytes for piece in self.pieces)

    @property
    def bytes_per_row(self) -> float | None:
        """Of all rows, compressed or not; empty pieces have pages too and are left out."""
        return _bytes_per_row(self.pieces)

    @property
    def recent_bytes_per_row(self) -> float | None:
        """Of those that are not compressed yet."""
        return _bytes_per_row(piece for piece in self.pieces if piece.compressed is None)

    @property
    def finished_bytes_per_row(self) -> float | None:
        """Of those that are compressed or packed."""
        return _bytes_per_row(piece for piece in self.pieces if piece.compressed is not None)

    @property
    def oldest(self) -> datetime | None:
        return min((each.oldest for each in self.pieces if each.oldest), default=None)

    @property
    def newest(self) -> datetime | None:
        return max((each.newest for each in self.pieces if each.newest), default=None)

    @property
    def bytes_a_day(self) -> float | None:
        """What a day of it takes, over the span that it covers; None for less than an hour.

        A piece with times that the table does not keep, or that are still to come, is left out: a
        clock that was wrong would stretch the span.
        """
        since = self.at - timedelta(days=self.kept + _PIECE_DAYS.get(self.name, YEAR_DAYS + 1))
        sound = [each for each in self.pieces if each.oldest and since <= each.oldest <= self.at]
        oldest = min((each.oldest for each in sound if each.oldest), default=self.at)
        newest = max((each.newest for each in sound if each.newest), default=self.at)
        days = (min(newest, self.at) - oldest).total_seconds() / 86_400
        return sum(each.bytes for each in sound) / days if days > 1 / 24 else None

    @property
    def in_a_year(self) -> int | None:
        """Bytes that it will hold after a year at the same rate, as long as rows are kept."""
        a_day = self.bytes_a_day
        return None if a_day is None else round(a_day * min(self.kept, YEAR_DAYS))


def _bytes_per_row(pieces: Iterable[Piece]) -> float | None:
    used = [piece for piece in pieces if piece.row_count]
    rows = sum(piece.row_count for piece in used)
    return round(sum(piece.bytes for piece in used) / rows, 1) if rows else None


def measure(
    connection: psycopg.Connection, keep: Keep, now: Micros, exactly: bool = False
) -> list[Table]:
    """All tables of readings. Rows are the database's estimate, unless ``exactly`` counted."""
    days = {
        **dict.fromkeys(retention.RAW, keep.samples),
        **dict.fromkeys(retention.MINUTES, keep.minutes),
        **dict.fromkeys(retention.REST, keep.rest),
    }
    at = to_datetime(now)
    return [
        Table(name, days[name], at, list(queries.pieces(connection, target=name, exactly=exactly)))
        for name in TABLES
    ]


def measure_whole(connection: psycopg.Connection, exactly: bool = False) -> Whole:
    """What is not readings: alerts, audit, waves, the outbox and so on, and the log.

    Rows of small tables are counted, of others estimated, unless ``exactly`` counted.
    """
    others = [Other(*row) for row in sizes.others(connection, known=[*TABLES, *_OF_SAMPLES])]
    counted = [
        replace(each, rows=_count(connection, each.name))
        if exactly or each.bytes <= COUNTED_BYTES
        else each
        for each in others
    ]
    return Whole(counted, sizes.whole_size(connection), sizes.log_size(connection))


def forecast(tables: Iterable[Table]) -> int | None:
    """Bytes of all of them after a year at the same rate; None while it is not known.

    Samples are nearly all of it: as long as they have no rate there is no forecast.
    """
    rates = {table.name: table.in_a_year for table in tables if table.oldest}
    known = [each for each in rates.values() if each is not None]
    return sum(known) if known and rates.get("sample", 0) is not None else None


def _count(connection: psycopg.Connection, table: str) -> int:
    counting = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    (count,) = connection.execute(counting).fetchone() or (0,)
    return int(count)
