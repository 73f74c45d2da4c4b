"""ambient_unusual: the air or the light of a room is as it never was at this hour.

Each sensor's temperature, humidity, co2 and illuminance are each judged by their own past alone
(``alerts.detectors.anomaly``), as the mean of every ten minutes. It is a hint for the station's
list, not an emergency: a heating that failed, a window left open, a cooker left on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.anomaly import COLUMNS, WORTH, Anomaly
from alerts.detectors.columns import Own, given
from alerts.detectors.detector import Column, Detector
from alerts.detectors.news import News
from alerts.detectors.pool import Pool, Rows
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
"""So many blocks in a row without surprise, or back at the usual, and it is over."""

BACK = 0.5
"""Back is who is nearer to the usual than this share of how far off it was when it was raised.
The measures look back over hours, and would be surprised for as long."""

_COLUMNS: Mapping[str, Column] = {
    "began": (np.int64, NEVER),
    "block": (np.int64, NEVER),
    "sum": (np.float64, 0.0),
    "readings": (np.int32, 0),
    "since": (np.int64, NEVER),
    "calm": (np.int8, 0),
    "apart": (np.float32, 0.0),
    **COLUMNS,
}


class Ambient(Detector):
    """Memory is a pool: a row for each quantity of a device that ever told it. ``block`` with
    ``sum`` and ``readings`` is the mean that is being taken; ``since`` is the start of what was
    raised, else NEVER, and ``apart`` how far from the usual it was then.
    """

    kinds = ("ambient_unusual",)
    thresholds = ("ambient_unusual",)
    keyed_by = "device"

    def __init__(self) -> None:
        super().__init__()
        self._pool = Pool(self.memory, _COLUMNS, len(WATCHED))
        self._anomaly = Anomaly()
        self._anomaly.memory = self.memory
        self._limit = Own(_limits, np.float64)

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._pool.resize(self.devices)
        self._limit.configure(self.subjects, subjects)

    def observe(self, news: News, out: list[Finding]) -> None:
        if not any(news.told[WATCHED[0] : WATCHED[-1] + 1]):
            return
        values = news.x[:, WATCHED[0] : WATCHED[-1] + 1]
        row, place = np.nonzero(values == values)
        where = self._pool.rows(news.device[row], place)
        block = news.measured_at[row] // BLOCK * BLOCK
        turned = self.memory["block"][where] != block
        if turned.any():
            known = np.flatnonzero(turned & (self.memory["block"][where] != NEVER))
            if len(known):
                self._judge(where[known], news, row[known], out)
        self._gather(where, block, values[row, place].astype(np.float64), turned)

    def forget(self, slots: Slots) -> None:
        """Start afresh for these devices."""
        self._pool.forget(slots)

    def load(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what ``memory`` once held; of other columns, nothing."""
        self._pool.load(memory)

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
        apart = np.abs(mean - self._anomaly.usual(where, at))
        raised = memory["since"][where] != NEVER
        memory["calm"][where] = calm = np.where(
            raised & ((surprise < WORTH) | (apart < BACK * memory["apart"][where])),
            memory["calm"][where] + 1,
            0,
        )
        limit = self._limit.values[news.slot[row], memory["key"][where] % len(WATCHED)]
        large = (told >= limit) & (at - began >= WARM_UP)
        for n in np.flatnonzero(large & ~raised).tolist():
            memory["since"][where[n]], memory["apart"][where[n]] = at[n], apart[n]
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
        return bool((self.memory["since"][self._pool.of(device)] != NEVER).any())

    def _evidence(self, where: int, mean: float, at: Micros) -> dict[str, Any]:
        quantity = QUANTITIES[WATCHED[self._pool.place(where)]]
        return {
            "quantity": quantity.name,
            "value": round(mean, 1),
            "unit": quantity.unit,
            "usual": round(float(self._anomaly.usual(np.array([where]), at)[0]), 1),
            "minutes": BLOCK // MINUTE,
        }


def _finding(
    news: News, row: int, active: bool, since: Micros, evidence: dict[str, Any]
) -> Finding:
    kind = KINDS["ambient_unusual"]
    slot, device = int(news.slot[row]), int(news.device[row])
    at = int(news.received_at[row])
    return Finding(at, slot, device, kind.name, active, since, kind.priority, evidence)


def _limits(own: Mapping[str, float]) -> list[float]:
    return [given(own, "ambient_unusual", limit) for limit in LIMITS.values()]
