"""heart_rate_high and heart_rate_low of a single reading, such as a blood pressure cuff's pulse.

Who sits still with a cuff on is at rest: 100 and more is tachycardia by definition, and below
50 bradycardia (Kusumoto et al., 2018 ACC/AHA/HRS Guideline on bradycardia: a sinus rate of less
than 50). A heart rate that is told all the time is ``heart_rate``'s business.
"""

import numpy as np

from alerts.detectors.news import LONG_AGO, News
from alerts.detectors.reading import Bound, Reading
from alerts.detectors.threshold import Rows
from domain.finding import Finding
from domain.quantity import HEART_RATE, SYSTOLIC
from domain.time import MINUTE

TOGETHER = 2 * MINUTE
"""A pulse so soon after a blood pressure of the same device is of the same measurement."""


class Pulse(Reading):
    """Only what comes with a blood pressure or right after it. Memory besides: ``cuff``, the
    minute of the last blood pressure."""

    bounds = (
        Bound("heart_rate_high", HEART_RATE, True, 100, "pulse_high", extreme=130),
        Bound("heart_rate_low", HEART_RATE, False, 50, "pulse_low", extreme=40),
    )
    columns = {"cuff": (np.int64, LONG_AGO)}

    def observe(self, news: News, out: list[Finding]) -> None:
        if news.told[SYSTOLIC]:
            with_pressure = np.flatnonzero(news.x[:, SYSTOLIC] >= 0)
            self.memory["cuff"][news.device[with_pressure]] = news.measured_at[with_pressure]
        super().observe(news, out)

    def readings(self, news: News) -> Rows:
        soon = np.abs(news.measured_at - self.memory["cuff"].take(news.device)) <= TOGETHER
        return np.flatnonzero(soon & news.counts & (news.x[:, HEART_RATE] >= 0))
