"""What a point costs the general streaming detector, beside two others in the same run.

All judge the same wandering values. Ours and the plain z-score take one point of each series at
a time, as they would live; river's trees take one point of one series, as that library does.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from alerts.detectors.anomaly import BYTES, FIRST, Anomaly
from carewatch.evaluate import nab
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.windows import PROFILES, Floats, Series, outcome
from domain.time import MINUTE, stopwatch

STEP = 5 * MINUTE

RIVER_POINTS = 5_000
"""How many points river's trees are measured on; they are slow."""

MISSING = "river is not installed: `pip install river` to measure its trees in the same run."


class ZScore:
    """Distances from an exponentially weighted mean, in exponentially weighted deviations."""

    def __init__(self, series: int, reach: float = 100) -> None:
        self._mean, self._square = np.full(series, np.nan), np.zeros(series)
        self._weight = 1 / reach

    def score(self, values: Floats) -> Floats:
        self._mean = np.where(np.isnan(self._mean), values, self._mean)
        away = np.nan_to_num(values - self._mean)
        told: Floats = np.abs(away) / np.sqrt(self._square + 1e-12)
        self._mean += self._weight * away
        self._square += self._weight * (away * away - self._square)
        return told


def measure(series: int = 1_000, points: int = 1_000, data: Path | None = None) -> dict[str, Any]:
    """Microseconds a point of ours, of the z-score, and of river's trees (None without river).

    With ``data``, a folder of the anomaly benchmark, also the standard score of each.
    """
    values = _wander(series, FIRST + points, seed=1)
    trees = _trees()
    figures: dict[str, Any] = {
        "series": series,
        "points": series * points,
        "us_per_point": _ours(values),
        "zscore_us_per_point": _plain(values),
        "river_us_per_point": _cost(trees, values[:RIVER_POINTS, 0]) if trees else None,
        "bytes_per_series": BYTES,
    }
    if data is not None:
        figures["nab"] = _benchmark(nab.read(data), trees)
    return figures if trees else figures | {"note": MISSING}


def _wander(series: int, length: int, seed: int) -> Floats:
    """Days with noise and now and then a spike, (length, series)."""
    random = np.random.default_rng(seed)
    hour = np.arange(length)[:, None] * (STEP / MINUTE / 60) + random.uniform(0, 24, series)
    spikes = 8 * (random.random((length, series)) < 0.002)
    told: Floats = np.sin(hour * np.pi / 12) + random.normal(0, 0.2, (length, series)) + spikes
    return told


def _ours(values: Floats) -> float:
    """From when it is past its first guess, so that nothing is left out."""
    anomaly = Anomaly(values.shape[1])
    for row in range(FIRST):
        anomaly.score(values[row], row * STEP)
    begun = stopwatch()
    for row in range(FIRST, len(values)):
        anomaly.score(values[row], row * STEP)
    return _per_point(begun, values[FIRST:].size)


def _plain(values: Floats) -> float:
    zscore = ZScore(values.shape[1])
    begun = stopwatch()
    for row in values:
        zscore.score(row)
    return _per_point(begun, values.size)


Judge = Callable[[Floats], Iterator[float]]


def _trees() -> Judge | None:
    """The half-space trees of river with its defaults, values scaled as they ask; or None."""
    try:
        from river import anomaly, compose, preprocessing
    except ModuleNotFoundError:
        return None

    def judge(values: Floats) -> Iterator[float]:
        model = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=1))
        for value in values.tolist():
            yield float(model.score_one({"value": value}))
            model.learn_one({"value": value})

    return judge


def _cost(judge: Judge, values: Floats) -> float:
    begun = stopwatch()
    count = sum(1 for _ in judge(values))
    return _per_point(begun, count)


def _per_point(begun: float, count: int) -> float:
    return round((stopwatch() - begun) / count * 1e6, 3)


def _benchmark(corpus: Sequence[Series], trees: Judge | None) -> dict[str, float | None]:
    def worth(scores: Sequence[Floats]) -> float:
        return round(outcome(corpus, scores, PROFILES["standard"]).score, 2)

    zscores = [_zscores(series.values) for series in corpus]
    return {
        "ours": worth(nab.judge(corpus, Progress())),
        "zscore": worth(zscores),
        "river": worth([np.array([*trees(s.values)]) for s in corpus]) if trees else None,
    }


def _zscores(values: Floats) -> Floats:
    zscore = ZScore(1)
    return np.array([zscore.score(values[row : row + 1])[0] for row in range(len(values))])
