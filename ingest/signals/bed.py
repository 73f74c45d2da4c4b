"""A bed's raw signal becomes heart rate, breathing, presence and movement, every two seconds.

A ballistocardiogram holds breathing (0.1 to 0.7 Hz), the recoil of heartbeats (1 to 12 Hz), and
movement, which is far stronger than both. Each is looked for in its own band and window: ten
seconds for the heart, thirty for the breath. :mod:`ingest.signals.rhythm` says how a rate is
found, :mod:`ingest.signals.presence` how an empty bed is told from a quiet one. Reviews: Inan et
al., IEEE J. Biomed. Health Inform. 19, 2015, 1414; Sadek et al., Sensors 19, 2019, 2133. What is
looked for in the heart's band is the signal itself, which is exact, and its envelope, which cannot
be misled by the oscillation within one beat (Paalasmaa et al., IEEE J. Biomed. Health Inform. 19,
2015, 1945, cluster the beats' shapes for the same reason).

The signal is cut at whole even seconds of UTC, and each cut gives one sample of that time. So the
same signal gives the same samples, however it was cut into messages, and a sample that is worked
out twice is the same sample to whoever keeps it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

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
from domain.sample import Batch
from domain.time import SECOND
from domain.wave import Wave
from ingest.signals.presence import Presence, stirring
from ingest.signals.rhythm import Rhythm
from ingest.signals.derived import Derived
from ingest.signals.steady import FASTEST, RATE, SLOWEST, STEP, Steady, follow

Floats = NDArray[np.float64]

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

PAUSE_S = 5
"""Without a breath for so long, the breathing rate is 0."""
PAUSED = 0.25
"""Less than this share of the usual depth is no breath."""
_GOOD = 0.5
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
_SMOOTH = np.hanning(9)[1:-1] / np.hanning(9)[1:-1].sum()
"""Turns beats, rectified, into an envelope below some 10 Hz."""


@dataclass(slots=True)
class _Stream:
    """What is remembered of one bed. Rings hold their newest value last.

    ``pending``  (HOP,), the present two seconds as far as they have come, ``filled`` of them
    ``heart``    (HEART_S * RATE,), the heart's band; ``beats``: belief in each rate
    ``breath``   (BREATH_S * BREATHS,), the breath's band; ``breaths``: belief in each rate
    ``cells``    (CELLS,), root mean square of the heart's band by half seconds, NaN: not heard
    ``depth``    how deep breaths usually are, peak to peak, NaN where not known
    """

    steady: Steady = field(default_factory=Steady)
    presence: Presence = field(default_factory=Presence)
    pending: Floats = field(default_factory=lambda: np.zeros(HOP))
    filled: int = 0
    heart_filter: Floats = field(default_factory=lambda: np.zeros((len(_HEART_BAND), 2)))
    breath_filter: Floats = field(default_factory=lambda: np.zeros((len(_BREATH_BAND), 2)))
    heart: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(HEART.length, np.float32)
    )
    breath: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(BREATH.length, np.float32)
    )
    cells: NDArray[np.float32] = field(
        default_factory=lambda: np.full(CELLS, np.nan, np.float32)
    )
    beats: Floats = field(default_factory=HEART.anything)
    breaths: Floats = field(default_factory=BREATH.anything)
    depth: float = math.nan


class Bed:
    """All beds that send their raw signal: one :class:`_Stream` a device that did."""

    name = "bed"

    def __init__(self) -> None:
        self._streams: dict[int, _Stream] = {}

    def take(self, wave: Wave) -> Derived | None:
        """A sample for each two seconds that this wave completes."""
        if not SLOWEST <= wave.rate <= FASTEST:
            return None
        stream = self._streams.setdefault(wave.device, _Stream())
        rows = list(_heard(stream, wave))
        return Derived(_batch(wave, rows), ()) if rows else None

    def state(self) -> Mapping[str, NDArray[Any]]:
        """One row a device, of each field; ``device`` says whose."""
        streams = list(self._streams.values())
        told: dict[str, NDArray[Any]] = {"device": np.array(list(self._streams), np.int64)}
        for part, name in _columns():
            told[name] = np.array([getattr(_part(s, part), name) for s in streams])
        return told

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; of another shape, nothing."""
        self._streams = {}
        empty = _Stream()
        if any(not _fits(arrays.get(name), getattr(_part(empty, p), name)) for p, name in _columns()):
            return
        for row, device in enumerate(arrays["device"].tolist()):
            self._streams[device] = stream = _Stream()
            for part, name in _columns():
                value = arrays[name][row]
                setattr(_part(stream, part), name, value.copy() if value.ndim else value.item())


# -- from waves to hops ----------------------------------------------------------------------------


def _heard(stream: _Stream, wave: Wave) -> Iterator[tuple[int, Floats]]:
    """Time and values of each sample that a wave completes."""
    values, anew = follow(stream.steady, wave)
    if not len(values):
        return
    tick = stream.steady.next - len(values)
    if anew:
        _begin(stream, tick, values[0])
    while len(values):
        room = HOP - stream.filled
        part, values = values[:room], values[room:]
        stream.pending[stream.filled : stream.filled + len(part)] = part
        stream.filled += len(part)
        tick += len(part)
        if stream.filled == HOP:
            stream.filled = 0
            yield tick * STEP, _judge(stream)


def _begin(stream: _Stream, tick: int, first: float) -> None:
    """Go on with an empty window; what was learned of the bed and its sleeper stays."""
    stream.filled = tick % HOP
    stream.pending[: stream.filled] = first
    stream.heart_filter = signal.sosfilt_zi(_HEART_BAND) * first
    stream.breath_filter = signal.sosfilt_zi(_BREATH_BAND) * first
    stream.heart[:] = 0
    stream.breath[:] = 0
    stream.cells[:] = np.nan
    stream.beats, stream.breaths = HEART.anything(), BREATH.anything()


def _batch(wave: Wave, rows: list[tuple[int, Floats]]) -> Batch:
    at = np.array([row[0] for row in rows], np.int64)
    count = len(rows)
    return Batch(
        order=np.full(count, wave.order, np.int32),
        slot=np.full(count, wave.slot, np.int32),
        device=np.full(count, wave.device, np.int32),
        measured_at=at,
        received_at=np.full(count, wave.received_at, np.int64),
        x=np.array([row[1] for row in rows], np.float32),
        implausible=np.zeros(count, np.int16),
        offset=at - wave.received_at,
    )


# -- one hop ---------------------------------------------------------------------------------------


def _judge(stream: _Stream) -> Floats:
    """What the two seconds in ``pending`` say, with what came before them."""
    x = np.full(WIDTH, np.nan)
    block = stream.pending
    flat = np.ptp(block) <= 1e-7 * np.abs(block).max()
    _listen(stream, block)
    if flat:
        x[SIGNAL_QUALITY] = 0.0  # no sensor is that quiet: it is at its limit, or broken
        return x
    moving, quiet = _moving(stream)
    heart, heart_quality = _heart(stream, moving[-HEART_S * RATE // CELL :], quiet)
    breath, breath_quality = _breath(stream, moving)
    stirs = moving[-HOP // CELL :]
    level = _level(stream)
    stream.presence.watch(
        level, heart_quality >= _GOOD, breath_quality >= _GOOD, bool(stirs.any())
    )
    x[MOVEMENT] = stirs.mean()
    if stream.presence.somebody >= 0:
        x[IN_BED] = stream.presence.somebody
    if stream.presence.somebody == 0:
        return x
    if _paused(stream, moving, level, heart_quality):
        breath, breath_quality = 0.0, _GOOD
    _tell(x, heart, heart_quality, breath, breath_quality)
    return x


def _listen(stream: _Stream, block: Floats) -> None:
    """Filter two seconds and put them into the rings."""
    heart, stream.heart_filter = signal.sosfilt(_HEART_BAND, block, zi=stream.heart_filter)
    breath, stream.breath_filter = signal.sosfilt(_BREATH_BAND, block, zi=stream.breath_filter)
    _push(stream.heart, heart)
    _push(stream.breath, breath[_THIN - 1 :: _THIN])
    _push(stream.cells, np.sqrt((heart.reshape(-1, CELL) ** 2).mean(axis=1)))


def _push(ring: NDArray[np.float32], values: Floats) -> None:
    ring[: -len(values)] = ring[len(values) :]
    ring[-len(values) :] = values


def _strength(stream: _Stream) -> Floats:
    """The strongest of four cells, which hold a beat at least, for the last ten seconds."""
    recent = stream.cells[-HEART_S * RATE // CELL - 3 :].astype(np.float64)
    strongest = np.fmax.reduce([recent[3 - n : len(recent) - n] for n in range(4)])
    return strongest[~np.isnan(strongest)]


def _moving(stream: _Stream) -> tuple[NDArray[np.bool_], float]:
    """Which cells hold movement, or were not heard; and the level of a quiet body."""
    quiet = stream.presence.quiet_level(_strength(stream))
    return stirring(stream.cells, quiet) | np.isnan(stream.cells), quiet


def _level(stream: _Stream) -> float:
    """Of the last six seconds, as a natural logarithm."""
    return math.log(max(float(np.median(_strength(stream)[-12:])), 1e-30))


def _heart(
    stream: _Stream, moving: NDArray[np.bool_], quiet: float
) -> tuple[float, float]:
    """Heart rate and how far to trust it, 0 to 1."""
    spoilt = moving.copy()
    spoilt[1:] |= moving[:-1]
    spoilt[:-1] |= moving[1:]
    still = np.repeat(~spoilt, CELL)
    beats = np.clip(stream.heart, -4 * quiet, 4 * quiet) * still
    envelope = np.convolve(np.abs(beats), _SMOOTH, "same")
    share = still.mean()
    envelope = (envelope - envelope.sum() / max(still.sum(), 1)) * still
    likeness = HEART.likeness(np.stack((beats, envelope))).mean(axis=0)
    enough = share >= _LEAST_HEART
    support = HEART.support(likeness) if enough else np.zeros(HEART.size)
    stream.beats = HEART.believe(stream.beats, support)
    rate, sure, height = HEART.read(stream.beats, likeness)
    return rate, sure * _ramp(height, 0.1, 0.5) * enough


def _breath(stream: _Stream, moving: NDArray[np.bool_]) -> tuple[float, float]:
    """Breathing rate and how far to trust it, 0 to 1."""
    spoilt = moving.copy()
    for later in range(1, 5):  # two seconds: the filter needs them to settle
        spoilt[later:] |= moving[:-later]
    still = _by_breaths(~spoilt)
    breath = stream.breath * still
    middle = float(np.median(np.abs(breath[still]))) if still.any() else 0.0
    breath = np.clip(breath, -4 * middle, 4 * middle)
    likeness = BREATH.likeness(breath[None].astype(np.float64))[0]
    enough = still.mean() >= _LEAST_BREATH
    support = BREATH.support(likeness) if enough else np.zeros(BREATH.size)
    stream.breaths = BREATH.believe(stream.breaths, support)
    rate, sure, height = BREATH.read(stream.breaths, likeness)
    return rate, sure * _ramp(height, 0.2, 0.7) * enough


def _by_breaths(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Half seconds as fifths of a second."""
    centre = (np.arange(BREATH.length) * _THIN + _THIN // 2) // CELL
    return np.asarray(cells[centre])


def _paused(
    stream: _Stream, moving: NDArray[np.bool_], level: float, heart_quality: float
) -> bool:
    """Whether there was no breath for ``PAUSE_S``; learns how deep breaths are."""
    if moving[-PAUSE_S * RATE // CELL - 1 :].any():
        return False
    depth = float(np.ptp(stream.breath[-PAUSE_S * BREATHS :]))
    if math.isnan(stream.depth):
        stream.depth = depth if heart_quality >= _GOOD else math.nan
        return False
    shallow = depth < PAUSED * stream.depth
    if not shallow and heart_quality >= _GOOD:
        stream.depth *= 1.05 if depth > stream.depth else 1 / 1.05
    return shallow and (heart_quality >= _GOOD or stream.presence.vanished(level))


def _tell(
    x: Floats, heart: float, heart_quality: float, breath: float, breath_quality: float
) -> None:
    """Rates that can be trusted; where none can, both, with a quality that says so."""
    best = max(heart_quality, breath_quality)
    x[SIGNAL_QUALITY] = round(best, 2)
    if heart_quality >= min(_GOOD, best):
        x[HEART_RATE] = round(heart, 1)
    if breath_quality >= min(_GOOD, best):
        x[RESPIRATION_RATE] = round(breath, 1)


def _ramp(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)


# -- state -----------------------------------------------------------------------------------------


def _columns() -> Iterator[tuple[str | None, str]]:
    """Every field that is remembered: the part of a stream it is in (None: its own), its name."""
    for each in fields(_Stream):
        if each.name not in ("steady", "presence"):
            yield None, each.name
    yield from (("steady", each.name) for each in fields(Steady))
    yield from (("presence", each.name) for each in fields(Presence))


def _part(stream: _Stream, part: str | None) -> Any:
    return getattr(stream, part) if part else stream


def _fits(column: NDArray[Any] | None, value: Any) -> bool:
    return column is not None and column.shape[1:] == np.shape(value)
