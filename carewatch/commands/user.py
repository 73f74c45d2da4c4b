"""``carewatch user add|password``."""

import sys
from typing import Annotated, cast, get_args

import typer

from api import accounts, audit
from api.access import TEAM_ROLES, Role
from carewatch.commands.options import OPERATOR, Data, connected
from domain.errors import NotAllowed
from domain.time import SystemClock

app = typer.Typer(help="Accounts of people.", no_args_is_help=True, add_completion=False)

FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]

_SHORTEST = 8


@app.callback()
def user() -> None:
    """Accounts of people."""


@app.command()
def add(
    ctx: typer.Context,
    username: str,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(Role))}.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    team: Annotated[str | None, typer.Option(help="Where the person has this role.")] = None,
    resident: Annotated[
        list[str] | None, typer.Option(help="Whose family the person is; repeatable.")
    ] = None,
    vendor: Annotated[str | None, typer.Option(help="Whose devices a vendor sees.")] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE@TEAM", help="What the person is besides; repeatable."),
    ] = None,
    password_stdin: FromStdin = False,
    data: Data = None,
) -> None:
    """Make an account; asks for the password."""
    if role not in get_args(Role):
        raise typer.BadParameter(f"choose one of {', '.join(get_args(Role))}", param_hint="--role")
    memberships = [_membership(each) for each in also or ()]
    password = _password(password_stdin)
    with connected(ctx, data) as connection:
        accounts.add(
            connection, username, password, cast(Role, role), SystemClock().now(), name=name,
            team=team, vendor=vendor, residents=resident or (), memberships=memberships,
        )  # fmt: skip
        audit.changed(connection, OPERATOR, "create_user", f"user:{username}", resident or ())
    typer.echo(f"{username} can log in now.")


@app.command("password")
def password_(
    ctx: typer.Context, username: str, password_stdin: FromStdin = False, data: Data = None
) -> None:
    """Give an account another password; who is logged in with the old one is put out."""
    password = _password(password_stdin)
    with connected(ctx, data) as connection:
        if not accounts.set_password(connection, username, password):
            raise NotAllowed(f"There is no account {username}: check the spelling.")
        audit.changed(connection, OPERATOR, "change_user", f"user:{username}", (), ["password"])
    typer.echo(f"{username} can log in with the new password now.")


def _membership(said: str) -> tuple[str, str]:
    role, _, team = said.partition("@")
    if role not in TEAM_ROLES or not team:
        raise typer.BadParameter(
            f"write {said!r} as ROLE@TEAM, the role one of {', '.join(TEAM_ROLES)}",
            param_hint="--also",
        )
    return team, role


def _password(from_stdin: bool) -> str:
    password: str = (
        sys.stdin.readline().rstrip("\r\n")
        if from_stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    if len(password) < _SHORTEST:
        raise NotAllowed(f"Take a password of at least {_SHORTEST} characters.")
    return password
