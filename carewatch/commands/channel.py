"""``carewatch channel test USERNAME``."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from alerts.reach import queries
from alerts.reasons import listed
from alerts.wording import Wording
from carewatch.commands.options import Data, connected, database_of, settings_of
from carewatch.postroom import person_channels, send
from domain.errors import NotAllowed
from domain.time import SystemClock

app = typer.Typer(help="Channels of people: test.", no_args_is_help=True, add_completion=False)


@app.callback()
def channel() -> None:
    """How people are reached."""


@app.command("test")
def try_channels(
    ctx: typer.Context,
    username: Annotated[str, typer.Argument(help="Whose confirmed channels are tried.")],
    data: Data = None,
) -> None:
    """Send a test to each confirmed channel of a person; ends with 1 where one fails."""
    settings = settings_of(ctx, data=data)
    settings = settings.model_copy(update={"database_url": database_of(settings)})
    channels = person_channels(settings)
    with connected(ctx, data) as connection:
        rows = list(queries.channels_by_name(connection, username=username))
    if not rows:
        raise NotAllowed(
            f"{username} has no confirmed channel: PUT /api/v1/me/channels adds one, and the code "
            "that is sent there confirms it."
        )
    name = f"test-{SystemClock().now()}"
    problems = [send(channels, row, Wording(row["language"]).test(username), name) for row in rows]
    table = Table("channel", "address", "result")
    for row, problem in zip(rows, problems, strict=True):
        table.add_row(row["kind"], _short(row["address"]), listed(problem) or "delivered")
    Console().print(table)
    if any(problems):
        raise typer.Exit(1)


def _short(address: str) -> str:
    """Enough to know it by: robots' keys and subscriptions are secrets."""
    return address if len(address) < 8 else f"{address[:3]}...{address[-3:]}"
