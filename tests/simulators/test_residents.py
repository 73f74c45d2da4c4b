"""People who could be real: days, sleep, hearts and breaths."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from domain.time import HOUR, MINUTE, SECOND, from_datetime
from simulators.residents import Incident, Moment, Resident

NOON = from_datetime(datetime(2026, 3, 2, 12, tzinfo=UTC))
PEOPLE = [f"resident-{number}" for number in range(12)]


def night(resident: Resident, step_s: int = 10) -> list[Moment]:
    """From 23:00 to 06:00."""
    begin = NOON + 11 * HOUR
    return [resident.moment(begin + s * SECOND) for s in range(0, 7 * 3600, step_s)]


def _gets_up(resident: Resident) -> bool:
    return resident.activity(NOON + 10 * MINUTE) == "meal"


@pytest.mark.parametrize("name", PEOPLE)
def test_at_night_they_sleep_in_cycles_and_in_the_day_most_are_up(name: str) -> None:
    resident = Resident(name, "UTC", 7)
    minutes = [resident.activity(NOON + minute * MINUTE) for minute in range(24 * 60)]
    asleep = Counter(minutes[11 * 60 : 18 * 60])
    assert asleep["light"] > asleep["rem"] > 0
    assert asleep["deep"] > 20
    assert minutes[14 * 60 :].count("deep") <= asleep["deep"]
    assert sum(each in ("deep", "light", "rem") for each in minutes[11 * 60 : 18 * 60]) > 5 * 60
    assert all(each in ("awake", "light", "deep", "rem", "up", "out", "meal", "toilet")
               for each in minutes)  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_leaves_the_bed_at_night_for_more_than_ten_minutes(name: str) -> None:
    resident = Resident(name, "UTC", 7)
    for day in range(7):
        bedtime = NOON + day * 24 * HOUR + 11 * HOUR
        away = 0
        for minute in range(7 * 60):
            away = away + 1 if resident.activity(bedtime + minute * MINUTE) == "toilet" else 0
            assert away <= 10


def test_the_day_follows_the_sun_of_the_resident() -> None:
    for zone, night_hour in (("Asia/Shanghai", 19), ("Europe/London", 2)):
        resident = Resident("resident-1", zone, 7)
        at = NOON - 12 * HOUR + night_hour * HOUR
        assert resident.activity(at) in ("light", "deep", "rem", "awake", "toilet")
        assert resident.days.hour(at) in (2, 3)


@pytest.mark.parametrize("name", PEOPLE)
def test_vital_signs_of_a_quiet_night_are_those_of_old_people(name: str) -> None:
    still = [m for m in night(Resident(name, "UTC", 7)) if m.in_bed and m.movement < 0.3]
    hearts = np.array([m.heart_rate for m in still], float)
    breaths = np.array([m.respiration_rate for m in still], float)
    assert 45 < hearts.min() < hearts.max() < 95
    assert 9 < breaths.min() < breaths.max() < 23
    assert all(92 <= m.spo2 <= 99 for m in still)
    assert 1 < hearts.std() < 6


def test_breath_is_steady_in_deep_sleep_and_restless_in_dreams() -> None:
    moments = night(Resident("resident-1", "UTC", 7), step_s=2)
    spread = {
        stage: np.std([m.respiration_rate for m in moments if m.activity == stage])
        for stage in ("deep", "rem")
    }
    assert spread["deep"] < 0.5 < spread["rem"]


def test_turning_over_spoils_the_signal() -> None:
    moving = [m for m in night(Resident("resident-1", "UTC", 7), 1) if m.movement > 0.3]
    assert moving
    assert all(m.signal_quality < 0.5 for m in moving)


def test_who_is_out_of_bed_has_no_heart_rate() -> None:
    resident = next(r for r in (Resident(name, "UTC", 7) for name in PEOPLE) if _gets_up(r))
    day = [resident.moment(NOON + minute * MINUTE) for minute in range(24 * 60)]
    assert any(not m.in_bed for m in day)
    assert all((m.heart_rate is None) == (not m.in_bed) for m in day)


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("fast_heart", lambda m: m.heart_rate > 120),
        ("slow_heart", lambda m: 35 < m.heart_rate < 40),
        ("low_spo2", lambda m: 85 < m.spo2 < 90),
        ("breathing_stops", lambda m: m.respiration_rate == 0 and m.movement < 0.1),
    ],
)
@pytest.mark.parametrize("name", PEOPLE[:6])
def test_an_incident_shows_in_bed_whatever_the_hour(name: str, kind: str, holds) -> None:
    at = NOON + 2 * HOUR
    incident = Incident(at, at + 2 * MINUTE, name, kind)  # type: ignore[arg-type]
    resident = Resident(name, "UTC", 7, [incident])
    moments = [resident.moment(at + second * SECOND) for second in range(-60, 120)]
    assert all(m.in_bed for m in moments)
    assert all(holds(m) for m in moments[60 + 12 :])
    assert not any(holds(m) for m in moments[:60] if m.signal_quality > 0.5)


def test_who_has_fallen_lies_still_outside_the_bed() -> None:
    at = NOON + 14 * HOUR
    resident = Resident("resident-1", "UTC", 7, [Incident(at, at + HOUR, "resident-1", "fall")])
    assert resident.activity(at - 10 * SECOND) == "up"
    assert {resident.activity(at + minute * MINUTE) for minute in range(60)} == {"floor"}
    assert resident.moment(at + HOUR).in_bed
