"""Whether a device's waves follow one another as the rate that they declare says.

Values at a rate of which the true one differs make a signal that is too fast or too slow, and so a
heart rate that is wrong by as much. The next wave shows it: its first value is ``off`` from where
the one before ended, by the same share of that one's length each time. An overlap is a fault only
where it says something else of the same moment: a device may send what it has sent before. A hole
may also be a message that is lost; but then it is larger, or not always the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.event import Event
from domain.time import NEVER, SECOND, Micros
from domain.wave import Wave

TOLERANCE = 0.05
"""The clocks of cheap sensors are off by some per cent; more makes a heart rate wrong by more than
three beats of sixty."""
MOST = 0.3
"""A wave that is farther off does not go on from the one before."""
LIKE = 0.02
"""How far the share may differ from that of the wave before, to be the same."""
ENOUGH = 10
"""So many waves in a row are a fault, or the end of one."""
_AXES = 3


@dataclass(slots=True)
class _Stride:
    """What is remembered of a device: its latest wave, and how many in a row were off or fitted.

    ``share`` is how far off it was; ``x``, ``y``, ``z`` its last value, NaN where it has none.
    """

    start: Micros = -NEVER
    end: Micros = 0
    share: float = 0.0
    x: float = np.nan
    y: float = np.nan
    z: float = np.nan
    off: int = 0
    fits: int = 0
    told: bool = False


class Pace:
    """The waves of one kind of signal, by device."""

    def __init__(self) -> None:
        self._strides: dict[int, _Stride] = {}

    def take(self, wave: Wave) -> Event | None:
        """A ``fault`` of the device when its rate turns out wrong, and when it is right again."""
        stride = self._strides.setdefault(wave.device, _Stride())
        if wave.start <= stride.start or not len(wave.values):
            return None
        share = _share(stride, wave)
        known = stride.start > -NEVER and abs(share) <= MOST
        stride.start, stride.end = wave.start, wave.start + _length(wave)
        stride.x, stride.y, stride.z = _last(wave)
        return _judge(stride, wave, share) if known else None

    def state(self) -> Mapping[str, NDArray[Any]]:
        """One row a device, of each field; ``device`` says whose."""
        strides = self._strides.values()
        columns = {f.name: np.array([getattr(s, f.name) for s in strides]) for f in fields(_Stride)}
        return {"device": np.array(list(self._strides), np.int64)} | columns

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; nothing where it is not all there."""
        self._strides = {}
        names = [field.name for field in fields(_Stride)]
        if {"device", *names} <= arrays.keys():
            rows = zip(*(arrays[name].tolist() for name in names), strict=True)
            strides = (_Stride(*row) for row in rows)
            self._strides = dict(zip(arrays["device"].tolist(), strides, strict=True))


def _judge(stride: _Stride, wave: Wave, share: float) -> Event | None:
    if abs(share) <= TOLERANCE:
        stride.off, stride.fits = 0, stride.fits + 1
    else:
        like = abs(share - stride.share) <= LIKE
        stride.off, stride.fits = stride.off + 1 if like else 1, 0
    stride.share = share
    turned = stride.fits >= ENOUGH if stride.told else stride.off >= ENOUGH
    if not turned:
        return None
    stride.told = not stride.told
    return _event(wave, share, stride.told)


def _share(stride: _Stride, wave: Wave) -> float:
    """How far off its place a wave is, in lengths of the one before; 0 where it repeats it."""
    length = max(stride.end - stride.start, 1)
    off = wave.start - stride.end
    again = round(-off * wave.rate / SECOND) - 1
    if 0 <= again < len(wave.values):
        before = np.array((stride.x, stride.y, stride.z)[: wave.values.shape[1]])
        if np.array_equal(wave.values[again], before, equal_nan=True):
            return 0.0
    return off / length


def _length(wave: Wave) -> Micros:
    return round(len(wave.values) * SECOND / wave.rate)


def _last(wave: Wave) -> list[float]:
    last: list[float] = wave.values[-1].tolist()
    return last + [np.nan] * (_AXES - len(last))


def _event(wave: Wave, share: float, active: bool) -> Event:
    sent = wave.rate / (1 + share)
    return Event(
        order=wave.order,
        slot=wave.slot,
        device=wave.device,
        device_id="",
        event="fault",
        happened_at=wave.start,
        received_at=wave.received_at,
        key=f"rate@{wave.start}",
        active=active,
        detail=f"{wave.signal}: rate says {wave.rate:g} values a second, {sent:.4g} come",
        source="wave",
    )
