"""The command line. A command's module is imported when the command is called, not before."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from domain.errors import CarewatchError, Unavailable

DONE, NO, WRONG_CALL, MISSING = 0, 1, 2, 3
"""Exit codes: done; it ran and the answer is no; called wrongly; something outside is missing."""

_PATIENCE_S = 8.0
"""A child whose supervisor is gone ends by force after this."""

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("up", "Start everything; embedded unless settings name a URL."),
    "demo": ("up", "Start everything with sample residents, accounts and simulated devices."),
    "check": ("check", "Say what is wrong with settings, broker, database and clock."),
    "storage": ("storage", "Show what readings take up, and what a year would."),
    "migrate": ("services", "Bring the database's tables up to date."),
    "backup": ("backup", "Write everything that is kept into one file; it may go on running."),
    "restore": ("backup", "Put a backup into an empty place."),
    "team": ("team", "Teams: add, list."),
    "resident": ("resident", "Residents: add, list."),
    "user": ("user", "Accounts of people: add, password."),
    "import": ("import_", "Take in people, places and devices from CSV files."),
    "device": ("device", "Devices and their secrets: add, list, rotate, remove."),
    "duty": ("duty", "Duty: who is on now, where nobody will be."),
    "policy": ("policy", "Policies: check them, and try who would be told when."),
    "figures": ("figures", "How soon somebody answers and comes, and how good alarms are."),
    "channel": ("channel", "Channels of people: send a test."),
    "fleet": ("fleet", "Many beds behind one bridge: create."),
    "simulate": ("simulate", "Play simulated homes against a broker, or into a file."),
    "replay": ("replay", "Show which alerts recorded messages lead to."),
    "evaluate": ("evaluate", "Measure the detectors on recordings of people."),
    "bench": ("bench", "Measure how much this machine can do."),
    "gateway": ("services", "Run the gateway alone: from MQTT to alerts."),
    "escalator": ("services", "Run the escalator alone: deadlines and notifications."),
    "keeper": ("services", "Run the keeper alone: roll-ups, and what is no longer kept."),
    "api": ("services", "Run the API alone."),
    "auth": ("services", "Run the broker's login service alone."),
}
"""Name of a command, its module in ``carewatch.commands``, and one line about it."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was said before the command."""

    config: Path | None = None


class _Commands(TyperGroup):
    """Knows all commands by name, and imports the one that is called.

    The types of click are left open: typer may bring a copy of its own.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(name=cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(name) if command and name else command, rest


def _load(name: str) -> Any:
    module = import_module(f"carewatch.commands.{COMMANDS[name][0]}")
    found = getattr(module, "app", None)
    if found is None:
        found = typer.Typer(add_completion=False)
        found.command(name)(getattr(module, name, None) or getattr(module, f"{name}_"))
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def carewatch(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; else carewatch.toml of this folder.")
    ] = None,
    supervised: Annotated[
        bool, typer.Option("--supervised", hidden=True, help="End when standard input ends.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True,
                           callback=lambda asked: _print_version(asked))
    ] = False,
) -> None:  # fmt: skip
    """carewatch watches over people who are cared for at home.

    Every setting is also an environment variable CAREWATCH_... and a key of carewatch.toml.
    """
    ctx.obj = Call(config)
    if supervised:
        threading.Thread(target=_end_with_supervisor, daemon=True).start()


def main() -> NoReturn:
    """Run the command line; problems that are foreseen become a sentence and an exit code."""
    if not sys.stdout.isatty():
        os.environ.setdefault("COLUMNS", "200")  # nobody's window: tables need not be cut
    try:
        app()
    except CarewatchError as error:
        typer.echo(f"carewatch: {error}", err=True)
        sys.exit(_code(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        typer.echo("carewatch: The disk is full: make room, then try again.", err=True)
        sys.exit(MISSING)
    sys.exit(DONE)


def _code(error: CarewatchError) -> int:
    from carewatch.settings import BadSettings

    if isinstance(error, BadSettings):
        return WRONG_CALL
    return MISSING if isinstance(error, Unavailable) else NO


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"carewatch {version('carewatch')}")
        raise typer.Exit


def _end_with_supervisor() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE_S)
    os._exit(NO)
