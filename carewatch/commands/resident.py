"""``carewatch resident add|list``."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api import audit
from api.routes import residents, teams
from api.schemas.persons import NewResident, Resident
from carewatch.commands.options import ALL, OPERATOR, AsJson, Data, connected, described
from domain.errors import NotAllowed

app = typer.Typer(help="Residents: who is cared for.", no_args_is_help=True, add_completion=False)


@app.command()
def add(
    ctx: typer.Context,
    resident: Annotated[str, typer.Argument(metavar="ID", help="1 to 64 of A-Z a-z 0-9 _ -")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    team: Annotated[str | None, typer.Option(help="Who answers for them.")] = None,
    timezone: Annotated[str, typer.Option(help="Where they live, as Asia/Shanghai.")] = "UTC",
    address: Annotated[str | None, typer.Option()] = None,
    way_in: Annotated[str | None, typer.Option(help="How to get in, such as a key box.")] = None,
    home_id: Annotated[str | None, typer.Option("--home", help="A home that is there.")] = None,
    data: Data = None,
) -> None:
    """Take up a resident; the rest can be told by the API, or imported."""
    home = {"address": address, "way_in": way_in, "home": home_id}
    body = described(
        NewResident, id=resident, name=name, team=team, timezone=timezone,
        **{name: value for name, value in home.items() if value is not None},
    )  # fmt: skip
    with connected(ctx, data) as connection:
        if team and not teams.teams_of(connection, OPERATOR, id=team):
            raise NotAllowed(
                f"There is no team {team}: `carewatch team list` shows those that are, and "
                "`carewatch team add` makes one."
            )
        residents.create_resident(body, OPERATOR, connection)
    typer.echo(f"{resident} is taken up.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, data: Data = None) -> None:
    """All residents with their devices, by id."""
    with connected(ctx, data) as connection:
        found = residents.residents_of(connection, OPERATOR, limit=ALL)
        audit.read(connection, OPERATOR, "list_residents", [each["id"] for each in found])
    if as_json:
        shown = [Resident.model_validate(each).model_dump() for each in found]
        typer.echo(json.dumps(shown, indent=1))
        return
    table = Table("resident", "name", "team", "time zone", "devices")
    for each in found:
        table.add_row(
            each["id"], each["name"], each["team"], each["timezone"], ", ".join(each["devices"])
        )
    Console().print(table)
