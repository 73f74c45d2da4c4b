"""Who is asked, in which order and how long: rules on plain numbers."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertRow
from alerts.ledger import load_policy
from alerts.policy import EVERYBODY, Policy, Situation, next_working_morning
from domain.time import DAY, HOUR, MINUTE, SECOND, from_datetime, to_datetime

POLICY = Policy.default()
ALL = Situation(EVERYBODY, now=0)


def alert(priority: Any = "high", **more: Any) -> AlertRow:
    what: dict[str, Any] = {
        "id": "x", "subject": "anna", "resident_id": "anna", "device_id": None, "team_id": None,
        "kind": "sos", "latching": True, "state": "open", "since": 0, "raised_at": 0,
        "evidence": {}, "sources": (), "incident_id": "x", "step": 0, "round": 0,
        "responsible": "family", "deadline": HOUR, "occurrences": (), "heard_at": 0,
        "priority": priority, **more,
    }  # fmt: skip
    return AlertRow(**what)


def test_a_fresh_database_has_the_default_policy(connection: psycopg.Connection[Any]) -> None:
    assert load_policy(connection) == Policy.default()


@pytest.mark.parametrize(
    ("priority", "waits_s", "asked"),
    [
        (
            "high",
            [60, 120, 120],
            ["family, station", "centre", "family, station, centre, contacts"],
        ),
        ("medium", [180, 420, 600], ["family", "station", "centre"]),
    ],
)
def test_the_steps_of_a_priority(priority: Any, waits_s: list[int], asked: list[str]) -> None:
    for place, (wait, who) in enumerate(zip(waits_s, asked, strict=True)):
        before = alert(priority, step=place - 1)
        now = POLICY.after(before, "no_answer", "", ALL) if place else POLICY.first(priority, ALL)
        assert now is not None
        assert (now.duty.step, now.duty.responsible) == (place, who)
        assert now.duty.deadline == wait * SECOND


def test_past_the_last_step_it_goes_round_again_and_the_centre_is_told() -> None:
    again = POLICY.after(alert("high", step=2), "no_answer", "", ALL)
    assert again is not None
    assert (again.duty.step, again.duty.round) == (0, 1)
    assert again.tell == ("family", "station", "centre")
    assert "nobody has answered" in again.reason


def test_steps_without_anybody_fall_through_round_the_corner() -> None:
    only_family = Situation({"family"}, now=0)
    after = POLICY.after(alert("medium", step=0), "rejected", "li", only_family)
    assert after is not None
    assert (after.duty.step, after.duty.round, after.duty.responsible) == (0, 1, "family")


@pytest.mark.parametrize("priority", ["high", "medium", "low"])
def test_without_anybody_the_centre_holds_it_with_a_deadline(priority: Any) -> None:
    held = POLICY.first(priority, Situation((), now=0))
    assert held.duty.responsible == "centre"
    assert held.duty.deadline > 0


def test_the_emergency_service_is_told_even_where_nobody_else_is() -> None:
    nobody = Situation((), now=0)
    last = POLICY.after(alert("high", step=1), "no_answer", "", nobody)
    assert last is not None
    assert last.tell == ("handover",)


@pytest.mark.parametrize(
    ("change", "state", "minutes"),
    [("accepted", "open", 5), ("on_the_way", "accepted", 20), ("arrived", "responding", 120)],
)
def test_a_person_has_time_for_each_part_of_the_way(change: Any, state: Any, minutes: int) -> None:
    duty = POLICY.after(alert(state=state), change, "li", ALL)
    assert duty is not None
    assert (duty.duty.responsible, duty.duty.deadline) == ("li", minutes * MINUTE)
    assert duty.tell == ()


def test_who_is_silent_on_site_keeps_it_and_the_centre_is_told() -> None:
    kept = POLICY.after(alert(state="on_site", responsible="li"), "no_answer", "", ALL)
    assert kept is not None
    assert (kept.duty.responsible, kept.tell) == ("li", ("centre",))


def test_becoming_worse_asks_from_the_first_step_and_never_later() -> None:
    worse = POLICY.raised_to(alert("medium", step=2, deadline=10 * SECOND), "high", ALL)
    assert worse is not None
    assert (worse.duty.step, worse.duty.deadline) == (0, 10 * SECOND)
    assert POLICY.raised_to(alert("medium", state="accepted"), "high", ALL) is None


def test_something_more_urgent_shortens_and_never_lengthens() -> None:
    assert POLICY.hastened(alert("medium", deadline=HOUR), "high", 0).deadline == MINUTE  # type: ignore[union-attr]
    assert POLICY.hastened(alert("medium", deadline=SECOND), "high", 0) is None
    assert POLICY.hastened(alert("high", deadline=HOUR), "high", 0) is None
    assert POLICY.hastened(alert("medium", deadline=HOUR, state="accepted"), "high", 0) is None


@given(
    st.integers(from_datetime(datetime(2020, 1, 1, tzinfo=UTC)), 2_200_000_000 * SECOND),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "No/Such"]),
)
def test_the_next_working_morning_is_a_weekday_at_nine_and_soon(now: int, zone: str) -> None:
    morning = next_working_morning(now, zone)
    local = to_datetime(morning).astimezone(ZoneInfo("UTC" if zone == "No/Such" else zone))
    assert (local.hour, local.minute) == (9, 0)
    assert local.weekday() < 5
    assert now < morning <= now + 3 * DAY + HOUR


@given(
    st.sampled_from(["high", "medium", "low"]),
    st.sets(st.sampled_from(sorted(EVERYBODY))),
    st.integers(0, 2),
    st.sampled_from(["rejected", "withdrawn", "no_answer"]),
)
def test_somebody_always_answers_and_always_until_some_time(
    priority: Any, present: set[str], step: int, change: Any
) -> None:
    step = min(step, len(POLICY.steps[priority]) - 1)
    after = POLICY.after(alert(priority, step=step), change, "li", Situation(present, now=0))
    assert after is not None
    assert after.duty.responsible
    assert after.duty.deadline > 0
    assert (after.duty.round, after.duty.step) > (0, step)
