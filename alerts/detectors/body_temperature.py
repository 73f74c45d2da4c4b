"""body_temperature: 37.8 and more, or 1.1 above one's own usual; 34.9 and less.

What fever is in old people in care: a single oral reading above 37.8, repeated ones above 37.2,
or 1.1 above the baseline (High et al., Clinical practice guideline for the evaluation of fever
and infection in older adult residents of long-term care facilities, IDSA, CID 48, 2009). Below
35 a body is hypothermic. The usual is an exponential mean with bounded steps (Gelper, Fried and
Croux, J. Forecasting 29, 2010): a fever moves it little.
"""

import numpy as np

from alerts.detectors.reading import Bound, Reading
from domain.quantity import BODY_TEMPERATURE

ABOVE_USUAL = 1.1
NEVER_FEVER = 37.2
"""Below this no rise is a fever."""

ENOUGH = 10
"""Readings until the usual is believed."""

SHARE, STEP = 0.1, 0.3
"""A reading moves the usual by a tenth of the way, of 0.3 degrees at most."""

HIGH = 0
"""The place of the upper bound."""


class BodyTemperature(Reading):
    """Memory besides: ``usual`` and ``taken``, how many readings it was learned from."""

    bounds = (
        Bound("body_temperature", BODY_TEMPERATURE, True, 37.8, "body_temperature_high", 39.5),
        Bound("body_temperature", BODY_TEMPERATURE, False, 34.9, "body_temperature_low"),
    )
    columns = {"usual": (np.float32, 0), "taken": (np.int16, 0)}

    def limit(self, place: int, device: int, given: float) -> tuple[float, str]:
        if place != HIGH or self.memory["taken"][device] < ENOUGH:
            return given, "given"
        own = max(float(self.memory["usual"][device]) + ABOVE_USUAL, NEVER_FEVER)
        return (own, "learned") if own < given else (given, "given")

    def learn(self, device: int, value: float) -> None:
        usual, taken = self.memory["usual"], self.memory["taken"]
        if not taken[device]:
            usual[device] = value
        step = min(max(value - float(usual[device]), -STEP), STEP)
        usual[device] += np.float32(SHARE * step)
        taken[device] = min(int(taken[device]) + 1, ENOUGH)
