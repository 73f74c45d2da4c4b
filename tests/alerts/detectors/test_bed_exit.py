"""Who leaves the bed at night and does not come back is missed after 20 minutes."""

import pytest

from alerts.detectors.bed_exit import BedExit
from tests.alerts.stage import AMBIENT, BED, Stage, anna, at, event, instant

NIGHT = instant("2026-11-21T02:00:00+00:00")
MINUTES = 60.0


def left(moment: float = NIGHT, timezone: str = "UTC") -> Stage:
    stage = Stage(BedExit(), subject=anna(timezone))
    return stage.say({"t": moment - 1, "in_bed": True}, {"t": moment, "in_bed": False})


def test_not_back_after_twenty_minutes_is_raised() -> None:
    stage = left().wait(NIGHT + 3600)
    assert stage.told() == [(NIGHT + 20 * MINUTES, "bed_exit_long", True)]
    finding = stage.findings[0]
    assert (finding.since, finding.device) == (at(NIGHT), BED)
    assert finding.evidence == {"event": "bed_exit", "limit_min": 20}


def test_back_in_time_is_nothing() -> None:
    back = {"t": NIGHT + 19 * MINUTES, "in_bed": True}
    assert left().say(back).wait(NIGHT + 7200).told() == []


def test_back_in_bed_ends_it() -> None:
    stage = left().wait(NIGHT + 1500).say({"t": NIGHT + 1800, "in_bed": True})
    assert stage.told()[1:] == [(NIGHT + 1800, "bed_exit_long", False)]
    assert stage.findings[1].evidence["away_min"] == 30


def test_events_of_the_bed_tell_the_same() -> None:
    stage = Stage(BedExit()).happen(event(NIGHT, "bed_exit", BED)).wait(NIGHT + 1300)
    stage.happen(event(NIGHT + 1400, "bed_entry", BED))
    assert stage.told() == [
        (NIGHT + 1200, "bed_exit_long", True),
        (NIGHT + 1400, "bed_exit_long", False),
    ]


@pytest.mark.parametrize("name", ["motion", "door_opened", "door_closed", "button_test"])
def test_a_sign_of_life_puts_it_off(name: str) -> None:
    stage = left().happen(event(NIGHT + 600, name, AMBIENT)).wait(NIGHT + 600 + 1199)
    assert stage.told() == []
    assert stage.wait(NIGHT + 3600).told() == [(NIGHT + 1800, "bed_exit_long", True)]


def test_movement_puts_it_off() -> None:
    moved = {"t": NIGHT + 300, "movement": 0.4, "device": AMBIENT}
    assert left().say(moved).wait(NIGHT + 3600).told() == [(NIGHT + 1500, "bed_exit_long", True)]


def test_a_sign_of_life_from_before_does_not() -> None:
    early = event(NIGHT - 60, "motion", AMBIENT, received=NIGHT + 900)
    assert left().happen(early).wait(NIGHT + 1200).told() == [(NIGHT + 1200, "bed_exit_long", True)]


@pytest.mark.parametrize(
    ("left_at", "zone", "night"),
    [
        ("2026-11-21T20:59:59+00:00", "UTC", False),
        ("2026-11-21T21:00:00+00:00", "UTC", True),
        ("2026-11-22T06:59:59+00:00", "UTC", True),
        ("2026-11-22T07:00:00+00:00", "UTC", False),
        ("2026-11-21T14:00:00+00:00", "Asia/Shanghai", True),
        ("2026-11-21T02:00:00+00:00", "Asia/Shanghai", False),
        ("2026-07-01T19:30:00+00:00", "Europe/Berlin", True),
        ("2026-01-01T19:30:00+00:00", "Europe/Berlin", False),
        ("2026-11-21T22:00:00+00:00", "Middle/Earth", True),
    ],
)
def test_night_is_where_the_resident_lives(left_at: str, zone: str, night: bool) -> None:
    moment = instant(left_at)
    assert bool(left(moment, zone).wait(moment + 1200).findings) is night


def test_a_late_exit_waits_for_the_return_that_may_come_behind_it() -> None:
    stage = Stage(BedExit()).say(
        {"t": NIGHT - 1, "received": NIGHT + 3600, "in_bed": True},
        {"t": NIGHT, "received": NIGHT + 3600, "in_bed": False},
        {"t": NIGHT + 300, "received": NIGHT + 3601, "in_bed": True},
    )
    assert stage.wait(NIGHT + 9999).told() == []


def test_after_a_restart_what_waited_at_the_broker_comes_first() -> None:
    stage = left()
    stage.engine.resume(at(NIGHT + 3600))
    stage.say({"t": NIGHT + 600, "received": NIGHT + 3601, "in_bed": True})
    assert stage.wait(NIGHT + 9999).told() == []


def test_a_resident_may_have_a_time_of_their_own() -> None:
    stage = Stage(BedExit(), subject=anna(bed_exit_long=5.0))
    stage.happen(event(NIGHT, "bed_exit", BED)).wait(NIGHT + 3600)
    assert stage.told() == [(NIGHT + 300, "bed_exit_long", True)]


def test_a_first_word_of_an_empty_bed_is_no_exit() -> None:
    stage = Stage(BedExit()).say({"t": NIGHT, "in_bed": False}).wait(NIGHT + 3600)
    assert stage.told() == []
