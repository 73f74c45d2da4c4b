"""``carewatch backup`` and ``carewatch restore``."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from alerts.alert import AlertRow
from carewatch.backup.aftercare import attend
from carewatch.backup.archive import BadBackup, Reader, reading
from carewatch.backup.load import Loaded, check_empty, check_fits, load, put_files
from carewatch.backup.place import database_at, database_of
from carewatch.backup.save import save
from carewatch.commands.options import Data, settings_of
from domain.errors import Unavailable
from domain.time import HOUR, MINUTE, Micros, SystemClock, from_datetime, iso, to_datetime

_ROOM = 20
"""Rows with their indexes take about that many times the room of a backup, which is compressed."""
_SHOWN = 20
"""Open alerts that are named one by one."""


def backup(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="A new file, or a folder to make one in.")],
    data: Data = None,
    without_secrets: Annotated[
        bool,
        typer.Option("--without-secrets", help="Leave out keys, and settings that are secret."),
    ] = False,
) -> None:
    """Write everything that is kept into one file, whether carewatch runs or not."""
    settings = settings_of(ctx, data=data)
    file = _file(path, SystemClock().now())
    try:
        with Console(stderr=True).status("writing"), database_of(settings) as url:
            saved = save(url, settings, file, with_secrets=not without_secrets)
    except psycopg.errors.DiskFull as error:
        raise Unavailable("The disk of the database is full: make room there first.") from error
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database does not answer: {str(error).strip()}") from error
    size = file.stat().st_size / 1e6
    typer.echo(f"{file}: {saved.rows} rows of {saved.tables} tables, {size:.1f} MB.")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup, or a folder: then the newest in it.")],
    data: Data = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put an embedded database that is there aside."),
    ] = False,
) -> None:
    """Put a backup into an empty place. Start carewatch there soon: deadlines run again."""
    settings = settings_of(ctx, data=data)
    now = SystemClock().now()
    with reading(_newest(file)) as reader:
        check_fits(reader.manifest)
        made_at = from_datetime(datetime.fromisoformat(reader.manifest["made_at"]))
        try:
            with (
                Console(stderr=True).status("restoring"),
                database_at(settings, replace=replace, now=now) as url,
            ):
                loaded, alerts = _fill(url, reader, made_at)
        except psycopg.errors.DiskFull as error:
            raise Unavailable(
                "The disk of the database is full; nothing was restored. Make room: it takes up "
                f"to {_ROOM} times the size of the backup."
            ) from error
        except psycopg.OperationalError as error:
            raise Unavailable(f"The database does not answer: {str(error).strip()}") from error
        files = put_files(reader, settings.data)
    _tell(loaded, alerts, files, made_at)


def _fill(url: str, reader: Reader, made_at: Micros) -> tuple[Loaded, Sequence[AlertRow]]:
    """All or nothing."""
    with psycopg.connect(url, connect_timeout=5, options="-c timezone=UTC") as connection:
        check_empty(connection)
        loaded = load(connection, reader)
        alerts = attend(connection, made_at, SystemClock().now())
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze")
        return loaded, alerts


def _file(path: Path, now: Micros) -> Path:
    return path / f"carewatch-{to_datetime(now):%Y%m%dT%H%M%SZ}.zip" if path.is_dir() else path


def _newest(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = sorted(path.glob("carewatch-*.zip"))
    if not found:
        raise BadBackup(f"There is no backup (carewatch-*.zip) in {path}: name a file.")
    return found[-1]


def _tell(
    loaded: Loaded, alerts: Sequence[AlertRow], files: Sequence[Path], made_at: Micros
) -> None:
    age = _span(SystemClock().now() - made_at)
    typer.echo(
        f"Restored {loaded.rows} rows of {loaded.tables} tables, as of {iso(made_at)} ({age} ago)."
    )
    for path in files:
        typer.echo(f"Written: {path}")
    for each in loaded.left:
        typer.echo(f"Not done in the database, ask who administers it: {each}")
    typer.echo(
        f"{len(alerts)} alerts were open then. Ask what became of them, and resolve those that "
        "are over. Start carewatch now: in five minutes the next in line may be asked."
    )
    for alert in alerts[:_SHOWN]:
        typer.echo(f"  {iso(alert.since)} {alert.kind} {alert.subject}: {alert.responsible}")
    if len(alerts) > _SHOWN:
        typer.echo(f"  and {len(alerts) - _SHOWN} more")


def _span(span: Micros) -> str:
    """
    >>> _span(90 * MINUTE), _span(3 * MINUTE)
    ('1.5 hours', '3 minutes')
    """
    return f"{span / HOUR:.1f} hours" if span >= HOUR else f"{span // MINUTE} minutes"
