"""What is worth telling somebody: one detector a file, all listed here."""

from alerts.detectors.ambient import Ambient
from alerts.detectors.battery import Battery
from alerts.detectors.bed_exit import BedExit
from alerts.detectors.blood_pressure import BloodPressure
from alerts.detectors.body_temperature import BodyTemperature
from alerts.detectors.breathing import Breathing
from alerts.detectors.button_test import ButtonTest
from alerts.detectors.clock_skew import ClockSkew
from alerts.detectors.detector import Detector
from alerts.detectors.fall import Fall
from alerts.detectors.fault import Fault
from alerts.detectors.hazard import Hazard
from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.impact import Impacts
from alerts.detectors.inactivity import Inactivity
from alerts.detectors.not_up import NotUp
from alerts.detectors.opinion import Opinion
from alerts.detectors.pulse import Pulse
from alerts.detectors.respiration import Respiration
from alerts.detectors.silence import Silence
from alerts.detectors.sos import Sos
from alerts.detectors.spo2 import Spo2
from alerts.detectors.trend import Trend
from alerts.detectors.weight_change import WeightChange


def standard() -> list[Detector]:
    """A fresh set of all detectors, for what is news."""
    return [
        Sos(),
        Fall(),
        Impacts(),
        Hazard(),
        Breathing(),
        HeartRate(),
        Respiration(),
        Spo2(),
        Opinion(),
        Pulse(),
        BloodPressure(),
        BodyTemperature(),
        WeightChange(),
        BedExit(),
        NotUp(),
        Inactivity(),
        Trend(),
        Silence(),
        Battery(),
        Fault(),
        ClockSkew(),
        ButtonTest(),
        Ambient(),
    ]


def judging_samples() -> list[Detector]:
    """A fresh set of those that judge vital values, for what arrives late."""
    return [Breathing(late=True), HeartRate(late=True), Respiration(late=True), Spo2(late=True)]


def threshold_names() -> frozenset[str]:
    """The names of all own values that a detector knows; any other would do nothing."""
    return frozenset(name for each in standard() for name in each.thresholds)
