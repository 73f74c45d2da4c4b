"""Nights that have been different for days, one alert a drift."""

from typing import Any

import numpy as np
import pytest

from alerts.detectors.trend import Trend
from tests.alerts.habits import BERLIN, asleep, local
from tests.alerts.stage import BED, Stage, anna, at

MONTH = 26


def nights(stage: Stage, first: int, last: int, seed: int = 3, **said: Any) -> Stage:
    """Nights around 60 and 14, or around what is said."""
    random = np.random.default_rng(seed)
    usual = {"heart_rate": 60.0, "respiration_rate": 14.0} | said
    for day in range(first, last):
        wander = dict(zip(usual, random.normal(0, (1.5, 0.4)), strict=True))
        asleep(stage, day, **{name: value + wander[name] for name, value in usual.items()})
    return stage


def settled() -> Stage:
    return nights(Stage(Trend(), subject=anna(BERLIN)), 0, MONTH)


def test_nights_like_all_others_tell_nothing() -> None:
    assert nights(settled(), MONTH, 60, seed=5).told() == []


@pytest.mark.parametrize(
    ("quantity", "value", "within"), [("heart_rate", 68.0, 7), ("respiration_rate", 17.0, 7)]
)
def test_a_change_that_lasts_is_told_within_a_week_at_noon(
    quantity: str, value: float, within: int
) -> None:
    said: dict[str, Any] = {quantity: value}
    stage = nights(settled(), MONTH, MONTH + within, **said)
    stage.wait(local(MONTH + within, "13:00"))
    (raised,) = stage.findings
    assert (raised.device, raised.active) == (BED, True)
    assert raised.at in [at(local(MONTH + night, "12:00")) for night in range(3, within + 1)]
    assert raised.since == at(local(MONTH, "12:00"))
    assert set(raised.evidence) == {"nights_known", quantity}
    assert abs(raised.evidence[quantity]["last_nights"] - value) < 2


def test_it_is_over_some_nights_after_all_is_as_it_was() -> None:
    stage = nights(settled(), MONTH, MONTH + 6, heart_rate=70.0)
    nights(stage, MONTH + 6, MONTH + 14).wait(local(MONTH + 14, "13:00"))
    assert [active for *_, active in stage.told()] == [True, False]


def test_what_stays_becomes_usual_and_is_over_without_a_second_alert() -> None:
    stage = nights(settled(), MONTH, MONTH + 45, heart_rate=70.0)
    assert [active for *_, active in stage.told()] == [True, False]


def test_a_slow_drift_is_found() -> None:
    stage = settled()
    for day in range(MONTH, MONTH + 25):
        nights(stage, day, day + 1, seed=day, heart_rate=60.0 + 0.5 * (day - MONTH))
    assert (stage.told()[0][1:], len(stage.told())) == (("trend", True), 1)


def test_one_bad_night_is_none() -> None:
    stage = nights(settled(), MONTH, MONTH + 1, heart_rate=95.0)
    assert nights(stage, MONTH + 1, MONTH + 5).told() == []


def test_another_figure_that_joins_is_told_with_the_first() -> None:
    stage = nights(settled(), MONTH, MONTH + 6, heart_rate=70.0)
    nights(stage, MONTH + 6, MONTH + 13, heart_rate=70.0, respiration_rate=19.0)
    stage.wait(local(MONTH + 13, "13:00"))
    first, second = stage.findings
    assert first.since == second.since
    assert set(second.evidence) == {"nights_known", "heart_rate", "respiration_rate"}


def test_restless_nights_and_time_out_of_bed() -> None:
    stage = settled()
    for day in range(MONTH, MONTH + 7):
        asleep(stage, day, movement=0.2)
    stage.wait(local(MONTH + 7, "13:00"))
    assert "restlessness" in stage.findings[0].evidence


def test_two_weeks_must_be_known() -> None:
    stage = nights(Stage(Trend(), subject=anna(BERLIN)), 0, 10)
    assert nights(stage, 10, 14, heart_rate=90.0).told() == []


def test_nights_without_a_word_change_nothing() -> None:
    stage = settled().wait(local(MONTH + 20, "13:00"))
    assert nights(stage, MONTH + 20, MONTH + 24).told() == []
