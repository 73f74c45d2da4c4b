"""heart_rate_high and heart_rate_low: outside 40 to 120 a minute for a minute."""

from alerts.detectors.threshold import Rule, Threshold
from domain.quantity import HEART_RATE


class HeartRate(Threshold):
    """Beyond 150 or 35 for 15 s it is urgent."""

    quantity = HEART_RATE
    rules = (
        Rule("heart_rate_high", above=True, limit=120, extreme=150, margin=5),
        Rule("heart_rate_low", above=False, limit=40, extreme=35, margin=5),
    )
