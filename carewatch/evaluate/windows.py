"""The score of the Numenta Anomaly Benchmark: early is good, once is enough, false costs.

Each labelled anomaly lies in a window. The first 15 % of a series (at most 750 rows) is for
learning and is not scored. Among the rows whose score reaches the threshold, a window counts
by its best row, more the earlier that is, or as missed; every other row counts as false, less
so just behind a window. With y the place of a row, -1 at the left edge of the window, nearly 0
at its right edge, and growing behind it in widths of the window,

    s(y) = 2 / (1 + exp(5 y)) - 1,    -1 where there is no window before, or y is 3 or more

a row in a window is worth s(y) / s(-1), and a false one s(y) times the weight of a false alarm.
One threshold is chosen for the whole corpus, the best one, for each profile of weights; the sum
is put on a scale on which finding nothing is 0 and finding every window at its first row, with
no false alarm, is 100.

Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly
Benchmark, ICMLA 2015; details as in version 1.1 of the benchmark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROBATION, PROBATION_ROWS = 0.15, 5000
"""The share of a series that is for learning, and the length up to which that grows."""

FAR = 3.0
"""Widths of a window behind it, from where on a false alarm costs all that it can."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a missed window and a false alarm cost; a window found at once is worth 1."""

    false: float
    missed: float


PROFILES: Mapping[str, Profile] = {
    "standard": Profile(0.11, 1.0),
    "reward_low_fp": Profile(0.22, 1.0),
    "reward_low_fn": Profile(0.11, 2.0),
}


@dataclass(frozen=True, slots=True)
class Series:
    """A series with its labelled windows.

    ``at``       int64, microseconds since 1970, of each row
    ``values``   float64, of each row
    ``windows``  first and last instant of each window, in order
    """

    name: str
    at: NDArray[np.int64]
    values: Floats
    windows: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the scores of a corpus are worth by one profile, on the scale of 0 to 100.

    ``threshold``  the best one; infinite where it is best to find nothing
    ``by_series``  of each series: ``score`` (its part of the sum, not scaled), ``windows``,
                   ``found`` (how many of them), ``false`` (rows outside that reach the threshold)
    """

    score: float
    threshold: float
    by_series: Mapping[str, Mapping[str, float]]


def place(y: Floats) -> Floats:
    """The worth of rows at these places, as in the formula above."""
    worth: Floats = np.where(y >= FAR, -1.0, 2 / (1 + np.exp(5 * np.minimum(y, FAR))) - 1)
    return worth


def outcome(corpus: Sequence[Series], scores: Sequence[Floats], profile: Profile) -> Outcome:
    """What these scores, one array a series, are worth with the best threshold for all."""
    rows = _Rows.of(corpus, scores)
    thresholds, sums = rows.sweep(profile)
    best = int(np.argmax(sums))
    threshold = float(thresholds[best])
    null = -profile.missed * rows.windows
    perfect = float(sum(len(series.windows) for series in corpus))
    scale = 100 / (perfect - null) if perfect > null else 0.0
    return Outcome(
        (float(sums[best]) - null) * scale,
        threshold,
        {series.name: rows.at(n, threshold, profile) for n, series in enumerate(corpus)},
    )


def curve(corpus: Sequence[Series], scores: Sequence[Floats]) -> tuple[Floats, Floats]:
    """False rows a thousand rows, and the share of windows found, at falling thresholds."""
    rows = _Rows.of(corpus, scores)
    order = np.argsort(-rows.score, kind="stable")
    order = order[rows.score[order] > 0]
    outside = rows.window[order] < 0
    found = np.zeros(len(order))
    found[np.unique(rows.window[order], return_index=True)[1]] = 1
    found[outside] = 0
    total = max(len(rows.score), 1)
    return 1000 * np.cumsum(outside) / total, np.cumsum(found) / max(rows.windows, 1)


@dataclass(frozen=True, slots=True)
class _Rows:
    """All rows of a corpus that are scored.

    ``window`` is the number of the row's window in the corpus, or -1; ``worth`` is s(y), scaled
    within windows; ``series`` is the number of the row's series.
    """

    score: Floats
    window: NDArray[np.intp]
    worth: Floats
    series: NDArray[np.intp]

    @property
    def windows(self) -> int:
        return len(np.unique(self.window[self.window >= 0]))

    @staticmethod
    def of(corpus: Sequence[Series], scores: Sequence[Floats]) -> "_Rows":
        columns: list[tuple[Any, ...]] = []
        before = 0
        for number, (series, score) in enumerate(zip(corpus, scores, strict=True)):
            window, worth = _places(series)
            length = len(series.values)
            start = int(min(PROBATION * length, PROBATION * PROBATION_ROWS))
            numbered = np.where(window >= 0, window + before, -1)
            columns.append(
                (score[start:], numbered[start:], worth[start:], np.full(length - start, number))
            )
            before += len(series.windows)
        return _Rows(*(np.concatenate(column) for column in zip(*columns, strict=True)))

    def sweep(self, profile: Profile) -> tuple[Floats, Floats]:
        """Thresholds, from finding nothing downwards, and the sum at each."""
        order = np.argsort(-self.score, kind="stable")
        gain = np.where(self.window < 0, self.worth * profile.false, 0.0)[order]
        window, worth = self.window[order], self.worth[order]
        for number in np.unique(window[window >= 0]):
            mine = np.flatnonzero(window == number)
            best = np.maximum.accumulate(np.maximum(worth[mine], -profile.missed))
            gain[mine] = np.diff(best, prepend=-profile.missed)
        score = self.score[order]
        last = np.flatnonzero(np.append(score[1:] != score[:-1], True))
        sums = -profile.missed * self.windows + np.append(0.0, np.cumsum(gain)[last])
        return np.append(np.inf, score[last]), sums

    def at(self, series: int, threshold: float, profile: Profile) -> dict[str, float]:
        """What one series is worth at a threshold."""
        mine = self.series == series
        reached = mine & (self.score >= threshold)
        false = reached & (self.window < 0)
        windows = np.unique(self.window[mine & (self.window >= 0)])
        best = [self.worth[reached & (self.window == number)] for number in windows]
        found = [float(worth.max()) for worth in best if len(worth)]
        total = sum(found) - profile.missed * (len(windows) - len(found))
        total += profile.false * float(self.worth[false].sum())
        return {
            "score": round(total, 4),
            "windows": len(windows),
            "found": len(found),
            "false": int(false.sum()),
        }


def _places(series: Series) -> tuple[NDArray[np.intp], Floats]:
    """Of each row: its window (-1 outside), and its worth."""
    length = len(series.values)
    window, y = np.full(length, -1, np.intp), np.full(length, FAR)
    row = np.arange(length)
    for number, (start, end) in enumerate(series.windows):
        left, right = (_first(series.at, instant) for instant in (start, end))
        width = right - left + 1
        window[left : right + 1] = number
        y[left : right + 1] = -(right - row[left : right + 1] + 1) / width
        y[right + 1 :] = (row[right + 1 :] - right) / max(width - 1, 1)
    worth = place(y)
    return window, np.where(window >= 0, worth / place(np.array(-1.0)), worth)


def _first(at: NDArray[np.int64], instant: int) -> int:
    rows = np.flatnonzero(at == instant)
    return int(rows[0]) if len(rows) else int(np.searchsorted(at, instant).clip(0, len(at) - 1))
