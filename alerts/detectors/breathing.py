"""breathing_stopped: in bed, still, good signal, and no breath for 20 s."""

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.news import News
from alerts.detectors.respiration import A_BREATH
from alerts.detectors.threshold import Rows, Rule, Threshold
from domain.quantity import IN_BED, RESPIRATION_RATE
from domain.time import SECOND


class Breathing(Threshold):
    """Only where the device said that somebody is in bed: an empty bed does not breathe."""

    quantity = RESPIRATION_RATE
    rules = (
        Rule(
            "breathing_stopped",
            above=False,
            limit=A_BREATH,
            dwell=20 * SECOND,
            calm=20 * SECOND,
        ),
    )

    def counts(self, news: News, rows: Rows) -> NDArray[np.bool_]:
        counts: NDArray[np.bool_] = news.known[rows, IN_BED] == 1
        return counts
