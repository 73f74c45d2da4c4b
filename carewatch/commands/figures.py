"""``carewatch figures``."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from alerts.report import Asked, Report
from alerts.wording import Wording
from api import report as printed
from api.figures import as_csv, told
from api.problems import Problem
from api.routes.figures import report_of
from carewatch.commands.options import OPERATOR, AsJson, Data, connected, moment


def figures(
    ctx: typer.Context,
    team: Annotated[str | None, typer.Option(help="With all below it; else everything.")] = None,
    period: Annotated[
        str | None, typer.Option(help="2026-11, 2026-H2 or 2026; else the month that is going on.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="A day, or an instant with its zone.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Not included; else now.")] = None,
    kind: Annotated[str | None, typer.Option(help="Alerts of this kind alone.")] = None,
    model: Annotated[str | None, typer.Option(help="Devices of this model alone.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Of days and months; else that of most residents.")
    ] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: AsJson = False,
    as_table: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    data: Data = None,
) -> None:
    """Print how soon somebody answers and comes, and how good alarms are, beside the period before.

    docs/figures.md says what each figure is.
    """
    asked = Asked(period, start, end, kind, model, timezone, compared=True)
    with connected(ctx, data) as connection:
        try:
            found = report_of(connection, OPERATOR, team, asked, moment(None))
        except Problem as error:
            raise typer.BadParameter(str(error)) from error
    if as_json:
        typer.echo(json.dumps(told(found), indent=1, ensure_ascii=False))
    elif as_table:
        typer.echo(as_csv(found), nl=False)
    else:
        _print(found, Wording(language))


def _print(report: Report, wording: Wording) -> None:
    console = Console()
    console.print(printed.title_of(report, wording))
    console.print(printed.about(report, wording))
    for table in printed.tables(report, wording):
        shown = Table(*table.head, title=table.title or None, title_justify="left")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
