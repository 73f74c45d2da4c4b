"""A worn sensor's values as an even signal: means over bins of 20 ms, on the clock's own grid.

The signal counts as linear between two values, and the means are exact for that.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.time import SECOND, Micros
from domain.wave import Wave
from ingest.signals.jolt import RATE, runs

BIN: Micros = SECOND // RATE
LIMIT_G = 8.0
"""Each axis is held within this: what was clipped and what was not look alike."""
BRIDGED: Micros = SECOND // 2
"""Holes up to this are taken to be straight lines."""

Instants = NDArray[np.int64]
Axes = NDArray[Any]


def usable(wave: Wave) -> tuple[Instants, Axes]:
    """Instants and values of a wave, without what is no number."""
    values = wave.values.astype(np.float64)
    steps = np.arange(len(values)) * (SECOND / wave.rate)
    at = wave.start + np.round(steps).astype(np.int64)
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        at, values = at[finite], values[finite]
    return at, np.clip(values, -LIMIT_G, LIMIT_G)


def areas(at: Instants, values: Axes, edges: Instants) -> tuple[Axes, Axes]:
    """The integral of the linear signal through these values from the first of them on, g·µs: to
    each of the edges (n, 3), and to the last value (3,)."""
    steps = np.diff(at)[:, None]
    areas = np.concatenate((np.zeros((1, 3)), (values[1:] + values[:-1]) / 2 * steps))
    total = np.cumsum(areas, axis=0)
    if len(at) < 2:
        return np.zeros((0, 3)), total[-1]
    place = np.clip(np.searchsorted(at, edges, side="right") - 1, 0, len(at) - 2)
    past = (edges - at[place])[:, None]
    slope = (values[1:] - values[:-1]) / np.maximum(steps, 1)
    return total[place] + values[place] * past + slope[place] * past * past / 2, total[-1]


def sizes(bins: Axes) -> Axes:
    """Squares of the lengths; 0 where not known."""
    sizes: Axes = np.nan_to_num(np.einsum("ij,ij->i", bins, bins))
    return sizes


def close(bins: Axes) -> None:
    """Bridge the short holes that are left between values that came apart."""
    for begin, end in runs(np.isnan(bins[:, 0])):
        if begin > 0 and end < len(bins) and (end - begin) * BIN <= BRIDGED:
            bins[begin:end] = np.linspace(bins[begin - 1], bins[end], end - begin + 2)[1:-1]
