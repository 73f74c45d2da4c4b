"""Weeks with changes whose truth is known, and what the detectors of a day make of them."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from carewatch.replay import People, replay
from domain.time import DAY, HOUR, from_datetime
from simulators.recording import line
from simulators.weeks import Change, ChangeKind, village, weeks

BEGIN = from_datetime(datetime(2026, 11, 2, 11, tzinfo=UTC))
PEOPLE = People.model_validate(
    {
        "residents": [{"id": "anna", "timezone": "Europe/Berlin"}],
        "devices": [
            {"id": "bed-anna", "resident": "anna", "kind": "bed"},
            {"id": "room-anna", "resident": "anna", "kind": "ambient"},
        ],
    }
)
LEARNED = {"inactivity", "not_up"}


def told(*changes: Change, days: int = 11) -> set[str]:
    """Which of the alerts of a day were raised."""
    messages = weeks("anna", "Europe/Berlin", BEGIN, days, 1, changes)
    lines = (line(message) for message in messages)
    return {change["kind"] for change in replay(lines, PEOPLE)} & LEARNED


@pytest.mark.parametrize(
    ("kind", "hour", "alert"), [("collapses", 3, "inactivity"), ("lies_in", 18, "not_up")]
)
def test_a_change_is_found(kind: ChangeKind, hour: int, alert: str) -> None:
    assert told(Change(BEGIN + 9 * DAY + hour * HOUR, kind)) == {alert}


def test_usual_days_are_quiet() -> None:
    assert told() == set()


def test_the_same_seed_lives_the_same_weeks_in_order() -> None:
    people = [weeks(name, "UTC", BEGIN, 2, 7) for name in ("anna", "berta")]
    messages = list(village({str(place): one for place, one in enumerate(people)}))
    assert all(one.at <= other.at for one, other in pairwise(messages))
    assert [m for m in messages if m.device.endswith("anna")] == list(
        weeks("anna", "UTC", BEGIN, 2, 7)
    )
