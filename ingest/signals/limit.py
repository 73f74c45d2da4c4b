"""A converter at its limit: how much of the last ten seconds lies on its highest or lowest value.

What is cut off is gone, and where it was one value is repeated. A breath of a single count, as
coarse as a signal can be, lies on its highest value for a third of the time; any finer one less.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.sample import Instants
from domain.time import SECOND, Micros
from ingest.signals.steady import STEP

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SPAN: Micros = 2 * SECOND
SPANS = 5
_KEPT = SPANS + 2


@dataclass(slots=True)
class Limit:
    """The extremes of the last spans of two seconds, and how many values lie on them, (_KEPT,).

    ``span``  number of each, since 1970; ``taken`` values of it; ``top`` and ``bottom`` of them,
    ``tops`` and ``bottoms``: how many were that
    """

    span: Counts = field(default_factory=lambda: np.full(_KEPT, -1))
    taken: Counts = field(default_factory=lambda: np.zeros(_KEPT, np.int64))
    top: Floats = field(default_factory=lambda: np.zeros(_KEPT))
    bottom: Floats = field(default_factory=lambda: np.zeros(_KEPT))
    tops: Counts = field(default_factory=lambda: np.zeros(_KEPT, np.int64))
    bottoms: Counts = field(default_factory=lambda: np.zeros(_KEPT, np.int64))

    def add(self, spans: Instants, raw: Floats) -> None:
        """Take in values of these spans, in their order."""
        for span in np.unique(spans).tolist():
            self._add(span, raw[spans == span])

    def share(self, span: int) -> float:
        """How much of the ``SPANS`` up to this one lies on one value, the highest or the lowest."""
        mine = (self.span > span - SPANS) & (self.span <= span)
        if not mine.any():
            return 0.0
        top, bottom = self.top[mine], self.bottom[mine]
        high = self.tops[mine][top == top.max()].sum()
        low = self.bottoms[mine][bottom == bottom.min()].sum()
        return float(max(high, low) / self.taken[mine].sum())

    def _add(self, span: int, raw: Floats) -> None:
        place = span % _KEPT
        if self.span[place] != span:
            self.span[place], self.taken[place] = span, 0
            self.top[place], self.bottom[place] = -np.inf, np.inf
        top, bottom = max(self.top[place], raw.max()), min(self.bottom[place], raw.min())
        before = self.tops[place] * (self.top[place] == top)
        self.tops[place] = before + np.count_nonzero(raw == top)
        before = self.bottoms[place] * (self.bottom[place] == bottom)
        self.bottoms[place] = before + np.count_nonzero(raw == bottom)
        self.top[place], self.bottom[place] = top, bottom
        self.taken[place] += len(raw)


def spans(begin: Micros, rate: float, first: int, count: int) -> Instants:
    """The span that each value belongs to: value k is k / rate after ``begin``.

    A span ends a step before its two seconds do: then all its values are known when the last
    steady value of the two seconds is.
    """
    at = begin + (first + np.arange(count)) * SECOND / rate
    return np.asarray((at + STEP) // SPAN, np.int64)
