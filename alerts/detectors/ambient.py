"""ambient_unusual: the air or the light of a room is as it never was at this hour.

Each sensor's temperature, humidity, co2 and illuminance are each judged by their own past alone
(``alerts.detectors.anomaly``), as the mean of every ten minutes. It is a hint for the station's
list, not an emergency: a heating that failed, a window left open, a cooker left on.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.anomaly import COLUMNS, WORTH, Anomaly
from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.quantity import COLUMN, QUANTITIES
from domain.sample import Slots
from domain.time import DAY, MINUTE, NEVER, Micros

LIMITS: Mapping[str, float] = {
    "temperature": 10.0,
    "humidity": 12.0,
    "co2": 10.0,
    "illuminance": 15.0,
}
"""The surprise that is worth a line on the station's list; a subject's own: ``ambient_unusual``,
for all four. Set so that each is wrong less than once in four months in simulated rooms."""

WATCHED = tuple(COLUMN[name] for name in LIMITS)
"""Their columns, which are neighbours."""

BLOCK = 10 * MINUTE
"""What is judged is the mean of so long."""

WARM_UP = 5 * DAY
"""Nothing is raised of a series before it is this old."""

CALM = 6
"""So many blocks in a row without surprise, and it is over."""

Rows = NDArray[np.intp]

_POOL: Mapping[str, tuple[Any, ...]] = {
    "key": (np.int64, 0),
    "began": (np.int64, NEVER),
    "block": (np.int64, NEVER),
    "sum": (np.float64, 0.0),
    "readings": (np.int32, 0),
    "since": (np.int64, NEVER),
    "calm": (np.int8, 0),
    **COLUMNS,
}


class Ambient(Detector):
    """Memory is a pool: a row for each quantity of a device that ever told it, by ``key``.

    ``key`` (device's slot times the number of quantities, plus which of them) ascends, so that
    the pool does not depend on who spoke first. ``block`` with ``sum`` and ``readings`` is the
    mean that is being taken; ``since`` is the start of what was raised, else NEVER.
    """

    kinds = ("ambient_unusual",)
    thresholds = ("ambient_unusual",)
    keyed_by = "device"

    def __init__(self) -> None:
        super().__init__()
        self._start({name: _filled(name, 0) for name in _POOL})
        self._limit = np.empty((0, len(WATCHED)))

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._limit = np.tile([*LIMITS.values()], (self.size, 1))
        for subject in subjects:
            own = subject.thresholds.get("ambient_unusual", math.nan)
            if math.isfinite(own):
                self._limit[subject.slot] = own

    def observe(self, news: News, out: list[Finding]) -> None:
        values = news.x[:, WATCHED[0] : WATCHED[-1] + 1]
        said = values == values
        if not said.any():
            return
        row, place = np.nonzero(said)
        where = self._rows(news.device[row].astype(np.int64) * len(WATCHED) + place)
        block = news.measured_at[row] // BLOCK * BLOCK
        turned = self.memory["block"][where] != block
        if turned.any():
            known = np.flatnonzero(turned & (self.memory["block"][where] != NEVER))
            if len(known):
                self._judge(where[known], news, row[known], out)
        self._gather(where, block, values[row, place].astype(np.float64), turned)

    def forget(self, slots: Slots) -> None:
        """Start afresh for these devices."""
        kept = ~np.isin(self.memory["key"] // len(WATCHED), slots)
        if not kept.all():
            self._start({name: array[kept] for name, array in self.memory.items()})

    def load(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what ``memory`` once held; of other columns, nothing."""
        self._start({name: _filled(name, 0) for name in _POOL})
        mine = {name: (array.dtype, array.shape[1:]) for name, array in self.memory.items()}
        if {name: (array.dtype, array.shape[1:]) for name, array in memory.items()} == mine:
            self._start({name: array.copy() for name, array in memory.items()})

    # -- the pool -----------------------------------------------------------------------------

    def _start(self, memory: dict[str, NDArray[Any]]) -> None:
        self.memory = memory
        self._anomaly = Anomaly()
        self._anomaly.memory = memory

    def _rows(self, key: NDArray[np.int64]) -> Rows:
        """Where in the pool these series are; makes room for those that are new."""
        keys = self.memory["key"]
        where = np.searchsorted(keys, key)
        new = np.append(keys, -1)[where] != key
        if not new.any():
            return where
        fresh = np.sort(key[new])
        place = np.searchsorted(keys, fresh)
        for name, (_, fill, *_shape) in _POOL.items():
            self.memory[name] = np.insert(self.memory[name], place, fill, axis=0)
        self.memory["key"] = np.insert(keys, place, fresh)
        return np.searchsorted(self.memory["key"], key)

    def _gather(
        self,
        where: Rows,
        block: NDArray[np.int64],
        value: NDArray[np.float64],
        turned: NDArray[np.bool_],
    ) -> None:
        memory = self.memory
        memory["sum"][where] = np.where(turned, 0.0, memory["sum"][where]) + value
        memory["readings"][where] = np.where(turned, 0, memory["readings"][where]) + 1
        memory["block"][where] = block

    # -- a block that is past -----------------------------------------------------------------

    def _judge(self, where: Rows, news: News, row: Rows, out: list[Finding]) -> None:
        memory = self.memory
        at = memory["block"][where]
        mean = memory["sum"][where] / memory["readings"][where]
        memory["began"][where] = began = np.minimum(memory["began"][where], at)
        surprise = self._anomaly.surprise(mean, at, where)
        told = self._anomaly.news(surprise, where)
        raised = memory["since"][where] != NEVER
        memory["calm"][where] = calm = np.where(
            raised & (surprise < WORTH), memory["calm"][where] + 1, 0
        )
        limit = self._limit[news.slot[row], memory["key"][where] % len(WATCHED)]
        large = (told >= limit) & (at - began >= WARM_UP)
        for n in np.flatnonzero(large & ~raised).tolist():
            memory["since"][where[n]] = at[n]
            evidence = self._evidence(int(where[n]), float(mean[n]), int(at[n]))
            reason = {"surprise": round(float(told[n]), 1), "limit": float(limit[n])}
            out.append(_finding(news, int(row[n]), True, int(at[n]), evidence | reason))
        for n in np.flatnonzero(calm >= CALM).tolist():
            since = int(memory["since"][where[n]])
            memory["since"][where[n]], memory["calm"][where[n]] = NEVER, 0
            if not self._still(int(news.device[row[n]])):
                evidence = self._evidence(int(where[n]), float(mean[n]), int(at[n]))
                out.append(_finding(news, int(row[n]), False, since, evidence))

    def _still(self, device: int) -> bool:
        """Whether another quantity of the device is unusual."""
        first, last = np.searchsorted(
            self.memory["key"], (device * len(WATCHED), (device + 1) * len(WATCHED))
        )
        return bool((self.memory["since"][first:last] != NEVER).any())

    def _evidence(self, where: int, mean: float, at: Micros) -> dict[str, Any]:
        place = int(self.memory["key"][where]) % len(WATCHED)
        quantity = QUANTITIES[WATCHED[place]]
        return {
            "quantity": quantity.name,
            "value": round(mean, 1),
            "unit": quantity.unit,
            "usual": round(self._anomaly.usual(where, at), 1),
            "minutes": BLOCK // MINUTE,
        }


def _filled(name: str, length: int) -> NDArray[Any]:
    dtype, fill, *shape = _POOL[name]
    return np.full((length, *shape), fill, dtype)


def _finding(
    news: News, row: int, active: bool, since: Micros, evidence: dict[str, Any]
) -> Finding:
    kind = KINDS["ambient_unusual"]
    slot, device = int(news.slot[row]), int(news.device[row])
    at = int(news.received_at[row])
    return Finding(at, slot, device, kind.name, active, since, kind.priority, evidence)
