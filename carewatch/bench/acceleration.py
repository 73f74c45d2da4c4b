"""How many worn sensors one core can follow: signal stage, model and engine, without a broker.

Simulated people walk, sit down and stand still, in pieces of some seconds; one in a hundred falls
once. Messages are of one second, and a turn holds one of every sensor.
"""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.time import SECOND, Micros, stopwatch
from domain.wave import Wave
from ingest.signals import Signals
from ingest.signals.acceleration import Acceleration
from simulators import signals

START: Micros = 1_795_249_800 * SECOND
_PIECE_S = 5
_FALLS = 0.01


def measure(
    streams: int = 200, seconds: int = 60, rate: int = 50, seed: int = 1
) -> dict[str, float | int]:
    """Streams that one core follows as fast as they come, and what was found in them."""
    random = np.random.default_rng(seed)
    falls = set(random.choice(streams, max(round(streams * _FALLS), 1), replace=False).tolist())
    worn = [_life(seconds, rate, stream in falls, random) for stream in range(streams)]
    acceleration, engine = Signals([Acceleration()]), Engine(standard(), judging_samples())
    engine.know(_street(streams))
    found = jolts = 0
    begun = stopwatch()
    for second in range(seconds):
        told = acceleration.take(_waves(worn, second, rate))
        now = START + (second + 1) * SECOND
        findings = engine.step(now, told.samples, told.events)
        found += sum(finding.kind == "fall" for finding in findings)
        jolts += len(told.events)
    spent = stopwatch() - begun
    return {
        "streams_per_core": round(streams * seconds / spent),
        "us_per_message": round(spent / (streams * seconds) * 1e6, 1),
        "rate": rate,
        "streams": streams,
        "seconds": seconds,
        "descriptions_per_stream_minute": round(jolts / streams / seconds * 60, 2),
        "falls": len(falls),
        "found": found,
        "bytes_per_stream": round(
            sum(array.nbytes for array in acceleration.state().values()) / streams
        ),
    }


def _life(seconds: int, rate: int, falls: bool, random: Generator) -> NDArray[np.float32]:
    """(values, 3) in g."""
    if falls:
        before = max(seconds // 2 - 2, 5)
        return _cut(signals.falling(before, seconds, rate, random), seconds * rate)
    makers = (signals.walking, signals.sitting_down, signals.walking, _standing)
    pieces = [
        makers[int(random.integers(len(makers)))](_PIECE_S, rate, random)
        for _ in range(-(-seconds // _PIECE_S))
    ]
    return _cut(np.hstack(pieces), seconds * rate)


def _standing(seconds: float, rate: int, random: Generator) -> signals.Axes:
    axes = 0.02 * random.standard_normal((3, int(seconds * rate)))
    axes[0] += 1.0
    return axes


def _cut(axes: signals.Axes, count: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(axes[:, :count].T, np.float32)


def _waves(worn: list[NDArray[np.float32]], second: int, rate: int) -> Iterator[Wave]:
    start = START + second * SECOND
    for stream, values in enumerate(worn):
        part = values[second * rate : (second + 1) * rate]
        yield Wave(
            stream,
            2 * stream,
            2 * stream + 1,
            "acceleration",
            start,
            start + SECOND,
            float(rate),
            part,
            "waist",
        )


def _street(streams: int) -> Snapshot:
    people = [Subject(f"resident-{n}", 2 * n, f"resident-{n}") for n in range(streams)]
    worn = [Device(f"worn-{n}", 2 * n + 1, 2 * n, "fall") for n in range(streams)]
    return Snapshot(people, worn)
