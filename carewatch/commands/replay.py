"""``carewatch replay``: recorded messages give their alerts again."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import wrap_file

from carewatch.replay import BadRecording, read_people
from carewatch.replay import replay as alerts_of
from domain.time import iso
from gateway.decoded import Refusal

_REASONS = 20
"""Refusals that are told one by one."""
_COLOURS = {"high": "bold red", "medium": "yellow", "low": "cyan"}


def replay(
    file: Annotated[
        str, typer.Argument(help="Recorded messages, one JSON object a line; - is stdin")
    ],
    directory: Annotated[
        Path | None,
        typer.Option(
            help="JSON file of residents and devices; without it each device stands alone"
        ),
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Zone of residents who have none of their own")
    ] = "UTC",
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds that the clock runs on after the last message")
    ] = 600,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
) -> None:
    """Show which alerts recorded messages lead to; needs no broker and no database."""
    try:
        people = read_people(directory) if directory else None
        refused: list[Refusal] = []
        with _lines(file) as lines:
            _print(alerts_of(lines, people, timezone, settle, refused=refused.append), json)
        _tell_refused(refused)
    except (BadRecording, UnicodeDecodeError) as error:
        typer.echo(f"carewatch replay: {error}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"carewatch replay: {error.filename}: {error.strerror}.", err=True)
        raise typer.Exit(2) from None


def _tell_refused(refused: Sequence[Refusal]) -> None:
    """What the gateway would have put into quarantine, on stderr: the first of each reason."""
    first = {(refusal.device_id, refusal.reason): refusal for refusal in reversed(refused)}
    for refusal in list(reversed(first.values()))[:_REASONS]:
        where = f"{iso(refusal.at)} {refusal.topic}"
        typer.echo(f"carewatch replay: refused: {where}: {refusal.reason}", err=True)
    if len(refused) > len(first) or len(first) > _REASONS:
        typer.echo(f"carewatch replay: {len(refused)} refusals in all.", err=True)


@contextmanager
def _lines(file: str) -> Iterator[Iterable[str]]:
    """The lines of a file, with progress where somebody watches."""
    if file == "-":
        yield sys.stdin
        return
    path = Path(file)
    with path.open("rb") as raw:
        console = Console(stderr=True)
        if not console.is_terminal:
            yield (line.decode() for line in raw)
            return
        with wrap_file(raw, path.stat().st_size, console=console, description="replay") as bar:
            yield (line.decode() for line in bar)


def _print(changes: Iterable[dict[str, Any]], as_json: bool) -> None:
    console = Console()
    for change in changes:
        if as_json:
            sys.stdout.write(orjson.dumps(change).decode() + "\n")
        else:
            colour = _COLOURS[change["priority"]]
            console.print(
                f"{change['at']}  {change['resident']}  [{colour}]{change['kind']}[/] "
                f"{change['change']} (since {change['since']})",
                highlight=False,
            )
