"""Night is when this resident is usually in bed: bed_exit_long learns it."""

import pytest

from alerts.detectors.bed_exit import BedExit
from tests.alerts.habits import BERLIN, local, night
from tests.alerts.stage import BED, Stage, anna, event


def known(bed: str, rise: str, nights: int = 12) -> Stage:
    stage = Stage(BedExit(), subject=anna(BERLIN))
    for day in range(nights):
        night(stage, day, bed, rise)
    stage.happen(event(local(nights, bed), "bed_entry", BED))
    stage.findings.clear()
    return stage


@pytest.mark.parametrize(
    ("bed", "rise", "left", "raised"),
    [
        ("22:00", "06:10", "29:50", True),  # in the night of theirs
        ("22:00", "06:10", "30:00", False),  # an early riser gets up before seven
        ("22:00", "08:30", "31:30", True),  # a late riser is missed at half past seven
        ("22:00", "08:30", "32:20", False),
        ("23:30", "07:30", "23:00", False),  # up again before their night begins
        ("20:00", "05:00", "20:30", True),  # and in bed before nine
    ],
)
def test_leaving_the_bed_counts_in_ones_own_night(
    bed: str, rise: str, left: str, raised: bool
) -> None:
    stage = known(bed, rise)
    hour, minute = left.split(":")
    day, clock = 12 + int(hour) // 24, f"{int(hour) % 24}:{minute}"
    stage.happen(event(local(day, clock), "bed_exit", BED)).wait(local(day, clock) + 7200)
    assert bool(stage.told()) is raised


def test_the_evidence_says_which_night_it_was_judged_by() -> None:
    stage = known("22:00", "06:30").happen(event(local(13, "03:00"), "bed_exit", BED))
    stage.wait(local(13, "04:00"))
    assert stage.findings[0].evidence["usual_night"] == "22:00-06:15"


def test_one_odd_night_does_not_change_what_is_usual() -> None:
    stage = Stage(BedExit(), subject=anna(BERLIN))
    for day in range(14):
        night(stage, day, "22:00", "04:20" if day == 6 else "06:30")
    stage.happen(event(local(14, "22:00"), "bed_entry", BED))
    stage.happen(event(local(15, "05:00"), "bed_exit", BED)).wait(local(15, "06:00"))
    assert stage.told()[-1] == (local(15, "05:20"), "bed_exit_long", True)


def test_before_seven_nights_it_is_from_nine_to_seven() -> None:
    stage = known("22:00", "08:30", nights=6)
    stage.happen(event(local(7, "07:30"), "bed_exit", BED)).wait(local(7, "09:00"))
    assert stage.told() == []


def test_when_clocks_go_back_bodies_get_up_an_hour_early() -> None:
    """Clocks in Berlin go back on the story's 21st morning."""
    stage = known("22:00", "07:30", nights=19)
    stage.happen(event(local(20, "06:30"), "bed_exit", BED)).wait(local(20, "09:00"))
    assert stage.told() == []
