"""Readings taken by hand: blood pressure, its pulse, body temperature, weight."""

from typing import Any

import pytest

from alerts.detectors.blood_pressure import BloodPressure
from alerts.detectors.body_temperature import BodyTemperature
from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.pulse import Pulse
from alerts.detectors.weight_change import WeightChange
from tests.alerts.stage import Stage, anna, at

DAY = 86_400.0


def street(**thresholds: float) -> Stage:
    detectors = HeartRate(), Pulse(), BloodPressure(), BodyTemperature(), WeightChange()
    return Stage(*detectors, subject=anna("UTC", **thresholds))


TOLD = [
    ({"systolic": 160, "diastolic": 80}, "blood_pressure", "medium"),
    ({"systolic": 130, "diastolic": 100}, "blood_pressure", "medium"),
    ({"systolic": 110, "diastolic": 54}, "blood_pressure", "medium"),
    ({"systolic": 180, "diastolic": 90}, "blood_pressure", "high"),
    ({"systolic": 165, "diastolic": 120}, "blood_pressure", "high"),
    ({"systolic": 130, "heart_rate": 100}, "heart_rate_high", "medium"),
    ({"systolic": 130, "heart_rate": 50}, "heart_rate_low", "medium"),
    ({"systolic": 130, "heart_rate": 132}, "heart_rate_high", "high"),
    ({"body_temperature": 37.9}, "body_temperature", "medium"),
    ({"body_temperature": 39.6}, "body_temperature", "high"),
    ({"body_temperature": 34.5}, "body_temperature", "medium"),
]


@pytest.mark.parametrize(("said", "kind", "priority"), TOLD)
def test_one_reading_is_enough(said: dict[str, float], kind: str, priority: str) -> None:
    stage = street().say({"t": 0} | said)
    assert stage.told() == [(0, kind, True)]
    assert stage.findings[0].priority == priority
    assert stage.findings[0].evidence["limit_is"] == "given"


QUIET: list[dict[str, Any]] = [
    {"systolic": 159, "diastolic": 99},
    {"systolic": 95, "diastolic": 55},
    {"systolic": 130, "heart_rate": 99},
    {"heart_rate": 105},  # told all the time, not with a cuff
    {"body_temperature": 37.7},
    {"weight": 70},
]


@pytest.mark.parametrize("said", QUIET)
def test_a_reading_inside_raises_nothing(said: dict[str, float]) -> None:
    assert street().say({"t": 0} | said).told() == []


def test_each_reading_beyond_is_told_and_one_inside_ends_it() -> None:
    stage = street()
    for day, systolic in enumerate([170, 165, 140, 150]):
        stage.say({"t": day * DAY, "systolic": systolic, "diastolic": 80})
    assert stage.told() == [
        (0, "blood_pressure", True),
        (DAY, "blood_pressure", True),
        (2 * DAY, "blood_pressure", False),
    ]
    assert stage.findings[1].since == at(DAY)
    assert stage.findings[0].evidence["diastolic"] == 80


def test_one_pressure_inside_does_not_end_what_the_other_began() -> None:
    stage = street().say({"t": 0, "systolic": 170}, {"t": 0.5, "diastolic": 80})
    assert stage.told() == [(0, "blood_pressure", True)]


def test_a_pulse_may_come_right_after_its_pressure() -> None:
    stage = street().say({"t": 0, "systolic": 130}, {"t": 20, "heart_rate": 110})
    assert stage.told() == [(20, "heart_rate_high", True)]


def test_limits_of_their_own() -> None:
    stage = street(systolic_high=150).say({"t": 0, "systolic": 152})
    assert stage.findings[0].evidence["limit"] == 150


def test_fever_is_told_by_what_is_usual_for_the_person() -> None:
    stage = street()
    for day in range(12):
        stage.say({"t": day * DAY, "body_temperature": 36.0})
    stage.say({"t": 12 * DAY, "body_temperature": 37.3})
    assert stage.told() == [(12 * DAY, "body_temperature", True)]
    assert stage.findings[0].evidence["limit_is"] == "learned"
    assert stage.findings[0].evidence["limit"] == pytest.approx(37.2)


WEIGHTS = [
    ("two kilograms in three days", [70, 70.5, 71.2, 72.0], 3),
    ("five per cent less in a month", [70 - day * 0.14 for day in range(27)], 25),
]


@pytest.mark.parametrize(("name", "days", "told"), WEIGHTS)
def test_a_weight_that_changes(name: str, days: list[float], told: int) -> None:
    stage = street()
    for day, weight in enumerate(days):
        stage.say({"t": day * DAY, "weight": weight})
    assert stage.told()[:1] == [(told * DAY, "weight_change", True)], name


@pytest.mark.parametrize(
    "days",
    [
        [70, 70.9, 70.2, 71, 70.4] * 6,
        [70 + day * 0.05 for day in range(40)],
        [70, 45, 70.2],  # somebody else on the scales
    ],
)
def test_a_weight_that_wanders_is_not_told(days: list[float]) -> None:
    stage = street()
    for day, weight in enumerate(days):
        stage.say({"t": day * DAY, "weight": weight})
    assert stage.told() == []
