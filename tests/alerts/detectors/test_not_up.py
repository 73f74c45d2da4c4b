"""Who lies in bed two hours after nearly all of their own mornings is looked after."""

import pytest

from alerts.detectors.not_up import NotUp
from tests.alerts.habits import BERLIN, local, night
from tests.alerts.stage import BED, Stage, anna, at, event


def known(nights: int = 10, rise: str = "07:00", **thresholds: float) -> Stage:
    stage = Stage(NotUp(), subject=anna(BERLIN, **thresholds))
    for day in range(nights):
        night(stage, day, rise=rise)
    return stage


def lies_down(stage: Stage, day: int, clock: str = "22:00") -> Stage:
    return stage.happen(event(local(day, clock), "bed_entry", BED))


def test_two_hours_after_the_usual_time_it_is_raised_and_over_with_getting_up() -> None:
    stage = lies_down(known(), 10).wait(local(11, "08:59"))
    assert stage.told() == []
    stage.happen(event(local(11, "10:30"), "bed_exit", BED))
    assert stage.told() == [
        (local(11, "09:00"), "not_up", True),
        (local(11, "10:30"), "not_up", False),
    ]
    raised = stage.findings[0]
    assert (raised.since, raised.device) == (at(local(10, "22:00")), BED)
    assert raised.evidence == {"in_bed_h": 11.0, "usually_up_by": "07:00", "limit": "09:00"}


def test_mornings_are_mornings_when_the_clocks_have_changed() -> None:
    stage = lies_down(known(19), 19).wait(local(20, "20:00"))
    assert stage.told() == [(local(20, "09:00"), "not_up", True)]


@pytest.mark.parametrize(("nights", "raised"), [(7, False), (8, True)])
def test_seven_mornings_must_be_known(nights: int, raised: bool) -> None:
    """The last of them is known when the next night begins."""
    stage = lies_down(known(nights - 1), nights - 1).wait(local(nights, "20:00"))
    assert bool(stage.told()) is raised


def test_who_rises_late_is_let_sleep() -> None:
    assert lies_down(known(rise="09:30"), 10).wait(local(11, "11:29")).told() == []


def test_weekends_are_weekends() -> None:
    stage = Stage(NotUp(), subject=anna(BERLIN))
    for day in range(28):
        night(stage, day, rise="10:00" if (day + 1) % 7 >= 5 else "07:00")
    assert stage.told() == []
    lies_down(stage, 28).wait(local(29, "20:00"))
    assert stage.told() == [(local(29, "09:00"), "not_up", True)]


def test_a_visit_to_the_toilet_is_part_of_the_night() -> None:
    stage = night(known(), 10, rise="04:00")
    stage.happen(event(local(11, "04:10"), "bed_entry", BED)).wait(local(11, "20:00"))
    assert stage.told() == [(local(11, "09:00"), "not_up", True)]
    assert stage.findings[0].since == at(local(10, "22:00"))


def test_it_is_told_once_a_morning() -> None:
    stage = lies_down(known(), 10).happen(event(local(11, "09:30"), "bed_exit", BED))
    stage.happen(event(local(11, "09:40"), "bed_entry", BED)).wait(local(11, "20:00"))
    assert len(stage.told()) == 2


def test_lying_down_by_day_is_no_night() -> None:
    stage = night(known(), 10)
    assert lies_down(stage, 11, "13:00").wait(local(12, "02:00")).told() == []


def test_lying_in_moves_the_limit_slowly() -> None:
    stage = known(14)
    for day in range(14, 17):
        night(stage, day, rise="15:00")
    lies_down(stage, 17).wait(local(18, "20:00"))
    usual = [f.evidence["usually_up_by"] for f in stage.findings if f.active]
    assert len(usual) == 4
    assert usual == sorted(usual)
    assert usual[-1] < "08:30"


def test_a_resident_may_have_a_time_of_their_own() -> None:
    stage = lies_down(known(not_up=30.0), 10).wait(local(11, "20:00"))
    assert stage.told() == [(local(11, "07:30"), "not_up", True)]


def test_after_a_restart_what_waited_at_the_broker_comes_first() -> None:
    stage = lies_down(known(), 10)
    stage.engine.resume(at(local(11, "12:00")))
    stage.happen(event(local(11, "07:00"), "bed_exit", BED, received=local(11, "12:00") + 5))
    assert stage.wait(local(11, "20:00")).told() == []


def test_a_bed_that_has_fallen_silent_says_nothing_about_who_lies_in_it() -> None:
    """Until it speaks again; a bed that tells events alone is believed."""
    stage = known()
    stage.every(600, local(10, "22:00"), local(11, "02:00"), in_bed=True)
    assert stage.wait(local(11, "13:10")).told() == []
    stage.every(20, local(11, "13:20"), local(11, "14:10"), in_bed=True)
    assert [kind for _, kind, _ in stage.told()] == ["not_up"]
    assert local(11, "13:20") < stage.told()[0][0] <= local(11, "13:50")
