"""``carewatch storage``."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid

from carewatch.commands.options import AsJson, Data, connected, settings_of
from carewatch.edition import edition
from carewatch.keeper import keep_of
from domain.time import SystemClock
from ingest.storage import Piece, Table, Whole, forecast, measure, measure_whole

Exact = Annotated[bool, typer.Option("--exact", help="Count rows rather than estimate them.")]
Pieces = Annotated[bool, typer.Option("--pieces", help="Show each day, too.")]


def storage(
    ctx: typer.Context,
    as_json: AsJson = False,
    exact: Exact = False,
    pieces: Pieces = False,
    data: Data = None,
) -> None:
    """Rows, bytes, bytes a row, oldest and newest of each table, and what a year would need.

    Sizes include indexes. Samples are counted wherever they lie, packed or not. Then whatever else
    is in the database, and the write-ahead log of its server.
    """
    keep = keep_of(settings_of(ctx, data=data))
    with connected(ctx, data) as connection:
        found = edition(connection)
        tables = measure(connection, keep, SystemClock().now(), exact)
        whole = measure_whole(connection, exact)
    if as_json:
        typer.echo(json.dumps(_told(found.kind, tables, whole), indent=1))
        return
    typer.echo(str(found))
    Console().print(_grid(tables, pieces))
    Console().print(_others(whole))
    typer.echo(_bytes_a_sample(_samples(tables)))
    log = "unknown to this user" if whole.log is None else _size(whole.log)
    typer.echo(f"The whole database: {_size(whole.database)}; the server's log: {log}.")
    typer.echo(_year(tables))


def _samples(tables: list[Table]) -> Table:
    return next(table for table in tables if table.name == "sample")


def _bytes_a_sample(samples: Table) -> str:
    recent, finished = (
        "none yet" if each is None else f"{each:g} bytes"
        for each in (samples.recent_bytes_per_row, samples.finished_bytes_per_row)
    )
    return f"A sample of the recent window takes: {recent}; of finished days: {finished}."


def _year(tables: list[Table]) -> str:
    year = forecast(tables)
    if year is None:
        return "Readings after a year: not known yet. Their rate takes an hour of samples."
    young = [table.name for table in tables if table.oldest and table.in_a_year is None]
    but = f", without {', '.join(young)} (not known yet)" if young else ""
    return f"Readings after a year at this rate: {_size(year)}{but}, as long as rows are kept."


def _told(kind: str, tables: list[Table], whole: Whole) -> dict[str, Any]:
    samples = _samples(tables)
    return {
        "edition": kind,
        "bytes": sum(table.bytes for table in tables),
        "bytes_per_sample": samples.bytes_per_row,
        "bytes_per_recent_sample": samples.recent_bytes_per_row,
        "bytes_per_finished_sample": samples.finished_bytes_per_row,
        "year_bytes": forecast(tables),
        "database_bytes": whole.database,
        "log_bytes": whole.log,
        "others": [asdict(each) for each in whole.others],
        "tables": [
            {
                "name": table.name,
                "rows": table.rows,
                "bytes": table.bytes,
                "bytes_per_row": table.bytes_per_row,
                "oldest": _time(table.oldest),
                "newest": _time(table.newest),
                "kept_days": table.kept,
                "year_bytes": table.in_a_year,
                "pieces": [_piece(piece) for piece in table.pieces if piece.row_count],
            }
            for table in tables
        ],
    }


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "name": piece.piece,
        "rows": piece.row_count,
        "bytes": piece.bytes,
        "index_bytes": piece.index_bytes,
        "compressed": piece.compressed is not None,
        "oldest": _time(piece.oldest),
        "newest": _time(piece.newest),
    }


def _grid(tables: list[Table], pieces: bool) -> Grid:
    grid = Grid("table", "rows", "size", "bytes a row", "oldest", "newest", "kept", "in a year")
    for table in tables:
        grid.add_row(
            table.name, f"{table.rows:,}", _size(table.bytes), _plain(table.bytes_per_row),
            _time(table.oldest) or "", _time(table.newest) or "", f"{table.kept} days",
            _size(table.in_a_year),
        )  # fmt: skip
        for piece in table.pieces if pieces else ():
            if piece.row_count:
                each = _plain(round(piece.bytes / piece.row_count, 1))
                packed = "  compressed" if piece.compressed is not None else ""
                grid.add_row(f"  {piece.piece}{packed}", f"{piece.row_count:,}",
                             _size(piece.bytes), each)  # fmt: skip
    return grid


def _others(whole: Whole) -> Grid:
    grid = Grid("other tables", "rows", "size")
    for each in whole.others:
        rows = "unknown" if each.rows is None else f"{each.rows:,}"
        grid.add_row(each.name, rows, _size(each.bytes))
    return grid


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _size(count: float | None) -> str:
    """
    >>> _size(1_500_000), _size(None)
    ('1.5 MB', '')
    """
    if count is None:
        return ""
    units = ["B", "kB", "MB", "GB", "TB", "PB"]
    while count >= 1000 and len(units) > 1:
        count, units = count / 1000, units[1:]
    return f"{count:.3g} {units[0]}"


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
