"""Who is asked, in which order and how long: rules on plain numbers."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertRow, Duty
from alerts.hours import next_working_morning
from alerts.muster import load_policies
from alerts.policies import EVERYBODY, Policies
from alerts.policy import Assignment, Policy, QuietHours, Situation, Step
from alerts.reasons import sentence
from domain.time import DAY, HOUR, MINUTE, SECOND, from_datetime, iso, to_datetime

ALL = Situation(EVERYBODY, now=0)


def policy(priority: Any = "high") -> Policy:
    return Policies.default().find((), priority, "sos")


def alert(priority: Any = "high", **more: Any) -> AlertRow:
    what: dict[str, Any] = {
        "id": "x", "subject": "anna", "resident_id": "anna", "device_id": None, "team_id": None,
        "kind": "sos", "latching": True, "state": "open", "since": 0, "raised_at": 0,
        "evidence": {}, "sources": (), "incident_id": "x", "step": 0, "round": 0,
        "responsible": "family", "deadline": HOUR, "occurrences": (), "heard_at": 0,
        "priority": priority, **more,
    }  # fmt: skip
    return AlertRow(**what)


def after(alert: AlertRow, change: Any, situation: Situation = ALL, **more: Any) -> Assignment:
    """What the policy makes of a change; ``more`` are fields of the policy."""
    found = replace(policy(alert.priority), **more).after(alert, change, "li", situation)
    assert found is not None
    return found


def follow(duty: Duty, before: AlertRow) -> AlertRow:
    return replace(
        before, step=duty.step, round=duty.round, responsible=duty.responsible,
        deadline=duty.deadline, asked=duty.asked,
    )  # fmt: skip


def test_a_fresh_database_has_the_default_policies(connection: psycopg.Connection[Any]) -> None:
    stored = load_policies(connection, ())
    assert {key: each.steps for key, each in stored.in_force.items()} == {
        key: each.steps for key, each in Policies.default().in_force.items()
    }


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
        now = after(before, "no_answer") if place else policy(priority).first(ALL)
        assert (now.duty.step, now.duty.responsible) == (place, who)
        assert now.duty.deadline == wait * SECOND


def test_past_the_last_step_it_goes_round_again_and_the_centre_is_told() -> None:
    again = after(alert("high", step=2), "no_answer")
    assert (again.duty.step, again.duty.round) == (0, 1)
    assert again.tell == ("family", "station", "centre")
    assert "All have been asked" in sentence(again.reasons)


def test_steps_without_anybody_fall_through_round_the_corner() -> None:
    only_family = Situation({"family"}, now=0)
    found = after(alert("medium", step=0), "rejected", only_family)
    assert (found.duty.step, found.duty.round, found.duty.responsible) == (0, 1, "family")


@pytest.mark.parametrize("priority", ["high", "medium", "low"])
def test_without_anybody_the_centre_holds_it_with_a_deadline(priority: Any) -> None:
    held = policy(priority).first(Situation((), now=0))
    assert held.duty.responsible == "centre"
    assert held.duty.deadline > 0


def test_the_emergency_service_is_told_even_where_nobody_else_is() -> None:
    assert after(alert("high", step=1), "no_answer", Situation((), now=0)).tell == ("handover",)


@pytest.mark.parametrize(
    ("change", "state", "minutes"),
    [("accepted", "open", 5), ("on_the_way", "accepted", 20), ("arrived", "responding", 120)],
)
def test_a_person_has_time_for_each_part_of_the_way(change: Any, state: Any, minutes: int) -> None:
    duty = after(alert(state=state), change)
    assert (duty.duty.responsible, duty.duty.deadline) == ("li", minutes * MINUTE)
    assert duty.tell == ()


def test_who_is_silent_on_site_keeps_it_and_the_centre_is_told() -> None:
    kept = after(alert(state="on_site", responsible="li"), "no_answer")
    assert (kept.duty.responsible, kept.tell) == ("li", ("centre",))


def test_becoming_worse_asks_from_the_first_step_and_never_later() -> None:
    worse = policy("high").raised_to(alert("medium", step=2, deadline=10 * SECOND), ALL)
    assert worse is not None
    assert (worse.duty.step, worse.duty.deadline) == (0, 10 * SECOND)
    assert policy("high").raised_to(alert("medium", state="accepted"), ALL) is None


def test_something_more_urgent_shortens_and_never_lengthens() -> None:
    def deadline(beside: AlertRow) -> int | None:
        duty = policy("high").hastened(beside, 0)
        return None if duty is None else duty.deadline

    assert deadline(alert("medium", deadline=HOUR)) == MINUTE
    assert deadline(alert("medium", deadline=SECOND)) is None
    assert deadline(alert("high", deadline=HOUR)) is None
    assert deadline(alert("medium", deadline=HOUR, state="accepted")) is None


# -- repeats and quiet hours -------------------------------------------------------------------


def test_a_step_is_told_again_as_often_as_it_says() -> None:
    steps = (Step(("family",), MINUTE, repeats=2), Step(("centre",), MINUTE))
    now = alert("medium")
    told = []
    for _ in range(4):
        found = after(now, "no_answer", steps=steps)
        now = follow(found.duty, now)
        told.append((now.step, now.asked, found.tell))
    assert told == [
        (0, 2, ("family",)), (0, 3, ("family",)), (1, 1, ("centre",)), (0, 1, ("family", "centre")),
    ]  # fmt: skip
    assert "again (2 of 3)" in sentence(after(alert("medium"), "no_answer", steps=steps).reasons)
    assert after(alert("medium"), "rejected", steps=steps).duty.step == 1, "a no is not repeated"


NIGHT = QuietHours(time(22), time(6))


def at(text: str) -> int:
    return from_datetime(datetime.fromisoformat(text))


def test_quiet_hours_hold_it_back_and_then_ask_the_same_step() -> None:
    two = Situation(EVERYBODY, at("2026-11-21T02:00+08:00"), "Asia/Shanghai")
    held = replace(policy("medium"), quiet_hours=NIGHT).first(two)
    assert (held.tell, held.duty.asked, held.duty.responsible) == ((), 0, "family")
    assert iso(held.duty.deadline) == "2026-11-20T22:00:00.000Z", "six o'clock in Shanghai"
    assert "Quiet hours hold it back" in sentence(held.reasons)
    six = replace(two, now=held.duty.deadline)
    asked = after(follow(held.duty, alert("medium")), "asked", six, quiet_hours=NIGHT)
    assert (asked.tell, asked.duty.asked, asked.duty.step) == (("family",), 1, 0)
    assert asked.duty.deadline == six.now + 3 * MINUTE


def test_who_cannot_be_asked_while_it_is_held_back_is_asked_when_it_is_told() -> None:
    night = Situation(EVERYBODY - {"family"}, at("2026-11-21T02:00+08:00"), "Asia/Shanghai")
    held = replace(policy("medium"), quiet_hours=NIGHT).first(night)
    assert (held.duty.step, held.duty.responsible) == (0, "station"), "who could be asked now"
    six = Situation(EVERYBODY, held.duty.deadline, "Asia/Shanghai")
    asked = after(follow(held.duty, alert("medium")), "asked", six, quiet_hours=NIGHT)
    assert (asked.duty.step, asked.tell) == (0, ("family",))


def test_a_list_without_a_sound_needs_no_quiet_hours() -> None:
    night = Situation(EVERYBODY, at("2026-11-21T02:00+00:00"))
    listed = replace(policy("low"), quiet_hours=NIGHT).first(night)
    assert (listed.duty.asked, listed.duty.responsible, listed.tell) == (1, "station", ())


def test_what_is_held_back_and_becomes_urgent_is_told_at_once() -> None:
    held = alert("medium", asked=0, deadline=8 * HOUR)
    worse = policy("high").raised_to(held, ALL)
    assert worse is not None
    assert (worse.duty.asked, worse.tell) == (1, ("family", "station"))


def test_what_is_held_back_beside_something_urgent_is_told_within_its_time() -> None:
    hastened = policy("high").hastened(alert("medium", asked=0, deadline=8 * HOUR), 0)
    assert hastened is not None
    assert (hastened.asked, hastened.deadline) == (0, MINUTE)
    asked = after(alert("medium", asked=0), "asked", quiet_hours=QuietHours(time(0), time(0)))
    assert asked.tell == ("family",), "the moment has come, whatever hour it is"


@pytest.mark.parametrize(
    ("clock", "until"),
    [
        ("2026-11-21T21:59+01:00", None),
        ("2026-11-21T22:00+01:00", "2026-11-22T05:00:00.000Z"),
        ("2026-11-22T05:59+01:00", "2026-11-22T05:00:00.000Z"),
        ("2026-11-22T06:00+01:00", None),
        ("2026-03-28T23:00+01:00", "2026-03-29T04:00:00.000Z"),
        ("2026-10-24T23:00+02:00", "2026-10-25T05:00:00.000Z"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(clock: str, until: str | None) -> None:
    end = NIGHT.until(at(clock), "Europe/Berlin")
    assert (None if end is None else iso(end)) == until


# -- which policy holds ------------------------------------------------------------------------


def _named(name: str, **of: Any) -> Policy:
    return Policy(of.pop("priority", "high"), (Step((name, "centre"), MINUTE),), **of)


BOOK = Policies.of(
    [
        _named("all"),
        _named("all falls", kind="fall"),
        _named("county", team="county"),
        _named("county falls", team="county", kind="fall"),
        _named("village", team="village"),
        _named("low", team="village", priority="low"),
    ]
)


@pytest.mark.parametrize(
    ("teams", "priority", "kind", "found"),
    [
        ((), "high", "sos", "all"),
        ((), "high", "fall", "all falls"),
        (("county",), "high", "sos", "county"),
        (("county",), "high", "fall", "county falls"),
        (("town", "county"), "high", "sos", "county"),
        (("town", "county"), "high", "fall", "county falls"),
        (("village", "town", "county"), "high", "sos", "village"),
        (("village", "town", "county"), "high", "fall", "village"),
        (("village", "town", "county"), "low", "trend", "low"),
        (("elsewhere",), "high", "sos", "all"),
    ],
)
def test_the_nearest_team_says_and_there_the_kind(
    teams: tuple[str, ...], priority: Any, kind: str, found: str
) -> None:
    assert BOOK.find(teams, priority, kind).steps[0].parties[0] == found


def test_a_priority_that_no_policy_is_for_has_the_default() -> None:
    assert BOOK.find(("village",), "medium", "inactivity") == policy("medium")


def test_an_alert_keeps_the_version_that_it_was_raised_under() -> None:
    old, new = replace(_named("old"), id=1), replace(_named("new"), id=2)
    book = Policies.of([new], old=[old])
    assert book.of_alert(alert(policy_id=1), ()) == old
    assert book.of_alert(alert(policy_id=None), ()) == new
    assert book.find((), "high", "sos") == new


# -- for all inputs ----------------------------------------------------------------------------


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
    st.sampled_from(["rejected", "withdrawn", "no_answer", "asked"]),
    st.integers(0, DAY),
)
def test_somebody_always_answers_and_always_until_some_time(
    priority: Any, present: set[str], step: int, change: Any, now: int
) -> None:
    step = min(step, len(policy(priority).steps) - 1)
    quiet = None if priority == "high" else NIGHT
    situation = Situation(present, now)
    found = after(alert(priority, step=step), change, situation, quiet_hours=quiet)
    assert found.duty.responsible
    assert found.duty.deadline > now
    assert (found.duty.round, found.duty.step) >= (0, step + (change != "asked"))
