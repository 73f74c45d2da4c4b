"""clock_skew: a device's clock is ahead, steadily behind, or before its time.

A clock that is behind looks like readings that come late. The two differ in this: the lag of
stored readings that are being sent shrinks, while a slow clock's stays the same.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from domain.event import Event
from domain.finding import KINDS, Finding
from domain.sample import Instants
from domain.time import MINUTE, NEVER, SECOND, Micros

AHEAD = BEHIND = 2 * MINUTE
"""How far a clock may be off."""

STEADY = 30 * SECOND
"""A lag within this of itself stays the same."""

STEADY_FOR = 10 * MINUTE
IN_ORDER_FOR = 10 * MINUTE

YEAR_2020: Micros = 1_577_836_800 * SECOND
"""No device of ours was built before."""


class ClockSkew(Detector):
    """Memory, one element a device: ``lag`` and since when (``lagging``, by arrival) it is
    steady, since when the clock is ``wrong`` and, after that, in ``order`` (NEVER: not)."""

    kinds = ("clock_skew",)
    keyed_by = "device"
    events = None
    columns = {
        "busy": (bool, False),
        "lag": (np.int64, 0),
        "lagging": (np.int64, NEVER),
        "wrong": (np.int64, NEVER),
        "order": (np.int64, NEVER),
    }

    def observe(self, news: News, out: list[Finding]) -> None:
        odd = self.memory["busy"][news.device]
        odd |= np.abs(news.offset) > AHEAD
        rows = np.flatnonzero(odd)
        if len(rows):
            self._judge(news, rows, out)

    def happen(self, event: Event, out: list[Finding]) -> None:
        """An event of an impossible time tells the same of its device's clock."""
        if not event.clock_wrong:
            return
        wrong, device = self.memory["wrong"], event.device
        self.memory["order"][device] = NEVER
        if wrong[device] == NEVER:
            wrong[device] = event.received_at
            self.memory["busy"][device] = True
            offset = event.happened_at - event.received_at
            out.append(_found(event.received_at, event.slot, device, event.received_at, offset))

    def _judge(self, news: News, rows: NDArray[np.intp], out: list[Finding]) -> None:
        memory, device = self.memory, news.device[rows]
        at, offset = news.received_at[rows], news.offset[rows]
        off = (offset > AHEAD) | (at + offset < YEAR_2020) | self._lags(device, at, offset)
        wrong = memory["wrong"][device]
        order = np.where(np.abs(offset) <= AHEAD, np.minimum(memory["order"][device], at), NEVER)
        over = (wrong != NEVER) & (at - order >= IN_ORDER_FOR)
        since = np.where((wrong == NEVER) & off, at, wrong)
        memory["wrong"][device] = np.where(over, NEVER, since)
        memory["order"][device] = order
        memory["busy"][device] = ~over & (since != NEVER) | (memory["lagging"][device] != NEVER)
        for few in np.flatnonzero(over | (off & (wrong == NEVER))).tolist():
            slot, moment = int(news.slot[rows[few]]), int(at[few])
            told = None if over[few] else int(offset[few])
            out.append(_found(moment, slot, int(device[few]), int(since[few]), told))

    def _lags(self, device: Any, at: Instants, offset: Instants) -> NDArray[np.bool_]:
        """Which clocks have been behind by the same for long enough."""
        memory = self.memory
        behind = offset < -BEHIND
        same = behind & (memory["lagging"][device] != NEVER)
        same &= np.abs(offset - memory["lag"][device]) <= STEADY
        since = np.where(same, memory["lagging"][device], np.where(behind, at, NEVER))
        memory["lag"][device] = np.where(same, memory["lag"][device], offset)
        memory["lagging"][device] = since
        steady: NDArray[np.bool_] = same & (at - since >= STEADY_FOR)
        return steady


def _found(at: Micros, slot: int, device: int, since: Micros, offset: Micros | None) -> Finding:
    """``offset`` is how far ahead the clock claims to be; None where it is in order again."""
    evidence: dict[str, Any] = {"in_order_s": IN_ORDER_FOR / SECOND}
    if offset is not None:
        evidence = {"offset_s": round(offset / SECOND, 1), "limit_s": AHEAD / SECOND}
    priority = KINDS["clock_skew"].priority
    return Finding(at, slot, device, "clock_skew", offset is not None, since, priority, evidence)
