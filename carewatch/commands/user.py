"""``carewatch user add``."""

import sys
from typing import Annotated, Any, cast, get_args

import typer

from api import accounts
from api.access import Role
from carewatch.commands.options import Data, connected
from domain.errors import NotAllowed
from domain.time import SystemClock

app = typer.Typer(
    help="Accounts of people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_SHORTEST = 8


@app.callback()
def user() -> None:
    """Accounts of people."""


@app.command()
def add(
    ctx: typer.Context,
    username: str,
    role: Annotated[str, typer.Option(help="family, station, centre, vendor or admin.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    team: Annotated[str | None, typer.Option(help="Of a station or centre account.")] = None,
    resident: Annotated[
        list[str] | None, typer.Option(help="Whom a family account sees; repeatable.")
    ] = None,
    vendor: Annotated[str | None, typer.Option(help="Whose devices a vendor sees.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: Data = None,
) -> None:
    """Make an account; asks for the password."""
    if role not in get_args(Role):
        raise typer.BadParameter(f"choose one of {', '.join(get_args(Role))}", param_hint="--role")
    password = _password(password_stdin)
    details: dict[str, Any] = {"name": name, "team": team, "vendor": vendor}
    with connected(ctx, data) as connection:
        accounts.add(
            connection, username, password, cast(Role, role), SystemClock().now(),
            residents=resident or (), **details,
        )  # fmt: skip
    typer.echo(f"{username} can log in now.")


def _password(from_stdin: bool) -> str:
    password: str = (
        sys.stdin.readline().rstrip("\r\n")
        if from_stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    if len(password) < _SHORTEST:
        raise NotAllowed(f"Take a password of at least {_SHORTEST} characters.")
    return password
