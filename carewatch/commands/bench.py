"""``carewatch bench``: how much this machine can do, as figures in JSON."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table

from carewatch import log
from domain.errors import Unavailable

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Measure how much this machine can do."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_ANSWER = {
    "p50": "p50_ms",
    "p95": "p95_ms",
    "target": "target_ms",
    "met": "met",
    "database p95": "database_p95_ms",
    "cold": "cold_ms",
}
"""Columns of an answered question, and the figures that stand in them."""


@app.callback()
def bench(
    database: Annotated[
        Literal["embedded", "timescale"],
        typer.Option(envvar="BENCH_DATABASE", help="What ingest, alert, ... are measured on"),
    ] = "embedded",
) -> None:
    """Measure how much this machine can do."""
    os.environ["BENCH_DATABASE"] = database  # for whoever makes a `bench.stack`
    log.configure("warning", "text")  # only figures go to standard output


@app.command()
def ingest(
    beds: Annotated[int, typer.Option(min=1, help="Devices that send")] = 10_000,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second")] = 12_000,
    seconds: Annotated[float, typer.Option(min=1, help="How long")] = 60,
    burst: Annotated[
        int, typer.Option(min=1000, help="Messages that wait, for capacity")
    ] = 200_000,
    json: AsJson = False,
) -> None:
    """From MQTT to the committed row, with all detectors on; and the bare pump beside it."""
    from carewatch.bench.ingest import Plan, measure

    _show(measure(Plan(beds, rate, seconds, burst)), json)


@app.command()
def alert(
    presses: Annotated[int, typer.Option(min=1, help="Buttons pressed")] = 200,
    rate: Annotated[float, typer.Option(min=1, help="Other messages a second")] = 2_000,
    json: AsJson = False,
) -> None:
    """From a button's press to a caregiver's feed."""
    from carewatch.bench.alert import Plan, measure

    _show(measure(Plan(presses, rate)), json)


@app.command()
def engine(
    residents: Annotated[int, typer.Option(min=1)] = 10_000,
    batch: Annotated[int, typer.Option(min=1, help="Samples a batch")] = 500,
    batches: Annotated[int, typer.Option(min=1)] = 1_000,
    json: AsJson = False,
) -> None:
    """The detectors alone, without broker and database."""
    from carewatch.bench.engine import measure

    _show(measure(residents, batch, batches), json)


@app.command()
def anomaly(
    series: Annotated[int, typer.Option(min=1, help="Series judged at once")] = 1_000,
    points: Annotated[int, typer.Option(min=1, help="Points of each")] = 1_000,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the anomaly benchmark, to be scored too")
    ] = None,
    json: AsJson = False,
) -> None:
    """The general streaming detector, beside a z-score and the trees of river."""
    from carewatch.bench.anomaly import measure

    _show(measure(series, points, data), json)


@app.command()
def escalation(
    alerts: Annotated[int, typer.Option(min=1, help="Alerts that nobody answers")] = 5_000,
    escalators: Annotated[int, typer.Option(min=1, help="Processes that keep deadlines")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="Deadlines are spread over this time")] = 60,
    residents: Annotated[
        int, typer.Option(min=0, help="Also load the roster of so many")
    ] = 100_000,
    json: AsJson = False,
) -> None:
    """How late alerts are offered to the next, after a deadline and after a rejection."""
    from carewatch.bench.escalation import measure
    from carewatch.bench.stack import stack

    with stack() as whole:
        _show(measure(whole.postgres.url, alerts, escalators, seconds, residents), json)


@app.command()
def restart(
    beds: Annotated[int, typer.Option(min=1)] = 10_000,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second")] = 5_000,
    json: AsJson = False,
) -> None:
    """How long the pump is away when it is killed."""
    from carewatch.bench.restart import measure

    _show(measure(beds, rate), json)


@app.command()
def directory(
    beds: Annotated[int, typer.Option(min=1)] = 10_000,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second")] = 5_000,
    changes: Annotated[int, typer.Option(min=1, help="Of people, devices and limits")] = 60,
    seconds: Annotated[float, typer.Option(min=1, help="How long")] = 60,
    json: AsJson = False,
) -> None:
    """How long the pump stands still when somebody or something in the directory changes."""
    from carewatch.bench.directory import Plan, measure

    _show(measure(Plan(beds, rate, changes, seconds)), json)


@app.command()
def query(
    samples: Annotated[
        int, typer.Option(min=1_000_000, help="Stored before anything is asked")
    ] = 20_000_000,
    residents: Annotated[int, typer.Option(min=1_000, help="Of a county")] = 10_000,
    alerts: Annotated[int, typer.Option(min=1, help="Old ones")] = 1_000_000,
    keep: Annotated[
        Path | None, typer.Option(help="Folder of the database, which stays and is used again")
    ] = None,
    json: AsJson = False,
) -> None:
    """How fast charts, a station's screen and the open alerts of a county are answered."""
    from carewatch.bench.query import Plan, measure

    figures = measure(Plan(samples, residents, alerts, keep))
    if json:
        _show(figures, json)
        return
    filled = figures.pop("filled")
    Console().print(_answers(figures))
    _show(filled, json)


@app.command()
def bedsignal(
    subjects: Annotated[int, typer.Option(min=1, help="Simulated sleepers")] = 20,
    minutes: Annotated[int, typer.Option(min=1, help="Of each")] = 10,
    snr: Annotated[float, typer.Option(help="Signal to noise, in dB")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Other sleepers")] = 1,
    json: AsJson = False,
) -> None:
    """Heart and breathing from a bed's raw signal: how exact on simulated sleepers, how fast."""
    from carewatch.bench.bedsignal import measure

    _show(measure(subjects, minutes, snr, seed), json)


@app.command()
def acceleration(
    streams: Annotated[int, typer.Option(min=1, help="Worn sensors")] = 200,
    seconds: Annotated[int, typer.Option(min=10, help="Of each")] = 60,
    rate: Annotated[int, typer.Option(min=20, max=200, help="Values a second")] = 50,
    json: AsJson = False,
) -> None:
    """Falls from acceleration: how many worn sensors one core can follow."""
    from carewatch.bench.acceleration import measure

    _show(measure(streams, seconds, rate), json)


@app.command()
def console(
    visits: Annotated[int, typer.Option(min=1, help="First visits, each of a new browser")] = 10,
    json: AsJson = False,
) -> None:
    """How soon the console shows something on a middling phone; needs Chromium and Playwright."""
    if find_spec("playwright") is None:
        raise Unavailable("Playwright is not installed: run `pip install playwright`.")
    from carewatch.bench.console import measure

    _show(measure(visits), json)


def _answers(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """A row for each question."""
    table = Table("question", *_ANSWER, title="milliseconds")
    for question, found in figures.items():
        table.add_row(question, *(_cell(found[key]) for key in _ANSWER.values()))
    return table


def _cell(value: float | bool | None) -> str:
    """
    >>> _cell(41.44), _cell(True), _cell(False), _cell(None)
    ('41.4', 'yes', 'no', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.1f}"


def _show(figures: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, str(value))
    Console().print(table)
