"""How well, and how fast, a bed's raw signal is read: simulated sleepers whose rates are known.

Each sleeper has a heart, a breath, a beat shape, a sensor (50 to 250 values a second, other gains
and polarities) and a restlessness of their own; one in three snores. Heart and breath wander, and
every few minutes the body turns over. What is told at an instant is held against the beats and
breaths that there truly were in the window that it was told from: ten seconds for the heart,
thirty for the breath. A window is quiet if nobody stirred in it. Nobody is fitted to anybody here;
but no simulated beat is a real one, so a real bed will do worse.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.quantity import HEART_RATE, RESPIRATION_RATE, SIGNAL_QUALITY
from domain.time import SECOND, Micros, stopwatch
from domain.wave import Wave
from ingest.signals.bed import Bed
from ingest.signals.sleeper import BREATH_S, HEART_S
from simulators.bed_signal import BedSignal, Person, Sensor
from simulators.signals import Drift

Floats = NDArray[np.float64]

START: Micros = 1_795_249_800 * SECOND
RATES = (50, 100, 125, 200, 250)
MESSAGE_S = 4
TRUSTED = 0.5
"""The signal quality from which detectors judge a value."""


@dataclass(frozen=True, slots=True)
class Night:
    """A simulated recording: ``values`` in counts, and by seconds what was true.

    ``truth``  (seconds, 3): beats and breaths a minute, and strength of movement
    """

    rate: int
    values: NDArray[np.float32]
    truth: Floats


def measure(
    subjects: int = 20, minutes: int = 10, snr_db: float = 12, seed: int = 1
) -> dict[str, float]:
    """Shares of trusted values within 2 (heart) and 1 (breath) a minute, and what it costs."""
    scored, cost = [], 0.0
    for number in range(subjects):
        night = sleep(minutes, snr_db, RATES[number % len(RATES)], (seed, number))
        begun = stopwatch()
        told = listen(night)
        cost += stopwatch() - begun
        scored.append(score(night, told))
    heart, breath = (np.concatenate(each) for each in zip(*scored, strict=True))
    return {
        "subjects": subjects,
        "minutes": minutes,
        "snr_db": snr_db,
        **_figures("heart", heart, 2),
        **_figures("respiration", breath, 1),
        "streams_per_core": round(subjects * minutes * 60 / cost),
    }


def sleep(minutes: int, snr_db: float, rate: int, seed: tuple[int, ...]) -> Night:
    """Somebody's simulated sleep."""
    random = np.random.default_rng(seed)
    bits = int(random.integers(14, 17))
    sensor = Sensor(rate, 10 ** random.uniform(1, 2.2), 2.0 ** (bits - 1), bits, snr_db)
    body = BedSignal(sensor, Person.of(random), random)
    heart, breath = random.uniform(46, 105), random.uniform(9, 24)
    slow, fast, deep = Drift(60, 3), Drift(10, 1.2), Drift(30, 1.2)
    values, truth = [], []
    for second, stirs in enumerate(_stirring(minutes * 60, random)):
        now = START + second * SECOND
        beats, breaths = body.heart_phase, body.breath_phase
        pulse = heart + slow.at(now, random) + fast.at(now, random)
        values.append(body.piece(rate, pulse, max(breath + deep.at(now, random), 6), stirs))
        told = 60 * (body.heart_phase - beats), 60 * (body.breath_phase - breaths), stirs
        truth.append(told)
    return Night(rate, np.concatenate(values).astype(np.float32), np.array(truth))


def _stirring(seconds: int, random: np.random.Generator) -> Iterator[float]:
    """Second by second, how strongly the body moves: 3 to 8 s every few minutes."""
    begins, ends = random.uniform(60, 200), 0.0
    for second in range(seconds):
        if second >= begins:
            ends = second + random.uniform(3, 8)
            begins = second + 20 + random.exponential(150)
        yield random.uniform(0.3, 0.9) if second < ends else 0.0


def listen(night: Night) -> Floats:
    """What is told of a night: rows of second, heart rate, respiration rate, signal quality."""
    bed, told = Bed(), []
    size = MESSAGE_S * night.rate
    for first in range(0, len(night.values), size):
        start = START + first * SECOND // night.rate
        piece = night.values[first : first + size, None]
        wave = Wave(0, 0, 0, "bed", start, start + MESSAGE_S * SECOND, night.rate, piece)
        derived = bed.take(wave)
        if derived is not None:
            second = (derived.samples.measured_at - START) / SECOND
            values = derived.samples.x[:, [HEART_RATE, RESPIRATION_RATE, SIGNAL_QUALITY]]
            told.append(np.column_stack((second, values)))
    return np.concatenate(told)


def score(night: Night, told: Floats) -> tuple[Floats, Floats]:
    """Errors a minute in quiet windows, heart's and breath's; NaN where nothing was trusted."""
    heart: list[float] = []
    breath: list[float] = []
    for second, pulse, breathing, quality in told:
        trusted = quality >= TRUSTED
        for span, column, value, errors in (
            (HEART_S, 0, pulse, heart),
            (BREATH_S, 1, breathing, breath),
        ):
            window = night.truth[max(int(second) - span, 0) : int(second)]
            if len(window) == span and not window[:, 2].any():
                errors.append(abs(value - window[:, column].mean()) if trusted else math.nan)
    return np.array(heart), np.array(breath)


def _figures(name: str, errors: Floats, within: float) -> dict[str, float]:
    trusted = errors[~np.isnan(errors)]
    quantiles = np.quantile(trusted, (0.5, 0.95, 0.99)) if len(trusted) else np.full(3, math.nan)
    return {
        f"{name}_windows": len(errors),
        f"{name}_coverage": round(len(trusted) / len(errors), 4),
        f"{name}_within_{within:g}": round(float((trusted <= within).mean()), 4),
        f"{name}_error_p50": round(float(quantiles[0]), 2),
        f"{name}_error_p95": round(float(quantiles[1]), 2),
        f"{name}_error_p99": round(float(quantiles[2]), 2),
    }
