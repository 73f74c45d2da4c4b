"""Events that speak for themselves: buttons and hazards."""

import pytest

from alerts.detectors.hazard import Hazard
from alerts.detectors.sos import Sos
from tests.alerts.stage import AMBIENT, BUTTON, FALL, Stage, at, event


def test_every_press_is_told_with_its_key() -> None:
    stage = Stage(Sos()).happen(
        event(0, "button_pressed", BUTTON, key="id:a", place="kitchen"),
        event(5, "button_pressed", BUTTON, key="id:b"),
    )
    assert stage.told() == [(0, "sos", True), (5, "sos", True)]
    assert [finding.key for finding in stage.findings] == ["id:a", "id:b"]
    assert stage.findings[0].evidence == {"event": "button_pressed", "place": "kitchen"}


@pytest.mark.parametrize("name", ["button_test", "button_cancelled", "motion"])
def test_other_events_are_no_call_for_help(name: str) -> None:
    assert Stage(Sos()).happen(event(0, name, BUTTON)).told() == []


def test_a_press_that_comes_late_is_told_for_when_it_was() -> None:
    stage = Stage(Sos()).happen(event(0, "button_pressed", BUTTON, received=600))
    assert (stage.findings[0].since, stage.findings[0].at) == (at(0), at(600))
    assert stage.findings[0].evidence["late"] is True


def test_a_press_of_an_impossible_time_was_now() -> None:
    stage = Stage(Sos()).happen(
        event(-1e9, "button_pressed", BUTTON, received=60, clock_wrong=True)
    )
    assert stage.findings[0].since == at(60)


@pytest.mark.parametrize("name", ["smoke", "gas", "carbon_monoxide", "water_leak"])
def test_a_hazard_lasts_until_its_sensor_says_otherwise(name: str) -> None:
    stage = Stage(Hazard()).happen(event(0, name, AMBIENT), event(60, name, AMBIENT, active=False))
    assert stage.told() == [(0, name, True), (60, name, False)]


def test_one_sensor_does_not_answer_for_another() -> None:
    stage = Stage(Hazard()).happen(
        event(0, "smoke", AMBIENT, active=True), event(60, "smoke", FALL, active=False)
    )
    assert [(f.device, f.active) for f in stage.findings] == [(AMBIENT, True), (FALL, False)]


def test_an_alarm_older_than_the_all_clear_is_told_and_at_once_over() -> None:
    stage = Stage(Hazard()).happen(
        event(60, "smoke", AMBIENT, active=False),
        event(30, "smoke", AMBIENT, active=True, received=70),
    )
    assert stage.told()[1:] == [(70, "smoke", True), (70, "smoke", False)]


def test_an_all_clear_older_than_the_alarm_says_nothing() -> None:
    stage = Stage(Hazard()).happen(
        event(60, "smoke", AMBIENT, active=True),
        event(30, "smoke", AMBIENT, active=False, received=70),
    )
    assert stage.told() == [(60, "smoke", True)]


def test_an_old_alarm_does_not_end_the_present_one() -> None:
    stage = Stage(Hazard()).happen(
        event(10, "smoke", AMBIENT, active=False),
        event(20, "smoke", AMBIENT, active=True),
        event(5, "smoke", AMBIENT, active=True, received=30),
    )
    assert stage.told()[1:] == [(20, "smoke", True), (30, "smoke", True)]
