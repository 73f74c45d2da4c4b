"""Figures out of a month that was written and reckoned by hand, and what holds for every month."""

from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from alerts import report as reports
from alerts.figure import Figure, Span
from alerts.figures import FIGURES, compute
from alerts.records import COLUMNS, Chosen, Records, load, models, table_of
from alerts.report import Asked, Report, Team, area_of
from carewatch.migrate import migrations
from domain.time import DAY, NEVER, SECOND, Micros, from_datetime, iso, to_datetime

NOW = from_datetime(datetime.fromisoformat("2026-12-01T00:02:00+08:00"))
PEOPLE = """
insert into team values ('town', 'Town', 'township', null),
    ('a', 'Village A', 'village', 'town'), ('b', 'Village B', 'village', 'town'),
    ('far', 'Another town', 'township', null);
insert into resident (id, name, team_id, timezone, created_at) values
    ('anna', 'Anna', 'a', 'Asia/Shanghai', '2026-01-01'),
    ('bert', 'Bert', 'b', 'Asia/Shanghai', '2026-01-01'),
    ('carl', 'Carl', 'b', 'Asia/Shanghai', '2026-01-01'),
    ('dora', 'Dora', 'b', 'Asia/Shanghai', '2026-11-21T00:00+08:00'),
    ('eve', 'Eve', 'far', 'Europe/Berlin', '2026-01-01');
insert into device (id, kind, model, resident_id, team_id, created_at, secret_hash) values
    ('button', 'button', 'B', 'anna', null, '2026-01-01', ''),
    ('fall', 'fall', 'F', 'bert', null, '2026-01-01', ''),
    ('bed', 'bed', 'M', 'carl', null, '2026-01-01', ''),
    ('spare', 'ambient', null, null, 'a', '2026-11-16T00:00+08:00', ''),
    ('bridge', 'bridge', null, null, 'a', '2026-01-01', ''),
    ('abroad', 'button', 'B', 'eve', null, '2026-01-01', ''),
    ('new', 'bed', 'M', 'dora', null, '2026-11-21T00:00+08:00', ''),
    ('drawer', 'bed', 'M', null, 'a', '2026-01-01', '');
update device set placed_at = created_at where resident_id is not null;
-- The new one was never heard; nor was that in the drawer, which nobody waits for.
insert into device_status (device, first_heard_at)
select slot, created_at from device where id not in ('new', 'drawer');
-- The button was tested every five days up to the 19th; the fall detector, since the 15th, never.
update device set placed_at = '2026-11-15T00:00+08:00' where id = 'fall';
insert into device_test (device, key, at, event)
select slot, day::text, day, 'button_test' from device,
       generate_series(timestamptz '2026-10-25T00:00+08:00', '2026-11-20', '5 days') day
where id = 'button';
insert into account (id, username, password_hash, role) values
    ('s1', 's1', '', 'station'), ('s2', 's2', '', 'station'), ('f', 'f', '', 'family');
"""

# id, device, kind, priority, raised by the clock there, what happened when (seconds), outcome
MONTH: list[tuple[str, str, str, str, str, dict[str, list[float]], str | None]] = [
    # Help is there after 10 minutes.
    ("a1", "button", "sos", "high", "11-10T12:00:00",
     {"accepted": [30], "on_the_way": [40], "arrived": [600], "resolved": [1200]}, "real"),
    # Given back and taken again: answered after 60 s, just in time. There after 30 minutes.
    ("a2", "button", "sos", "high", "11-10T12:05:00",
     {"accepted": [60, 200], "withdrawn": [100], "arrived": [1800], "resolved": [2400]}, "real"),
    # Passed on once, 1000 ms late. Over before 20 minutes: nobody had to be at the door by then.
    ("a3", "fall", "fall", "high", "11-11T08:00:00",
     {"no_answer": [61], "accepted": [120], "resolved": [300]}, "false_alarm"),
    # Passed on twice, 20 and 40 ms late. There after 50 minutes.
    ("a4", "fall", "fall", "high", "11-12T08:00:00",
     {"no_answer": [60.02, 180.04], "accepted": [240], "arrived": [3000], "resolved": [3600]},
     "real"),
    # Ended by itself after 45 s, before it had to be answered.
    ("a5", "bed", "heart_rate_high", "medium", "11-13T08:00:00", {"cleared": [45]}, None),
    # Resolved by somebody who had not accepted it: answered after 50 s.
    ("a6", "bed", "heart_rate_high", "medium", "11-14T08:00:00", {"resolved": [50]}, "false_alarm"),
    # Held back by quiet hours till its end: nobody was asked.
    ("a7", "bed", "bed_exit_long", "medium", "11-15T02:00:00", {"cleared": [600]}, None),
    # Held back for an hour, and answered 10 s after it was told.
    ("a8", "bed", "bed_exit_long", "medium", "11-16T02:00:00",
     {"asked": [3600], "accepted": [3610], "resolved": [4000]}, "not_needed"),
    # A line on the list, of a device that is nobody's.
    ("a9", "spare", "battery_low", "low", "11-17T02:00:00", {"cleared": [90_000]}, None),
    # Two minutes before now, and nobody has answered: 60 s have passed, 180 s have not.
    ("a10", "button", "sos", "high", "12-01T00:00:00", {}, None),
    # A test, but who was asked did not know.
    ("a11", "button", "sos", "high", "11-18T02:00:00",
     {"accepted": [20], "resolved": [100]}, "test"),
    # The fall detector was silent for 3 days (the button too, see below), its neighbour the month
    # before for two, of which one is in this month.
    ("d1", "fall", "device_silent", "low", "11-05T00:00:00", {"cleared": [3 * 86_400]}, None),
    ("d2", "bed", "device_silent", "low", "10-31T00:00:00", {"cleared": [2 * 86_400]}, None),
    # The button's test is overdue since the 28th.
    ("t1", "button", "button_test_overdue", "low", "11-28T00:00:00", {}, None),
    # Of another town, and of another month.
    ("x1", "abroad", "sos", "high", "11-10T12:00:00", {"accepted": [500]}, None),
    ("x2", "button", "sos", "high", "10-31T23:59:59", {"accepted": [500]}, None),
]  # fmt: skip
LATE = {61: 1000, 60.02: 20, 180.04: 40}
OFFERS = [
    # alert, who, as what, seconds after it was raised
    ("a1", "s1", "station", 0), ("a2", "s1", "station", 0), ("a3", "s2", "centre", 60),
    ("a4", "s2", "station", 0), ("a4", "s2", "centre", 60), ("a10", "s1", "station", 0),
    # these ring at nobody on duty: the family, an answer unasked, a list
    ("a6", "f", "family", 0), ("a1", "s2", "", 30), ("a9", "s1", "station", 0),
]  # fmt: skip

# A10 belongs to December, so it is asked for from the 1st of November till now: 30 days and 120 s.
WINDOWS = (30 * DAY + 120 * SECOND) / (600 * SECOND)
DAYS = 30 + 120 / 86_400
WHOLE: dict[str, tuple[float, float | None, float]] = {
    "alerts": (13, None, 13),
    "answered_60s": (5 / 8, 5, 8),  # a1 a2 a6 a8 a11 of them and a3 a4 a10
    "answered_180s": (6 / 7, 6, 7),  # a3 too; a10 is not decided
    "accept_p50": (50, None, 7),  # 10 20 30 [50] 60 120 240
    "accept_p90": (240, None, 7),  # the 7th: six are 86 %
    "accept_p97_5": (240, None, 7),
    "arrived_20min": (1 / 3, 1, 3),  # a1 of a1 a2 a4; a3 and a11 were over, a10 is not decided
    "arrived_45min": (2 / 3, 2, 3),
    "arrived_60min": (1, 3, 3),
    "per_resident_day": (12 / (3 * DAYS + DAYS - 20), 12, 3 * DAYS + DAYS - 20),  # not a9
    "precision": (3 / 5, 3, 5),  # a1 a2 a4, and a3 a6
    "mistake_device": (0, 0, 2),
    "mistake_person": (1 / 2, 1, 2),  # a6
    "mistake_rule": (0, 0, 2),
    "mistake_unsaid": (1 / 2, 1, 2),  # a3
    "per_carer_10min": (6 / (2 * WINDOWS), 6, 2 * WINDOWS),
    "busiest_10min": (2, None, 4),  # s1: a1 and a2, a10; s2: a3, a4 twice
    # Silent for 3 (fall), 2 (button) and 1 (bed) days of 3 devices' 30 and the spare one's 15; the
    # new one's 10 are in no contact.
    "in_contact": (1 - (DAYS - 14) / (5 * DAYS - 35), 4 * DAYS - 21, 5 * DAYS - 35),
    "not_heard": (1, 1, 5),
    # The button up to the 27th, the fall detector for its first 8 days.
    "tests_on_time": (34 / (2 * DAYS - 14), 34, 2 * DAYS - 14),
    "lateness_p99": (1.0, None, 3),
}


@pytest.fixture
def month(connection: psycopg.Connection) -> psycopg.Connection:
    """A database with the month as it was written."""
    connection.execute(PEOPLE)
    for number, row in enumerate(MONTH):
        _write(connection, 100 * number, *row)
    for alert, who, party, after in OFFERS:
        connection.execute(
            "insert into offer (alert_id, sequence, person, name, username, party, step, round,"
            " offered_at, deadline, answer, answered_at) select id, %s, %s, %s, %s, %s, 0, 0,"
            " raised_at + %s * interval '1 second', raised_at, 'over', raised_at"
            " from alert where id = %s",
            (after, who, who, who, party, after, alert),
        )
    return connection


def _write(
    connection: psycopg.Connection,
    sequence: int,
    alert: str,
    device: str,
    kind: str,
    priority: str,
    raised: str,
    happened: dict[str, list[float]],
    outcome: str | None,
) -> None:
    at = from_datetime(datetime.fromisoformat(f"2026-{raised}+08:00"))
    moments = {change: [at + round(s * SECOND) for s in when] for change, when in happened.items()}
    over = [*moments.get("resolved", ()), *moments.get("cleared", ())]
    connection.execute(
        "insert into alert (id, subject, resident_id, device_id, team_id, kind, priority, latching,"
        " state, since, raised_at, incident_id, responsible, deadline, resolved_at, outcome, asked,"
        " sources) select %(id)s, %(id)s, d.resident_id, d.id, coalesce(r.team_id, d.team_id),"
        " %(kind)s, %(priority)s, false, %(state)s, %(at)s, %(at)s, %(id)s, 'x', %(deadline)s,"
        " %(over)s, %(outcome)s, %(asked)s, array[d.id]"
        " from device d left join resident r on r.id = d.resident_id where d.id = %(device)s",
        {
            "id": alert, "device": device, "kind": kind, "priority": priority,
            "at": to_datetime(at), "state": "resolved" if over else "open",
            "deadline": None if over else to_datetime(NEVER // 1000),
            "over": to_datetime(over[0]) if over else None, "outcome": outcome,
            "asked": 0 if alert == "a7" else 1,
        },
    )  # fmt: skip
    told = [("raised", at), *((change, m) for change, when in moments.items() for m in when)]
    if alert == "d1":
        told.append(("repeated", at + DAY))
    for place, (change, moment) in enumerate(sorted(told, key=lambda each: each[1])):
        evidence: dict[str, Any] = {}
        if change == "no_answer":
            evidence = {"late_ms": LATE[(moment - at) / SECOND]}
        if (alert, change) == ("a6", "resolved"):
            evidence = {"mistake": "person"}
        after = {
            "state": "resolved" if moment in over else "open",
            # The button joins the fall detector in its silence after a day.
            "sources": ["fall", "button"] if change == "repeated" else [device],
        }
        connection.execute(
            "insert into alert_event (sequence, alert_id, at, change, reason, evidence, after)"
            " values (%s, %s, %s, %s, '', %s, %s)",
            (sequence + place, alert, to_datetime(moment), change, Jsonb(evidence),
             Jsonb(after)),
        )  # fmt: skip


def _report(connection: psycopg.Connection, team: str | None = "town", **asked: Any) -> Report:
    area = area_of(reports.teams(connection, None), team, unowned=team is None)
    assert area is not None
    return reports.report(connection, area, Asked(**asked), NOW)


def _told(figure: Figure) -> tuple[float | None, float | None, float]:
    return figure.value, figure.numerator, figure.denominator


def test_the_month_gives_the_numbers_that_were_reckoned_by_hand(month: psycopg.Connection) -> None:
    found = _report(month, start="2026-11-01").whole.figures
    assert found.keys() == WHOLE.keys() == FIGURES.keys()
    for name, wanted in WHOLE.items():
        assert _told(found[name]) == pytest.approx(wanted), name


def test_a_target_is_judged_by_enough_cases_or_by_what_is_beyond_doubt(
    month: psycopg.Connection,
) -> None:
    found = _report(month, start="2026-11-01").whole.figures
    met = {name: FIGURES[name].met(figure) for name, figure in found.items()}
    assert {name for name, each in met.items() if each} == {"per_carer_10min"}
    # 5 of 8 where 97.5 % is asked for, and 1 of 3 where it is every one.
    assert {name for name, each in met.items() if each is False} == {
        "answered_60s", "arrived_20min",
    }  # fmt: skip
    too_few = {name for name, figure in found.items() if FIGURES[name].too_few(figure)}
    assert too_few == {"answered_180s", "arrived_45min", "arrived_60min", "lateness_p99"}


@pytest.mark.parametrize(
    ("count", "of", "met"),
    [
        (1, 1, None), (29, 29, None), (27, 29, None), (25, 29, False),
        (30, 30, True), (29, 30, False),
    ],
)  # fmt: skip
def test_when_97_5_percent_are_met(count: int, of: int, met: bool | None) -> None:
    assert FIGURES["answered_60s"].met(Figure(count / of, count, of)) is met


def test_the_answers_of_an_alert_are_the_fold_of_its_history(month: psycopg.Connection) -> None:
    """What the trigger keeps is what the migration makes out of a history that was there before."""
    kept = month.execute("table alert_answer order by alert_id").fetchall()
    month.execute("truncate alert_answer")
    migration = next(each.sql for each in migrations() if each.name == "0017_answers.sql")
    made = migration[migration.index("insert into alert_answer") :].split(";")[0]
    month.execute(made.encode())
    assert month.execute("table alert_answer order by alert_id").fetchall() == kept
    assert len(kept) == 9


def test_each_part_has_its_own_figures(month: psycopg.Connection) -> None:
    found = _report(month, start="2026-11-01")
    shares = {
        (section.axis, section.part): _told(section.figures["answered_60s"])
        for section in found.sections
    }
    assert {part: told for (axis, part), told in shares.items() if axis == "team"} == {
        "a": (3 / 4, 3, 4), "b": (2 / 4, 2, 4),
    }  # fmt: skip
    assert shares["kind", "sos"] == (3 / 4, 3, 4)
    assert shares["kind", "device_silent"] == (None, 0, 0)
    assert shares["priority", "high"] == (3 / 6, 3, 6)
    precision = {each.part: _told(each.figures["precision"]) for each in found.along("model")}
    assert precision == {"B": (1, 2, 2), "F": (1 / 2, 1, 2), "M": (0, 0, 1), None: (None, 0, 0)}
    contact = {each.part: each.figures["in_contact"].numerator for each in found.along("model")}
    assert contact == pytest.approx({"B": DAYS - 2, "F": DAYS - 3, "M": DAYS - 1, None: DAYS - 15})
    never = {each.part: each.figures["not_heard"].value for each in found.along("model")}
    assert never == {"B": 0, "F": 0, "M": 1, None: 0}


def test_the_time_of_what_is_held_back_later_began_when_it_was_raised(
    month: psycopg.Connection,
) -> None:
    for change, after in (("held_back", 10), ("asked", 100)):
        month.execute(
            "insert into alert_event (sequence, alert_id, at, change, reason, after)"
            " select %s, id, raised_at + %s * interval '1 second', %s, '', '{}'"
            " from alert where id = 'a3'",
            (10_000 + after, after, change),
        )
    found = _report(month, start="2026-11-01").whole.figures
    assert _told(found["answered_60s"]) == WHOLE["answered_60s"]
    assert _told(found["accept_p97_5"]) == WHOLE["accept_p97_5"]


def test_a_kind_or_a_model_alone(month: psycopg.Connection) -> None:
    falls = _report(month, start="2026-11-01", kind="fall").whole.figures
    assert _told(falls["answered_60s"]) == (0, 0, 2)
    assert _told(falls["in_contact"]) == (None, 0, 0)
    model = _report(month, start="2026-11-01", model="B").whole.figures
    assert _told(model["precision"]) == (1, 2, 2)
    assert _told(model["tests_on_time"]) == pytest.approx((26 / DAYS, 26, DAYS))


def test_a_month_begins_where_the_residents_live(month: psycopg.Connection) -> None:
    november = _report(month, period="2026-11", compared=True)
    assert november.timezone == "Asia/Shanghai"
    assert iso(november.period.start) == "2026-10-31T16:00:00.000Z"
    assert november.whole.figures["alerts"].value == 12  # without a10
    assert november.whole.before["alerts"].value == 2  # d2 and x2
    assert november.before
    assert november.before.name == "2026-10"
    in_utc = _report(month, period="2026-11", timezone="UTC").whole.figures
    assert in_utc["alerts"].value == 13  # a10 is still of November there
    assert _report(month, None, period="2026-11").whole.figures["alerts"].value == 13  # x1


def test_nothing_to_count_is_nothing(connection: psycopg.Connection) -> None:
    found = _report(connection, None, period="2026-11").whole.figures
    values = {name: figure.value for name, figure in found.items()}
    assert values.pop("alerts") == 0
    assert set(values.values()) == {None}


def test_a_column_with_a_null_is_no_column() -> None:
    columns = np.dtype([("n", "i4"), ("m", "?")])
    assert table_of([b"\0\0\0\1\0\0\0\2", b"\0\1"], columns).tolist() == [(1, False), (2, True)]
    with pytest.raises(ValueError, match="null"):
        table_of([b"\0\0\0\1", b"\0\1"], columns)


# -- what holds for any records ----------------------------------------------------------------

_NOW, _START, _END = 30 * DAY, 10 * DAY, 40 * DAY
ADDITIVE = [
    name for name in FIGURES if name not in ("per_carer_10min", "busiest_10min")
]  # a carer may be asked by several teams

OF_DEVICES = ("in_contact", "not_heard", "tests_on_time")


@st.composite
def _records(draw: st.DrawFn) -> Records:
    return Records(**{name: _table(draw, name) for name in COLUMNS})


def _table(draw: st.DrawFn, name: str) -> Any:
    columns = COLUMNS[name]
    rows = draw(st.integers(0, 12))
    table = np.zeros(rows, columns)
    for column in columns.names or ():
        table[column] = draw(st.lists(_cell(column), min_size=rows, max_size=rows))
    if name == "alerts":
        table["asked_at"] = np.maximum(table["asked_at"], table["raised_at"])
    return table


def _cell(column: str) -> st.SearchStrategy[Any]:
    if column in ("told", "of_resident"):
        return st.booleans()
    if column.endswith("_at"):
        near = st.integers(0, 300).map(lambda seconds: _START + seconds * SECOND)
        return near | st.just(NEVER) if column not in ("raised_at", "asked_at") else near
    return st.integers(0 if column != "priority" else 1, 3)


@settings(deadline=None)
@given(_records(), st.sampled_from(["team", "kind", "model", "priority"]))
def test_parts_add_up_to_the_whole(records: Records, axis: str) -> None:
    span = Span(_START, _END, _NOW)
    whole = compute(records, span)
    parts = [compute(part, span) for part in records.by(axis).values()]
    for name in ADDITIVE:
        counts = [part[name].denominator for part in parts]
        if name == "per_resident_day" and axis != "team":
            assert all(count == whole[name].denominator for count in counts)
        elif axis in ("team", "model") or name not in OF_DEVICES:
            assert sum(counts) == pytest.approx(whole[name].denominator), name
        numerators = [part[name].numerator or 0 for part in parts]
        if axis in ("team", "model") or name not in OF_DEVICES:
            assert sum(numerators) == pytest.approx(whole[name].numerator or 0), name


@settings(deadline=None)
@given(_records())
def test_shares_lie_within_their_interval(records: Records) -> None:
    for name, figure in compute(records, Span(_START, _END, _NOW)).items():
        if figure.low is None or figure.high is None or figure.value is None:
            continue
        assert 0 <= figure.low <= figure.value <= figure.high <= 1, name
        assert figure.value == (figure.numerator or 0) / figure.denominator


@given(st.lists(st.sampled_from(["town", "a", "b", "far", "c"]), unique=True, min_size=1))
def test_an_area_has_each_team_in_one_part(seen: list[str]) -> None:
    above = {"town": None, "a": "town", "b": "town", "far": None, "c": "far"}
    area = area_of([Team(each, each.title(), above[each]) for each in seen])
    assert area is not None
    assert set(area.teams) == set(seen)
    assert set(area.teams.values()) == set(range(1, len(area.parts) + 1))


def test_two_months_are_as_many_alerts_as_both(month: psycopg.Connection) -> None:
    def count(start: Micros, end: Micros) -> int:
        chosen = Chosen({"town": 1, "a": 2, "b": 3}, False, start, end, models(month))
        return len(load(month, chosen).alerts)

    october = from_datetime(datetime.fromisoformat("2026-10-01T00:00+08:00"))
    november = from_datetime(datetime.fromisoformat("2026-11-01T00:00+08:00"))
    assert count(october, NOW) == count(october, november) + count(november, NOW)
