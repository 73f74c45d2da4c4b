"""Plausible signals: slow drifts of vital signs, and the accelerations that a worn sensor feels.

Nothing here is a model of a patient. It is what a detector has to live with: values that wander
on several time scales, follow the hour and the stage of sleep, and are spoilt by movement.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.time import SECOND, Micros

Axes = NDArray[np.float64]
"""Shape (3, n): x up along the body, y to the left, z forward; in g."""


class Drift:
    """A value that wanders around zero and forgets where it was within ``tau_s`` seconds.

    An Ornstein-Uhlenbeck process with standard deviation ``sigma``, stepped exactly for any
    interval (Gillespie, Phys. Rev. E 54, 1996, 2084). Two of them, of a minute and of some ten
    seconds, are a fair stand-in for the 1/f fluctuation of heart beats (Kobayashi and Musha,
    IEEE Trans. Biomed. Eng. 29, 1982, 456) and its peak near 0.1 Hz (McSharry et al., IEEE
    Trans. Biomed. Eng. 50, 2003, 289).
    """

    def __init__(self, tau_s: float, sigma: float) -> None:
        self._tau = tau_s * SECOND
        self._sigma = sigma
        self._value = 0.0
        self._at: Micros | None = None

    def at(self, now: Micros, random: np.random.Generator) -> float:
        """The value at ``now``, which must not run backwards."""
        kept = 0.0 if self._at is None else math.exp((self._at - now) / self._tau)
        noise = self._sigma * math.sqrt(1 - kept * kept)
        self._value = kept * self._value + noise * random.standard_normal()
        self._at = now
        return self._value


@dataclass(frozen=True, slots=True)
class Manner:
    """How heart and breath go in one activity, against a person's quiet waking values."""

    heart: float
    breath: float
    breath_spread: float
    turns_per_hour: float
    """How often a body in bed turns over or stretches."""


MANNERS: Mapping[str, Manner] = {
    "deep": Manner(-5.0, -1.0, 0.35, 1.0),
    "light": Manner(-3.0, -0.5, 0.8, 6.0),
    "rem": Manner(-0.5, 0.5, 1.6, 4.0),
    "awake": Manner(0.0, 0.5, 1.2, 20.0),
}
"""Heart and breath slow and steady in deep sleep, faster and irregular in REM sleep (Snyder et
al., J. Appl. Physiol. 19, 1964, 417; Douglas et al., Thorax 37, 1982, 840)."""


def circadian(hour: float) -> float:
    """The daily swing of the heart rate, -1 (about 4 in the morning) to 1 (about 16 o'clock).

    One harmonic of the profile in Degaute et al., Hypertension 18, 1991, 199.

    >>> circadian(4.0), circadian(16.0)
    (-1.0, 1.0)
    """
    return -math.cos((hour - 4.0) / 24.0 * 2 * math.pi)


# -- accelerations -----------------------------------------------------------------------------


def walking(seconds: float, rate: int, random: np.random.Generator) -> Axes:
    """Steps at 1.7 a second: 0.3 g up and down around gravity, half of it forward."""
    t = np.arange(int(seconds * rate)) / rate
    phase = random.uniform(0, 2 * math.pi)
    axes = _still(len(t), upright=True, random=random)
    axes[0] += 0.3 * np.sin(2 * math.pi * 1.7 * t + phase)
    axes[1] += 0.08 * np.sin(math.pi * 1.7 * t + phase)
    axes[2] += 0.15 * np.sin(2 * math.pi * 1.7 * t + phase + 1.0)
    return axes


def sitting_down(seconds: float, rate: int, random: np.random.Generator) -> Axes:
    """A dip to 0.8 g and a soft landing of 1.4 g in the middle."""
    axes = _still(int(seconds * rate), upright=True, random=random)
    middle = axes.shape[1] // 2
    _add(axes[0], middle - rate // 2, -0.2 * _bump(rate // 2))
    _add(axes[0], middle, 0.4 * _bump(rate // 4))
    return axes


def falling(
    before_s: float, after_s: float, rate: int, random: np.random.Generator, *, still: bool = True
) -> Axes:
    """A fall: walking, 0.4 s of partial weightlessness, an impact, lying on the side.

    Phases and sizes as in Noury et al., IRBM 29, 2008, 340, and Kangas et al., Gait & Posture
    28, 2008, 285: below 0.6 g while falling, an impact of 2.5 to 4.5 g, then a changed posture.
    ``still``: whether nothing moves afterwards.
    """
    down, hit = int(0.4 * rate), max(int(0.12 * rate), 3)
    before = walking(before_s, rate, random)
    drop = before[:, :1] * np.linspace(0.9, 0.25, down)
    lying = _still(int(after_s * rate), upright=False, random=random)
    impact = np.zeros((3, hit))
    size = random.uniform(2.5, 4.5)
    impact[0], impact[1] = 0.5 * size * _bump(hit), size * _bump(hit)
    if not still:
        lying += 0.15 * random.standard_normal(lying.shape)
    return np.hstack((before, drop, impact + lying[:, :1], lying))


def _still(count: int, *, upright: bool, random: np.random.Generator) -> Axes:
    axes = 0.01 * random.standard_normal((3, count))
    axes[0 if upright else 1] += 1.0
    return axes


def _bump(count: int) -> NDArray[np.float64]:
    wave: NDArray[np.float64] = np.sin(np.linspace(0, math.pi, count))
    return wave


def _add(axis: NDArray[np.float64], start: int, wave: NDArray[np.float64]) -> None:
    axis[start : start + len(wave)] += wave
