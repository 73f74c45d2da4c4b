"""Policies and quiet hours as stored: who is asked, and who is let sleep."""

from datetime import time
from typing import Any

from alerts import arrangements, deadlines, store
from alerts.policy import QuietHours
from domain.time import HOUR, SECOND, to_datetime
from tests.alerts.village import at, daily, history, keep, put, told


def test_a_teams_own_policy_asks_whom_it_names(staffed: Any) -> None:
    put(staffed, ("responders+person:zhao", 30), ("team:town", 30), ("centre", 30))
    assert told(staffed, staffed.noon) == ["a-chen", "a-zhao"]
    assert staffed.alerts()[0].responsible == "responders, person:zhao"
    deadlines.escalate(staffed.connection, staffed.noon + 30 * SECOND)
    assert staffed.outbox()[-1] == ("no_answer", "a-station")


def test_an_open_alert_keeps_its_version_and_a_new_one_has_the_new(staffed: Any) -> None:
    first = put(staffed, ("station", 30), ("centre", 30))
    staffed.tell(staffed.finding("sos"))
    second = put(staffed, ("centre", 300))
    deadlines.escalate(staffed.connection, staffed.noon + 30 * SECOND)
    after = staffed.alerts()[0]
    assert (after.policy_id, after.step, after.responsible) == (first, 1, "centre")
    assert after.deadline == staffed.noon + 60 * SECOND
    staffed.tell(staffed.finding("fall"))
    assert staffed.alerts(kind="fall")[0].policy_id == second
    ended = arrangements.policy_rows(staffed.connection, id=first, old=True)[0]
    assert (ended["ended_by"], ended["ended_at"]) == ("centre", to_datetime(staffed.noon))


def test_quiet_hours_of_a_team_hold_medium_back_and_never_high(staffed: Any) -> None:
    """Anna lives in Shanghai's time: two at night is quiet, six is not."""
    put(
        staffed, ("family", 60), ("centre", 60), priority="medium",
        quiet_hours=QuietHours(time(22), time(6)),
    )  # fmt: skip
    two, six = at("2026-11-21T02:00+08:00"), at("2026-11-21T06:00+08:00")
    assert told(staffed, two, "inactivity") == []
    held = staffed.alerts()[0]
    assert (held.state, held.responsible, held.deadline, held.asked) == ("open", "family", six, 0)
    assert store.as_json(held)["held_back"] is True
    assert deadlines.escalate(staffed.connection, six - 1) == []
    assert deadlines.escalate(staffed.connection, six) == [six]
    assert staffed.outbox() == [("asked", "a-li"), ("asked", "a-mei")]
    assert history(staffed)["change"] == "asked"
    assert told(staffed, two + HOUR, "sos")[:2] == ["a-li", "a-mei"]


def test_own_quiet_hours_hold_back_one_and_ask_the_other(staffed: Any) -> None:
    arrangements.queries.put_quiet_hours(
        staffed.connection, account="a-li", starts_at=time(22), ends_at=time(6),
        timezone="Asia/Shanghai",
    )  # fmt: skip
    two, six = at("2026-11-21T02:00+08:00"), at("2026-11-21T06:00+08:00")
    told(staffed, two, "inactivity")
    rows = staffed.connection.execute("select recipient, next_at from outbox order by id")
    assert dict(rows) == {"a-li": to_datetime(six), "a-mei": to_datetime(two)}
    staffed.connection.execute("delete from care_circle where account_id = 'a-mei'")
    assert told(staffed, two, "heart_rate_high", "bed-1") == ["a-wang", "a-zhao"]
    assert told(staffed, two, "sos")[0] == "a-li"


def test_who_is_on_duty_has_no_quiet_hours(staffed: Any) -> None:
    keep(staffed, *daily(("00:00", "00:00", "wang")))
    arrangements.queries.put_quiet_hours(
        staffed.connection, account="a-wang", starts_at=time(0), ends_at=time(23, 59),
        timezone="UTC",
    )  # fmt: skip
    assert told(staffed, staffed.noon, "heart_rate_high", "bed-2") == ["a-wang"]


def test_what_was_a_row_of_the_old_policy_is_a_step_of_the_new(county: Any) -> None:
    (steps,) = county.connection.execute(
        "select steps from policy where priority = 'low'"
    ).fetchone()
    assert steps == [{"parties": ["station"], "hold_s": None, "quiet": True, "repeats": 0}]
