"""What an evaluation tells: figures, a curve, and what to keep in mind when reading them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carewatch.evaluate.progress import Progress
from domain.errors import CarewatchError


class BadDataset(CarewatchError):
    """What was given is not a recording of the dataset's format; the text says what it needs."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a picture: its name, and points of equal number along both axes."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of an evaluation.

    ``figures``  what ``--json`` prints: plain dicts, lists, numbers and strings, no NaN
    ``curves``   what ``--plot`` draws, with the titles of the two ``axes``
    ``notes``    sentences for the reader, shown beside the figures
    """

    figures: Mapping[str, Any]
    curves: Sequence[Curve] = ()
    axes: tuple[str, str] = ("", "")
    title: str = ""
    notes: Sequence[str] = field(default_factory=tuple)


Evaluate = Callable[[Path, Progress], Report]
"""The function ``evaluate`` of a dataset's module; it may take ``cross_validate: bool`` too."""


def draw(report: Report, file: Path) -> None:
    """Write the report's curves as a picture; the name's ending (png, svg, pdf) says which kind."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for curve in report.curves:
        axes.plot(list(curve.x), list(curve.y), label=curve.name, marker=".", markersize=3)
    axes.set(xlabel=report.axes[0], ylabel=report.axes[1], title=report.title)
    axes.grid(alpha=0.3)
    if len(report.curves) > 1:
        axes.legend()
    figure.savefig(file)
