"""Waves become one steady signal: 50 values a second at whole fiftieths of UTC seconds.

What comes twice is cut off, a short gap is bridged, after a long one the signal begins anew.
The grid is that of the clock and not that of the messages, so how the device cuts its signal into
messages, and what came before a restart, changes no value's time.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from domain.time import MINUTE, SECOND, Micros
from domain.wave import Wave

Floats = NDArray[np.float64]

RATE = 50
"""Values a second: enough for a ballistocardiogram, whose power lies below 15 Hz."""
STEP: Micros = SECOND // RATE
ALIASES_HZ = 16.0
BRIDGED_S = 0.5
SLOWEST, FASTEST = 10.0, 2000.0
"""Rates of waves, in values a second, that can be told anything from."""
OUTDATED = 10 * MINUTE
"""After so long without anything new, an older wave is the present: the clock was set back."""


@dataclass(slots=True)
class Steady:
    """What must be remembered of one device's signal to go on with it.

    ``rate``    values a second of its waves; 0 where nothing has been heard
    ``begin``   microseconds: the time of value 0; value k is k / rate later
    ``count``   values taken so far
    ``heard``   microseconds: when the last wave arrived that told anything
    ``last``    the last filtered value
    ``filter``  memory of the low-pass, (2, 2)
    ``next``    the number of the next fiftieth of a second, since 1970
    """

    rate: float = 0.0
    begin: int = 0
    count: int = 0
    heard: int = 0
    last: float = 0.0
    next: int = 0
    filter: Floats = field(default_factory=lambda: np.zeros((2, 2)))


class Followed(NamedTuple):
    """What a wave adds to a signal: values at the fiftieths, the ``raw`` ones that they are made
    of, and whether the signal began anew."""

    values: Floats
    raw: Floats
    anew: bool


_NOTHING = Followed(np.empty(0), np.empty(0), False)


def follow(steady: Steady, wave: Wave) -> Followed:
    """What this wave adds; it is then taken in."""
    raw = _whole(wave.values[:, 0].astype(np.float64), wave.rate)
    if not len(raw):
        return _NOTHING
    ahead = _ahead(steady, wave)
    if ahead is not None and ahead <= -len(raw) and wave.received_at - steady.heard <= OUTDATED:
        return _NOTHING
    steady.heard = wave.received_at
    anew = ahead is None or ahead <= -len(raw)
    if anew:
        _begin(steady, wave, raw[0])
    elif ahead:
        raw = raw[-ahead:] if ahead < 0 else _bridged(steady, raw, ahead)
    return Followed(_resampled(steady, _smooth(steady, raw)), raw, anew)


def _whole(raw: Floats, rate: float) -> Floats:
    """With straight lines over what is missing; nothing, where too much of it is."""
    known = np.isfinite(raw)
    if known.all():
        return raw
    at = np.flatnonzero(known)
    longest = np.diff(np.concatenate(([-1], at, [len(raw)]))).max() - 1
    if longest > BRIDGED_S * rate:
        return np.empty(0)
    return np.interp(np.arange(len(raw)), at, raw[at])


def _ahead(steady: Steady, wave: Wave) -> int | None:
    """How many values lie between what was told and this wave (negative: told already).

    None where it does not go on from there.
    """
    if steady.rate != wave.rate:
        return None
    ahead = (wave.start - steady.begin) * wave.rate / SECOND - steady.count
    return round(ahead) if ahead <= BRIDGED_S * wave.rate else None


def _begin(steady: Steady, wave: Wave, first: float) -> None:
    steady.rate, steady.begin, steady.count = wave.rate, wave.start, 0
    steady.next = -(-wave.start // STEP)
    steady.last = first
    low_pass = _low_pass(wave.rate)
    if low_pass is not None:
        steady.filter = signal.sosfilt_zi(low_pass) * first


def _bridged(steady: Steady, raw: Floats, missing: int) -> Floats:
    """With a straight line from the last value through the gap."""
    line = np.linspace(steady.last, raw[0], missing + 2)[1:-1]
    return np.concatenate((line, raw))


def _smooth(steady: Steady, raw: Floats) -> Floats:
    low_pass = _low_pass(steady.rate)
    if low_pass is None:
        return raw
    smooth, steady.filter = signal.sosfilt(low_pass, raw, zi=steady.filter)
    return np.asarray(smooth)


def _resampled(steady: Steady, values: Floats) -> Floats:
    """The filtered values at the fiftieths among them, by straight lines between neighbours."""
    known = np.concatenate(([steady.last], values))
    first = steady.count - 1
    steady.count += len(values)
    steady.last = float(known[-1])
    end = steady.begin + int(steady.count * SECOND / steady.rate)
    ticks = np.arange(steady.next, end // STEP + 1)
    place = (ticks * STEP - steady.begin) * steady.rate / SECOND
    ticks = ticks[place <= steady.count - 1]
    steady.next += len(ticks)
    left = np.floor(place[: len(ticks)])
    part = place[: len(ticks)] - left
    here = left.astype(np.int64) - first
    return np.asarray(known[here] * (1 - part) + known[np.minimum(here + 1, len(known) - 1)] * part)


@lru_cache(maxsize=32)
def _low_pass(rate: float) -> Floats | None:
    """What keeps frequencies out that 50 values a second cannot show; None where there are none."""
    if rate <= 2.5 * ALIASES_HZ:
        return None
    return np.asarray(signal.butter(4, ALIASES_HZ, fs=rate, output="sos"))
