"""Silences, absences and louder alerts: what is held back, what never is, and when it is asked."""

from dataclasses import replace
from typing import Any

import pytest

from alerts import deadlines, pausing, store
from alerts.alert import AlertRow
from alerts.muster import muster
from alerts.pauses import ALWAYS_RING, Absence, Pauses, Silence
from alerts.rehearsal import raising, rehearse
from domain.directory import Subject
from domain.finding import KINDS
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, iso
from tests.alerts.conftest import NOON

LATER = NOON + 2 * HOUR
TEAMS = ("village", "town", "county")


def alert(kind: str = "inactivity", sources: tuple[str, ...] = ("bed-1",)) -> AlertRow:
    return AlertRow(
        id="a", subject="anna", resident_id="anna", device_id=sources[0], team_id="village",
        kind=kind, priority=KINDS[kind].priority, latching=False, state="open", since=NOON,
        raised_at=NOON, evidence={}, sources=sources, incident_id="a", step=0, round=0,
        responsible="", deadline=None, occurrences=(), heard_at=NOON,
    )  # fmt: skip


def silence(**more: Any) -> Silence:
    whom = {} if more.keys() & {"device", "team"} else {"resident": "anna"}
    return Silence(1, NOON, LATER, "wang", "known", **(whom | more))


def held(pauses: Pauses, of: AlertRow, now: Micros = NOON) -> bool:
    return pauses.hold(of, of.priority, TEAMS, now) is not None


# -- silences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "of", "is_held"),
    [
        (silence(), alert(), True),
        (silence(resident="ben"), alert(), False),
        (silence(kinds=frozenset({"battery_low"})), alert(), False),
        (silence(kinds=frozenset({"battery_low"})), alert("battery_low"), True),
        (silence(priorities=frozenset({"low"})), alert(), False),
        (silence(priorities=frozenset({"low"})), alert("not_up"), True),
        (silence(team="county"), alert(), True),
        (silence(team="other"), alert(), False),
        (silence(device="bed-1"), alert("battery_low"), True),
        (silence(device="bed-1"), alert("battery_low", ("bed-1", "button-1")), False),
        (silence(device="button-1"), alert("battery_low"), False),
    ],
)
def test_a_silence_covers_what_it_names(made: Silence, of: AlertRow, is_held: bool) -> None:
    assert held(Pauses([made]), of) is is_held


@pytest.mark.parametrize("kind", sorted(ALWAYS_RING))
def test_nothing_holds_back_an_emergency(kind: str) -> None:
    everything = Pauses([silence(), silence(team="county")], [absence()])
    assert not held(everything, alert(kind))
    assert not held(everything, replace(alert(kind), priority="low")), "whatever its priority"
    assert not held(everything, replace(alert("spo2_low"), priority="high"))
    assert held(everything, alert("fall_suspected")), "it rings when it becomes a fall"


def test_a_silence_holds_from_its_beginning_until_before_its_end() -> None:
    pauses = Pauses([silence()])
    moments = (NOON - 1, NOON, LATER - 1, LATER)
    assert [held(pauses, alert(), now) for now in moments] == [False, True, True, False]


def test_the_last_to_end_counts_and_says_why() -> None:
    longer = replace(silence(), id=2, ends=LATER + HOUR, reason="battery is on its way")
    hold = Pauses([silence(), longer]).hold(alert(), "medium", TEAMS, NOON)
    assert hold is not None
    assert (hold.until, hold.by) == (LATER + HOUR, "silence:2")
    why = f"wang has silenced it until {iso(longer.ends)}: battery is on its way"
    assert str(hold.why) == why


# -- absences ----------------------------------------------------------------------------------


def absence(resident: str = "anna", id: int = 1) -> Absence:
    return Absence(id, resident, "hospital", NOON, LATER)


@pytest.mark.parametrize(
    ("kind", "source", "is_held"),
    [
        ("inactivity", "bed-1", True),
        ("heart_rate_low", "bed-1", True),
        ("device_silent", "bed-1", True),
        ("battery_low", "button-1", True),
        ("water_leak", "leak-1", False),
    ],
)
def test_an_absence_pauses_a_home_but_not_the_building(
    kind: str, source: str, is_held: bool
) -> None:
    assert held(Pauses((), [absence()]), alert(kind, (source,))) is is_held


@pytest.mark.parametrize(
    ("kind", "source", "is_held"),
    [
        ("device_silent", "button-1", False),
        ("battery_low", "smoke-1", False),
        ("device_silent", "bed-1", True),
        ("inactivity", "bed-1", True),
    ],
)
def test_where_somebody_else_is_at_home_their_devices_count(
    kind: str, source: str, is_held: bool
) -> None:
    devices = {"bed-1": "bed", "button-1": "button", "smoke-1": "ambient"}
    couple = Pauses((), [absence()], {"anna": {"ben"}}, devices)
    assert held(couple, alert(kind, (source,))) is is_held
    both_away = replace(couple, absences=[absence(), absence("ben", 2)])
    assert held(both_away, alert(kind, (source,)))


# -- as stored ---------------------------------------------------------------------------------


def made(county: Any, now: Micros = NOON, **more: Any) -> int:
    said = {"starts": now, "ends": LATER, "reason": "known", "by": "wang", "now": now, **more}
    whom = {} if more.keys() & {"device", "team"} else {"resident": "anna"}
    return pausing.silence(county.connection, **said, **whom)


def escalate(county: Any, now: Micros) -> None:
    with county.connection.transaction():
        deadlines.escalate(county.connection, now)


def told(county: Any) -> list[tuple[str, str]]:
    return [(what, who) for what, who in county.outbox() if who in ("a-li", "a-mei", "a-station")]


def test_a_silenced_alert_is_shown_and_asked_about_when_the_silence_ends(county: Any) -> None:
    number = made(county)
    held = county.raise_one("inactivity", device="bed-1")
    assert (held.deadline, held.asked, held.held_by) == (LATER, 0, f"silence:{number}")
    assert store.as_json(held)["held_back"] is True
    assert "wang has silenced it until" in store.history(county.connection, held.id)[0]["reason"]
    escalate(county, LATER - SECOND)
    assert (told(county), store.offered(county.connection, held.id)) == ([], [])
    escalate(county, LATER)
    (asked,) = county.alerts()
    assert (asked.asked, asked.held_by, asked.deadline) == (1, None, LATER + 3 * MINUTE)
    assert told(county) == [("asked", "a-li"), ("asked", "a-mei")]


def test_what_clears_meanwhile_rings_nobody(county: Any) -> None:
    made(county)
    county.raise_one("inactivity", device="bed-1")
    county.tell(county.finding("inactivity", "bed-1", at=NOON + HOUR, active=False))
    escalate(county, LATER)
    assert told(county) == []
    assert county.alerts()[0].state == "resolved"


def test_an_emergency_rings_at_once_and_what_is_silenced_stays_so(county: Any) -> None:
    made(county, team="county")
    county.raise_one("battery_low", device="bed-1")
    county.raise_one("sos")
    assert told(county) == [("raised", who) for who in ("a-li", "a-mei", "a-station")]
    assert county.alerts(kind="battery_low")[0].deadline == LATER, "no sooner beside an emergency"


def test_a_silence_takes_back_what_was_asked_and_its_end_asks_again(county: Any) -> None:
    alert = county.raise_one("inactivity", device="bed-1")
    number = made(county)
    (held,) = county.alerts()
    assert (held.asked, held.deadline) == (0, LATER)
    answers = [each["answer"] for each in store.offered(county.connection, alert.id)]
    assert answers == ["redirected", "redirected"]
    pausing.end_silence(county.connection, number, "mei", NOON + MINUTE)
    (asked,) = county.alerts()
    assert (asked.asked, asked.deadline) == (1, NOON + 4 * MINUTE)
    changes = [each["change"] for each in store.history(county.connection, alert.id)]
    assert changes == ["raised", "held_back", "asked"]


def test_one_end_leads_into_another_pause(county: Any) -> None:
    first = made(county)
    second = made(county, ends=LATER + HOUR, device="bed-1")
    alert = county.raise_one("inactivity", device="bed-1")
    assert alert.held_by == f"silence:{second}"
    pausing.end_silence(county.connection, second, "mei", NOON)
    assert county.alerts()[0].held_by == f"silence:{first}"


def test_another_device_ends_the_silence_of_one(county: Any) -> None:
    made(county, device="bed-1", kinds=["battery_low"])
    county.raise_one("battery_low", device="bed-1")
    county.tell(county.finding("battery_low", "button-1", at=NOON + MINUTE))
    (alert,) = county.alerts()
    assert (alert.asked, alert.held_by, set(alert.sources)) == (1, None, {"bed-1", "button-1"})


def test_a_suspicion_that_becomes_a_fall_rings(county: Any) -> None:
    made(county)
    county.tell(county.finding("fall_suspected", "bed-1"))
    assert told(county) == []
    county.tell(
        county.finding("fall", "bed-1", at=NOON + MINUTE),
        county.finding("fall_suspected", "bed-1", at=NOON + MINUTE, active=False, over=True),
    )
    assert told(county) == [("raised", who) for who in ("a-li", "a-mei", "a-station")]


def test_an_absence_that_is_longer_than_noted(county: Any) -> None:
    number = pausing.leave(
        county.connection, resident="anna", cause="hospital", starts=NOON - DAY, ends=LATER,
        open=True, note=None, by="li", now=NOON,
    )  # fmt: skip
    alert = county.raise_one("device_silent", device="button-1", priority="medium")
    assert (alert.held_by, alert.deadline) == (f"absence:{number}", LATER)
    pausing.change_absence(
        county.connection, number, ends=LATER + DAY, by="li", now=NOON, cause="hospital",
        open=True, note=None,
    )  # fmt: skip
    assert county.alerts()[0].deadline == LATER + DAY
    assert pausing.end_absence(county.connection, number, "li", LATER)
    assert county.alerts()[0].asked == 1
    assert not pausing.end_absence(county.connection, number, "li", LATER)


def test_the_dry_run_says_so_too(county: Any) -> None:
    made(county)
    raised = raising(Subject("anna", 0, "anna", "village", "Asia/Shanghai"), "inactivity", NOON)
    roster, policies = muster(county.connection, [raised.raised], NOON, NOON + 4 * HOUR)
    lines = list(rehearse(raised, roster, policies, NOON + 4 * HOUR))
    assert [(line.at, line.change) for line in lines[:2]] == [(NOON, "raised"), (LATER, "asked")]
    assert "wang has silenced it" in lines[0].reason


def test_the_dry_run_of_a_device_knows_of_its_silence(county: Any) -> None:
    made(county, resident=None, device="bed-1")
    anna = Subject("anna", 0, "anna", "village", "Asia/Shanghai")

    def told_by(device: str | None) -> str:
        raised = raising(anna, "device_silent", NOON, "medium", device)
        roster, policies = muster(county.connection, [raised.raised], NOON)
        return next(rehearse(raised, roster, policies, NOON)).reason

    assert "wang has silenced it" in told_by("bed-1")
    assert "silenced" not in told_by("bed-2")
    assert told_by(None).startswith("Told by a dry run.")


# -- beside a louder alert ---------------------------------------------------------------------


def test_an_empty_bed_is_not_asked_about_beside_a_fall_and_is_when_that_is_over(
    county: Any,
) -> None:
    bed = county.raise_one("bed_exit_long", device="bed-1")
    fall = county.raise_one("fall", device="bed-1", at=NOON + MINUTE)
    (held,) = county.alerts(kind="bed_exit_long")
    assert (held.asked, held.held_by) == (0, f"alert:{fall.id}")
    escalate(county, held.deadline)
    assert county.alerts(kind="bed_exit_long")[0].asked == 0, "the fall is still open"
    done = NOON + 2 * HOUR
    store.act(county.connection, fall.id, "resolved", county.li, done, outcome="false_alarm")
    (asked,) = county.alerts(kind="bed_exit_long")
    assert (asked.id, asked.asked, asked.deadline) == (bed.id, 1, done + 3 * MINUTE)


def test_what_begins_beside_a_fall_is_raised_when_that_is_over_and_it_still_holds(
    county: Any,
) -> None:
    fall = county.raise_one("fall", device="bed-1")
    county.tell(county.finding("bed_exit_long", "bed-1", at=NOON + MINUTE, since=NOON - HOUR))
    county.tell(county.finding("inactivity", "bed-1", at=NOON + MINUTE))
    county.tell(county.finding("inactivity", "bed-1", at=NOON + 2 * MINUTE, active=False))
    assert [alert.kind for alert in county.alerts()] == ["fall"]
    done = NOON + HOUR
    after = store.act(county.connection, fall.id, "resolved", county.li, done, outcome="real")
    assert (after.kind, after.state) == ("fall", "resolved")
    (alert,) = county.alerts(state="open")
    assert (alert.kind, alert.since, alert.raised_at) == ("bed_exit_long", NOON - HOUR, done)
    assert (alert.responsible, alert.deadline) == ("family", done + 3 * MINUTE)
    again = county.finding("bed_exit_long", "bed-1", at=NOON + MINUTE, since=NOON - HOUR)
    assert county.tell(again) == [], "the same occurrence"


def test_of_two_louder_alerts_the_other_goes_on_holding_it_back(county: Any) -> None:
    fall = county.raise_one("fall", device="bed-1")
    sos = county.raise_one("sos")
    county.tell(county.finding("not_up", "bed-1", at=NOON + MINUTE))
    for louder, left in ((sos, ["fall"]), (fall, ["not_up"])):
        store.act(county.connection, louder.id, "resolved", county.li, LATER, outcome="real")
        assert [alert.kind for alert in county.alerts(state="open")] == left
