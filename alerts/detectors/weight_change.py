"""weight_change: 2 kg more within 3 days, or 5 % more or less within 30.

Two kilograms within three days are what patients with heart failure are told to report (ESC
Guidelines for heart failure, 2021, self-care advice). Five per cent within 30 days is a
significant change by the Minimum Data Set of nursing homes (CMS, RAI manual, section K0300).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.columns import Own, given
from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.quantity import WEIGHT
from domain.time import DAY, NEVER

GAIN_KG = 2.0
SHARE = 0.05
SOMEBODY_ELSE = 0.15
"""So large a change from one reading to the next is another person on the scales."""

KEPT = 14
"""Readings that are remembered: of different days, the old ones some days apart."""

SPACING = 3
"""Days between two readings that are remembered, but for those of the last days."""

NONE = -1

Days = NDArray[Any]


class WeightChange(Detector):
    """Memory, one row a device: ``kg`` (in 1/64) and ``day`` (since 1970) of readings that are
    remembered, the newest first; ``since``, when a change that is on was found."""

    kinds = ("weight_change",)
    thresholds = ("weight_gain",)
    keyed_by = "device"
    columns = {
        "kg": (np.int16, 0, KEPT),
        "day": (np.int16, NONE, KEPT),
        "since": (np.int64, NEVER),
    }

    def __init__(self) -> None:
        super().__init__()
        self._gain = Own(lambda own: given(own, "weight_gain", GAIN_KG))

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._gain.configure(self.subjects, subjects)

    def observe(self, news: News, out: list[Finding]) -> None:
        if not news.told[WEIGHT]:
            return
        for row in np.flatnonzero(news.x[:, WEIGHT] >= 0).tolist():
            self._weigh(news, row, out)

    def _weigh(self, news: News, row: int, out: list[Finding]) -> None:
        device, kg = int(news.device[row]), float(news.x[row, WEIGHT])
        day = int(news.measured_at[row]) // DAY
        days = self.memory["day"][device].astype(np.int64)
        known = (days != NONE) & (days <= day)
        before = self.memory["kg"][device] / 64
        self._remember(device, kg, day)
        if known[0] and abs(kg - before[0]) > SOMEBODY_ELSE * before[0]:
            return
        found = self._change(
            kg, before, day - days, known, float(self._gain.values[news.slot[row]])
        )
        was = int(self.memory["since"][device])
        if found is None and was == NEVER:
            return
        active = found is not None
        since = int(news.measured_at[row]) if was == NEVER else was
        self.memory["since"][device] = since if active else NEVER
        evidence = {"quantity": "weight", "value": round(kg, 3), "unit": "kg"} | (found or {})
        out.append(
            Finding(
                at=int(news.received_at[row]),
                slot=int(news.slot[row]),
                device=device,
                kind="weight_change",
                active=active,
                since=since,
                priority=KINDS["weight_change"].priority,
                evidence=evidence,
            )
        )

    def _change(
        self, kg: float, before: Days, age: Days, known: NDArray[np.bool_], gain: float
    ) -> dict[str, float] | None:
        """What has changed, if it is much: by how much, within how many days."""
        recent, month = known & (age <= 3), known & (age <= 30)
        if recent.any() and kg - before[recent].min() >= gain:
            return {"change": round(kg - float(before[recent].min()), 2), "within_days": 3}
        if month.any():
            far = before[month][np.argmax(np.abs(kg - before[month]))]
            if abs(kg - far) >= SHARE * far:
                return {"change": round(kg - float(far), 2), "within_days": 30}
        return None

    def _remember(self, device: int, kg: float, day: int) -> None:
        """The first of each day for three days, before that the first of each ``SPACING`` days."""
        kgs, days = self.memory["kg"][device], self.memory["day"][device]
        known = [(d, w) for d, w in zip(days.tolist(), kgs.tolist(), strict=True) if d != NONE]
        if known and known[0][0] >= day:
            return
        older = [
            known[place]
            for place in range(len(known))
            if place < SPACING
            or place + 1 == len(known)
            or known[place][0] // SPACING != known[place + 1][0] // SPACING
        ]
        for place, (then, weight) in enumerate([(day, round(kg * 64)), *older][:KEPT]):
            kgs[place], days[place] = weight, then
