"""What can be measured: one table with unit, accepted range and LOINC code.

The order is the order of the columns of :class:`domain.sample.Batch`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measurable quantity; values outside ``low`` to ``high`` are no readings."""

    name: str
    unit: str
    low: float
    high: float
    loinc: str | None = None
    boolean: bool = False
    common: bool = True
    """Whether it has a column of its own in ``sample`` (else it is a row of ``measurement``)."""


QUANTITIES: tuple[Quantity, ...] = (
    Quantity("heart_rate", "1/min", 20, 300, "8867-4"),
    Quantity("respiration_rate", "1/min", 0, 80, "9279-1"),
    Quantity("spo2", "%", 30, 100, "59408-5"),
    Quantity("in_bed", "", 0, 1, boolean=True),
    Quantity("movement", "1", 0, 1),
    Quantity("signal_quality", "1", 0, 1),
    Quantity("presence", "", 0, 1, boolean=True),
    Quantity("battery", "%", 0, 100),
    Quantity("rssi", "dBm", -150, 20),
    Quantity("body_temperature", "°C", 25, 45, "8310-5", common=False),
    Quantity("systolic", "mmHg", 40, 300, "8480-6", common=False),
    Quantity("diastolic", "mmHg", 20, 200, "8462-4", common=False),
    Quantity("weight", "kg", 1, 400, "29463-7", common=False),
    Quantity("temperature", "°C", -50, 80, common=False),
    Quantity("humidity", "%", 0, 100, common=False),
    Quantity("co2", "ppm", 0, 40_000, common=False),
    Quantity("illuminance", "lx", 0, 200_000, common=False),
)

BY_NAME: dict[str, Quantity] = {quantity.name: quantity for quantity in QUANTITIES}
COLUMN: dict[str, int] = {quantity.name: place for place, quantity in enumerate(QUANTITIES)}
WIDTH = len(QUANTITIES)

HEART_RATE = COLUMN["heart_rate"]
RESPIRATION_RATE = COLUMN["respiration_rate"]
SPO2 = COLUMN["spo2"]
IN_BED = COLUMN["in_bed"]
MOVEMENT = COLUMN["movement"]
SIGNAL_QUALITY = COLUMN["signal_quality"]
BATTERY = COLUMN["battery"]
BODY_TEMPERATURE = COLUMN["body_temperature"]
SYSTOLIC = COLUMN["systolic"]
DIASTOLIC = COLUMN["diastolic"]
WEIGHT = COLUMN["weight"]
