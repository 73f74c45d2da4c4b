"""spo2_low: oxygen saturation below 90 % for a minute."""

from alerts.detectors.range import Width
from alerts.detectors.threshold import Rule, Threshold
from domain.quantity import SPO2


class Spo2(Threshold):
    """Below 85 % for 15 s it is urgent; at 92 % for a minute it is over.

    A resident's own limit may be lower: with COPD 88 to 92 % is the target range.
    """

    quantity = SPO2
    pace = 0.005
    rules = (
        Rule(
            "spo2_low",
            above=False,
            limit=90,
            extreme=85,
            margin=2,
            absolute=False,
            own=Width(far=5, leap=3),
        ),
    )
