"""``carewatch fleet create``: many beds behind one bridge."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from carewatch.commands.options import Data, connected
from carewatch.embedded.nats import write_private
from gateway import registry

app = typer.Typer(help="Many beds behind one bridge.", no_args_is_help=True, add_completion=False)


@app.callback()
def fleet() -> None:
    """Many beds behind one bridge account, for tests of size."""


@app.command()
def create(
    ctx: typer.Context,
    beds: Annotated[int, typer.Option(min=1, max=99_999, help="Residents with a bed each.")],
    out: Annotated[Path, typer.Option(help="File for the bridge's login and the bed names.")],
    data: Data = None,
) -> None:
    """Make residents with a bed each, and a bridge that may publish for all of them.

    Repeating it keeps what is there, and gives the bridge a new password.
    """
    with (
        Console(stderr=True).status(f"registering {beds} beds"),
        connected(ctx, data) as connection,
    ):
        made = registry.create_fleet(connection, beds)
    bridge = {"username": made.username, "password": made.password}
    write_private(out, json.dumps({"bridge": bridge, "devices": list(made.devices)}) + "\n")
    if made.renewed:
        typer.echo(
            f"{made.username} was there already and has a new password: a file of an earlier call "
            f"is no longer valid, and who logged in with it was put out. Use {out}.",
            err=True,
        )
    typer.echo(f"{len(made.devices)} beds behind {made.username}: see {out}.")
