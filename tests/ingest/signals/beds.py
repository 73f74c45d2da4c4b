"""Simulated nights in short: parts of a story become waves, and waves become samples."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from domain.quantity import COLUMN
from domain.time import SECOND, Micros
from domain.wave import Wave
from ingest.signals.bed import Bed
from simulators.bed_signal import BedSignal, Person, Sensor

START: Micros = 1_795_249_800 * SECOND


@dataclass(frozen=True)
class Part:
    """``seconds`` of a night; no heart: an empty bed, no breath: none is drawn."""

    seconds: int
    heart: float | None = 64
    breath: float | None = 14
    movement: float = 0.0


def night(*parts: Part, seed: int = 0, sensor: Sensor | None = None) -> NDArray[np.float32]:
    """The counts of a night."""
    sensor = sensor or Sensor(bits=16, offset=32768)
    random = np.random.default_rng(seed)
    body = BedSignal(sensor, Person.of(random), random)
    pieces = [
        body.piece(round(sensor.rate), part.heart, part.breath, part.movement)
        for part in parts
        for _ in range(part.seconds)
    ]
    return np.concatenate(pieces).astype(np.float32)


def waves(
    values: NDArray[np.float32],
    rate: float = 100,
    sizes: Sequence[int] = (400,),
    start: Micros = START,
    device: int = 3,
) -> Iterator[Wave]:
    """The values as messages of these sizes, in turn; times are whole milliseconds."""
    first, size = 0, cycle(sizes)
    while first < len(values):
        piece = values[first : first + next(size), None]
        begin = start + round(first * 1000 / rate) * 1000
        arrives = begin + round(len(piece) / rate * SECOND) + SECOND // 20
        yield Wave(0, 2, device, "bed", begin, arrives, rate, piece)
        first += len(piece)


def told(bed: Bed, messages: Iterable[Wave]) -> list[dict[str, float]]:
    """What is said, sample by sample; ``at`` in seconds from the start."""
    said = []
    for wave in messages:
        derived = bed.take(wave)
        for row in range(len(derived.samples) if derived else 0):
            values = derived.samples.x[row]
            named = {name: float(values[place]) for name, place in COLUMN.items()}
            at = (int(derived.samples.measured_at[row]) - START) / SECOND
            said.append({"at": at} | {n: v for n, v in named.items() if v == v})
    return said


def span(said: Sequence[dict[str, float]], begin: float, end: float) -> list[dict[str, float]]:
    """What was said of the time from ``begin`` to ``end``."""
    return [each for each in said if begin <= each["at"] <= end]
