"""``carewatch duty now|gaps``."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from alerts.arrangements import all_teams
from api.routes import duty
from carewatch.commands.options import OPERATOR, AsJson, Data, connected
from carewatch.commands.options import moment as moment_of
from domain.errors import NotAllowed

app = typer.Typer(
    help="Duty: who is on now, where nobody will be.", no_args_is_help=True, add_completion=False
)

_NO_END = "for 60 days or more"

Days = Annotated[int, typer.Option(min=1, max=90, help="How many days are looked ahead.")]


@app.command()
def now(
    ctx: typer.Context,
    team: Annotated[str | None, typer.Option(help="Of this team alone.")] = None,
    at: Annotated[str | None, typer.Option(help="At this moment, ISO 8601 with a zone.")] = None,
    days: Days = 7,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Who is on duty, who is next, and who is asked where nobody is."""
    moment = moment_of(at)
    with connected(ctx, data) as connection:
        teams = all_teams(connection)
        if team is not None and team not in teams:
            raise NotAllowed(
                f"There is no team {team}: `carewatch team list` shows those that are."
            )
        asked = teams if team is None else [team]
        found = [duty.duty_of(connection, each, moment, days) for each in asked]
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    table = Table("team", "for", "on duty", "until", "then", "asked now")
    for each in found:
        for party in each["parties"]:
            table.add_row(each["team"], party["party"], *_row(party))
    Console().print(table)


@app.command()
def gaps(ctx: typer.Context, days: Days = 7, as_json: AsJson = False, data: Data = None) -> None:
    """Where nobody will be on duty; ends with 1 where there is such a gap."""
    with connected(ctx, data) as connection:
        found = duty.gaps_of(connection, OPERATOR, moment_of(None), days)
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    elif not found:
        typer.echo(f"Somebody is on duty in every rota for the next {days} days.")
    else:
        table = Table("team", "for", "from", "until", "asked instead")
        for gap in found:
            instead = _names(gap["answers"]["people"])
            until = f"{gap['until']} and on" if gap["goes_on"] else gap["until"]
            table.add_row(gap["team"], gap["party"], gap["from"], until, instead)
        Console().print(table)
    if found:
        raise typer.Exit(1)


def _row(party: dict[str, Any]) -> tuple[str, ...]:
    on, following, answers = party["now"], party["next"], party["answers"]
    return (
        _names(on["people"]) if on else "no rota",
        on["until"] or _NO_END if on else "",
        f"{_names(following['people'])} from {following['from']}" if following else "",
        _names(answers["people"]),
    )


def _names(people: list[dict[str, Any]]) -> str:
    return ", ".join(one["name"] for one in people) or "nobody"
