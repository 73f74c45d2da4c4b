"""How fast something repeats itself: autocorrelation over a window, and a memory of the rate.

**Evidence.** A window of a heartbeat or a breath is compared with itself, shifted. What is
counted is the share of energy that the two have in common, in [-1, 1]:

    n(lag) = 2 sum x[i] x[i + lag] / sum (x[i]^2 + x[i + lag]^2)

(McLeod and Wyvill, "A smarter way to find pitch", ICMC 2005). It has no unit, so gain, offset and
polarity of the sensor do not matter; parts of the window that were blanked have no weight. Beat
shapes differ from person to person and from one posture to the next, and no shape is looked for:
this is the idea of Bruser et al., IEEE J. Biomed. Health Inform. 17, 2013, 123 (and 18, 2014,
1400), whose estimators of a local interval are of this family. A rate is believed if not only its
interval fits, but also twice and three times that interval, and half of it does not (the harmonic
product of Noll, 1969, for lags instead of frequencies): otherwise half and double rates win.

**Memory.** A rate moves little in the seconds between two windows. So each candidate has a
probability that is spread a little (a random walk of the logarithm of the rate), and multiplied
with the evidence: the forward pass of a hidden Markov model on a grid, as in pitch tracking. A
small share may be anywhere, so that a rate that jumps is found again after a few windows.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MULTIPLES = 3
_TINY = 1e-12


@dataclass(frozen=True)
class Rhythm:
    """A kind of rhythm: which rates there are, and how they move.

    ``fs``       values a second of its windows
    ``slowest``, ``fastest``  rates a minute
    ``step``     ratio between neighbouring candidates, minus one
    ``walk``     standard deviation of the change between two windows, as a share
    ``anywhere`` probability of being anywhere else
    ``weight``   how much a window's evidence counts; below one observation's, for windows overlap
    """

    fs: float
    length: int
    slowest: float
    fastest: float
    step: float
    walk: float
    anywhere: float
    weight: float

    @cached_property
    def rates(self) -> Floats:
        """The candidates, per minute, ascending."""
        count = int(np.log(self.fastest / self.slowest) / np.log1p(self.step)) + 1
        return np.asarray(self.slowest * (1 + self.step) ** np.arange(count))

    @cached_property
    def size(self) -> int:
        """How many candidates there are."""
        return len(self.rates)

    def anything(self) -> Floats:
        """The belief of somebody who has seen nothing."""
        return np.full(self.size, 1 / self.size)

    def likeness(self, windows: Floats) -> Floats:
        """n(lag) of each window, (k, length), for lags from 0 to just beyond the longest."""
        length = self.length
        spectrum = np.fft.rfft(windows, self._padded, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        common = np.fft.irfft(power, self._padded, axis=1)[:, : self._lags]
        energy = np.zeros((len(windows), length + 1))
        np.cumsum(windows**2, axis=1, out=energy[:, 1:])
        lag = np.arange(self._lags)
        both = energy[:, length - lag] + energy[:, -1:] - energy[:, lag]
        likeness: Floats = 2 * common / np.maximum(both, _TINY + 1e-6 * energy[:, -1:])
        return likeness

    def support(self, likeness: Floats) -> Floats:
        """How well each candidate explains one likeness, about -1 to 1.

        Everything is like itself a little later: before the likeness first falls below zero it
        tells of no rhythm (McLeod and Wyvill's rule).
        """
        place, part, weight = self._comb
        at = likeness[place] * (1 - part) + likeness[place + 1] * part
        fits, parts = at[:MULTIPLES], at[MULTIPLES:]
        mean = (fits * weight).sum(axis=0) / weight.sum(axis=0)
        worst = np.where(weight > 0, fits, 1.0).min(axis=0)
        finer = np.maximum(parts.max(axis=0) - 0.6 * np.maximum(fits[0], 0), 0)
        supported: Floats = 0.5 * (mean + worst) - 1.25 * finer
        first = int((likeness < 0).argmax()) or self._lags
        return np.where(self.fs * 60 / self.rates < first, -1.0, supported)

    def believe(self, belief: Floats, support: Floats) -> Floats:
        """The belief after a window, from the one before it."""
        moved = self._moves @ belief
        believed: Floats = moved * np.exp(self.weight * (support - support.max()))
        return np.asarray(believed / believed.sum())

    def read(self, belief: Floats, likeness: Floats) -> tuple[float, float, float]:
        """The rate per minute, how sure it is (0 to 1), and the likeness at its interval."""
        best = int(belief.argmax())
        lag = self.fs * 60 / self.rates[best]
        low = max(int(lag * 0.94), 1)
        high = min(int(np.ceil(lag * 1.06)) + 1, self._lags - 1)
        top = low + int(likeness[low:high].argmax())
        exact, height = _parabola(likeness, top)
        near = np.abs(np.log(self.rates / self.rates[best])) < 3 * self.walk + 0.03
        return self.fs * 60 / exact, float(belief[near].sum()), height

    @cached_property
    def _padded(self) -> int:
        return 1 << (self.length + self._lags - 1).bit_length()

    @cached_property
    def _lags(self) -> int:
        longest = self.fs * 60 / self.slowest
        return min(int(longest * MULTIPLES), int(self.length * 0.7)) + 3

    @cached_property
    def _comb(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Where one to three intervals and a half to a fifth of one lie among the lags, (7, size).

        A lag beyond the window has no weight; neither has a part of an interval that is shorter
        than any candidate's: there the likeness is high because a beat is like itself.
        """
        parts = (1, 2, 3, 1 / 2, 1 / 3, 1 / 4, 1 / 5)
        lags = self.fs * 60 / self.rates * np.array(parts)[:, None]
        weight = (lags[:MULTIPLES] < self._lags - 2).astype(float) * [[1.0], [0.7], [0.5]]
        short = lags < self.fs * 60 / self.fastest
        lags = np.where(short, self._lags - 2, lags)
        lags = np.minimum(lags, self._lags - 2)
        place = lags.astype(np.int64)
        return place, lags - place, weight

    @cached_property
    def _moves(self) -> Floats:
        """Probability of each candidate (row) after each (column)."""
        logs = np.log(self.rates)
        near = np.exp(-0.5 * ((logs[:, None] - logs) / self.walk) ** 2)
        moves: Floats = (1 - self.anywhere) * near / near.sum(axis=0) + self.anywhere / self.size
        return moves


def _parabola(values: Floats, top: int) -> tuple[float, float]:
    """Place and height of the maximum near ``top``, between samples; 0 where it is none."""
    before, here, after = (float(v) for v in values[top - 1 : top + 2])
    bend = before - 2 * here + after
    if bend >= 0 or not before <= here >= after:
        return float(top), 0.0
    shift = 0.5 * (before - after) / bend
    return top + shift, here - 0.25 * (before - after) * shift
