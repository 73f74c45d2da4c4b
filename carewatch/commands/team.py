"""``carewatch team add|list``."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.routes import teams
from api.schemas.accounts import NewTeam, Team
from carewatch.commands.options import ALL, OPERATOR, AsJson, Data, connected, described

app = typer.Typer(
    help="Teams: county above township above village.", no_args_is_help=True, add_completion=False
)


@app.command()
def add(
    ctx: typer.Context,
    team: Annotated[str, typer.Argument(metavar="ID", help="1 to 64 of A-Z a-z 0-9 _ -")],
    name: Annotated[str, typer.Option(help="As people call it.")],
    level: Annotated[str, typer.Option(help="county, township or village.")],
    parent: Annotated[str | None, typer.Option(help="The team one level above.")] = None,
    data: Data = None,
) -> None:
    """Make a team."""
    body = described(NewTeam, id=team, name=name, level=level, parent=parent)
    with connected(ctx, data) as connection:
        teams.create_team(body, OPERATOR, connection)
    typer.echo(f"The team {team} is there.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, data: Data = None) -> None:
    """All teams, by id."""
    with connected(ctx, data) as connection:
        found = teams.teams_of(connection, OPERATOR, limit=ALL)
    if as_json:
        typer.echo(json.dumps([Team.model_validate(each).model_dump() for each in found], indent=1))
        return
    table = Table("team", "name", "level", "parent")
    for each in found:
        table.add_row(each["id"], each["name"], each["level"], each["parent"])
    Console().print(table)
