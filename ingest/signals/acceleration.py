"""Acceleration: a worn sensor's signal, searched for jolts that may be falls.

Each device's signal is averaged into bins of 20 ms on the clock's own grid. The signal counts as
linear between two values, and a bin's mean is exact for that: so 20 and 200 values a second
become the same kind of signal, a short hole is bridged, and where messages were cut does not
matter. Each axis is held within 8 g, as far as common sensors reach. The bins of a longer hole are
not known (NaN); a message that comes late fills its hole in, and the signal is searched again
there. After a hole of more than 5 s all begins anew.

A jolt is an acceleration of 1.6 g or more that is the greatest within 1.5 s either way: of one
movement's many, one. It is told of as an ``Impact`` at the end of each message from 1.5 s after
it on (should nothing follow, that is what there is to judge by), and a last time, ``whole``,
6 s after it. One of 2.5 g or more is told of even before: the signal may end with it. Of a sensor
at the trunk it is learned meanwhile which way is up (``ingest.signals.upright``), and told with
the jolt.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.event import Impact
from domain.sample import Batch
from domain.time import MINUTE, SECOND, Micros
from domain.wave import Wave
from ingest.signals import upright
from ingest.signals.bins import BIN, BRIDGED, Axes, Instants, areas, close, sizes, usable
from ingest.signals.derived import Derived
from ingest.signals.jolt import AT_LEAST, AT_MOST, BEFORE, RATE, describe

JOLT_G = 1.6
"""Least acceleration of a jolt, g. Of the falls at hand 99 % have 1.9 g or more."""
SUDDEN_G = 2.5
"""Least acceleration of a jolt that is told of although next to nothing is known behind it."""
HOLE: Micros = 5 * SECOND
"""Holes up to this are not known; after a longer one all begins anew."""
OUTDATED: Micros = MINUTE
"""After so long without news of a device its clock was set back: older values are its present."""

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
    "bins": (np.float32, _KEPT, 3),  # the last finished bins, g; NaN where not known
    "open": (np.int64, _OPEN),  # numbers of the bins of jolts that are not told whole
    "upright": (np.float64, 3),  # direction of gravity when the person stands
    "walks": (np.int64,),  # findings of walking that it rests on, 0 where it is not known
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
        at, values = usable(wave)
        memory = self._memory
        changed = False
        if wave.received_at - int(memory["received_at"][row]) <= OUTDATED:
            news = at > memory["at"][row]
            if not news.all():
                changed = self._fill(row, at[~news], values[~news])
                at, values = at[news], values[news]
        if len(at):
            memory["received_at"][row] = wave.received_at
            yield from self._go_on(row, at, values, wave)
        if len(at) or changed:
            yield from self._so_far(row, wave)

    def _go_on(self, row: int, at: Instants, values: Axes, wave: Wave) -> Iterator[Impact]:
        """Take in values that are news, piece by piece between holes."""
        cuts = np.flatnonzero(np.diff(at) > BRIDGED) + 1
        for piece, own in zip(np.split(at, cuts), np.split(values, cuts), strict=True):
            bins = self._binned(row, piece, own)
            while len(bins):
                end = int(self._memory["end"][row])
                few = bins[: _TICK - end % _TICK]
                bins = bins[len(few) :]
                self._append(row, few)
                if (end + len(few)) % _TICK == 0:
                    yield from self._tick(row, wave)

    def _so_far(self, row: int, wave: Wave) -> Iterator[Impact]:
        """The jolts of which more is to come, by what is known of them now."""
        for hit in self._open(row):
            if int(self._memory["end"][row]) - hit >= AT_LEAST:
                yield self._impact(row, hit, wave)
        sudden = self._sudden(row)
        if sudden is not None:
            yield self._impact(row, sudden, wave)

    def _binned(self, row: int, at: Instants, values: Axes) -> Axes:
        """The bins that these values finish, (n, 3), with those of the hole before them; what is
        left is remembered."""
        memory = self._memory
        hole, end = int(at[0] - memory["at"][row]), int(memory["end"][row])
        if BRIDGED < hole <= HOLE:
            self._begin(row, int(at[0]), values[0])
        elif not 0 < hole <= BRIDGED:
            if not 0 < hole <= upright.LAPSES:
                memory["walks"][row] = 0
            self._restart(row, int(at[0]), values[0])
            end = int(memory["end"][row])
        unknown = np.full((int(memory["end"][row]) - end, 3), np.nan)
        memory["end"][row] = end
        begin = (end + len(unknown)) * BIN
        at = np.concatenate((memory["at"][row : row + 1], at))
        values = np.concatenate((memory["value"][row : row + 1], values))
        edges = np.arange(begin + BIN, int(at[-1]) + 1, BIN)
        until, total = areas(at, values, edges)
        until, total = until + memory["sum"][row], total + memory["sum"][row]
        memory["at"][row], memory["value"][row] = at[-1], values[-1]
        memory["sum"][row] = total - (until[-1] if len(until) else 0.0)
        bins = np.diff(until, axis=0, prepend=np.zeros((1, 3))) / BIN
        return np.concatenate((unknown, bins)) if len(unknown) else bins

    def _restart(self, row: int, at: Micros, value: Axes) -> None:
        """Begin anew, as if the first value had been so for as long as one looks back."""
        self._begin(row, at, value)
        self._memory["bins"][row] = value
        self._memory["open"][row] = _NONE

    def _begin(self, row: int, at: Micros, value: Axes) -> None:
        """Go on from this value, with the bin that it lies in."""
        memory = self._memory
        begin = at // BIN
        memory["at"][row], memory["value"][row] = at, value
        memory["sum"][row] = value * (at - begin * BIN)
        memory["end"][row] = begin

    def _fill(self, row: int, at: Instants, values: Axes) -> bool:
        """Put late values into the holes they belong to; whether there was one for them."""
        kept, end = self._memory["bins"][row], int(self._memory["end"][row])
        first = -(-int(at[0]) // BIN)
        edges = np.arange(first * BIN, int(at[-1]) + 1, BIN)
        if not np.isnan(kept[:, 0]).any() or len(edges) < 2:
            return False
        until, _ = areas(at, values, edges)
        place = first - (end - _KEPT) + np.arange(len(edges) - 1)
        within = (place >= 0) & (place < _KEPT)
        within[within] = np.isnan(kept[place[within], 0])
        kept[place[within]] = np.diff(until, axis=0)[within] / BIN
        if within.any():
            close(kept)
            self._search_again(row, first + int(np.flatnonzero(within)[0]))
        return bool(within.any())

    def _append(self, row: int, bins: Axes) -> None:
        kept = self._memory["bins"][row]
        kept[: -len(bins)] = kept[len(bins) :]
        kept[-len(bins) :] = bins
        self._memory["end"][row] += len(bins)

    # -- jolts --------------------------------------------------------------------------------

    def _tick(self, row: int, wave: Wave) -> Iterator[Impact]:
        """Look for a new jolt and for walking, and tell the jolts that are whole."""
        self._search(row, int(self._memory["end"][row]))
        if wave.placement in upright.TRUNK:
            self._walk(row)
        for place, hit in enumerate(self._memory["open"][row].tolist()):
            if hit != _NONE and int(self._memory["end"][row]) - hit >= AT_MOST:
                self._memory["open"][row, place] = _NONE
                yield self._impact(row, hit, wave, whole=True)

    def _search(self, row: int, end: int) -> None:
        """Remember the jolt of the half second that is just old enough at bin ``end``, if any."""
        until = _KEPT - (int(self._memory["end"][row]) - end)
        size = sizes(self._memory["bins"][row, until - (2 * _APART + _TICK) : until])
        middle = size[_APART : _APART + _TICK]
        best = int(middle.argmax())
        greatest = middle[best]
        if greatest < JOLT_G**2:
            return
        near = size[best : best + 2 * _APART + 1]
        if greatest >= near.max() and int(near.argmax()) == _APART:
            self._remember(row, end - _APART - _TICK + best)

    def _search_again(self, row: int, first: int) -> None:
        """Search where bins from ``first`` on have changed, as far back as can be described."""
        end = int(self._memory["end"][row])
        begin = max(first, end - AT_MOST) // _TICK * _TICK + _TICK
        for tick in range(begin, end + 1, _TICK):
            self._search(row, tick)

    def _remember(self, row: int, hit: int) -> None:
        known = self._memory["open"][row]
        young = int(self._memory["end"][row]) - hit <= AT_MOST
        if young and hit not in known:
            known[known.argmin()] = hit

    def _sudden(self, row: int) -> int | None:
        """The bin of a strong jolt that is not old enough to be searched for, if there is one."""
        end = int(self._memory["end"][row])
        young = _APART + end % _TICK
        size = sizes(self._memory["bins"][row, -(young + _APART) :])
        best = int(size.argmax())
        return end - len(size) + best if best >= _APART and size[best] >= SUDDEN_G**2 else None

    def _walk(self, row: int) -> None:
        """Learn which way is up, if the person has been walking."""
        memory = self._memory
        found = upright.walking(memory["bins"][row, -upright.WALK :].astype(np.float64))
        if found is not None:
            known, count = memory["upright"][row], int(memory["walks"][row])
            memory["upright"][row], memory["walks"][row] = upright.learned(known, count, found)

    def _upright(self, row: int, wave: Wave) -> NDArray[np.float64] | None:
        known = wave.placement in upright.TRUNK and self._memory["walks"][row] > 0
        return self._memory["upright"][row] if known else None

    def _open(self, row: int) -> list[int]:
        return [hit for hit in self._memory["open"][row].tolist() if hit != _NONE]

    def _impact(self, row: int, hit: int, wave: Wave, whole: bool = False) -> Impact:
        end = int(self._memory["end"][row])
        first = _KEPT - (end - hit) - BEFORE
        at = hit * BIN + BIN // 2
        window = self._memory["bins"][row, first:].astype(np.float64)
        missing = max(BEFORE + AT_LEAST - len(window), 0)
        if missing:
            window = np.concatenate((window, np.full((missing, 3), np.nan)))
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
            features=describe(window, self._upright(row, wave)),
            placement=wave.placement,
            seen_until=end * BIN,
            whole=whole,
            message=round(len(wave.values) * SECOND / wave.rate),
        )


def searched(impact: Impact) -> bool:
    """Whether a jolt was old enough to be searched for, not only told of for its strength."""
    return impact.seen_until // BIN // _TICK * _TICK - impact.happened_at // BIN > _APART


def _rows(spec: tuple[Any, ...], count: int) -> NDArray[Any]:
    dtype, *shape = spec
    return np.zeros((count, *shape), dtype)
