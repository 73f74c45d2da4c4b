"""Vital values beyond their limits: dwell, hysteresis, gates, own limits."""

from typing import Any

import pytest

from alerts.detectors.breathing import Breathing
from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.respiration import Respiration
from alerts.detectors.spo2 import Spo2
from tests.alerts.stage import ANNA, BED, OTHER_BED, Stage, anna, at


def street(**thresholds: float) -> Stage:
    subject = anna(**thresholds)
    return Stage(Breathing(), HeartRate(), Respiration(), Spo2(), subject=subject)


RAISED = [
    ({"heart_rate": 121}, 60, "heart_rate_high", "medium"),
    ({"heart_rate": 39}, 60, "heart_rate_low", "medium"),
    ({"heart_rate": 151}, 15, "heart_rate_high", "high"),
    ({"heart_rate": 34}, 15, "heart_rate_low", "high"),
    ({"respiration_rate": 26}, 60, "respiration_high", "medium"),
    ({"respiration_rate": 7}, 60, "respiration_low", "medium"),
    ({"respiration_rate": 36}, 15, "respiration_high", "high"),
    ({"respiration_rate": 5}, 15, "respiration_low", "high"),
    ({"spo2": 89}, 60, "spo2_low", "medium"),
    ({"spo2": 84}, 15, "spo2_low", "high"),
    ({"respiration_rate": 0, "in_bed": True}, 20, "breathing_stopped", "high"),
]


@pytest.mark.parametrize(("said", "dwell", "kind", "priority"), RAISED)
def test_a_value_beyond_its_limit_for_the_dwell_is_raised(
    said: dict[str, float], dwell: float, kind: str, priority: str
) -> None:
    stage = street().every(1, 0, dwell - 1, **said)
    assert stage.told() == []
    stage.say({"t": dwell} | said)
    assert stage.told() == [(dwell, kind, True)]
    finding = stage.findings[0]
    assert (finding.priority, finding.since, finding.slot) == (priority, at(0), ANNA)
    assert finding.evidence["dwell_s"] == dwell


QUIET: list[dict[str, Any]] = [
    {"heart_rate": 120},
    {"heart_rate": 40},
    {"respiration_rate": 25},
    {"respiration_rate": 8},
    {"respiration_rate": 0},
    {"respiration_rate": 0, "in_bed": False},
    {"respiration_rate": 0, "in_bed": True, "movement": 0.4},
    {"respiration_rate": 0, "in_bed": True, "signal_quality": 0.4},
    {"spo2": 90},
    {"heart_rate": 180, "signal_quality": 0.49},
    {"heart_rate": 180, "movement": 0.31},
    {"heart_rate": 180, "in_bed": False},
    {"movement": 0.9},
    {},
]


@pytest.mark.parametrize("said", QUIET)
def test_a_value_inside_or_not_worth_judging_raises_nothing(said: dict[str, float]) -> None:
    assert street().every(5, 0, 300, **said).told() == []


def test_a_value_at_the_edge_of_the_gates_counts() -> None:
    stage = street().every(1, 0, 60, heart_rate=125, signal_quality=0.5, movement=0.3)
    assert stage.told() == [(60, "heart_rate_high", True)]


def test_what_it_was_decided_on_is_kept() -> None:
    stage = street().every(30, 0, 60, heart_rate=125.4)
    assert stage.findings[0].evidence == {
        "quantity": "heart_rate",
        "value": 125.4,
        "unit": "1/min",
        "limit": 120.0,
        "dwell_s": 60.0,
        "limit_is": "given",
    }


def test_one_value_inside_breaks_the_dwell() -> None:
    stage = street().every(1, 0, 50, heart_rate=130).say({"t": 51, "heart_rate": 120})
    assert stage.every(1, 52, 111, heart_rate=130).told() == []
    assert stage.say({"t": 112, "heart_rate": 130}).told() == [(112, "heart_rate_high", True)]


def test_a_value_that_does_not_count_neither_breaks_nor_extends_the_dwell() -> None:
    stage = street().say({"t": 0, "heart_rate": 130})
    stage.every(1, 1, 70, heart_rate=60, movement=0.8)
    assert stage.told() == []
    stage.say({"t": 71, "heart_rate": 130, "movement": 0})
    assert stage.told() == [(71, "heart_rate_high", True)]


def test_values_more_than_ten_minutes_apart_begin_a_new_dwell() -> None:
    stage = street().say({"t": 0, "heart_rate": 130}, {"t": 601, "heart_rate": 130})
    assert stage.told() == []
    stage.say({"t": 1201, "heart_rate": 130})
    assert stage.told() == [(1201, "heart_rate_high", True)]


def test_it_is_over_when_inside_by_the_margin_for_a_minute() -> None:
    stage = street().every(1, 0, 60, heart_rate=130)
    stage.every(1, 61, 300, heart_rate=117)  # inside, but not by 5
    assert stage.told() == [(60, "heart_rate_high", True)]
    stage.every(1, 301, 361, heart_rate=115)
    assert stage.told()[1:] == [(361, "heart_rate_high", False)]
    assert stage.findings[1].evidence["dwell_s"] == 60
    stage.every(1, 362, 422, heart_rate=130)
    assert stage.told()[2:] == [(422, "heart_rate_high", True)]


def test_oxygen_must_come_back_to_92() -> None:
    stage = street().every(10, 0, 60, spo2=88).every(10, 70, 200, spo2=91)
    assert len(stage.findings) == 1
    assert stage.every(10, 210, 270, spo2=92).told()[1:] == [(270, "spo2_low", False)]


def test_worse_raises_the_priority_once() -> None:
    stage = street().every(1, 0, 60, heart_rate=130).every(1, 61, 200, heart_rate=160)
    assert [(f.priority, f.since) for f in stage.findings] == [
        ("medium", at(0)),
        ("high", at(0)),
    ]
    assert stage.told()[1] == (76, "heart_rate_high", True)
    stage.every(1, 201, 300, heart_rate=130)
    assert len(stage.findings) == 2


def test_signal_quality_holds_for_a_minute_and_then_says_nothing() -> None:
    stage = street().say({"t": 0, "signal_quality": 0.1})
    stage.every(1, 1, 60, heart_rate=130)
    stage.every(1, 61, 120, heart_rate=130)
    assert stage.told() == []
    assert stage.say({"t": 121, "heart_rate": 130}).told() == [(121, "heart_rate_high", True)]


def test_one_quantity_a_message_is_judged_alike() -> None:
    stage = street().say({"t": 0, "in_bed": True})
    for second in range(1, 25):
        stage.say({"t": second, "movement": 0.0}, {"t": second, "respiration_rate": 0})
    assert stage.told() == [(21, "breathing_stopped", True)]


def test_breathing_again_is_told_and_stopping_again_too() -> None:
    stage = street().every(1, 0, 30, respiration_rate=0, in_bed=True)
    stage.every(1, 31, 60, respiration_rate=12, in_bed=True)
    stage.every(1, 61, 90, respiration_rate=0, in_bed=True)
    assert stage.told() == [
        (20, "breathing_stopped", True),
        (51, "breathing_stopped", False),
        (81, "breathing_stopped", True),
    ]


@pytest.mark.parametrize(
    ("thresholds", "said", "raised"),
    [
        ({"heart_rate_high": 100}, {"heart_rate": 110}, True),
        ({"heart_rate_high": 140}, {"heart_rate": 130}, True),
        ({"heart_rate_low": 30}, {"heart_rate": 39}, True),
        ({"heart_rate_low": 50}, {"heart_rate": 45}, True),
        ({"respiration_high": 30}, {"respiration_rate": 26}, True),
        ({"spo2_low": 88}, {"spo2": 89}, False),
        ({"spo2_low": 94}, {"spo2": 93}, True),
        ({"heart_rate_high": float("nan")}, {"heart_rate": 121}, True),
        ({"heart_rate_high": float("nan")}, {"heart_rate": 119}, False),
    ],
)
def test_a_resident_has_limits_of_their_own_within_the_absolute_ones(
    thresholds: dict[str, float], said: dict[str, float], raised: bool
) -> None:
    stage = street(**thresholds).every(5, 0, 100, **said)
    assert bool(stage.findings) is raised


def test_an_extreme_limit_of_their_own_is_never_inside_the_other() -> None:
    stage = street(heart_rate_high_extreme=100).every(1, 0, 120, heart_rate=110)
    assert stage.told() == []
    stage.every(1, 121, 136, heart_rate=121)
    assert [(f.priority, f.evidence["limit"]) for f in stage.findings] == [("high", 120)]


def test_each_device_has_its_own_condition() -> None:
    stage = street()
    for second in range(61):
        stage.say({"t": second, "heart_rate": 130})
        stage.say({"t": second, "heart_rate": 70, "device": OTHER_BED})
    assert [finding.device for finding in stage.findings] == [BED]
