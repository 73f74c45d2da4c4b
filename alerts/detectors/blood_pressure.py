"""blood_pressure: a reading of 160 or 100 and more, or a diastolic pressure of 54 and less.

Grade 2 hypertension begins at 160/100 mmHg; at 180/120 it may be an emergency (ESC/ESH
Guidelines for the management of arterial hypertension, 2018, sections 3 and 8.3). A diastolic
pressure of 54 and less was chosen on readings of people with dementia at home whose alerts
nurses confirmed (docs/detectors.md); a low systolic one was not among what they confirmed.
"""

from alerts.detectors.reading import Bound, Reading
from domain.quantity import DIASTOLIC, SYSTOLIC


class BloodPressure(Reading):
    """Systolic and diastolic are judged by themselves, so they may come one by one."""

    bounds = (
        Bound("blood_pressure", SYSTOLIC, True, 160, "systolic_high", extreme=180),
        Bound("blood_pressure", DIASTOLIC, True, 100, "diastolic_high", extreme=120),
        Bound("blood_pressure", DIASTOLIC, False, 54, "diastolic_low"),
    )
