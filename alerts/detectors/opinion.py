"""A second opinion on vital alerts: is such a value unusual for this person at all?

The general streaming detector (``alerts.detectors.anomaly``) follows each device's heart rate,
respiration rate and oxygen saturation by one look every five minutes: the first value that
counts. It knows neither limits nor medicine, only the device's own past, also by the time of
day. What the vital detectors raise is given its opinion in the evidence,

    "second_opinion": {"unusual": 0.98, "usual": 58.2, "looks": 2880}

``unusual`` is at most the share of the looks before that were less unusual, and 0 where that is
below 0.95; None where too few are known. It raises nothing by itself: docs/detectors.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.anomaly import COLUMNS, FIRST, Anomaly
from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from alerts.detectors.pool import Pool
from domain.directory import Device, Subject
from domain.finding import Finding
from domain.quantity import HEART_RATE, QUANTITIES, RESPIRATION_RATE, SPO2
from domain.sample import Slots
from domain.time import MINUTE

LOOK = 5 * MINUTE
"""How often it looks: it knows somebody after a night, and reaches back over a week or two."""

WIDTH = SPO2 + 1
"""How many leading quantities it has an opinion on: heart_rate to spo2."""

_PLACES = {quantity.name: place for place, quantity in enumerate(QUANTITIES[:WIDTH])}


class Opinion(Detector):
    """Comments the findings of the detectors that stand before it, of the same round.

    Memory: of each device ``looked``, the number of its last look at each quantity; and a pool
    with a record of each quantity of a bed, or that was ever told.
    """

    keyed_by = "device"
    columns = {"looked": (np.int32, 0, WIDTH)}

    def __init__(self) -> None:
        super().__init__()
        self._start()

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        """Make room for these beds, of which heart rate and breathing are to be expected."""
        self._pool.resize(self.devices)
        beds = np.array([device.slot for device in devices if device.kind == "bed"], np.int32)
        self._pool.rows(np.repeat(beds, 2), np.tile((HEART_RATE, RESPIRATION_RATE), len(beds)))

    def observe(self, news: News, out: list[Finding]) -> None:
        if out:
            rows = {device: row for row, device in enumerate(news.device.tolist())}
            out[:] = [self._commented(each, news, rows.get(each.device)) for each in out]
        values, look = news.x[:, :WIDTH].T, (news.measured_at // LOOK).astype(np.int32)
        new = look != self.memory["looked"].take(news.device, axis=0).T
        new &= news.counts & ~np.isnan(values)
        if new.any():
            place, row = np.nonzero(new)
            self.memory["looked"][news.device[row], place] = look[row]
            where = self._pool.rows(news.device[row], place)
            self._anomaly.surprise(values[place, row], news.measured_at[row], where)

    def forget(self, slots: Slots) -> None:
        super().forget(slots)
        self._pool.forget(slots)

    def load(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what ``memory`` once held."""
        super().load({name: memory[name] for name in self.columns if name in memory})
        self._start()
        self._pool.load(memory)

    def _start(self) -> None:
        self._pool = Pool(self.memory, COLUMNS, WIDTH)
        self._anomaly = Anomaly()
        self._anomaly.memory = self.memory

    def _commented(self, finding: Finding, news: News, row: int | None) -> Finding:
        """A finding with the opinion on it, where it is one on a quantity that is followed."""
        place = _PLACES.get(finding.evidence.get("quantity", ""))
        if row is None or place is None or not finding.active:
            return finding
        where = int(self._pool.rows(news.device[[row]], np.array([place]))[0])
        opinion = self._opinion(where, float(news.x[row, place]), int(news.measured_at[row]))
        return replace(finding, evidence={**finding.evidence, "second_opinion": opinion})

    def _opinion(self, where: int, value: float, at: int) -> dict[str, float | None]:
        known = int(self.memory["count"][where])
        if known <= FIRST:
            return {"unusual": None, "looks": known}
        return {
            "unusual": round(self._anomaly.unusual(value, at, where), 4),
            "usual": round(float(self._anomaly.usual(np.array([where]), at)[0]), 1),
            "looks": known,
        }
