"""Acceleration: a worn sensor's signal, searched for jolts that may be falls.

Each device's signal is averaged into bins of 20 ms on the clock's own grid. The signal counts as
linear between two values, and a bin's mean is exact for that: so 20 and 200 values a second
become the same kind of signal, a short hole is bridged, and where messages were cut does not
matter. Each axis is held within 8 g, as far as common sensors reach.

A jolt is an acceleration of 1.6 g or more that is the greatest within 1.5 s either way: of one
movement's many, one. It is told of as an ``Impact`` at the end of each message from 1.5 s after
it on (should nothing follow, that is what there is to judge by), and a last time, ``whole``,
6 s after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.event import Impact
from domain.sample import Batch
from domain.time import MINUTE, SECOND, Micros
from domain.wave import Wave
from ingest.signals.derived import Derived
from ingest.signals.jolt import AT_LEAST, AT_MOST, BEFORE, RATE, describe

LIMIT_G = 8.0
"""Each axis is held within this: what was clipped and what was not look alike."""
JOLT_G = 1.6
"""Least acceleration of a jolt, g. Of the falls at hand 99 % have 1.9 g or more."""
BRIDGED: Micros = SECOND // 2
"""Holes up to this are taken to be straight lines; after a longer one all begins anew."""
OUTDATED: Micros = MINUTE
"""After so long without news of a device its clock was set back: older values are its present."""

_BIN: Micros = SECOND // RATE
_TICK = RATE // 2
"""Bins after which the signal is searched, half a second on the grid."""
_APART = AT_LEAST
_KEPT = BEFORE + AT_MOST + _TICK
_OPEN = 6
_NONE = -1

_COLUMNS: Mapping[str, tuple[Any, ...]] = {
    "device": (np.int32,),
    "at": (np.int64,),  # instant of the last value
    "received_at": (np.int64,),  # when it arrived
    "value": (np.float64, 3),  # the last value, g
    "sum": (np.float64, 3),  # integral from the beginning of the unfinished bin to it, g·µs
    "end": (np.int64,),  # number of the unfinished bin
    "bins": (np.float32, _KEPT, 3),  # the last finished bins, g
    "open": (np.int64, _OPEN),  # numbers of the bins of jolts that are not told whole
}


class Acceleration:
    """The worn sensors' signals. Memory: a row a device, 6.4 KB, from its first wave on."""

    name = "acceleration"

    def __init__(self) -> None:
        self._memory = {name: _rows(spec, 0) for name, spec in _COLUMNS.items()}
        self._row: dict[int, int] = {}

    def take(self, wave: Wave) -> Derived | None:
        """The jolts that this wave tells of, with those that it tells more of."""
        row = self._row.get(wave.device)
        if row is None:
            row = self._add(wave.device)
        found = list(self._impacts(row, wave))
        return Derived(Batch.empty(), found) if found else None

    def state(self) -> Mapping[str, NDArray[Any]]:
        return {name: array[: len(self._row)] for name, array in self._memory.items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; of another shape, nothing."""
        fresh = {name: _rows(spec, 0) for name, spec in _COLUMNS.items()}
        known = all(
            name in arrays and arrays[name].shape[1:] == fresh[name].shape[1:] for name in fresh
        )
        self._memory = {n: arrays[n].copy() for n in fresh} if known else fresh
        self._row = {int(device): row for row, device in enumerate(self._memory["device"])}

    # -- one wave -----------------------------------------------------------------------------

    def _add(self, device: int) -> int:
        row = self._row[device] = len(self._row)
        if row == len(self._memory["device"]):
            room = max(row // 2, 16)
            self._memory = {
                name: np.concatenate((self._memory[name], _rows(spec, room)))
                for name, spec in _COLUMNS.items()
            }
        self._memory["device"][row] = device
        return row

    def _impacts(self, row: int, wave: Wave) -> Iterator[Impact]:
        at, values = _usable(wave)
        memory = self._memory
        if wave.received_at - int(memory["received_at"][row]) <= OUTDATED:
            news = at > memory["at"][row]
            at, values = at[news], values[news]
        if not len(at):
            return
        memory["received_at"][row] = wave.received_at
        bins = self._binned(row, at, values)
        while len(bins):
            end = int(memory["end"][row])
            few = bins[: _TICK - end % _TICK]
            bins = bins[len(few) :]
            self._append(row, few)
            if (end + len(few)) % _TICK == 0:
                yield from self._tick(row, wave)
        for hit in self._open(row):
            if int(memory["end"][row]) - hit >= AT_LEAST:
                yield self._impact(row, hit, wave)

    def _binned(self, row: int, at: NDArray[np.int64], values: NDArray[np.float64]) -> Any:
        """The bins that these values finish, (n, 3); what is left is remembered."""
        memory = self._memory
        if not 0 < at[0] - memory["at"][row] <= BRIDGED:
            self._restart(row, int(at[0]), values[0])
        begin = int(memory["end"][row]) * _BIN
        at = np.concatenate((memory["at"][row : row + 1], at))
        values = np.concatenate((memory["value"][row : row + 1], values))
        steps = np.diff(at)[:, None]
        areas = np.concatenate((np.zeros((1, 3)), (values[1:] + values[:-1]) / 2 * steps))
        total = np.cumsum(areas, axis=0) + memory["sum"][row]
        edges = np.arange(begin + _BIN, int(at[-1]) + 1, _BIN)
        place = np.clip(np.searchsorted(at, edges, side="right") - 1, 0, max(len(at) - 2, 0))
        past = (edges - at[place])[:, None]
        slope = (values[1:] - values[:-1]) / np.maximum(steps, 1)
        until = (
            total[place] + values[place] * past + slope[place] * past * past / 2
            if len(slope)
            else np.zeros((0, 3))
        )
        memory["at"][row], memory["value"][row] = at[-1], values[-1]
        memory["sum"][row] = total[-1] - (until[-1] if len(until) else 0.0)
        return np.diff(until, axis=0, prepend=np.zeros((1, 3))) / _BIN

    def _restart(self, row: int, at: Micros, value: NDArray[np.float64]) -> None:
        """Begin anew, as if the first value had been so for as long as one looks back."""
        memory = self._memory
        begin = at // _BIN
        memory["at"][row], memory["value"][row] = at, value
        memory["sum"][row] = value * (at - begin * _BIN)
        memory["end"][row] = begin
        memory["bins"][row] = value
        memory["open"][row] = _NONE

    def _append(self, row: int, bins: NDArray[np.float64]) -> None:
        kept = self._memory["bins"][row]
        kept[: -len(bins)] = kept[len(bins) :]
        kept[-len(bins) :] = bins
        self._memory["end"][row] += len(bins)

    # -- jolts --------------------------------------------------------------------------------

    def _tick(self, row: int, wave: Wave) -> Iterator[Impact]:
        """Look for a new jolt, and tell those that are whole."""
        self._search(row)
        for place, hit in enumerate(self._memory["open"][row].tolist()):
            if hit != _NONE and int(self._memory["end"][row]) - hit >= AT_MOST:
                self._memory["open"][row, place] = _NONE
                yield self._impact(row, hit, wave, whole=True)

    def _search(self, row: int) -> None:
        """Remember the jolt of the half second that has just become old enough, if any."""
        end = int(self._memory["end"][row])
        around = self._memory["bins"][row, -(2 * _APART + _TICK) :]
        size = np.einsum("ij,ij->i", around, around)
        middle = size[_APART : _APART + _TICK]
        best = int(middle.argmax())
        greatest = middle[best]
        if greatest < JOLT_G**2:
            return
        near = size[best : best + 2 * _APART + 1]
        if greatest >= near.max() and int(near.argmax()) == _APART:
            free = int(self._memory["open"][row].argmin())
            self._memory["open"][row, free] = end - _APART - _TICK + best

    def _open(self, row: int) -> list[int]:
        return [hit for hit in self._memory["open"][row].tolist() if hit != _NONE]

    def _impact(self, row: int, hit: int, wave: Wave, whole: bool = False) -> Impact:
        end = int(self._memory["end"][row])
        first = _KEPT - (end - hit) - BEFORE
        at = hit * _BIN + _BIN // 2
        return Impact(
            order=wave.order,
            slot=wave.slot,
            device=wave.device,
            device_id="",
            event="impact",
            happened_at=at,
            received_at=wave.received_at,
            key=f"impact@{at}",
            source="wave",
            features=describe(self._memory["bins"][row, first:].astype(np.float64)),
            placement=wave.placement,
            seen_until=end * _BIN,
            whole=whole,
        )


def _usable(wave: Wave) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Instants and values of a wave, without what is no number."""
    values = wave.values.astype(np.float64)
    steps = np.arange(len(values)) * (SECOND / wave.rate)
    at = wave.start + np.round(steps).astype(np.int64)
    finite = np.isfinite(values).all(axis=1)
    if not finite.all():
        at, values = at[finite], values[finite]
    return at, np.clip(values, -LIMIT_G, LIMIT_G)


def _rows(spec: tuple[Any, ...], count: int) -> NDArray[Any]:
    dtype, *shape = spec
    return np.zeros((count, *shape), dtype)
