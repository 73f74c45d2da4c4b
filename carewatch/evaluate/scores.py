"""Counts of right and wrong, and how far to trust them.

Shares get the interval of Wilson (1927), which holds for few trials and for shares near 0 and 1.
Where several recordings are of one person they are not independent: there the persons are drawn
again, with all of theirs (Efron 1979; Field and Welsh 2007 on clusters).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.special import gammaincinv

Z95 = 1.959964
"""A normal variable is within this many standard deviations in 95 % of cases."""

Own = TypeVar("Own")


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often what was found, and what was so, agreed.

    >>> both = Confusion(found=9, missed=1) + Confusion(false=1, quiet=9)
    >>> both.sensitivity, both.specificity, both.balanced_accuracy
    (0.9, 0.9, 0.9)
    """

    found: int = 0
    missed: int = 0
    false: int = 0
    quiet: int = 0

    def __add__(self, other: "Confusion") -> "Confusion":
        return Confusion(
            self.found + other.found,
            self.missed + other.missed,
            self.false + other.false,
            self.quiet + other.quiet,
        )

    @property
    def total(self) -> int:
        return self.found + self.missed + self.false + self.quiet

    @property
    def accuracy(self) -> float | None:
        return share(self.found + self.quiet, self.total)

    @property
    def sensitivity(self) -> float | None:
        """Also called recall."""
        return share(self.found, self.found + self.missed)

    @property
    def specificity(self) -> float | None:
        return share(self.quiet, self.quiet + self.false)

    @property
    def precision(self) -> float | None:
        return share(self.found, self.found + self.false)

    @property
    def f1(self) -> float | None:
        return share(2 * self.found, 2 * self.found + self.missed + self.false)

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean of sensitivity and specificity; None where either has nothing to go by."""
        if self.sensitivity is None or self.specificity is None:
            return None
        return round((self.sensitivity + self.specificity) / 2, 6)


def confusion(so: Sequence[bool], found: Sequence[bool]) -> Confusion:
    """The counts of pairs: what was so, and whether it was found."""
    pairs = list(zip(so, found, strict=True))
    return Confusion(
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )


def share(part: float, whole: float) -> float | None:
    """A ratio to six places; None of nothing.

    >>> share(2, 3), share(0, 0)
    (0.666667, None)
    """
    return round(part / whole, 6) if whole else None


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share of ``hits`` among ``trials``.

    >>> wilson(0, 10), wilson(10, 10)
    ((0.0, 0.277533), (0.722467, 1.0))
    """
    if not trials:
        return 0.0, 1.0
    p, z2 = hits / trials, Z95**2
    middle = p + z2 / (2 * trials)
    reach = Z95 * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    low, high = ((middle + side * reach) / (1 + z2 / trials) for side in (-1, 1))
    return max(round(low, 6), 0.0), min(round(high, 6), 1.0)


def garwood(events: int, hours: float) -> tuple[float, float] | None:
    """The 95 % interval of a rate of which ``events`` were seen in ``hours``, where they come
    independently of one another (Garwood 1936); None of no time.

    >>> garwood(0, 2), garwood(8, 7.04)
    ((0.0, 1.84444), (0.490601, 2.239089))
    """
    if not hours:
        return None
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    return round(low / hours, 6), round(float(gammaincinv(events + 1, 0.975)) / hours, 6)


def by_subject(
    subjects: Mapping[str, Own],
    figure: Callable[[Sequence[Own]], float | None],
    draws: int = 1000,
    seed: int = 1,
) -> tuple[float, float] | None:
    """The 95 % interval of a figure when whole subjects are drawn again, with replacement.

    ``figure`` is given the subjects' own results, some more than once; draws for which it has
    no answer are passed over. None where there is but one subject, or never an answer.

    >>> by_subject({"a": 1.0, "b": 1.0}, lambda drawn: sum(drawn) / len(drawn))
    (1.0, 1.0)
    """
    own, random = list(subjects.values()), np.random.default_rng(seed)
    if len(own) < 2:
        return None
    drawn = random.integers(0, len(own), (draws, len(own))).tolist()
    answers = [answer for row in drawn if (answer := figure([own[n] for n in row])) is not None]
    if not answers:
        return None
    low, high = np.quantile(answers, (0.025, 0.975)).tolist()
    return round(low, 6), round(high, 6)
