"""``carewatch import KIND FILE``."""

import csv
import io
import json
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from carewatch.commands.options import OPERATOR, AsJson, Data, connected
from carewatch.embedded.nats import write_private
from carewatch.importing.columns import KINDS
from carewatch.importing.intake import Report, take_in
from domain.errors import NotAllowed
from domain.time import SystemClock

_SHOWN = 50
"""Troubles that are shown of a file; the rest is counted."""


def import_(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    file: Annotated[Path, typer.Argument(help="A CSV file; its first line names the columns.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    timezone: Annotated[
        str, typer.Option(help="Where new residents live whose line does not say it.")
    ] = "UTC",
    secrets: Annotated[
        Path | None, typer.Option(help="File for the secrets of new devices.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Take in a CSV file: all of its lines, or none, with what is wrong line by line."""
    if kind not in KINDS:
        raise typer.BadParameter(f"choose one of {', '.join(KINDS)}", param_hint="KIND")
    content = _content(file)
    with connected(ctx, data) as connection:
        report = take_in(connection, OPERATOR, kind, content, SystemClock().now(), timezone)
        _end(connection, report, secrets, dry_run)
    if as_json:
        typer.echo(json.dumps(report.as_json() | {"dry_run": dry_run}, indent=1))
    else:
        _tell(report, file, dry_run)
    if report.troubles:
        raise typer.Exit(1)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotAllowed(f"{file} cannot be read: {error.strerror}.") from None


def _end(
    connection: psycopg.Connection, report: Report, secrets: Path | None, dry_run: bool
) -> None:
    """Keep nothing of a file with troubles, or of a dry run; and no secret unread."""
    if report.troubles or dry_run:
        connection.rollback()
    elif report.secrets:
        if secrets is None:
            raise NotAllowed(
                f"{len(report.secrets)} devices are new, and their secrets are shown once: say "
                "with --secrets FILE where to write them."
            )
        table = io.StringIO()
        csv.writer(table).writerows([("id", "secret"), *report.secrets])
        write_private(secrets, table.getvalue())


def _tell(report: Report, file: Path, dry_run: bool) -> None:
    for trouble in report.troubles[:_SHOWN]:
        typer.echo(str(trouble), err=True)
    if report.troubles:
        more = len(report.troubles) - _SHOWN
        typer.echo(
            (f"... and {more} more. " if more > 0 else "") + "Nothing was imported.", err=True
        )
        return
    would = "would be " if dry_run else ""
    typer.echo(
        f"{file} ({report.encoding}): {report.new} {would}new, {report.changed} {would}changed, "
        f"{report.same} as they were."
    )
    if report.accounts and not dry_run:
        typer.echo(
            f"These accounts have no password yet; `carewatch user password NAME` sets one: "
            f"{', '.join(report.accounts)}."
        )
