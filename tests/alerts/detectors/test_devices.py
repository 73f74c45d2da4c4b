"""What is wrong with a device itself: battery, fault, clock."""

import pytest

from alerts.detectors.battery import Battery
from alerts.detectors.clock_skew import ClockSkew
from alerts.detectors.fault import Fault
from tests.alerts.stage import BED, FALL, Stage, anna, at, event

MINUTES = 60.0


def test_a_battery_is_low_at_once_and_until_it_is_well_above() -> None:
    stage = Stage(Battery())
    for moment, battery in enumerate([15, 14, 9, 19, 20, 16, 14]):
        stage.say({"t": moment, "battery": battery})
    assert stage.told() == [
        (1, "battery_low", True),
        (4, "battery_low", False),
        (6, "battery_low", True),
    ]
    assert stage.findings[0].evidence["limit"] == 15
    assert stage.findings[1].since == at(1)


def test_a_battery_limit_of_their_own() -> None:
    stage = Stage(Battery(), subject=anna(battery_low=30.0)).say({"t": 0, "battery": 29})
    assert stage.told() == [(0, "battery_low", True)]


LYING = {"in_bed": True, "heart_rate": 61.0, "respiration_rate": 14.5}


def test_values_that_stand_still_for_half_an_hour_are_stuck() -> None:
    stage = Stage(Fault()).every(10, 0, 1790, **LYING)
    assert stage.told() == []
    stage.say({"t": 1800} | LYING)
    assert stage.told() == [(1800, "device_fault", True)]
    finding = stage.findings[0]
    assert (finding.since, finding.evidence["cause"]) == (at(0), "stuck")
    assert finding.evidence["heart_rate"] == 61
    stage.say({"t": 1810} | LYING, {"t": 1820} | LYING | {"heart_rate": 62.0})
    assert stage.told()[1:] == [(1820, "device_fault", False)]


def test_a_device_that_tells_one_rate_only_can_be_stuck_too() -> None:
    assert Stage(Fault()).every(10, 0, 1800, heart_rate=61).told() == [(1800, "device_fault", True)]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (20, LYING),  # 91 samples are too few
        (10, LYING | {"in_bed": False}),
        (10, {"movement": 0.0}),
    ],
)
def test_what_is_not_stuck(step: float, said: dict[str, float]) -> None:
    assert Stage(Fault()).every(step, 0, 1800, **said).told() == []


def test_a_rate_that_changes_while_the_other_stands_still_is_not_stuck() -> None:
    stage = Stage(Fault())
    for second in range(0, 3600, 10):
        stage.say({"t": second} | LYING | {"respiration_rate": 14 + second % 20 / 10})
    assert stage.told() == []


def test_a_late_message_does_not_end_it() -> None:
    stage = Stage(Fault()).every(10, 0, 1800, **LYING)
    stage.say({"t": 3, "received": 1805, "heart_rate": 70}, {"t": 1810} | LYING)
    assert stage.told() == [(1800, "device_fault", True)]


def test_ten_refused_values_within_ten_minutes() -> None:
    stage = Stage(Fault()).every(60, 0, 480, implausible=1)
    assert stage.told() == []
    stage.say({"t": 600, "implausible": 1})
    assert stage.told() == [(600, "device_fault", True)]
    assert stage.findings[0].evidence["cause"] == "implausible"
    stage.say({"t": 1200}, {"t": 1201})
    assert stage.told()[1:] == [(1201, "device_fault", False)]


def test_refused_values_further_apart_are_no_fault() -> None:
    assert Stage(Fault()).every(67, 0, 6700, implausible=1).told() == []


def test_many_refused_values_of_one_message() -> None:
    assert Stage(Fault()).say({"t": 0, "implausible": 12}).told() == [(0, "device_fault", True)]


def test_tamper_speaks_for_itself_and_is_not_ended_by_another_cause() -> None:
    stage = Stage(Fault()).happen(event(0, "tamper", BED, detail="opened"))
    stage.say({"t": 1, "implausible": 10}, {"t": 700})
    assert stage.told() == [(0, "device_fault", True), (1, "device_fault", True)]
    assert stage.findings[0].evidence == {"event": "tamper", "detail": "opened"}


def test_a_fault_that_is_taken_back_is_over() -> None:
    stage = Stage(Fault()).happen(event(0, "fault", FALL), event(9, "fault", FALL, active=False))
    assert stage.told() == [(0, "device_fault", True), (9, "device_fault", False)]


def test_a_clock_ahead_is_wrong_at_once_and_right_after_ten_minutes_in_order() -> None:
    stage = Stage(ClockSkew()).say({"t": 0, "offset": 120}, {"t": 10, "offset": 121})
    assert stage.told() == [(10, "clock_skew", True)]
    assert stage.findings[0].evidence == {"offset_s": 121, "limit_s": 120}
    stage.every(10, 20, 610, offset=1)
    assert len(stage.findings) == 1
    assert stage.say({"t": 620, "offset": 1}).told()[1:] == [(620, "clock_skew", False)]


def test_a_clock_steadily_behind_is_wrong() -> None:
    stage = Stage(ClockSkew())
    for second in range(0, 601, 10):
        stage.say({"t": second - 3600, "received": second, "offset": -3600 + second % 20})
    assert stage.told() == [(600, "clock_skew", True)]


def test_stored_readings_that_are_being_sent_are_no_skew() -> None:
    stage = Stage(ClockSkew())
    for second in range(0, 1800, 10):  # an hour of them, twice as fast as they were measured
        stage.say({"t": second, "offset": -3600 + 2 * second})
    assert stage.told() == []


def test_a_clock_that_was_never_set_is_wrong_at_once() -> None:
    assert Stage(ClockSkew()).say({"t": 0, "offset": -1.7e9}).told() == [(0, "clock_skew", True)]


def test_an_event_of_an_impossible_time_tells_of_its_clock() -> None:
    stage = Stage(ClockSkew()).happen(
        event(-1e9, "button_pressed", FALL, received=0, clock_wrong=True)
    )
    assert stage.told() == [(0, "clock_skew", True)]
    assert stage.findings[0].evidence["offset_s"] == -1e9
