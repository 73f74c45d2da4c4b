"""Which way is up for a sensor at the trunk, learned from the person's own walking.

Gravity alone does not tell a trunk that lies from one that stands: how the sensor is put on is not
known. But who walks is upright. Walking shows as four seconds in which every half second moves,
none of them wildly, while the direction of gravity stays the same; lying, rolling over, sitting
down and getting up do not look like that. (Learning how a sensor is turned from walking: Mizell,
ISWC 2003, 252, for gravity as the mean of the signal.)

What was learned may be wrong, for sensors are taken off and put on the other way round. So the
first walking that contradicts it replaces it, it lapses when the sensor was away for an hour, and
who uses it must bound what it may say (``alerts.detectors.impact``).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.time import HOUR, Micros
from ingest.signals.jolt import BLOCK, unit

TRUNK = ("waist", "chest")
"""Where a sensor follows the trunk; at a wrist or in a pocket there is no upright to learn."""
SPANS = 8
"""Half seconds of walking that are looked at together."""
WALK = SPANS * BLOCK
"""Bins of these."""
LEAST_G, MOST_G = 0.1, 0.8
"""Movement (root mean square about the mean) of every half second of walking."""
STEADY_DEG = 15.0
"""The directions of gravity of the half seconds are this near to their mean."""
ANEW_DEG = 40.0
"""Walking in a direction this far from what is known: the sensor was turned."""
SLOW = 20
"""What is known is the mean of about so many findings."""
LAPSES: Micros = HOUR
"""After a hole this long in the signal, nothing is known: the sensor may have been taken off."""

Axes = NDArray[np.float64]


def walking(bins: Axes) -> Axes | None:
    """The direction of gravity in ``bins``, (``WALK``, 3) in g, if the person walks in them."""
    spans = bins.reshape(SPANS, BLOCK, 3)
    if not LEAST_G <= _movement(spans[-1:])[0] <= MOST_G:
        return None
    moved, means = _movement(spans), spans.mean(axis=1)
    if moved.min() < LEAST_G or moved.max() > MOST_G:
        return None
    mean = unit(means.mean(axis=0))
    apart = means @ mean / np.maximum(np.sqrt(np.einsum("ij,ij->i", means, means)), 1e-6)
    return mean if apart.min() > _cosine(STEADY_DEG) else None


def learned(known: Axes, count: int, found: Axes) -> tuple[Axes, int]:
    """The upright after one more finding, and how many findings it rests on; 0 is nothing."""
    if not count or known @ found < _cosine(ANEW_DEG):
        return found, 1
    count = min(count + 1, SLOW)
    return unit(known + (found - known) / count), count


def _movement(spans: Axes) -> Axes:
    """Root mean square about the mean, of each span (n, rows, 3)."""
    means = spans.mean(axis=1)
    power: Any = np.einsum("ijk,ijk->i", spans, spans) / spans.shape[1]
    moved: Axes = np.sqrt(np.maximum(power - np.einsum("ij,ij->i", means, means), 0.0))
    return moved


def _cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))
