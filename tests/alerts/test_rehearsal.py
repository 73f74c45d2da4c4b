"""The dry run of an alert is what would happen."""

from datetime import time
from typing import Any

import pytest

from alerts import arrangements, deadlines
from alerts.muster import muster
from alerts.policy import QuietHours
from alerts.rehearsal import raising, rehearse
from domain.time import HOUR, Micros
from tests.alerts.village import at, daily, keep, put

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
