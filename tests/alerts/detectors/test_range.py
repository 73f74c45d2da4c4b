"""A range of one's own: learned from nights, or from the last forty minutes; never wider."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.respiration import Respiration
from tests.alerts.stage import Stage, anna

HOURS = 3600.0
NIGHT = 16 * HOURS
"""The stage begins at 6:00 UTC; this is 22:00."""
DAYS = 24 * HOURS
FIRST_DEVICE = 0
"""The bed's number in the engine."""


def sleep(
    start: float,
    hours: float,
    heart: float = 55,
    breath: float = 14,
    step: float = 30,
    seed: int = 1,
) -> Iterator[dict[str, Any]]:
    """A quiet night: small wander, in bed."""
    random = np.random.default_rng(seed)
    for moment in np.arange(start, start + hours * HOURS, step):
        yield {
            "t": float(moment),
            "heart_rate": heart + float(random.normal(0, 2)),
            "respiration_rate": breath + float(random.normal(0, 0.7)),
            "in_bed": True,
        }


def after(hours: float, heart: float, minutes: float = 3, **more: Any) -> Stage:
    """Sleep at 55 from 22:00, then another heart rate."""
    stage = Stage(HeartRate()).say(*sleep(NIGHT, hours))
    start = NIGHT + hours * HOURS
    return stage.every(5, start, start + minutes * 60, heart_rate=heart, in_bed=True, **more)


def kinds(stage: Stage) -> list[tuple[str, bool]]:
    return [(kind, active) for _, kind, active in stage.told()]


def test_a_sleeper_whose_heart_suddenly_races_is_told_of_long_before_120() -> None:
    stage = after(1, heart=95)
    assert kinds(stage) == [("heart_rate_high", True)]
    finding = stage.findings[0]
    assert stage.told()[0][0] - (NIGHT + HOURS) <= 65
    assert finding.evidence["limit_is"] == "recent"
    assert 80 < finding.evidence["limit"] < 95


def test_a_sleeper_whose_heart_slows_by_twenty_is_told_of() -> None:
    stage = Stage(HeartRate()).say(*sleep(NIGHT, 1, heart=70))
    stage.every(5, NIGHT + HOURS, NIGHT + HOURS + 120, heart_rate=50, in_bed=True)
    assert kinds(stage) == [("heart_rate_low", True)]


QUIET: list[dict[str, Any]] = [
    {"hours": 0.25, "heart": 95},  # not long enough in bed to know
    {"hours": 1, "heart": 75},  # an arousal
    {"hours": 1, "heart": 95, "minutes": 0.8},  # too short
    {"hours": 1, "heart": 95, "movement": 0.5},
    {"hours": 1, "heart": 95, "signal_quality": 0.2},
]


@pytest.mark.parametrize("bedtime", [0, 6, 12, 18])
def test_a_racing_heart_is_told_of_whenever_somebody_sleeps(bedtime: float) -> None:
    start = bedtime * HOURS
    stage = Stage(HeartRate()).say(*sleep(start, 1))
    stage.every(5, start + HOURS, start + HOURS + 180, heart_rate=95, in_bed=True)
    assert kinds(stage) == [("heart_rate_high", True)]


def test_twenty_minutes_of_a_first_sleep_are_enough_for_a_racing_heart() -> None:
    assert kinds(after(0.5, heart=95)) == [("heart_rate_high", True)]


def test_twenty_minutes_are_not_enough_for_a_slow_heart_as_it_slows_in_falling_asleep() -> None:
    assert kinds(after(0.5, heart=41)) == []


@pytest.mark.parametrize("hours", [1, 8, 9.5])
def test_who_wakes_up_has_a_heart_that_climbs(hours: float) -> None:
    stage = Stage(HeartRate()).say(*sleep(NIGHT, hours))
    start = NIGHT + hours * HOURS
    for minute in range(6):
        at = start + minute * 60
        stage.every(5, at, at + 60, heart_rate=min(62 + 7 * minute, 92), in_bed=True)
    stage.every(5, start + 360, start + 900, heart_rate=92, in_bed=True)
    assert kinds(stage) == []


@pytest.mark.parametrize("story", QUIET)
def test_what_is_no_news_of_a_sleeper_raises_nothing(story: dict[str, Any]) -> None:
    assert kinds(after(**story)) == []


def test_the_limit_stays_what_it_was_while_the_alert_is_on() -> None:
    assert kinds(after(1, heart=95, minutes=90)) == [("heart_rate_high", True)]


def nights(count: int, **how: Any) -> Stage:
    stage = Stage(Respiration())
    for night in range(count):
        stage.say(*sleep(NIGHT + night * DAYS, 8, step=60, seed=night, **how))
    return stage


def fever(stage: Stage, night: int, breath: float) -> Stage:
    start = NIGHT + night * DAYS
    return stage.say(*sleep(start, 1, breath=breath, step=30, seed=99))


def test_breathing_that_is_fast_for_this_person_is_told_of_after_some_nights() -> None:
    stage = fever(nights(6), 6, breath=23.5)
    assert kinds(stage)[:1] == [("respiration_high", True)]
    assert stage.findings[0].evidence["limit_is"] == "learned"
    assert stage.findings[0].evidence["limit"] < 25


def test_before_three_nights_the_absolute_limits_hold() -> None:
    assert kinds(fever(nights(2), 2, breath=23.5)) == []
    assert kinds(fever(nights(2), 2, breath=29)) == [("respiration_high", True)]


def test_a_learned_range_is_never_wider_than_the_absolute_limits() -> None:
    stage = fever(nights(6, breath=22), 6, breath=28)
    assert stage.findings[0].evidence["limit"] == 25
    assert stage.findings[0].evidence["limit_is"] == "given"


def test_an_illness_drags_its_range_along_slowly() -> None:
    detector = Respiration()
    stage = Stage(detector)
    for night in range(10):
        breath = 14 if night < 7 else 23
        stage.say(*sleep(NIGHT + night * DAYS, 8, breath=breath, step=60, seed=night))
    usual = detector.memory["usual"][FIRST_DEVICE, :3, 1]
    assert (usual < 16).all()
    assert kinds(stage)[:1] == [("respiration_high", True)]


def test_somebody_whose_nights_change_for_good_is_learned_anew() -> None:
    detector = Respiration()
    stage = Stage(detector)
    for night in range(40):
        breath = 13 if night < 5 else 17
        stage.say(*sleep(NIGHT + night * DAYS, 8, breath=breath, step=60, seed=night))
    assert detector.memory["usual"][FIRST_DEVICE, 1, 1] == pytest.approx(17, abs=0.5)


def test_nights_that_differ_are_both_usual() -> None:
    stage = Stage(HeartRate())
    for night in range(8):
        heart = 52 if night % 2 else 80
        stage.say(*sleep(NIGHT + night * DAYS, 8, heart=heart, step=60, seed=night))
    assert stage.told() == []


def test_the_late_lane_learns_nothing() -> None:
    assert "usual" not in HeartRate(late=True).memory


def test_by_day_a_heart_that_is_worn_may_leap_as_its_owner_moves() -> None:
    stage = Stage(HeartRate()).every(30, 6 * HOURS, 7 * HOURS, heart_rate=70)
    stage.every(5, 7 * HOURS, 7 * HOURS + 600, heart_rate=110)
    assert kinds(stage.every(5, 7 * HOURS + 600, 7 * HOURS + 1200, heart_rate=52)) == []


def test_parts_of_the_day_are_those_of_the_residents_clock() -> None:
    """22:00 UTC is 6:00 in Shanghai: the last part of the night, and from 7:00 on the day."""
    detector = HeartRate()
    Stage(detector, subject=anna(timezone="Asia/Shanghai")).say(*sleep(NIGHT, 1.5))
    learned = detector.memory["learned"][FIRST_DEVICE] > 0
    assert learned.tolist() == [False, False, True, True, False]
