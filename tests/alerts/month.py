"""A month of alerts in two villages, written by hand."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from domain.time import DAY, NEVER, SECOND, from_datetime, to_datetime

NOW = from_datetime(datetime.fromisoformat("2026-12-01T00:02:00+08:00"))
_PEOPLE = """
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
_MONTH: list[tuple[str, str, str, str, str, dict[str, list[float]], str | None]] = [
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
_LATE = {61: 1000, 60.02: 20, 180.04: 40}
_OFFERS = [
    # alert, who, as what, seconds after it was raised
    ("a1", "s1", "station", 0), ("a2", "s1", "station", 0), ("a3", "s2", "centre", 60),
    ("a4", "s2", "station", 0), ("a4", "s2", "centre", 60), ("a10", "s1", "station", 0),
    # these ring at nobody on duty: the family, an answer unasked, a list
    ("a6", "f", "family", 0), ("a1", "s2", "", 30), ("a9", "s1", "station", 0),
]  # fmt: skip


def write(connection: psycopg.Connection) -> None:
    """The people, the alerts with their histories, and who was asked."""
    connection.execute(_PEOPLE)
    for number, row in enumerate(_MONTH):
        _write(connection, 100 * number, *row)
    for alert, who, party, after in _OFFERS:
        connection.execute(
            "insert into offer (alert_id, sequence, person, name, username, party, step, round,"
            " offered_at, deadline, answer, answered_at) select id, %s, %s, %s, %s, %s, 0, 0,"
            " raised_at + %s * interval '1 second', raised_at, 'over', raised_at"
            " from alert where id = %s",
            (after, who, who, who, party, after, alert),
        )


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
            evidence = {"late_ms": _LATE[(moment - at) / SECOND]}
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
