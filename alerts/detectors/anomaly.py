"""How surprising the next value of a series is, for any quantity, by its own past alone.

No model of the quantity, no units, one set of parameters: a series is only ever compared with
itself. Five simple measures look at each new value,

    far     its distance from the long-run level (values never seen)
    season  its distance from what the time of day usually brings
    shift   the distance of the short-run mean from the long-run level (a new level)
    noise   the short-run mean of the steps between values (restless, or a sensor that jumps)
    drift   the distance of the short-run mean from what the time of day usually brings (a
            missing peak: each value usual, but not now)

Each is put on one scale by the series' own record of it, with the method of peaks over a
threshold (Siffer et al., Anomaly Detection in Streams with Extreme Value Theory, KDD 2017), in
the form for heavy tails: above its quantile q of share P, a measure m falls off like a power of
m, whose exponent 1 / xi is learned from the logarithms of the exceedances (Hill, A simple
general approach to inference about the tail of a distribution, Annals of Statistics 1975):

    p = P (m / q) ** (-1 / xi)      and 1 where m <= q

So a series that has spikes every day has a heavy tail, and its next spike is no surprise. q
follows by stochastic approximation (Robbins and Monro 1951), upwards by 1 - P and downwards by
P. The surprise of a value is the sum of -log10(p) over the measures: Fisher's way of combining
tests (1932), here without the claim that they are independent.

What was told is no news: within ``REST`` values of a surprise, only a much larger one counts.

Memory is bounded: ``BYTES`` a series, whatever its length. After a change for good, the new
state is usual after some ``FORGET`` to ``SLOW`` values.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.sample import Instants
from domain.time import DAY

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

SLOW, SHORT, DRIFT = 1500, 30, 12
"""Values that the long-run level, the short-run means and the drift reach back over."""

BUCKETS = 48
"""Parts of the day (UTC) that have a usual value of their own: half hours."""

DAILY = 0.25
"""The weight of a new day in what is usual at an hour: some four days count."""

P = 0.01
"""The share of values that belong to the tail."""

FIRST = 100
"""Values before anything is a surprise; the largest of 1 / P values is a first guess at q."""

FORGET, STEP = 500, 4.0
"""q moves by ``STEP`` / (number of values, ``FORGET`` at most) in its logarithm."""

TAIL, TAIL_COUNT, TAIL_MEMORY = 0.4, 10, 50
"""The exponent xi before anything is known, what that guess weighs, and how many exceedances
are remembered."""

THIN, FURTHEST = 0.05, 4.0
"""The thinnest tail that is believed, and the largest log-exceedance that one value teaches."""

WORTH, REST, LARGER = 3.0, 200, 1.5
"""A surprise of ``WORTH`` is remembered as told for ``REST`` values; news must be ``LARGER``
times as surprising."""

MEASURES = ("far", "season", "shift", "noise", "drift")

_FAR, _SEASON, _SHIFT, _NOISE, _DRIFT = range(len(MEASURES))
_LEVEL, _MEAN, _STEPS, _RESIDUAL, _LAST = range(5)

COLUMNS: Mapping[str, tuple[Any, ...]] = {
    "count": (np.int32, 0),
    "means": (np.float64, 0.0, 5),
    "usual": (np.float32, np.nan, BUCKETS),
    "bucket": (np.int8, -1),
    "bucket_sum": (np.float64, 0.0),
    "bucket_count": (np.int32, 0),
    "heard": (np.int32, 0, len(MEASURES)),
    "quantile": (np.float64, -np.inf, len(MEASURES)),
    "tail": (np.float32, TAIL, len(MEASURES)),
    "exceeded": (np.int16, TAIL_COUNT, len(MEASURES)),
    "told": (np.float32, 0.0),
    "rest": (np.int16, 0),
}
"""Memory of a series: dtype, initial value, and further dimensions."""

BYTES = sum(
    np.dtype(dtype).itemsize * int(np.prod(shape, dtype=int))
    for dtype, _, *shape in COLUMNS.values()
)


class Anomaly:
    """Many series at once; ``memory`` holds one element a series in each array.

    >>> anomaly = Anomaly(1)
    >>> calm = [anomaly.score(np.array([20 + n % 3]), n * 300 * 10**6)[0] for n in range(600)]
    >>> bool(anomaly.score(np.array([35.0]), 600 * 300 * 10**6)[0] > 20 > max(calm))
    True
    """

    def __init__(self, series: int = 0) -> None:
        self.memory = fresh(series)

    def score(
        self, values: NDArray[Any], at: Instants | int, rows: Rows | None = None
    ) -> NDArray[np.float64]:
        """How surprising these values are, 0 where they are not, or not news.

        ``values``: one of each series, or of the series in ``rows`` (each once at most); NaN
        where there is none, which changes nothing. ``at``: when, in microseconds since 1970.
        """
        if rows is None:
            rows = np.arange(len(self.memory["count"]))
        return self.news(self.surprise(values, at, rows), rows)

    def surprise(self, values: NDArray[Any], at: Instants | int, rows: Rows) -> Floats:
        """The sum of -log10(p) over the measures, whether it was told before or not."""
        told: Floats = np.zeros(len(rows))
        known = np.isfinite(values)
        if known.any():
            few, when = values[known].astype(np.float64), _bucket(at, len(rows))[known]
            told[known] = self._unlikely(few, when, rows[known]).sum(axis=1)
        return told

    def unusual(self, value: float, at: int, row: int) -> float:
        """How sure it is that a value is unlike its series: 0.95 to 1, or 0. Learns nothing.

        It is 1 less the p of the most unlikely measure, times their number (Bonferroni), and so
        at most the share of the series' own values that were less unusual; only of the rarest
        twentieth is anything known.
        """
        copy = Anomaly()
        copy.memory = {name: self.memory[name][[row]] for name in COLUMNS}
        one = np.array([value]), _bucket(at, 1), np.zeros(1, np.intp)
        rarest = 10 ** -float(copy._unlikely(*one).max())
        return max(0.0, 1 - len(MEASURES) * rarest)

    def news(self, surprise: Floats, rows: Rows) -> Floats:
        """What of this is news; remembers it as told."""
        told, rest = self.memory["told"], self.memory["rest"]
        resting = rest[rows] > 0
        large = surprise >= WORTH
        fresh_ = large & (~resting | (surprise > LARGER * told[rows]))
        rest[rows] = np.where(fresh_, REST, np.maximum(rest[rows] - 1, 0))
        told[rows] = np.where(fresh_, surprise, told[rows])
        return np.where(fresh_, surprise, 0.0)

    def usual(self, rows: Rows, at: Instants | int) -> Floats:
        """What the hour usually brings, or the long-run level where that is not known yet."""
        hourly = self.memory["usual"][rows, _bucket(at, len(rows))].astype(np.float64)
        return np.where(np.isnan(hourly), self.memory["means"][rows, _LEVEL], hourly)

    # -- one value of each --------------------------------------------------------------------

    def _measures(self, values: Floats, bucket: NDArray[np.int8], rows: Rows) -> Floats:
        """The five measures of these values, (n, 5), after which the values are the past."""
        memory = self.memory
        count = memory["count"][rows] + 1
        means = memory["means"][rows]
        begins = count == 1
        if begins.any():
            means[begins, _LEVEL] = means[begins, _MEAN] = means[begins, _LAST] = values[begins]
        residual = self._against_usual(values, bucket, rows)
        measures = np.empty((len(rows), len(MEASURES)))
        measures[:, _FAR] = values - means[:, _LEVEL]
        measures[:, _SEASON] = residual
        short = 1 / np.minimum(count, SHORT)
        means[:, _LEVEL] += measures[:, _FAR] / np.minimum(count, SLOW)
        means[:, _MEAN] += (values - means[:, _MEAN]) * short
        means[:, _STEPS] += (np.abs(values - means[:, _LAST]) - means[:, _STEPS]) * short
        means[:, _RESIDUAL] += (residual - means[:, _RESIDUAL]) / np.minimum(count, DRIFT)
        means[:, _LAST] = values
        measures[:, _SHIFT] = means[:, _MEAN] - means[:, _LEVEL]
        measures[:, _NOISE] = means[:, _STEPS]
        measures[:, _DRIFT] = means[:, _RESIDUAL]
        memory["means"][rows] = means
        memory["count"][rows] = np.minimum(count, 2**30)
        return np.abs(measures, out=measures)

    def _against_usual(self, values: Floats, bucket: NDArray[np.int8], rows: Rows) -> Floats:
        """Distance from what former days brought at this hour, 0 where there was none."""
        memory = self.memory
        was = memory["bucket"][rows]
        turned = np.flatnonzero(was != bucket)
        if len(turned):
            self._close(rows[turned], was[turned])
            memory["bucket"][rows[turned]] = bucket[turned]
        memory["bucket_sum"][rows] += values
        memory["bucket_count"][rows] += 1
        residual: Floats = values - memory["usual"][rows, bucket]
        residual[np.isnan(residual)] = 0.0
        return residual

    def _close(self, rows: Rows, was: NDArray[np.int8]) -> None:
        """Take the mean of a part of the day that is past into what is usual then."""
        memory = self.memory
        mean = memory["bucket_sum"][rows] / np.maximum(memory["bucket_count"][rows], 1)
        usual = memory["usual"][rows, was]
        learned = np.where(np.isnan(usual), mean, usual + DAILY * (mean - usual))
        memory["usual"][rows, was] = np.where(was >= 0, learned, usual)
        memory["bucket_sum"][rows] = 0.0
        memory["bucket_count"][rows] = 0

    def _unlikely(self, values: Floats, bucket: NDArray[np.int8], rows: Rows) -> Floats:
        """-log10(p) of each measure by its own record, into which it then goes, (n, 5)."""
        memory, measures = self.memory, self._measures(values, bucket, rows)
        says = measures > 1e-300
        heard = memory["heard"][rows] + says
        size = np.log(measures, out=np.full(measures.shape, -700.0), where=says)
        quantile = memory["quantile"][rows]
        first = heard <= FIRST
        learning = says & ~first
        beyond = np.where(learning, size - quantile, -1.0)
        over = learning & (beyond > 0)
        step = STEP / np.minimum(np.maximum(heard, 1), FORGET)
        moved = quantile + step * (over - P)
        quantile = np.where(learning, moved, np.where(says, np.maximum(quantile, size), quantile))
        memory["heard"][rows] = np.minimum(heard, 2**30)
        memory["quantile"][rows] = quantile
        unlikely: Floats = np.zeros(measures.shape)
        if over.any():
            unlikely[over] = self._tails(beyond, over, rows)
        return unlikely

    def _tails(self, beyond: Floats, over: NDArray[np.bool_], rows: Rows) -> Floats:
        """-log10(p) of what is in the tail; and the tails learn."""
        row, column = np.nonzero(over)
        place = rows[row], column
        far = beyond[row, column]
        tail = self.memory["tail"][place].astype(np.float64)
        count = self.memory["exceeded"][place] + 1
        learned = tail + (np.minimum(far, FURTHEST) - tail) / np.minimum(count, TAIL_MEMORY)
        self.memory["tail"][place] = np.maximum(learned, THIN)
        self.memory["exceeded"][place] = np.minimum(count, TAIL_MEMORY)
        unlikely: Floats = -np.log10(P) + far / tail / np.log(10)
        return unlikely


def fresh(series: int) -> dict[str, NDArray[Any]]:
    """Memory of so many series that nothing was heard of yet."""
    return {
        name: np.full((series, *shape), fill, dtype)
        for name, (dtype, fill, *shape) in COLUMNS.items()
    }


def _bucket(at: Instants | int, length: int) -> NDArray[np.int8]:
    bucket = np.asarray(at) % DAY * BUCKETS // DAY
    return np.broadcast_to(bucket, length).astype(np.int8)
