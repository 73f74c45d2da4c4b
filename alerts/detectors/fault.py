"""device_fault: values that stand still, values that cannot be, and what a device says itself.

Stuck: heart rate and respiration rate, as far as the device tells them, bit for bit the same
for half an hour and 100 samples of an occupied bed. Implausible: ten values refused as out of
range within ten minutes. A tamper or fault event speaks for itself. A device's condition is
over when no cause is left; what it said itself counts for a day.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Detector, told
from alerts.detectors.news import LONG_AGO, News
from domain.event import Event
from domain.finding import KINDS, Finding
from domain.quantity import HEART_RATE, IN_BED, RESPIRATION_RATE
from domain.sample import Instants
from domain.time import DAY, MINUTE, NEVER, SECOND, Micros

STUCK_FOR = 30 * MINUTE
STUCK_SAMPLES = 100
REFUSED = 10
REFUSED_WITHIN = 10 * MINUTE

_PAIR = slice(HEART_RATE, RESPIRATION_RATE + 1)
_STUCK, _IMPLAUSIBLE = 1, 2
_NOTHING = int(np.full(2, np.nan, np.float32).view(np.int64)[0])


class Fault(Detector):
    """Memory, one element a device: ``bits`` of the two rates, how long (``since``) and how many
    samples (``count``) they are the same, the arrivals of the last values ``refused`` (oldest
    first), which ``causes`` hold, and when the device last ``told`` of a fault itself."""

    kinds = ("device_fault",)
    keyed_by = "device"
    events = frozenset({"tamper", "fault"})
    columns = {
        "bits": (np.int64, _NOTHING),
        "since": (np.int64, NEVER),
        "count": (np.int32, 0),
        "refused": (np.int64, LONG_AGO, REFUSED),
        "causes": (np.int8, 0),
        "told": (np.int64, LONG_AGO),
    }

    def observe(self, news: News, out: list[Finding]) -> None:
        causes = self.memory["causes"][news.device]
        stuck = self._stuck(news, causes & _STUCK > 0)
        if news.implausible.any() or causes.any() or stuck.any():
            self._conclude(news, causes, stuck, self._implausible(news), out)

    def happen(self, event: Event, out: list[Finding]) -> None:
        if event.active is False:
            self.memory["told"][event.device] = LONG_AGO
            if not self.memory["causes"][event.device]:
                out.append(told(event, "device_fault", active=False))
            return
        self.memory["told"][event.device] = event.received_at
        out.append(told(event, "device_fault"))

    def _stuck(self, news: News, before: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which devices repeat themselves; an empty bed, or any change, starts afresh.

        A message that tells neither rate leaves a device as it was ``before``.
        """
        memory, device = self.memory, news.device
        bits = np.ascontiguousarray(news.known[:, _PAIR]).view(np.int64)[:, 0]
        same = bits == memory["bits"][device]
        same &= news.known[:, IN_BED] != 0
        since = np.where(same, memory["since"][device], news.measured_at)
        told_now = (news.x[:, HEART_RATE] >= 0) | (news.x[:, RESPIRATION_RATE] >= 0)
        count = np.where(same, memory["count"][device], 0) + told_now
        memory["bits"][device] = bits
        memory["since"][device] = since
        memory["count"][device] = count
        long = (count >= STUCK_SAMPLES) & (news.measured_at - since >= STUCK_FOR)
        return np.where(same & ~told_now, before, long)

    def _implausible(self, news: News) -> NDArray[np.bool_]:
        """Which devices had so many values refused, or still have since."""
        ring = self.memory["refused"]
        rows = np.flatnonzero(news.implausible)
        if len(rows):
            now = np.repeat(news.received_at[rows, None], REFUSED, axis=1)
            both = np.hstack((ring[news.device[rows]], now))
            shift = np.minimum(news.implausible[rows], REFUSED)[:, None]
            ring[news.device[rows]] = np.take_along_axis(both, np.arange(REFUSED) + shift, axis=1)
        oldest, latest = ring[news.device, 0], ring[news.device, -1]
        holds = self.memory["causes"][news.device] & _IMPLAUSIBLE > 0
        marker: Instants = np.where(holds, latest, oldest)
        implausible: NDArray[np.bool_] = news.received_at - marker <= REFUSED_WITHIN
        return implausible

    def _conclude(
        self,
        news: News,
        before: NDArray[np.int8],
        stuck: NDArray[np.bool_],
        implausible: NDArray[np.bool_],
        out: list[Finding],
    ) -> None:
        """Tell of causes that have come up, and of devices that have none left."""
        now = (stuck * _STUCK + implausible * _IMPLAUSIBLE).astype(np.int8)
        self.memory["causes"][news.device] = now
        told_lately = news.received_at - self.memory["told"][news.device] <= DAY
        over = (before != 0) & (now == 0) & ~told_lately
        begun = now & ~before
        changed = np.flatnonzero(over | (begun > 0)).tolist()
        out += [self._found(news, row, int(begun[row])) for row in changed]

    def _found(self, news: News, row: int, cause: int) -> Finding:
        device, at = int(news.device[row]), int(news.received_at[row])
        since: Micros = at
        evidence: dict[str, Any] = {}
        if cause & _STUCK:
            since = int(self.memory["since"][device])
            evidence |= {"cause": "stuck", "samples": int(self.memory["count"][device])}
            evidence |= {"for_s": (int(news.measured_at[row]) - since) / SECOND}
            evidence |= _values(news, row)
        elif cause & _IMPLAUSIBLE:
            since = int(self.memory["refused"][device, 0])
            evidence |= {"cause": "implausible", "refused": REFUSED}
            evidence |= {"within_s": REFUSED_WITHIN / SECOND}
        slot, priority = int(news.slot[row]), KINDS["device_fault"].priority
        return Finding(at, slot, device, "device_fault", bool(cause), since, priority, evidence)


def _values(news: News, row: int) -> dict[str, float]:
    rates = {"heart_rate": HEART_RATE, "respiration_rate": RESPIRATION_RATE}
    values = {name: float(news.known[row, place]) for name, place in rates.items()}
    return {name: round(value, 3) for name, value in values.items() if value == value}
