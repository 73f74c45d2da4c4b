"""Readings that a person takes, once or twice a day: judged one by one, without a dwell.

A reading beyond a bound is a finding of its own time, each again while the condition lasts; a
reading of the same quantity inside all bounds is the end of it. Nothing else ends it: that
nobody has measured since says nothing. Readings are rare, so they are judged one after the
other; a turn without any costs one look.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from alerts.detectors.columns import Own, given
from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from alerts.detectors.threshold import Rows
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.quantity import QUANTITIES
from domain.time import NEVER


@dataclass(frozen=True, slots=True)
class Bound:
    """A value at ``limit`` or beyond is told as ``kind``; at ``extreme`` it is high.

    A resident's own value named ``threshold`` replaces the limit.
    """

    kind: str
    quantity: int
    above: bool
    limit: float
    threshold: str
    extreme: float | None = None

    def reached(self, value: float, limit: float) -> bool:
        return value >= limit if self.above else value <= limit

    def urgent(self, value: float) -> bool:
        return self.extreme is not None and self.reached(value, self.extreme)


class Reading(Detector):
    """Judges readings by ``bounds``. Memory, one row a device: ``since`` (when the last reading
    beyond was taken, NEVER where the last was inside), one column a bound."""

    bounds: ClassVar[tuple[Bound, ...]]
    keyed_by = "device"

    def __init_subclass__(cls) -> None:
        cls.kinds = tuple(dict.fromkeys(bound.kind for bound in cls.bounds))
        cls.thresholds = tuple(bound.threshold for bound in cls.bounds)
        cls.columns = {"since": (np.int64, NEVER, len(cls.bounds)), **cls.columns}

    def __init__(self) -> None:
        super().__init__()
        self._quantities = sorted({bound.quantity for bound in self.bounds})
        self._given = Own(self._limits)

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._given.configure(self.subjects, subjects)

    def _limits(self, thresholds: Mapping[str, float]) -> list[float]:
        return [given(thresholds, bound.threshold, bound.limit) for bound in self.bounds]

    # -- what a subclass may override ----------------------------------------------------------

    def readings(self, news: News) -> Rows:
        """The rows that have a reading worth judging."""
        columns = news.x[:, self._quantities]
        return np.flatnonzero((columns == columns).any(axis=1) & news.counts)

    def limit(self, place: int, device: int, given: float) -> tuple[float, str]:
        """The limit of a bound, and where it comes from: ``given`` or ``learned``."""
        return given, "given"

    def learn(self, device: int, value: float) -> None:
        """A reading has been judged."""

    # -- judging --------------------------------------------------------------------------------

    def observe(self, news: News, out: list[Finding]) -> None:
        if not any(news.told[quantity] for quantity in self._quantities):
            return
        rows = self.readings(news)
        for row in rows.tolist():
            for kind in self.kinds:
                self._judge(kind, news, row, out)
            for quantity in self._quantities:
                value = float(news.x[row, quantity])
                if not math.isnan(value):
                    self.learn(int(news.device[row]), value)

    def _judge(self, kind: str, news: News, row: int, out: list[Finding]) -> None:
        device, slot, at = int(news.device[row]), int(news.slot[row]), int(news.measured_at[row])
        since = self.memory["since"][device]
        before, worst, inside = since.copy(), None, None
        mine = [place for place, bound in enumerate(self.bounds) if bound.kind == kind]
        for place in mine:
            bound, value = self.bounds[place], float(news.x[row, self.bounds[place].quantity])
            if math.isnan(value):
                continue
            limit, origin = self.limit(place, device, float(self._given.values[slot, place]))
            beyond = bound.reached(value, limit)
            since[place] = at if beyond else NEVER
            evidence = _evidence(bound, value, limit, origin)
            if beyond and (worst is None or bound.urgent(value) > worst[0]):
                worst = bound.urgent(value), evidence
            inside = inside or evidence
        if worst is not None:
            out.append(_found(kind, news, row, True, at, worst))
        elif before[mine].min() != NEVER and since[mine].min() == NEVER:
            began = int(before[mine].min())
            out.append(_found(kind, news, row, False, began, (False, inside or {})))


def _evidence(bound: Bound, value: float, limit: float, origin: str) -> dict[str, Any]:
    quantity = QUANTITIES[bound.quantity]
    return {
        "quantity": quantity.name,
        "value": round(value, 3),
        "unit": quantity.unit,
        "limit": round(limit, 3),
        "limit_is": origin,
    }


def _found(
    kind: str,
    news: News,
    row: int,
    active: bool,
    since: int,
    judged: tuple[bool, dict[str, Any]],
) -> Finding:
    urgent, evidence = judged
    others = {
        QUANTITIES[quantity].name: round(float(news.x[row, quantity]), 3)
        for quantity in np.flatnonzero(news.x[row] == news.x[row]).tolist()
        if not QUANTITIES[quantity].common and QUANTITIES[quantity].name != evidence["quantity"]
    }
    return Finding(
        at=int(news.received_at[row]),
        slot=int(news.slot[row]),
        device=int(news.device[row]),
        kind=kind,
        active=active,
        since=since,
        priority="high" if urgent else KINDS[kind].priority,
        evidence=evidence | others,
    )
