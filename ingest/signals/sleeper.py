"""Who lies in a bed: the signal of two seconds becomes rates, movement, presence and quality.

A ballistocardiogram holds breathing (0.1 to 0.7 Hz), the recoil of heartbeats (2 to 12 Hz), and
movement, which is far stronger than both. Each is looked for in its own band and window: ten
seconds for the heart, thirty for the breath. :mod:`ingest.signals.rhythm` says how a rate is
found, :mod:`ingest.signals.presence` how an empty bed is told from a quiet one. Reviews: Inan et
al., IEEE J. Biomed. Health Inform. 19, 2015, 1414; Sadek et al., Sensors 19, 2019, 2133. What is
looked for in the heart's band is the signal itself, which is exact, and its envelope, which cannot
be misled by the oscillation within one beat.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from domain.quantity import (
    HEART_RATE,
    IN_BED,
    MOVEMENT,
    RESPIRATION_RATE,
    SIGNAL_QUALITY,
    WIDTH,
)
from ingest.signals.presence import SURE, Presence, stirring
from ingest.signals.rhythm import Rhythm
from ingest.signals.steady import RATE

Floats = NDArray[np.float64]
Ring = NDArray[np.float32]
Cells = NDArray[np.bool_]

HOP_S = 2
HOP = HOP_S * RATE
HEART_S = 10
BREATH_S = 30
CELL = RATE // 2
"""Half a second: how finely movement is told from rest."""
CELLS = BREATH_S * RATE // CELL
BREATHS = 5
"""Values a second that are kept of breathing."""
_THIN = RATE // BREATHS

HEART = Rhythm(RATE, HEART_S * RATE, 30, 210, step=0.01, walk=0.03, anywhere=0.02, weight=8.0)
BREATH = Rhythm(BREATHS, BREATH_S * BREATHS, 5, 50, step=0.02, walk=0.05, anywhere=0.02, weight=6.0)

PAUSE_S = 4
"""Without a breath for so long, the breathing rate is 0."""
PAUSED = 0.25
"""Less than this share of the usual depth is no breath."""
MOVED = 4.0
"""More than so many times the usual depth is no breath but a movement."""
_DEPTH_LEARNS = 0.2
_AS_BREATH = 0.05
"""A heart rate within this share of the breathing rate is not believed to be one."""
GUESS = 0.2
"""A rate of less quality than this is not told at all."""
CUT_HEART, CUT_BREATH = 0.4, 0.6
"""Share at a limit from which on a rate is not told. Of the hearts of simulated sleepers one in a
hundred is wrong from 0.35 on, and more from 0.55 on; no breathing is up to there."""
HUM = 0.8
"""Share of the power of the heart's band in one line: of simulated sleepers at most 0.56."""
_REACHES_BREATH = 2.0
"""Hz; a hum below this is seen in the breath's band, too."""
_LEAST_HEART, _LEAST_BREATH = 0.6, 0.4
"""Share of a window that must be free of movement."""

_HEART_BAND = np.vstack(
    (
        signal.butter(5, 1.5, "highpass", fs=RATE, output="sos"),
        signal.butter(3, 12.0, "lowpass", fs=RATE, output="sos"),
    )
)
_BREATH_BAND = np.vstack(
    (
        signal.butter(2, 0.07, "highpass", fs=RATE, output="sos"),
        signal.butter(4, 0.7, "lowpass", fs=RATE, output="sos"),
    )
)
_TAPER = np.hanning(HEART.length)
"""Keeps a line within two neighbours on either side (von Hann's window)."""
_SMOOTH = np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum()
"""Turns beats, rectified, into an envelope below some 10 Hz."""


@dataclass(slots=True)
class Sleeper:
    """What is remembered of a signal, at 50 values a second. Rings hold their newest value last.

    ``heart``    (HEART_S * RATE,), the heart's band; ``beats``: belief in each rate
    ``breath``   (BREATH_S * BREATHS,), the breath's band; ``breaths``: belief in each rate
    ``cells``    (CELLS,), root mean square of the heart's band by half seconds, NaN: not heard
    ``depth``    how deep breaths usually are, peak to peak, NaN where not known
    ``paused``   whether there is no breath just now
    """

    heart_filter: Floats = field(default_factory=lambda: np.zeros((len(_HEART_BAND), 2)))
    breath_filter: Floats = field(default_factory=lambda: np.zeros((len(_BREATH_BAND), 2)))
    heart: Ring = field(default_factory=lambda: np.zeros(HEART.length, np.float32))
    breath: Ring = field(default_factory=lambda: np.zeros(BREATH.length, np.float32))
    cells: Ring = field(default_factory=lambda: np.full(CELLS, np.nan, np.float32))
    beats: Floats = field(default_factory=HEART.anything)
    breaths: Floats = field(default_factory=BREATH.anything)
    depth: float = math.nan
    paused: bool = False

    def begin(self, first: float) -> None:
        """Go on with an empty window; what was learned of the sleeper stays."""
        self.heart_filter = signal.sosfilt_zi(_HEART_BAND) * first
        self.breath_filter = signal.sosfilt_zi(_BREATH_BAND) * first
        self.heart[:] = self.breath[:] = 0
        self.cells[:] = np.nan
        self.beats, self.breaths = HEART.anything(), BREATH.anything()


def judge(sleeper: Sleeper, presence: Presence, block: Floats, cut: float = 0.0) -> Floats:
    """The sample, (WIDTH,), of the two seconds in ``block``, (HOP,), after those before them.

    ``cut`` is the share of the last ten seconds in which the sensor was at its limit.
    """
    x = np.full(WIDTH, np.nan)
    flat = np.ptp(block) <= 1e-7 * np.abs(block).max()
    _listen(sleeper, block)
    if flat:
        x[SIGNAL_QUALITY] = 0.0  # no sensor is that quiet: it is at its limit, or broken
        return x
    moving, quiet = _moving(sleeper, presence)
    hum = _hum(sleeper)
    breath, breath_quality = _breath(sleeper, moving)
    breath_quality *= not hum < _REACHES_BREATH
    drawn = breath if breath_quality >= SURE else math.nan
    heart, heart_quality = _heart(sleeper, moving[-HEART_S * RATE // CELL :], quiet, drawn)
    heart_quality *= math.isnan(hum)
    stirs = moving[-HOP // CELL :]
    level = _level(sleeper)
    presence.watch(level, heart_quality, breath_quality, float(stirs.mean()))
    x[MOVEMENT] = stirs.mean()
    if presence.somebody >= 0:
        x[IN_BED] = presence.somebody
    if presence.somebody == 0:
        return x
    if cut >= CUT_BREATH:
        x[SIGNAL_QUALITY] = 0.0
        return x
    if _shallow(sleeper, moving, breath_quality):
        breath, alive = 0.0, heart_quality >= SURE or presence.vanished(level)
        breath_quality = SURE if alive else 0.0
    heart_quality *= cut < CUT_HEART
    _tell(x, heart, heart_quality, breath, breath_quality)
    return x


def _listen(sleeper: Sleeper, block: Floats) -> None:
    """Filter two seconds and put them into the rings."""
    heart, sleeper.heart_filter = signal.sosfilt(_HEART_BAND, block, zi=sleeper.heart_filter)
    breath, sleeper.breath_filter = signal.sosfilt(_BREATH_BAND, block, zi=sleeper.breath_filter)
    _push(sleeper.heart, heart)
    _push(sleeper.breath, breath[_THIN - 1 :: _THIN])
    _push(sleeper.cells, np.sqrt((heart.reshape(-1, CELL) ** 2).mean(axis=1)))


def _push(ring: Ring, values: Floats) -> None:
    ring[: -len(values)] = ring[len(values) :]
    ring[-len(values) :] = values


def _strength(sleeper: Sleeper) -> Ring:
    """The strongest of four cells, which hold a beat at least, for the last ten seconds."""
    recent = sleeper.cells[-HEART_S * RATE // CELL - 3 :]
    strongest = np.fmax.reduce([recent[3 - n : len(recent) - n] for n in range(4)])
    return np.asarray(strongest[~np.isnan(strongest)])


def _moving(sleeper: Sleeper, presence: Presence) -> tuple[Cells, float]:
    """Which cells hold movement, or were not heard; and the level of a quiet body."""
    quiet = presence.quiet_level(_strength(sleeper))
    return stirring(sleeper.cells, quiet) | np.isnan(sleeper.cells), quiet


def _level(sleeper: Sleeper) -> float:
    """Of the last six seconds, as a natural logarithm."""
    return math.log(max(float(np.median(_strength(sleeper)[-12:])), 1e-30))


def _heart(sleeper: Sleeper, moving: Cells, quiet: float, breath: float) -> tuple[float, float]:
    """Heart rate and how far to trust it, 0 to 1; ``breath`` is its rate, NaN where not known.

    Breathing makes beats larger and smaller, so that they repeat themselves exactly once a breath
    where it holds a whole number of them: that is no heart rate.
    """
    spoilt = moving.copy()
    spoilt[1:] |= moving[:-1]
    spoilt[:-1] |= moving[1:]
    still = np.repeat(~spoilt, CELL)
    beats = np.clip(sleeper.heart, -4 * quiet, 4 * quiet) * still
    envelope = np.convolve(np.abs(beats), _SMOOTH, "same")
    share = still.mean()
    envelope = (envelope - envelope.sum() / max(still.sum(), 1)) * still
    likeness = HEART.likeness(np.stack((beats, envelope))).mean(axis=0)
    enough = share >= _LEAST_HEART
    support = HEART.support(likeness) if enough else np.zeros(HEART.size)
    support[np.abs(HEART.rates / breath - 1) < _AS_BREATH] -= 1
    sleeper.beats = HEART.believe(sleeper.beats, support)
    rate, sure, height = HEART.read(sleeper.beats, likeness)
    return rate, sure * _ramp(height, 0.1, 0.5) * enough


def _hum(sleeper: Sleeper) -> float:
    """The frequency of a machine's even hum, in Hz; NaN where there is none.

    A heart's beats are short, come now sooner and now later, and are larger and smaller with the
    breath: their power is spread over many lines. Nearly all of a hum's lies in one.
    """
    spectrum = np.fft.rfft(sleeper.heart * _TAPER)
    power = spectrum.real**2 + spectrum.imag**2
    top = int(power.argmax())
    line = power[max(top - 2, 0) : top + 3].sum()
    return top / HEART_S if line > HUM * power.sum() else math.nan


def _breath(sleeper: Sleeper, moving: Cells) -> tuple[float, float]:
    """Breathing rate and how far to trust it, 0 to 1."""
    spoilt = moving.copy()
    for later in range(1, 5):  # two seconds: the filter needs them to settle
        spoilt[later:] |= moving[:-later]
    still = _by_breaths(~spoilt)
    breath = sleeper.breath * still
    middle = float(np.median(np.abs(breath[still]))) if still.any() else 0.0
    breath = np.clip(breath, -4 * middle, 4 * middle)
    likeness = BREATH.likeness(breath[None].astype(np.float64))[0]
    enough = still.mean() >= _LEAST_BREATH
    support = BREATH.support(likeness) if enough else np.zeros(BREATH.size)
    sleeper.breaths = BREATH.believe(sleeper.breaths, support)
    rate, sure, height = BREATH.read(sleeper.breaths, likeness)
    return rate, sure * _ramp(height, 0.2, 0.7) * enough


def _by_breaths(cells: Cells) -> Cells:
    """Half seconds as fifths of a second."""
    centre = (np.arange(BREATH.length) * _THIN + _THIN // 2) // CELL
    return np.asarray(cells[centre])


def _shallow(sleeper: Sleeper, moving: Cells, breath_quality: float) -> bool:
    """Whether there was no breath for ``PAUSE_S``; learns how deep breaths are.

    Whoever moves lies differently afterwards, and breathes another depth: it is learned anew, and
    only from what is clearly breathing.
    """
    if moving[-PAUSE_S * RATE // CELL - 1 :].any():
        sleeper.depth, sleeper.paused = math.nan, False
        return False
    recent = sleeper.breath[-3 * PAUSE_S * BREATHS :].reshape(3, -1)
    depths = np.ptp(recent, axis=1).astype(np.float64)
    depth = float(depths[1:].min())
    begins = float(depths[-1]) < PAUSED * sleeper.depth and depths[:-1].max() > sleeper.depth / 2
    goes_on = sleeper.paused and float(depths[-1]) < PAUSED * sleeper.depth
    if begins or goes_on:
        sleeper.paused = True
        return True
    sleeper.paused = False
    if depths[-1] > MOVED * sleeper.depth or depths.max() < PAUSED * sleeper.depth:
        sleeper.depth = math.nan
    elif breath_quality >= SURE:
        known = depth if math.isnan(sleeper.depth) else sleeper.depth
        sleeper.depth = known + _DEPTH_LEARNS * (depth - known)
    return False


def _tell(
    x: Floats, heart: float, heart_quality: float, breath: float, breath_quality: float
) -> None:
    """Rates that can be trusted; where none can, guesses, with a quality that says so."""
    best = max(heart_quality, breath_quality)
    least = SURE if best >= SURE else GUESS
    x[SIGNAL_QUALITY] = round(best, 2)
    if heart_quality >= least:
        x[HEART_RATE] = round(heart, 1)
    if breath_quality >= least:
        x[RESPIRATION_RATE] = round(breath, 1)


def _ramp(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
