"""Rotas, policies and quiet hours as stored: who is told of what, on a real database."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from alerts import arrangements, deadlines, objections, store
from alerts.arrangements import put_policy, shift_json
from alerts.duty import DAYS, Rota, Shift, Swap
from alerts.muster import load_rotas, muster, policy_of, teams_above
from alerts.policy import Policy, QuietHours, Step
from alerts.rehearsal import raising, rehearse
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, from_datetime, iso, to_datetime

STAFF = """
insert into account (id, username, password_hash, role, name, team_id) values
    ('a-wang', 'wang', '', 'station', 'Wang', 'village'),
    ('a-zhao', 'zhao', '', 'station', 'Zhao', 'village'),
    ('a-chen', 'chen', '', 'responder', 'Chen', 'county');
"""


@pytest.fixture
def staffed(county: Any) -> Any:
    """The county with two people in the village's station, and a responder."""
    county.connection.execute(STAFF)
    return county


def at(text: str) -> Micros:
    return from_datetime(datetime.fromisoformat(text))


def daily(*shifts: tuple[str, str, str]) -> tuple[Shift, ...]:
    return tuple(
        Shift(day, time.fromisoformat(starts), time.fromisoformat(ends), (who,))
        for day in DAYS[:7]
        for starts, ends, who in shifts
    )


def keep(county: Any, *shifts: Shift, team: str = "village", **more: Any) -> Rota:
    """A rota of the village's station, in Berlin's time."""
    of: dict[str, Any] = {
        "id": f"{team}-1", "party": "station", "layer": 1, "name": "Nights",
        "timezone": "Europe/Berlin", **more,
    }  # fmt: skip
    rota = Rota(team=team, shifts=shifts, **of)
    assert arrangements.insert_rota(county.connection, rota, "centre", county.noon)
    return rota


def told(county: Any, moment: Micros, kind: str = "sos", device: str = "button-1") -> list[str]:
    """Who is told of an alert that is raised then."""
    county.connection.execute("delete from outbox")
    county.tell(county.finding(kind, device, at=moment))
    return [who for _, who in county.outbox()]


def history(county: Any, place: int = -1) -> dict[str, Any]:
    return store.history(county.connection, county.alerts()[0].id)[place]


# -- duty --------------------------------------------------------------------------------------


def test_the_station_is_who_is_on_duty(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang"), ("22:00", "06:00", "zhao")))
    assert told(staffed, at("2026-11-21T12:00+01:00")) == ["a-li", "a-mei", "a-wang"]
    reason = history(staffed)["reason"]
    assert "station (Wang: on duty by the rota Nights of Village until 2026-11-21T21:00" in reason


def test_a_station_without_a_rota_is_told_whole(staffed: Any) -> None:
    assert told(staffed, staffed.noon) == ["a-li", "a-mei", "a-wang", "a-zhao"]


def test_a_gap_falls_through_to_the_station_above(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    assert told(staffed, at("2026-11-21T03:00+01:00")) == ["a-li", "a-mei", "a-station"]
    assert "nobody is on duty in Village until 2026-11-21T05:00" in history(staffed)["reason"]


def test_a_gap_of_a_weekend_is_not_said_to_end_on_sunday(staffed: Any) -> None:
    working_days = daily(("08:00", "18:00", "wang"))[:5]
    keep(staffed, *working_days)
    told(staffed, at("2026-11-20T18:30+01:00"))
    assert "nobody is on duty in Village for two days or more" in history(staffed)["reason"]


def test_a_gap_in_all_stations_is_the_centres_at_once(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    keep(staffed, *daily(("06:00", "22:00", "station")), team="town")
    assert told(staffed, at("2026-11-21T03:00+01:00")) == ["a-li", "a-mei", "a-centre"]
    assert "the centre stands in" in history(staffed)["reason"]


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        # On the night the clocks go forward there is no gap from 02:00 to 03:00, for there is no
        # such hour; on the night they go back it is two hours long.
        ("2026-03-29T01:59+01:00", "a-zhao"),
        ("2026-03-29T03:00+02:00", "a-wang"),
        ("2026-10-25T01:59+02:00", "a-zhao"),
        ("2026-10-25T02:30+02:00", "a-station"),
        ("2026-10-25T02:30+01:00", "a-station"),
        ("2026-10-25T03:00+01:00", "a-wang"),
    ],
)
def test_a_gap_on_the_night_the_clocks_change(staffed: Any, moment: str, who: str) -> None:
    keep(staffed, *daily(("22:00", "02:00", "zhao"), ("03:00", "22:00", "wang")))
    assert told(staffed, at(moment)) == ["a-li", "a-mei", who]


def test_a_swap_and_a_closed_account_count_from_the_next_alert_on(staffed: Any) -> None:
    rota = keep(staffed, *daily(("00:00", "00:00", "wang")))
    queries = arrangements.queries
    swap = queries.insert_swap(
        staffed.connection, rota=rota.id, giver="wang", taker="zhao", note="a wedding",
        starts_at=to_datetime(staffed.noon), ends_at=to_datetime(staffed.noon + HOUR),
        by="centre", at=to_datetime(staffed.noon),
    )  # fmt: skip
    assert told(staffed, staffed.noon)[2:] == ["a-zhao"]
    assert told(staffed, staffed.noon + HOUR, "fall")[2:] == ["a-wang"]
    queries.withdraw_swap(
        staffed.connection, rota=rota.id, id=swap, by="centre", at=to_datetime(staffed.noon)
    )
    assert told(staffed, staffed.noon + MINUTE, "smoke", "smoke-1")[2:] == ["a-wang"]
    staffed.connection.execute("update account set disabled_at = now() where id = 'a-wang'")
    assert told(staffed, staffed.noon + 2 * HOUR, "gas", "smoke-1")[2:] == ["a-station"]


def test_a_countys_holiday_holds_in_its_villages_unless_they_say_otherwise(staffed: Any) -> None:
    keep(
        staffed, *daily(("00:00", "00:00", "wang")),
        Shift("holiday", time(0), time(0), ("zhao",)),
    )  # fmt: skip
    holiday = {"date": "2026-11-21", "name": "Founding", "by": "centre"}
    queries = arrangements.queries
    queries.put_holiday(staffed.connection, team="county", pattern="holiday", **holiday)
    assert told(staffed, staffed.noon)[2:] == ["a-zhao"]
    queries.put_holiday(staffed.connection, team="village", pattern="saturday", **holiday)
    assert told(staffed, staffed.noon, "fall")[2:] == ["a-wang"]


def test_gaps_are_known_before_they_happen(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    noon = at("2026-11-21T12:00+01:00")
    found = arrangements.coming_gaps(staffed.connection, noon, noon + 2 * DAY)
    assert [(iso(gap.start), iso(gap.end)) for gap in found] == [
        ("2026-11-21T21:00:00.000Z", "2026-11-22T05:00:00.000Z"),
        ("2026-11-22T21:00:00.000Z", "2026-11-23T05:00:00.000Z"),
    ]
    assert [one.name for one in found[0].answers.people] == ["Station"]
    assert arrangements.coming_gaps(staffed.connection, noon, noon + DAY, ["town"]) == []


def test_a_gap_that_is_not_over_with_the_days_that_were_asked_for_says_so(staffed: Any) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang")))
    evening, night = at("2026-11-21T22:00+01:00"), at("2026-11-22T03:00+01:00")
    morning = at("2026-11-22T06:00+01:00")

    def coming(until: int) -> list[tuple[int, bool]]:
        found = arrangements.coming_gaps(staffed.connection, evening - HOUR, until)
        return [(gap.end, gap.goes_on) for gap in found]

    assert coming(evening) == [], "it only begins then"
    assert coming(night) == [(night, True)]
    assert coming(morning) == [(morning, False)]


def test_a_rota_is_read_as_it_was_written(staffed: Any) -> None:
    rota = keep(staffed, *daily(("06:00", "22:00", "wang"), ("22:00", "06:00", "zhao")))
    above, _ = teams_above(staffed.connection, ["village"])
    (read,) = load_rotas(staffed.connection, above, staffed.noon, staffed.noon)
    assert read == rota


# -- policies ----------------------------------------------------------------------------------


def policy(*steps: tuple[str, int], **more: Any) -> Policy:
    """Steps as parties (several with a +) and seconds."""
    of = {"priority": "high", "team": "village", **more}
    return Policy(
        steps=tuple(Step(tuple(who.split("+")), hold * SECOND) for who, hold in steps), **of
    )


def put(county: Any, *steps: tuple[str, int], **more: Any) -> int:
    return put_policy(county.connection, policy(*steps, **more), "centre", county.noon)


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


# -- the dry run -------------------------------------------------------------------------------

Told = tuple[Micros, str, int, int, str, list[str]]


def tried(county: Any, kind: str, now: Micros, hours: int) -> list[Told]:
    subject = arrangements.subject(county.connection, "anna")
    assert subject is not None
    raised = raising(subject, kind, now)
    assert raised.raised is not None
    until = now + hours * HOUR
    roster, policies = muster(county.connection, [raised.raised], now, until)
    return [
        (line.at, line.change, line.after.round, line.after.step, line.reason.split(". ", 1)[-1],
         [telling.recipient.id for telling in line.told])
        for line in rehearse(raised, roster, policies, until)
    ]  # fmt: skip


def lived(county: Any, kind: str, now: Micros, hours: int) -> list[Told]:
    """The same alert in earnest, and nobody answers."""
    county.tell(county.finding(kind, at=now))
    while (deadline := county.alerts(kind=kind)[0].deadline) <= now + hours * HOUR:
        deadlines.escalate(county.connection, deadline)
    alert = county.alerts(kind=kind)[0]
    rows = county.connection.execute(
        "select (extract(epoch from e.at) * 1000000)::bigint, e.change,"
        " (after ->> 'round')::integer, (after ->> 'step')::integer, e.reason,"
        " array(select recipient from outbox o where o.alert_id = e.alert_id"
        "       and o.occasion in (e.change, e.change || ':' || e.sequence) order by o.id)"
        " from alert_event e where e.alert_id = %s order by e.sequence",
        (alert.id,),
    )
    return [(*row[:4], row[4].split(". ", 1)[-1], row[5]) for row in rows]


@pytest.mark.parametrize("what", ["sos", "inactivity", "trend"])
@pytest.mark.parametrize("moment", ["2026-11-21T02:00+01:00", "2026-11-21T21:59:30+01:00"])
def test_the_dry_run_is_what_would_have_happened(staffed: Any, what: str, moment: str) -> None:
    keep(staffed, *daily(("06:00", "22:00", "wang"), ("22:00", "04:00", "zhao")))
    put(
        staffed, ("family", 600), ("station", 900), ("centre", 900), priority="medium",
        quiet_hours=QuietHours(time(9), time(10)),
    )  # fmt: skip
    wanted = tried(staffed, what, at(moment), 12)
    assert staffed.alerts() == [], "a dry run raises nothing"
    assert lived(staffed, what, at(moment), 12) == wanted
    assert len(wanted) >= (1 if what == "trend" else 10)


# -- what is refused ---------------------------------------------------------------------------

TEAMS, PEOPLE = ["village", "town"], ["zhao"]


def refusals(*steps: Step, **more: Any) -> Sequence[str]:
    found = objections.of_policy(Policy(more.pop("priority", "high"), steps, **more), TEAMS, PEOPLE)
    return [*map(str, found)]


END = Step(("centre",), MINUTE)


@pytest.mark.parametrize(
    ("steps", "more", "said"),
    [
        ((), {}, "at least one step"),
        ((Step(("family",), MINUTE),), {}, "must include the centre"),
        ((Step(("team:town",), MINUTE),), {"priority": "medium"}, "must include the centre"),
        ((Step(("family",), None),), {"priority": "low"}, "the station or the centre"),
        ((Step(("centre",), None),), {}, "has no deadline"),
        ((Step((), MINUTE), END), {}, "asks nobody"),
        ((Step(("handover",), MINUTE), END), {}, "cannot accept"),
        ((Step(("family", "family"), MINUTE), END), {}, "twice"),
        ((Step(("family",), 2 * DAY), END), {}, "between 1 second and 24 hours"),
        ((Step(("family",), MINUTE, quiet=True), END), {}, "makes no sound"),
        ((Step(("centre",), None, repeats=1),), {"priority": "low"}, "told again"),
        ((Step(("centre",), MINUTE, repeats=99),), {}, "20 times at most"),
        ((Step(("neighbours",), MINUTE), END), {}, "use one of family"),
        ((Step(("team:moon",), MINUTE), END), {}, "which is no team"),
        ((Step(("person:li",), MINUTE), END), {}, "no open account"),
        ((END,), {"kind": "fal"}, "no kind of alert"),
        ((END,), {"quiet_hours": QuietHours(time(22), time(6))}, "never held back"),
        ((END,) * 21, {}, "20 steps at most"),
        ((END,), {"priority": "medium", "quiet_hours": QuietHours(time(6), time(6))}, "all day"),
    ],
)
def test_a_policy_that_could_end_with_nobody_is_refused(
    steps: tuple[Step, ...], more: dict[str, Any], said: str
) -> None:
    found = refusals(*steps, **more)
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


def test_the_policies_of_a_fresh_database_have_no_objections(county: Any) -> None:
    for row in arrangements.policy_rows(county.connection):
        assert objections.of_policy(policy_of(row), TEAMS, PEOPLE) == []


@pytest.mark.parametrize(
    ("shifts", "said"),
    [
        ((Shift("monday", time(8), time(18), ("stranger",)),), "no open account"),
        ((Shift("monday", time(8), time(18), ()),), "names nobody"),
        (
            (
                Shift("monday", time(8), time(18), ("zhao",)),
                Shift("monday", time(17), time(20), ("zhao",)),
            ),
            "begins before",
        ),
    ],
)  # fmt: skip
def test_a_rota_that_cannot_be_is_refused(shifts: tuple[Shift, ...], said: str) -> None:
    rota = Rota("r", "village", "station", 1, "Rota", "UTC", shifts, (Swap(None, "a", 0, 1),))
    assert any(said in str(why) for why in objections.of_rota(rota, PEOPLE))


def test_what_was_a_row_of_the_old_policy_is_a_step_of_the_new(county: Any) -> None:
    (steps,) = county.connection.execute(
        "select steps from policy where priority = 'low'"
    ).fetchone()
    assert steps == [{"parties": ["station"], "hold_s": None, "quiet": True, "repeats": 0}]


def test_a_shift_is_stored_as_people_write_it() -> None:
    shift = shift_json(Shift("monday", time(8), time(18, 30), ("zhao",)))
    assert Jsonb(shift).obj == {
        "day": "monday", "starts": "08:00", "ends": "18:30", "people": ["zhao"],
    }  # fmt: skip
