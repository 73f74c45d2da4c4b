"""``carewatch simulate``: simulated homes against a broker, or as replay lines in a file."""

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from carewatch import settings
from domain.time import NEVER, SECOND, Micros, SystemClock, from_datetime, iso
from gateway.mqtt.publisher import Traffic
from simulators import faults, recording
from simulators.cast import BadCast, Cast, cast
from simulators.fleet import Fleet, build, incidents_of
from simulators.live import Live, pace
from simulators.residents import Incident
from simulators.scenarios import SCENARIOS, Home, Scenario, UnknownScenario, scenario, truth

_RECORDED_DAY = date(2026, 3, 2)
"""The day of a recording that names none: always the same, so that its bytes are."""


@dataclass(frozen=True, slots=True)
class _Plot:
    """What is to be played, when it has been decided when it begins."""

    story: Scenario
    cast: Cast
    rate: float
    seed: int
    faults: Sequence[faults.Fault]
    truth_file: Path | None
    waves: bool

    def fleet(self, begin: Micros, ends: Micros) -> Fleet:
        """The devices of a run from ``begin`` to ``ends``; writes down what must ring."""
        homes = self.cast.homes
        incidents = incidents_of(self.story, homes, begin, self.seed)
        _write_truth(self.truth_file, incidents, homes, ends)
        return build(homes, incidents, begin, self.rate, self.seed, self.faults, waves=self.waves)


def simulate(
    residents: Annotated[
        int | None, typer.Option(min=1, help="How many; all of --devices, else 24.")
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.001, max=100, help="Samples a second of each bed.")
    ] = 1.0,
    waves: Annotated[
        bool, typer.Option("--waves", help="Beds send their raw signal instead of samples.")
    ] = False,
    speed: Annotated[
        float, typer.Option(min=0.01, help="Times faster than real time (begins in the past).")
    ] = 1.0,
    name: Annotated[
        str, typer.Option("--scenario", help="What happens; 'list' shows all.")
    ] = "quiet_day",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 7,
    devices: Annotated[
        Path | None, typer.Option(help="demo.json, or a file of `fleet create`: ids and secrets.")
    ] = None,
    mqtt: Annotated[
        str | None, typer.Option(help="mqtt://host:port; default: the settings' MQTT address.")
    ] = None,
    username: Annotated[
        str | None, typer.Option(help="One account for all devices (a bridge).")
    ] = None,
    password: Annotated[
        str | None, typer.Option(envvar="SIMULATE_PASSWORD", help="Its password.")
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of residents whose zone no file names.")] = "UTC",
    fault: Annotated[
        list[str] | None, typer.Option(help="name=share[:seconds], such as drop=0.01; repeatable.")
    ] = None,
    truth_file: Annotated[
        Path | None, typer.Option("--truth", help="Write what must ring there, as JSON lines.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write replay lines there ('-': stdout), publish nothing.")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option(help="Write who has which device there, for `replay`.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Recording: when it begins, ISO 8601 with zone.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds of story time; default: the story's.")
    ] = None,
) -> None:
    """Simulated homes, by MQTT or into a file, with scripted incidents and their truth."""
    if name == "list":
        _list()
        return
    lasts = None if duration is None else round(duration * SECOND)
    account = (username, password or "") if username else None
    try:
        plot = _Plot(
            scenario(name),
            cast(devices, residents, timezone, account),
            rate,
            seed,
            tuple(faults.parse(text, seed) for text in fault or ()),
            truth_file,
            waves,
        )
        if directory is not None:
            directory.write_text(recording.directory(plot.cast.homes), "utf-8")
        if out is not None:
            _record(plot, out, start, lasts or plot.story.lasts)
            return
    except (BadCast, faults.BadFault, UnknownScenario) as error:
        raise typer.BadParameter(str(error)) from error
    _play(plot, mqtt or _configured(), speed, lasts)


def _record(plot: "_Plot", out: Path, start: str | None, lasts: Micros) -> None:
    begin = _recorded_from(start, plot.story, plot.cast.homes[0].zone)
    _write(out, recording.lines(plot.fleet(begin, begin + lasts), begin, lasts))


def _play(plot: "_Plot", mqtt: str, speed: float, lasts: Micros | None) -> None:
    clock = SystemClock()
    moving = pace(clock.now(), speed, lasts or plot.story.lasts)
    ends = NEVER if lasts is None else moving.begin + lasts
    fleet = plot.fleet(moving.begin, ends)
    live = Live(fleet, mqtt, plot.cast.access, clock, moving)
    typer.echo(
        f"{len(plot.cast.homes)} homes with {len(fleet.devices)} devices, scenario "
        f"{plot.story.name}: {plot.story.about}. Stop with Ctrl-C.",
        err=True,
    )
    _report(live.run(_stopped_by_signal(), ends, _Complaints(live)))


def _list() -> None:
    for story in SCENARIOS.values():
        typer.echo(f"{story.name:16} {story.about}")


# -- in and out --------------------------------------------------------------------------------


def _recorded_from(start: str | None, story: Scenario, zone: str) -> Micros:
    if start is None:
        return from_datetime(datetime.combine(_RECORDED_DAY, story.starts, ZoneInfo(zone)))
    try:
        return from_datetime(datetime.fromisoformat(start))
    except ValueError:
        raise typer.BadParameter(
            f"--start {start!r} is no time with a zone, such as 2026-03-02T02:00:00+08:00."
        ) from None


def _write_truth(
    file: Path | None, incidents: Sequence[Incident], homes: Sequence[Home], ends: Micros
) -> None:
    if file is None:
        return
    with file.open("w", encoding="utf-8") as lines:
        for each in truth(incidents, homes):
            if each.at < ends:
                said = {"at": iso(each.at), "resident": each.resident, "kind": each.kind}
                lines.write(json.dumps(said) + "\n")


def _write(file: Path, lines: Iterator[str]) -> None:
    with contextlib.ExitStack() as stack:
        to_stdout = str(file) == "-"
        target = sys.stdout if to_stdout else stack.enter_context(file.open("w", encoding="utf-8"))
        for line in lines:
            target.write(line + "\n")


def _configured() -> str:
    """The MQTT address of the settings, without the gateway's own login."""
    chosen = settings.load()
    if chosen.mqtt_url is None:
        return f"mqtt://{chosen.host}:{chosen.mqtt_port}"
    scheme, _, rest = chosen.mqtt_url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


class _Complaints:
    """Says on stderr, once, why sessions do not come up."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._said: str | None = None

    def __call__(self) -> None:
        problem = self._live.traffic().problem
        if problem is not None and problem != self._said:
            self._said = problem
            typer.echo(problem, err=True)


def _report(traffic: Traffic) -> None:
    typer.echo(
        f"Published {traffic.published} messages, {traffic.acknowledged} acknowledged.", err=True
    )
    if not traffic.acknowledged and traffic.problem:
        raise typer.Exit(3)
    if traffic.published > traffic.acknowledged or traffic.dropped:
        raise typer.Exit(1)
