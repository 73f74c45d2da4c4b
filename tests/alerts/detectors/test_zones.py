"""Local time: what the wall clock shows, through changes of clocks."""

import numpy as np
import pytest

from alerts.detectors.zones import Zones, clock, is_weekend, noon_before
from domain.directory import Subject
from domain.time import HOUR, Micros, iso
from tests.alerts.stage import at, instant


def zones(name: str) -> Zones:
    known = Zones()
    known.configure(1, [Subject("anna", 0, "anna", None, name)])
    return known


def moment(text: str) -> Micros:
    return at(instant(text))


@pytest.mark.parametrize(
    ("zone", "utc", "wall"),
    [
        ("UTC", "2026-11-21T22:26:00+00:00", "22:26"),
        ("Asia/Shanghai", "2026-11-21T22:26:00+00:00", "06:26"),
        ("Europe/Berlin", "2026-10-25T00:59:00+00:00", "02:59"),
        ("Europe/Berlin", "2026-10-25T01:01:00+00:00", "02:01"),
        ("Australia/Lord_Howe", "2026-10-03T15:29:00+00:00", "01:59"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00+00:00", "02:30"),
        ("Middle/Earth", "2026-11-21T22:26:00+00:00", "22:26"),
    ],
)
def test_the_wall_clock(zone: str, utc: str, wall: str) -> None:
    known, when = zones(zone), moment(utc)
    local = known.local(0, when)
    assert clock((local - noon_before(local)) / HOUR * 60) == wall
    assert known.locals(np.zeros(1, np.int32), np.array([when]))[0] == local


@pytest.mark.parametrize("utc", ["2026-10-24T10:00:00+00:00", "2026-03-29T10:00:00+00:00"])
def test_there_and_back(utc: str) -> None:
    known, when = zones("Europe/Berlin"), moment(utc)
    assert known.instant(0, known.local(0, when)) == when


def test_the_next_noon_of_a_day_with_25_hours() -> None:
    known, when = zones("Europe/Berlin"), moment("2026-10-24T10:00:00+00:00")
    found = known.next(np.zeros(1, np.int32), np.array([when]), 12)
    assert iso(int(found[0])) == "2026-10-25T11:00:00.000Z"


def test_weekends() -> None:
    assert is_weekend(moment("2026-11-21T12:00:00+00:00"))
    assert not is_weekend(moment("2026-11-23T12:00:00+00:00"))
