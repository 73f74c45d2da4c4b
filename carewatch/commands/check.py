"""``carewatch check``."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from carewatch.check import Found, look
from carewatch.commands.options import AsJson, Data, settings_of

_COLOURS = {"ok": "green", "wrong": "red", "missing": "red"}


def check(ctx: typer.Context, as_json: AsJson = False, data: Data = None) -> None:
    """Look at settings, disk, ports, database, clock and broker; say how to mend what is wrong.

    Ends with 0 where all is well, 3 where something outside is missing, else 1.
    """
    found = list(look(settings_of(ctx, data=data)))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=1))
    else:
        _show(found)
    states = {each.state for each in found}
    if "missing" in states:
        raise typer.Exit(3)
    if "wrong" in states:
        raise typer.Exit(1)


def _show(found: list[Found]) -> None:
    table = Table("", "state", "what was found", "what to do", show_lines=False)
    for each in found:
        state = f"[{_COLOURS[each.state]}]{each.state}[/]"
        table.add_row(each.name, state, each.detail, each.mend)
    Console().print(table)
