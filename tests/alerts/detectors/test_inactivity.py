"""No sign of life for longer than is usual at this hour, by the resident's own days."""

import pytest

from alerts.detectors.inactivity import Inactivity
from tests.alerts.habits import BERLIN, asleep, local, motions, night
from tests.alerts.stage import AMBIENT, BED, Stage, anna, at, event

HOURS = ("7:10", "8:30", "10:00", "11:30", "13:00", "14:30", "16:00", "18:00", "20:00", "21:40")
"""When Anna is seen: quiet for two hours at most by day, for nine and a half at night."""


def known(days: int = 9, **thresholds: float) -> Stage:
    stage = Stage(Inactivity(), subject=anna(BERLIN, **thresholds))
    for day in range(days):
        motions(stage, day, *HOURS)
    return stage


def test_quiet_for_too_long_by_day_is_raised_and_over_with_the_next_sign() -> None:
    """Two hours are usual between ten and six: half as much again and half an hour more."""
    stage = motions(known(), 9, *HOURS[:7]).wait(local(9, "19:29"))
    assert stage.told() == []
    motions(stage, 9, "21:00")
    assert stage.told() == [
        (local(9, "19:30"), "inactivity", True),
        (local(9, "21:00"), "inactivity", False),
    ]
    raised = stage.findings[0]
    assert (raised.since, raised.device) == (at(local(9, "16:00")), AMBIENT)
    assert raised.evidence["quiet_min"] == raised.evidence["limit_min"] == 210


def test_a_usual_night_is_quiet() -> None:
    stage = motions(known(), 9, *HOURS)
    assert motions(stage, 10, "7:10").told() == []


def test_after_the_clocks_have_changed_days_go_on_as_before() -> None:
    assert known(28).told() == []


def test_a_heart_that_beats_in_bed_is_a_sign_of_life() -> None:
    stage = motions(known(), 9, *HOURS)
    stage.every(600, local(9, "22:00"), local(10, "18:00"), in_bed=True, heart_rate=60)
    assert stage.told() == []


@pytest.mark.parametrize(
    "said",
    [
        {"heart_rate": 60.0, "in_bed": False},
        {"heart_rate": 60.0, "in_bed": True, "signal_quality": 0.2},
        {"in_bed": True},
        {"movement": 0.02, "in_bed": True},
        {"temperature": 21.0},
    ],
)
def test_a_device_that_speaks_is_not_a_person_that_lives(said: dict[str, float]) -> None:
    stage = motions(known(), 9, *HOURS[:7])
    stage.every(600, local(9, "16:10"), local(9, "21:00"), device=BED, **said)
    assert [(kind, active) for _, kind, active in stage.told()] == [("inactivity", True)]


def test_after_a_door_it_may_be_quiet_for_twice_as_long() -> None:
    stage = motions(known(), 9, *HOURS[:3])
    motions(stage, 9, "11:30", name="door_closed").wait(local(9, "20:00"))
    assert stage.told() == [(local(9, "18:30"), "inactivity", True)]
    assert stage.findings[0].evidence["may_be_out"] is True


def test_before_a_week_is_known_twelve_hours_by_day_are_too_long() -> None:
    stage = motions(known(2), 2, "8:00").wait(local(2, "19:59"))
    assert stage.told() == []
    assert stage.wait(local(3, "7:59")).told() == []
    assert stage.wait(local(3, "9:00")).told() == [(local(3, "8:00"), "inactivity", True)]


def test_before_a_week_is_known_nothing_is_raised_where_only_a_bed_speaks() -> None:
    stage = night(night(Stage(Inactivity(), subject=anna(BERLIN)), 0), 1)
    assert stage.wait(local(4, "20:00")).told() == []


def test_where_only_a_bed_speaks_days_are_long() -> None:
    """It is quiet from seven to ten, every day; a day without a night is another matter."""
    stage = Stage(Inactivity(), subject=anna(BERLIN))
    for day in range(10):
        asleep(stage, day)
    assert stage.told() == []
    stage.wait(local(11, "23:00"))
    assert [kind for _, kind, _ in stage.told()] == ["inactivity"]


def test_a_stay_in_hospital_is_told_once_and_does_not_spoil_what_is_usual() -> None:
    stage = known()
    for day in range(14, 17):
        motions(stage, day, *HOURS)
    assert len(stage.told()) == 2
    motions(stage, 17, *HOURS[:5]).wait(local(18, "6:00"))
    assert [active for *_, active in stage.told()] == [True, False, True]
    assert stage.findings[-1].at <= at(local(17, "23:00"))


def test_a_new_habit_is_learned() -> None:
    """From the tenth day on Anna is out or asleep every afternoon."""
    stage = known()
    rings = []
    for day in range(9, 30):
        before = len(stage.told())
        motions(stage, day, *HOURS[:3], "17:30", *HOURS[7:])
        rings.append(len(stage.told()) > before)
    assert rings[0]
    assert not any(rings[3:])


def test_a_resident_may_have_a_limit_of_their_own() -> None:
    stage = motions(known(0, inactivity=90.0), 0, "9:00", "10:00").wait(local(0, "20:00"))
    assert stage.told() == [(local(0, "11:30"), "inactivity", True)]


def test_a_sign_that_arrives_late_counts_when_it_was() -> None:
    stage = motions(known(), 9, *HOURS[:7])
    stage.happen(event(local(9, "17:00"), "motion", AMBIENT, received=local(9, "19:00")))
    assert stage.wait(local(9, "20:30")).told() == []


def test_while_nothing_could_be_heard_it_was_not_quiet() -> None:
    """Two hours of our own absence; then the rest of the limit, and not all of it again."""
    stage = motions(known(), 9, *HOURS[:4]).say({"t": local(9, "12:00")})
    stage.engine.resume(at(local(9, "14:00")))
    assert stage.wait(local(10, "6:00")).told() == [(local(9, "17:00"), "inactivity", True)]


def test_two_restarts_are_not_one_long_absence() -> None:
    stage = motions(known(), 9, *HOURS[:7]).say({"t": local(9, "17:00")})
    for clock in ("17:01", "17:02"):
        stage.engine.resume(at(local(9, clock)))
    assert stage.wait(local(10, "6:00")).told() == [(local(9, "19:32"), "inactivity", True)]


def test_a_restart_raises_nothing_at_once() -> None:
    stage = known()
    stage.engine.resume(at(local(12, "15:00")))
    assert stage.wait(local(12, "15:00")).told() == []
