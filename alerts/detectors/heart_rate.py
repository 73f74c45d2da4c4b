"""heart_rate_high and heart_rate_low: outside 40 to 120, or the own range, for a minute."""

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.news import News
from alerts.detectors.range import Width
from alerts.detectors.threshold import Rows, Rule, Threshold
from domain.quantity import HEART_RATE, SYSTOLIC


class HeartRate(Threshold):
    """Beyond 150 or 35 for 15 s it is urgent. What comes with a blood pressure is ``pulse``'s."""

    quantity = HEART_RATE
    pace = 0.03
    rules = (
        Rule(
            "heart_rate_high",
            above=True,
            limit=120,
            extreme=150,
            margin=5,
            own=Width(far=50, leap=35, recent=Width(far=30, leap=12)),
        ),
        Rule(
            "heart_rate_low",
            above=False,
            limit=40,
            extreme=35,
            margin=5,
            own=Width(far=25, leap=20, recent=Width(far=12, leap=3)),
        ),
    )

    def counts(self, news: News, rows: Rows) -> NDArray[np.bool_]:
        counts: NDArray[np.bool_] = np.isnan(news.x[rows, SYSTOLIC])
        return counts
