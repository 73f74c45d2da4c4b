"""battery_low: below 15 %, until it is at 20 % again."""

from collections.abc import Sequence

import numpy as np

from alerts.detectors.columns import Own, given
from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.quantity import BATTERY
from domain.time import NEVER

LOW = 15.0
"""Per cent; a subject's own: ``battery_low``."""

MARGIN = 5.0


class Battery(Detector):
    """Raised at once. Memory, one element a device: ``since`` when it is low, else NEVER."""

    kinds = ("battery_low",)
    thresholds = ("battery_low",)
    keyed_by = "device"
    columns = {"since": (np.int64, NEVER)}

    def __init__(self) -> None:
        super().__init__()
        self._limit = Own(lambda own: given(own, "battery_low", LOW))

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._limit.configure(self.subjects, subjects)

    def observe(self, news: News, out: list[Finding]) -> None:
        if not news.told[BATTERY]:
            return
        rows = np.flatnonzero(news.x[:, BATTERY] >= 0)
        battery, limit = news.x[rows, BATTERY], self._limit.values[news.slot[rows]]
        low = self.memory["since"][news.device[rows]] != NEVER
        changed = rows[np.where(low, battery >= limit + MARGIN, battery < limit)]
        out += [self._found(news, row) for row in changed.tolist()]

    def _found(self, news: News, row: int) -> Finding:
        slot, device = int(news.slot[row]), int(news.device[row])
        since = int(self.memory["since"][device])
        active = since == NEVER
        if active:
            since = int(news.measured_at[row])
        self.memory["since"][device] = since if active else NEVER
        evidence = {
            "quantity": "battery",
            "value": round(float(news.x[row, BATTERY]), 3),
            "unit": "%",
            "limit": round(float(self._limit.values[slot]) + (0 if active else MARGIN), 3),
        }
        at, priority = int(news.received_at[row]), KINDS["battery_low"].priority
        return Finding(at, slot, device, "battery_low", active, since, priority, evidence)
