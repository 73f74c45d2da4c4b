"""respiration_high and respiration_low: outside 8 to 25 a minute, or the own range."""

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.news import News
from alerts.detectors.range import Width
from alerts.detectors.threshold import Rows, Rule, Threshold
from domain.quantity import RESPIRATION_RATE

A_BREATH = 0.5
"""A rate below this says that no breath was seen."""


class Respiration(Threshold):
    """Beyond 35 or 6 for 15 s it is urgent. No breath at all is breathing_stopped's business."""

    quantity = RESPIRATION_RATE
    pace = 0.008
    rules = (
        Rule(
            "respiration_high", above=True, limit=25, extreme=35, margin=2, own=Width(far=7, leap=4)
        ),
        Rule(
            "respiration_low", above=False, limit=8, extreme=6, margin=2, own=Width(far=6, leap=3)
        ),
    )

    def counts(self, news: News, rows: Rows) -> NDArray[np.bool_]:
        counts: NDArray[np.bool_] = news.x[rows, self.quantity] >= A_BREATH
        return counts
