"""A fall that is certain, and a suspicion and what becomes of it."""

from typing import Any

import pytest

from alerts.detectors.fall import Fall
from tests.alerts.stage import AMBIENT, BED, BUTTON, FALL, Stage, at, event

SUSPECTED = (0, "fall_suspected", True)
BECAME_FALL = [(60, "fall", True), (60, "fall_suspected", False)]


def suspected() -> Stage:
    return Stage(Fall()).happen(event(0, "fall", certainty="suspected", place="bathroom"))


@pytest.mark.parametrize("certainty", ["confirmed", None])
def test_a_certain_fall_is_a_fall(certainty: str | None) -> None:
    stage = Stage(Fall()).happen(event(5, "fall", certainty=certainty)).wait(600)
    assert stage.told() == [(5, "fall", True)]
    assert stage.findings[0].key == "fall@5"


def test_a_suspicion_without_a_sign_of_life_becomes_a_fall() -> None:
    stage = suspected().wait(600)
    assert stage.told() == [SUSPECTED, *BECAME_FALL]
    suspicion, fall, over = stage.findings
    assert suspicion.evidence["place"] == "bathroom"
    assert (fall.since, fall.device, fall.priority) == (at(0), FALL, "high")
    assert (over.over, over.evidence) == (True, {"became": "fall"})


def test_the_timer_acts_as_of_its_time_and_before_a_message_of_the_same_instant() -> None:
    stage = suspected().happen(event(60, "motion", AMBIENT))
    assert stage.told()[1:] == BECAME_FALL


SIGNS: list[tuple[str, Any]] = [
    ("a motion sensor", event(30, "motion", AMBIENT)),
    ("a door", event(30, "door_opened", AMBIENT)),
    ("the bed's exit", event(30, "bed_exit", BED)),
    ("a test of the button", event(30, "button_test", BUTTON)),
    ("movement", {"t": 30, "movement": 0.2}),
]


@pytest.mark.parametrize(("name", "sign"), SIGNS)
def test_a_sign_of_life_leaves_it_a_suspicion(name: str, sign: Any) -> None:
    stage = suspected()
    stage = stage.say(sign) if isinstance(sign, dict) else stage.happen(sign)
    assert stage.wait(600).told() == [SUSPECTED]


def test_getting_into_bed_is_a_sign_of_life_and_lying_there_is_none() -> None:
    stage = Stage(Fall()).say({"t": -10, "in_bed": False})
    stage.happen(event(0, "fall", certainty="suspected"))
    assert stage.say({"t": 5, "in_bed": False}, {"t": 9, "in_bed": True}).wait(99).told() == [
        SUSPECTED
    ]


@pytest.mark.parametrize(
    "said",
    [{"t": 30, "movement": 0.1}, {"t": 30, "in_bed": True}, {"t": 30, "heart_rate": 70}],
)
def test_stillness_is_no_sign_of_life(said: dict[str, Any]) -> None:
    assert suspected().say(said).wait(60).told() == [SUSPECTED, *BECAME_FALL]


def test_a_sign_from_before_the_suspicion_says_nothing() -> None:
    stage = suspected().say({"t": -5, "received": 10, "movement": 0.9}).wait(60)
    assert stage.told()[1:] == BECAME_FALL


@pytest.mark.parametrize("said", [{"t": 0, "received": 1, "movement": 0.9}])
def test_the_impact_itself_is_no_sign_of_life(said: dict[str, Any]) -> None:
    assert suspected().say(said).wait(60).told()[1:] == BECAME_FALL


def test_a_suspicion_that_arrives_after_a_sign_of_life_does_not_wait() -> None:
    stage = Stage(Fall()).happen(event(10, "motion", AMBIENT))
    stage.happen(event(0, "fall", certainty="suspected", received=90)).wait(600)
    assert stage.told() == [(90, "fall_suspected", True)]
    assert stage.findings[0].evidence["late"] is True


@pytest.mark.parametrize(
    "taken_back", [event(30, "fall", certainty="cleared"), event(30, "button_cancelled", BUTTON)]
)
def test_a_suspicion_can_be_taken_back(taken_back: Any) -> None:
    stage = suspected().happen(taken_back).wait(600)
    assert stage.told() == [SUSPECTED, (30, "fall_suspected", False)]
    assert stage.findings[1].over


def test_a_suspicion_that_is_confirmed_is_a_fall_and_no_longer_a_suspicion() -> None:
    stage = suspected().happen(event(12, "fall", certainty="confirmed")).wait(600)
    assert stage.told() == [SUSPECTED, (12, "fall", True), (12, "fall_suspected", False)]
    assert stage.findings[2].evidence == {"became": "fall"}


def test_a_second_suspicion_does_not_put_the_first_one_off() -> None:
    stage = suspected().happen(event(40, "fall", certainty="suspected")).wait(600)
    assert stage.told() == [SUSPECTED, (40, "fall_suspected", True), *BECAME_FALL]


def test_a_suspicion_after_a_sign_of_life_waits_afresh() -> None:
    stage = suspected().happen(event(30, "motion", AMBIENT))
    stage.happen(event(100, "fall", certainty="suspected")).wait(600)
    assert stage.told()[-2:] == [(160, "fall", True), (160, "fall_suspected", False)]


def test_a_confirmed_fall_is_not_cleared_by_its_device() -> None:
    stage = Stage(Fall()).happen(
        event(0, "fall", certainty="confirmed"), event(9, "fall", certainty="cleared")
    )
    assert stage.told() == [(0, "fall", True)]
