"""Nights of a reference monitor as samples of a bed, and episodes put into them.

The heart rate of a sample is the mean of the beats of its 5 s. Signal quality is the share of
beats of the last half minute whose interval agrees with the rate to a quarter: what is not so
is a loose electrode or a moving body. The breathing effort becomes a rate by autocorrelation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from carewatch.evaluate.played import Played
from domain.sample import Instants
from domain.time import MINUTE, SECOND, Micros

STEP = 5 * SECOND
AGREES = 0.25
SMOOTHED = 6
"""Samples over which signal quality is taken: half a minute."""

EFFORT_RATE = 20
"""Values a second of the breathing effort."""

BREATHS = (0.1, 0.5)
"""Hertz; 6 to 30 breaths a minute."""

WINDOW_S = 30

CONTEXT = 90 * MINUTE
"""What is played before an episode."""

AFTER = 2 * MINUTE
GETTING_UP = 30 * MINUTE

Column = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Episode:
    """A change of one quantity for a while; ``by`` None makes it 0."""

    name: str
    quantity: str
    by: float | None
    lasts: Micros
    kind: str


EPISODES = (
    Episode("heart_rate_up_40", "heart_rate", 40, 3 * MINUTE, "heart_rate_high"),
    Episode("heart_rate_down_20", "heart_rate", -20, 3 * MINUTE, "heart_rate_low"),
    Episode("no_breath_25_s", "respiration_rate", None, 25 * SECOND, "breathing_stopped"),
)


def heart_night(beats: Column, random: Generator) -> Played:
    """A night of (n, 3) beats: epoch ms, rate (0 = dropout), interval in s.

    Nobody recorded the breathing: it is made up, 14 a minute that wander by two or so.
    """
    start, count = beats[0, 0], int((beats[-1, 0] - beats[0, 0]) // (STEP / 1000)) + 1
    place = ((beats[:, 0] - start) // (STEP / 1000)).astype(int)
    rate, interval = beats[:, 1], beats[:, 2]
    told = rate > 0
    agrees = told & (np.abs(60 / np.maximum(interval, 0.01) - rate) < AGREES * rate)
    total = np.bincount(place[told], rate[told], count)
    number = np.bincount(place[told], minlength=count)
    heart = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    values = {
        "heart_rate": heart,
        "respiration_rate": _made_up(count, random),
        "in_bed": np.ones(count),
        "signal_quality": _recent_share(agrees, place, count),
    }
    return Played(_instants(start, count), values)


def breathing_night(effort: NDArray[np.float32], start_ms: float) -> Played:
    """A night of breathing effort, 20 values a second; a window without breaths has rate 0."""
    sos = butter(2, BREATHS, "bandpass", fs=EFFORT_RATE, output="sos")
    moved = sosfiltfilt(sos, effort.astype(np.float64))
    step, size = EFFORT_RATE * STEP // SECOND, EFFORT_RATE * WINDOW_S
    windows = np.lib.stride_tricks.sliding_window_view(moved, size)[::step]
    depth = windows.std(axis=1)
    rate, agreement = _rates(windows)
    rate[depth < 0.05 * np.median(depth)] = 0
    count = len(windows)
    values = {
        "respiration_rate": rate,
        "in_bed": np.ones(count),
        "signal_quality": np.clip(agreement, 0, 1),
    }
    return Played(_instants(start_ms + WINDOW_S * 1000, count), values)


def with_episode(
    night: Played, episode: Episode, random: Generator
) -> tuple[Played, Micros] | None:
    """The hour and a half before an episode, the episode, and a while after; and its start.

    It begins anywhere that has signal, whatever the clock says, but not in the first hour and a
    half, nor in the last half hour, in which people get up. None where there is no such place.
    """
    count, first = episode.lasts // STEP, CONTEXT // STEP
    value = night.values[episode.quantity]
    good = ~np.isnan(value) & (night.values["signal_quality"] >= 0.5)
    last = len(night.at) - max(GETTING_UP, AFTER) // STEP - count
    if last <= first:
        return None
    share = np.lib.stride_tricks.sliding_window_view(good, count).mean(axis=1)
    starts = np.flatnonzero(share[first:last] >= 0.8) + first
    if not len(starts):
        return None
    start = int(random.choice(starts))
    changed = value.copy()
    during = slice(start, start + count)
    changed[during] = 0 if episode.by is None else changed[during] + episode.by
    values = {**night.values, episode.quantity: changed}
    return _cut(replace(night, values=values), start, count), int(night.at[start])


def _cut(night: Played, start: int, count: int) -> Played:
    part = slice(max(start - CONTEXT // STEP, 0), start + count + AFTER // STEP)
    values: Mapping[str, Column] = {n: column[part] for n, column in night.values.items()}
    return Played(night.at[part], values)


def _instants(start_ms: float, count: int) -> Instants:
    """The ends of the samples' spans."""
    return round(start_ms) * 1000 + STEP * np.arange(1, count + 1, dtype=np.int64)


def _made_up(count: int, random: Generator) -> Column:
    """A slow wander (an autoregression over minutes) with a little noise on it."""
    shocks = random.normal(0, 0.12, count)
    wander = np.empty(count)
    now = 0.0
    for place, shock in enumerate(shocks.tolist()):
        wander[place] = now = 0.995 * now + shock
    rate: Column = np.clip(14 + wander + random.normal(0, 0.4, count), 9, 22)
    return rate


def _recent_share(agrees: NDArray[np.bool_], place: NDArray[np.int_], count: int) -> Column:
    """The share of beats that agree among those of the last ``SMOOTHED`` samples."""
    kernel = np.ones(SMOOTHED)
    good = np.convolve(np.bincount(place[agrees], minlength=count), kernel)[:count]
    beats = np.convolve(np.bincount(place, minlength=count), kernel)[:count]
    return np.where(beats > 0, good / np.maximum(beats, 1), 0)


def _rates(windows: NDArray[np.float64]) -> tuple[Column, Column]:
    """Rate (1/min) by the highest autocorrelation, and how high it is."""
    centred = windows - windows.mean(axis=1, keepdims=True)
    size = windows.shape[1]
    spectrum = np.abs(np.fft.rfft(centred, 2 * size, axis=1)) ** 2
    alike = np.fft.irfft(spectrum, axis=1)[:, :size]
    alike = alike / np.maximum(alike[:, :1], 1e-12) * (size / (size - np.arange(size)))
    low, high = round(EFFORT_RATE / BREATHS[1]), round(EFFORT_RATE / BREATHS[0])
    part = alike[:, low:high]
    rising = (part[:, 1:-1] > part[:, :-2]) & (part[:, 1:-1] >= part[:, 2:])
    peaks = np.where(rising, part[:, 1:-1], -1.0)
    strong = peaks >= 0.85 * peaks.max(axis=1, keepdims=True)
    best = strong.argmax(axis=1)
    rate: Column = 60 * EFFORT_RATE / (best + low + 1.0)
    return rate, peaks[np.arange(len(peaks)), best]
