"""Whoever does not answer in time is passed over: on a real database, through real outages."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
import structlog

from alerts import deadlines, store
from carewatch import escalator
from carewatch.embedded.postgres import Postgres
from domain.time import MINUTE, SECOND, ManualClock, Micros, SystemClock
from tests.waiting import eventually


@dataclass(frozen=True)
class Settings:
    database_url: str
    webhook_url: str | None = None
    webhook_secret: str | None = None
    handover_url: str | None = None
    public_url: str | None = None
    reply_secret: str | None = None
    services: Mapping[str, str] = field(default_factory=dict)
    deadman_url: str | None = None


@contextmanager
def running(*databases: str) -> Iterator[None]:
    """An escalator on each of these databases."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=escalator.run, args=(Settings(database), stop))
        for database in databases
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)


def escalate(county: Any, at: Micros) -> int:
    with county.connection.transaction():
        return len(deadlines.escalate(county.connection, at))


def state(county: Any) -> tuple[int, int, str]:
    alert = county.alerts()[0]
    return alert.round, alert.step, alert.responsible


def test_no_answer_asks_the_next_in_line_and_then_goes_round_again(county: Any) -> None:
    county.raise_one("sos")
    assert escalate(county, county.noon + 59 * SECOND) == 0
    assert escalate(county, county.noon + 60 * SECOND) == 1
    assert state(county) == (0, 1, "centre")
    assert escalate(county, county.noon + 180 * SECOND) == 1
    assert state(county) == (0, 2, "family, station, centre, contacts")
    assert escalate(county, county.noon + 300 * SECOND) == 1
    assert state(county) == (1, 0, "family, station")
    asked = [who for occasion, who in county.outbox() if occasion == "no_answer"]
    assert asked == [
        "a-centre",
        "a-li", "a-mei", "a-station", "a-centre", "contact 1", "handover",
        "a-li", "a-mei", "a-station", "a-centre",
    ]  # fmt: skip


def test_the_history_says_who_did_not_answer_and_how_late_we_were(county: Any) -> None:
    alert = county.raise_one("sos")
    escalate(county, county.noon + 61 * SECOND)
    last = store.history(county.connection, alert.id)[-1]
    assert last["change"] == "no_answer"
    assert last["reason"].startswith("No answer from family, station by 2026-11-21T12:01:00.000Z.")
    assert last["evidence"]["late_ms"] == 1000
    assert last["by"] is None


def test_who_accepted_and_does_not_set_out_is_passed_over(county: Any) -> None:
    alert = county.raise_one("sos")
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    assert escalate(county, county.noon + 5 * MINUTE) == 1
    after = county.alerts()[0]
    assert (after.state, after.responsible, after.accepted_by) == ("open", "centre", None)


def test_who_took_it_and_went_silent_is_named_and_told_until_heard_of_again(county: Any) -> None:
    alert = county.raise_one("sos")
    store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    store.act(county.connection, alert.id, "on_the_way", county.li, county.noon + MINUTE)
    assert store.went_silent(county.connection, [alert.id]) == {}
    escalate(county, county.noon + 30 * MINUTE)
    last = store.history(county.connection, alert.id)[-1]
    assert last["reason"].startswith(
        "li took it, and has not been heard of by 2026-11-21T12:21:00.000Z."
    )
    assert county.outbox()[-2:] == [("no_answer", "a-li"), ("no_answer", "a-centre")]
    silent = {alert.id: {"person": "li", "since": "2026-11-21T12:01:00.000Z"}}
    assert store.went_silent(county.connection, [alert.id]) == silent
    escalate(county, county.noon + 40 * MINUTE)
    assert store.went_silent(county.connection, [alert.id]) == silent, "whoever else is silent"
    store.act(county.connection, alert.id, "rejected", county.li, county.noon + 41 * MINUTE)
    assert store.went_silent(county.connection, [alert.id]) == {}


def test_who_is_on_site_and_silent_keeps_it_while_the_centre_is_told(county: Any) -> None:
    alert = county.raise_one("sos")
    for change in ("accepted", "on_the_way", "arrived"):
        store.act(county.connection, alert.id, change, county.station, county.noon)
    escalate(county, county.noon + 120 * MINUTE)
    after = county.alerts()[0]
    assert (after.state, after.holder) == ("on_site", "station")
    assert after.deadline == county.noon + 240 * MINUTE
    assert county.outbox()[-1] == ("no_answer", "a-centre")


def test_nobody_is_asked_twice_by_two_escalators(county: Any, database_url: str) -> None:
    county.raise_one("sos")
    with (
        psycopg.connect(database_url) as one,
        psycopg.connect(database_url) as two,
    ):
        assert len(deadlines.escalate(one, county.noon + MINUTE)) == 1
        assert deadlines.escalate(two, county.noon + MINUTE) == []


def test_the_standing_check_finds_what_is_overdue(county: Any) -> None:
    county.raise_one("sos")
    assert deadlines.check(county.connection, county.noon) == deadlines.Unattended(0, 0)
    late = county.noon + 10 * MINUTE
    assert deadlines.check(county.connection, late) == deadlines.Unattended(0, 1)


def test_the_database_refuses_an_alert_without_deadline_or_holder(county: Any) -> None:
    county.raise_one("sos")
    for broken in ("deadline = null", "responsible = ''"):
        with pytest.raises(psycopg.errors.CheckViolation):
            county.connection.execute(f"update alert set {broken}")


def test_a_deadline_is_kept_to_the_second_and_survives_a_restart(
    county: Any, database_url: str
) -> None:
    """The escalator comes after the alert, goes, and another goes on where it was."""
    clock = SystemClock()
    county.hurry()
    county.tell(county.finding("sos", at=clock.now()))
    with running(database_url):
        eventually(lambda: state(county)[1] >= 1)
    assert state(county)[2] == "centre"
    with running(database_url, database_url):
        eventually(lambda: state(county)[0] >= 1)
    alert = county.alerts()[0]
    late = [
        row["evidence"]["late_ms"]
        for row in store.history(county.connection, alert.id)
        if row["change"] == "no_answer"
    ]
    assert len(late) >= 3
    assert sorted(late)[0] < 500


def test_an_escalator_outlives_its_connections(
    county: Any, database_url: str, server: Postgres
) -> None:
    county.hurry()
    with running(database_url):
        eventually(lambda: _connections(county) == 10)
        county.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = %s",
            (escalator.APPLICATION_NAME,),
        )
        eventually(lambda: _connections(county) == 10)
        county.tell(county.finding("sos", at=SystemClock().now()))
        eventually(lambda: state(county)[1] >= 1)


def test_the_operator_is_warned_of_a_gap_once_and_before_it_happens(county: Any) -> None:
    county.connection.execute(
        "insert into rota (id, team_id, name, timezone, changed_by, changed_at)"
        " values ('town-1', 'town', 'Nights', 'UTC', 'x', now())"
    )
    clock = ManualClock(county.noon)
    watch = escalator.DutyWatch(clock)
    with structlog.testing.capture_logs() as lines:
        assert watch(county.connection) == county.noon + 5 * MINUTE
        clock.advance(5 * MINUTE)
        watch(county.connection)
    assert [(line["event"], line["team"]) for line in lines] == [("nobody on duty", "town")]
    assert escalator.DUTY_GAPS._value.get() == 1


def _connections(county: Any) -> int:
    row = county.connection.execute(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and application_name = %s",
        (escalator.APPLICATION_NAME,),
    ).fetchone()
    return int(row[0])
