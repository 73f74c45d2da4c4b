"""``carewatch evaluate``: the detectors measured on recordings of real people."""

import inspect
import os
from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

import orjson
import typer
from rich.console import Console
from rich.table import Table

from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset, Evaluate, Report, draw
from domain.errors import Unavailable


class Dataset(StrEnum):
    """The formats that can be read; each is a module of ``carewatch.evaluate``."""

    sisfall = "sisfall"
    umafall = "umafall"
    beds = "beds"
    tihm = "tihm"
    nab = "nab"


def evaluate(
    dataset: Annotated[Dataset, typer.Argument(help="Format of the recordings")],
    path: Annotated[Path, typer.Argument(help="Where they are: a file, or a folder")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the curve into this file (png, svg, pdf)")
    ] = None,
    cross_validate: Annotated[
        bool,
        typer.Option(
            "--cross-validate",
            help="Fit anew without each subject before judging them, instead of the shipped "
            "model; for recordings that it was fitted on",
        ),
    ] = False,
    timezone: Annotated[
        str | None,
        typer.Option(help="Of the people in the recordings, like Europe/London; of beds alone"),
    ] = None,
) -> None:
    """Measure the detectors, as they run live, on recordings of people.

    What cannot be used is passed over, with a sentence; figures and notes are of the rest.
    """
    if plot:
        _check_picture(plot)
    if timezone is not None and timezone not in available_timezones():
        raise typer.BadParameter(f"{timezone} is no time zone: give a name like Europe/London.")
    progress = Progress(Console(stderr=True))
    asked: dict[str, Any] = {"cross_validate": True} if cross_validate else {}
    asked |= {"timezone": timezone} if timezone else {}
    try:
        report = _run(dataset, path, progress, asked)
        if plot:
            draw(report, plot)
    except (BadDataset, OSError) as error:
        typer.echo(f"carewatch evaluate: {error}", err=True)
        raise typer.Exit(2) from None
    if json:
        more = {"notes": list(report.notes), "skipped": len(progress.skipped)}
        told = {**report.figures, **more, "skipped_because": progress.skipped}
        typer.echo(orjson.dumps(told, option=_JSON).decode())
    else:
        _show(report)


def _check_picture(plot: Path) -> None:
    """Before the run, which may take minutes."""
    if plot.suffix not in PICTURES:
        raise typer.BadParameter(f"{plot} is no picture: end its name in {', '.join(PICTURES)}.")
    if not plot.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {plot.parent}: make it, or name another.")
    place = plot if plot.exists() else plot.parent
    if plot.is_dir() or not os.access(place, os.W_OK):
        raise typer.BadParameter(f"{plot} cannot be written: name another file.")


PICTURES = (".png", ".svg", ".pdf")
"""Endings of the pictures that ``--plot`` can draw."""

_JSON = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def _run(dataset: Dataset, path: Path, progress: Progress, asked: Mapping[str, Any]) -> Report:
    if not path.exists():
        raise BadDataset(f"There is no {path}: name the file or folder of the recordings.")
    function: Any = _function(dataset)
    for option in asked.keys() - inspect.signature(function).parameters.keys():
        raise BadDataset(_WITHOUT[option].format(dataset))
    report: Report = function(path, progress, **asked)
    return report


_WITHOUT = {
    "cross_validate": "Nothing is fitted to {} recordings, so there is nothing to cross-validate: "
    "leave out --cross-validate.",
    "timezone": "The zone of {} recordings is known: leave out --timezone.",
}
"""What is said of an option that a data set does not have."""


def _function(dataset: Dataset) -> Evaluate:
    name = f"carewatch.evaluate.{dataset}"
    try:
        function: Evaluate = import_module(name).evaluate
    except ModuleNotFoundError as error:
        if error.name != name:
            raise Unavailable(
                f"{error.name} is not installed: install it with `pip install {error.name}`."
            ) from None
        raise Unavailable(
            f"This carewatch cannot evaluate {dataset} recordings: install a newer version."
        ) from None
    return function


def _show(report: Report) -> None:
    console = Console()
    table = Table("figure", "value", title=report.title or None)
    for name, value in report.figures.items():
        for line, shown in _lines(name, value):
            table.add_row(line, shown)
    console.print(table)
    for note in report.notes:
        console.print(note, highlight=False)


def _lines(name: str, value: Any) -> list[tuple[str, str]]:
    """A figure as rows; what is below a name is indented under it."""
    if not isinstance(value, Mapping):
        return [(name, f"{value:.4g}" if isinstance(value, float) else str(value))]
    below = [row for key, inner in value.items() for row in _lines(f"  {key}", inner)]
    return [(name, ""), *((f"  {line}" if line[0] == " " else line, text) for line, text in below)]
