"""What a jolt in an acceleration signal looked like, in numbers that have a physical meaning.

A fall is a sequence (Noury et al., IRBM 29, 2008, 340): on one's feet, a part of a second that is
partly weightless, an impact, then lying, in another posture and mostly still. Each number below
measures one of these. None depends on how the sensor is turned: they are lengths of vectors,
angles between the directions of gravity at two times, and parts along and across the direction
of gravity before the jolt (found by averaging: a low-pass). Where it is known which way is up
(``ingest.signals.upright``), three more say how far from it the trunk leaned.

What was not seen is taken to be rest: gravity pointed as it did on that side of the hole which is
farther from the jolt. It does not count as stillness: there was as much movement there as in what
was seen of the same side, before or after the jolt.
"""

import numpy as np
from numpy.typing import NDArray

RATE = 50
"""Bins a second of the signal that is looked at."""
BLOCK = RATE // 2
"""Bins of the spans in which movement is reckoned: half a second."""
BEFORE = 3 * RATE
"""Bins that are looked at before the jolt's greatest acceleration, and it comes right after."""
AT_LEAST = 3 * RATE // 2
"""Bins from it on that are needed for a description."""
AT_MOST = 6 * RATE
"""Bins from it on that are looked at."""

FEATURES = (
    "peak_g",  # greatest acceleration
    "dip_g",  # least in the second before it
    "weightless_s",  # sum of what gravity lacked in the 1.5 s before it
    "jolt_g",  # root mean square of |a| - 1 within 0.5 s of it
    "jolt_after_g",  # the same 0.5 to 1.5 s after it
    "jerk_g",  # greatest step of |a| from one bin to the next
    "along_g",  # greatest acceleration along the direction of gravity before
    "across_g",  # greatest across it
    "push_g",  # mean acceleration along it within 0.3 s
    "posture_change_deg",  # direction of gravity: before, and from 1 s after to the end
    "turn_fast_deg",  # the same: 1 s before and 1 s after
    "turn_end_deg",  # the same: before and in the last second
    "turn_later_deg",  # the same: 1 s after and in the last second
    "turn_most_deg",  # greatest between two spans of half a second that follow one another
    "sway_after_deg",  # greatest distance of a span from the mean direction afterwards
    "before_g",  # movement: root mean square about the mean, mean of spans before
    "before_most_g",
    "after_g",  # the same from 1 s after to the end
    "after_most_g",
    "after_least_g",
    "after_first_g",  # 1 to 2 s after
    "after_last_g",  # in the last second
    "still_share",  # share of spans after in which next to nothing moved
    "other_before_g",  # greatest acceleration more than 1 s before
    "other_after_g",  # and more than 1 s after
    "jolts_before",  # spans before with an acceleration of half the greatest
    "jolts_after",
    "leaning_before_deg",  # direction of gravity and the upright: before; NOT_KNOWN without one
    "leaning_after_deg",  # from 1 s after to the end
    "leaning_end_deg",  # in the last second
)
NOT_KNOWN = -1.0
STILL_G = 0.06
"""A span with less movement than this is still; a sensor's own noise is 0.01 to 0.03 g."""

Axes = NDArray[np.float64]


def describe(window: Axes, upright: Axes | None = None) -> tuple[float, ...]:
    """The features of a jolt, in the order of ``FEATURES``.

    ``window`` is (n, 3) in g, ``RATE`` rows a second, the greatest acceleration at row
    ``BEFORE``; ``BEFORE + AT_LEAST <= n``, rows after ``BEFORE + AT_MOST`` are not looked at.
    Rows of NaN are not known. ``upright`` is the direction of gravity (3,) when the person
    stands, where that is known.
    """
    window = window[: BEFORE + min(len(window) - BEFORE, AT_MOST) // BLOCK * BLOCK]
    unknown: NDArray[np.bool_] = np.isnan(window[:, 0])
    if unknown.any():
        window = _at_rest(window, unknown)
    norm = np.sqrt(np.einsum("ij,ij->i", window, window))
    blocks = window.reshape(-1, BLOCK, 3)
    means = blocks.mean(axis=1)
    moved = np.sqrt(
        np.maximum(
            np.einsum("ijk,ijk->i", blocks, blocks) / BLOCK - np.einsum("ij,ij->i", means, means),
            0.0,
        )
    )
    if unknown.any():
        _as_seen(moved, np.asarray((~unknown).reshape(-1, BLOCK).all(axis=1)))
    most = norm.reshape(-1, BLOCK).max(axis=1)
    return tuple(
        float(value)
        for value in (
            *_jolt(window, norm, means),
            *_posture(means),
            *_movement(moved, most),
            *_leaning(means, upright),
        )
    )


_HIT = BEFORE // BLOCK
"""The span that begins with the greatest acceleration."""


def _jolt(window: Axes, norm: Axes, means: Axes) -> tuple[float, ...]:
    close = norm[BEFORE - BLOCK : BEFORE + BLOCK]
    down = unit(means[: _HIT - 2].mean(axis=0))
    near = window[BEFORE - BLOCK : BEFORE + BLOCK]
    along = near @ down
    across = np.sqrt(np.maximum(close * close - along * along, 0.0))
    after = norm[BEFORE + BLOCK : BEFORE + 3 * BLOCK]
    return (
        norm[BEFORE],
        norm[BEFORE - RATE : BEFORE].min(),
        np.maximum(1.0 - norm[BEFORE - 3 * BLOCK : BEFORE], 0.0).sum() / RATE,
        np.sqrt(np.square(close - 1.0).mean()),
        np.sqrt(np.square(after - 1.0).mean()),
        np.abs(np.diff(close)).max(),
        along.max(),
        across.max(),
        along[BLOCK - 15 : BLOCK + 15].mean(),
    )


def _posture(means: Axes) -> tuple[float, ...]:
    before = means[: _HIT - 2].mean(axis=0)
    later = means[_HIT + 2 :] if len(means) > _HIT + 2 else means[-1:]
    after, end = later.mean(axis=0), means[-2:].mean(axis=0)
    units = means / np.maximum(np.sqrt(np.einsum("ij,ij->i", means, means)), 1e-6)[:, None]
    steps = np.einsum("ij,ij->i", units[1:], units[:-1])
    sway = units[_HIT + 2 :] @ unit(after) if len(means) > _HIT + 2 else np.ones(1)
    return (
        _angle(before, after),
        _angle(means[_HIT - 2], means[_HIT + 2 if len(means) > _HIT + 2 else -1]),
        _angle(before, end),
        _angle(means[_HIT + 2 if len(means) > _HIT + 2 else -1], end),
        _degrees(steps.min()),
        _degrees(sway.min()),
    )


def _movement(moved: Axes, most: Axes) -> tuple[float, ...]:
    before, after = moved[: _HIT - 2], moved[_HIT + 2 :]
    if not len(after):
        after = moved[-1:]
    half = most[_HIT] / 2
    early, late = most[: _HIT - 2], most[_HIT + 2 :]
    return (
        before.mean(),
        before.max(),
        after.mean(),
        after.max(),
        after.min(),
        after[:2].mean(),
        after[-2:].mean(),
        (after < STILL_G).mean(),
        early.max(),
        late.max() if len(late) else 1.0,
        float((early > half).sum()) / len(early),
        float((late > half).sum()) / len(late) if len(late) else 0.0,
    )


def _leaning(means: Axes, upright: Axes | None) -> tuple[float, ...]:
    if upright is None:
        return NOT_KNOWN, NOT_KNOWN, NOT_KNOWN
    later = means[_HIT + 2 :] if len(means) > _HIT + 2 else means[-1:]
    three = means[: _HIT - 2].mean(axis=0), later.mean(axis=0), means[-2:].mean(axis=0)
    return tuple(_angle(upright, direction) for direction in three)


def runs(chosen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Begin and end (exclusive) of each run of what is chosen.

    >>> runs(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], chosen.astype(np.int8), [0]))))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def _at_rest(window: Axes, unknown: NDArray[np.bool_]) -> Axes:
    """Fill what is unknown with gravity as on that side of the hole which is farther from the
    jolt, where there is one."""
    filled = window.copy()
    for begin, end in runs(unknown):
        earlier = begin > 0 and (end <= BEFORE or end == len(window))
        near = window[max(begin - BLOCK, 0) : begin] if earlier else window[end : end + BLOCK]
        filled[begin:end] = unit(np.nanmean(near, axis=0))
    return filled


def _as_seen(moved: Axes, seen: NDArray[np.bool_]) -> None:
    """Let spans that were not seen move as the others of their side do, if there are any."""
    for side in (slice(0, _HIT - 2), slice(_HIT + 2, None)):
        own, known = moved[side], seen[side]
        if known.any():
            own[~known] = own[known].mean()


def unit(vector: Axes) -> Axes:
    """The direction (3,) of a vector (3,), of length 1."""
    direction: Axes = vector / max(float(np.sqrt(vector @ vector)), 1e-6)
    return direction


def _angle(one: Axes, other: Axes) -> float:
    return _degrees(float(unit(one) @ unit(other)))


def _degrees(cosine: float) -> float:
    return float(np.degrees(np.arccos(min(max(cosine, -1.0), 1.0))))
