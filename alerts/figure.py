"""A figure, what it was made of, and whether that is enough to say that a target is met: pure.

Shares carry the interval in which the true share lies with 95 % (Wilson's, Journal of the American
Statistical Association 22, 1927), so that three of three do not look like a thousand of a thousand.
Whether a target is met is not said of fewer than :data:`ENOUGH` cases, unless they miss it beyond
doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, sqrt
from typing import Literal

from alerts.records import Records
from domain.time import Micros

Unit = Literal["share", "s", "1/day", "1/10min", "count"]
Counted = Literal[
    "alerts", "offers", "deadlines", "resident_days", "device_days", "devices", "carer_10min"
]
"""What the counts of a figure are counts of."""

ENOUGH = 30
"""Cases that a target can be judged by. Fewer are no proportion to publish: National Center for
Health Statistics, Data Presentation Standards for Proportions (Vital Health Stat 2/175, 2017)."""

_Z = 1.959964
"""Of the normal distribution, for 95 %."""
_DOUBT = 0.025
"""How likely no more than what was seen may be, before it is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what it was made of.

    ``value``        None where there was nothing to count
    ``numerator``, ``denominator``  a share's or a rate's; of a quantile, how many were counted
    ``low``, ``high``  between which a share lies with 95 %
    """

    value: float | None
    numerator: float | None
    denominator: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What is counted: ``start`` up to ``end``, as it is known at ``now``."""

    start: Micros
    end: Micros
    now: Micros

    @property
    def passed(self) -> Micros:
        """The end, or now where that is sooner."""
        return max(self.start, min(self.end, self.now))


@dataclass(frozen=True, slots=True)
class Definition:
    """``target`` is to be reached, or where ``at_most`` is set not to be passed.

    ``counted`` is what the counts are counts of; ``of`` the denominator, where that is another.
    """

    figure: Callable[[Records, Span], Figure]
    unit: Unit
    counted: Counted
    target: float | None = None
    at_most: bool = False
    of: Counted | None = None

    def met(self, figure: Figure) -> bool | None:
        """Whether the target is met; None where there is none, or too little to judge by."""
        if self.target is None or figure.value is None or self.too_few(figure):
            return None
        return figure.value <= self.target if self.at_most else figure.value >= self.target

    def too_few(self, figure: Figure) -> bool:
        """Whether there is a target, and something was counted, but not enough to judge."""
        if self.target is None or figure.value is None or figure.denominator >= ENOUGH:
            return False
        return not (self.unit == "share" and _is_missed(figure, self.target))


def share(count: int, of: int) -> Figure:
    """A share with its interval; without a value where it is one of nothing."""
    if not of:
        return Figure(None, count, of)
    low, high = wilson(count, of)
    return Figure(count / of, count, of, low, high)


def wilson(count: int, of: int) -> tuple[float, float]:
    """Between what a share lies with 95 %, if ``count`` of ``of`` were seen.

    >>> [round(bound, 3) for bound in wilson(3, 3)]
    [0.439, 1.0]
    """
    share, z2 = count / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low = 0.0 if count == 0 else middle - half
    return low, 1.0 if count == of else middle + half


def _is_missed(figure: Figure, target: float) -> bool:
    """Whether so few would be seen once in forty times where the target is met (exact binomial)."""
    of, count = int(figure.denominator), int(figure.numerator or 0)
    chances = (comb(of, n) * target**n * (1 - target) ** (of - n) for n in range(count + 1))
    return sum(chances) < _DOUBT
