"""The standing audit finds what is wrong, says so once, and notices when it is mended."""

import threading
from typing import Any

import psycopg
import pytest
import structlog

from alerts import inspection, outbox
from alerts.channels.log import LogChannel
from carewatch.inspector import Inspector, caller
from carewatch.steady import RECEIVING
from domain.time import DAY, MINUTE, SECOND, ManualClock, Micros
from tests.waiting import eventually

LATE: Micros = 150 * SECOND
"""By then an alert should have gone on, and a message may still be on its way."""


def found(county: Any, at: Micros = 0) -> list[tuple[str, str]]:
    """Kind and thing of what the audit finds so long after noon."""
    defects = inspection.inspect(county.connection, county.noon + at)
    assert all(defect.sentence.endswith((".", "?")) for defect in defects)
    return [(defect.kind, defect.thing) for defect in defects]


@pytest.fixture
def admin(county: Any) -> str:
    county.connection.execute(
        "insert into account (id, username, password_hash, role) values ('a-ad', 'ad', '', 'admin')"
    )
    return "a-ad"


def test_nothing_is_found_where_all_is_well(county: Any) -> None:
    county.raise_one("sos")
    assert found(county) == []


def test_an_alert_whose_deadline_has_passed_is_told_once_and_until_it_is_mended(
    county: Any, admin: str
) -> None:
    alert = county.raise_one("sos")
    assert found(county, LATE) == [("unattended", alert.id)]
    with structlog.testing.capture_logs() as lines:
        assert found(county, LATE + SECOND) == [("unattended", alert.id)]
    assert lines == []
    assert [who for what, who in county.outbox() if what == "defect"] == [admin]
    assert inspection.DEFECTS.labels("unattended")._value.get() == 1
    county.connection.execute("update alert set deadline = deadline + interval '1 hour'")
    with structlog.testing.capture_logs() as lines:
        assert found(county, LATE + 2 * SECOND) == []
    assert [line["event"] for line in lines] == ["defect mended"]
    assert inspection.open_defects(county.connection) == []
    assert inspection.DEFECTS.labels("unattended")._value.get() == 0


def test_a_message_that_nobody_takes_is_found(county: Any) -> None:
    county.raise_one("sos")
    county.connection.execute("update alert set deadline = now() + interval '1 year'")
    assert found(county, 2 * MINUTE) == []
    assert found(county, 4 * MINUTE) == [("stuck_messages", "any")]


def test_an_escalator_that_stopped_is_missed_until_another_takes_its_place(county: Any) -> None:
    for name in ("one", "two"):
        inspection.beat(county.connection, name, county.noon)
    inspection.beat(county.connection, "two", county.noon + 2 * MINUTE)
    assert found(county, 2 * MINUTE) == [("stopped_escalator", "one")]
    inspection.beat(county.connection, "three", county.noon + 3 * MINUTE)
    inspection.beat(county.connection, "two", county.noon + 3 * MINUTE)
    assert found(county, 3 * MINUTE) == []


def test_an_escalator_that_was_told_to_end_is_not_missed(county: Any) -> None:
    for name in ("one", "two"):
        inspection.beat(county.connection, name, county.noon)
    inspection.leave(county.connection, "one")
    inspection.beat(county.connection, "two", county.noon + DAY)
    assert found(county, DAY) == []


def test_a_policy_that_ends_with_nobody_is_found(county: Any) -> None:
    county.connection.execute(
        'update policy set steps = \'[{"parties": ["person:gone"], "hold_s": 60}]\''
        " where priority = 'medium'"
    )
    ((kind, _),) = found(county)
    assert kind == "bad_policy"
    (defect,) = inspection.open_defects(county.connection)
    assert "The last step" in defect.sentence
    assert "gone" in defect.sentence


def test_an_audit_that_takes_too_long_is_reported_itself(
    county: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "QUERY_MS", 50)
    with psycopg.connect(database_url) as other:
        other.execute("lock table alert in access exclusive mode")
        assert found(county) == [("not_inspected", "database")]
        other.rollback()
    assert found(county, SECOND) == []


def test_of_many_escalators_one_looks_and_one_tells(
    county: Any, database_url: str, admin: str
) -> None:
    county.raise_one("sos")
    gate = threading.Barrier(3)

    def look() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            gate.wait(10)
            inspection.inspect(connection, county.noon + LATE)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [who for what, who in county.outbox() if what == "defect"] == [admin]


def test_what_is_found_goes_out_by_the_log_and_the_webhook(county: Any, admin: str) -> None:
    county.raise_one("sos")
    found(county, LATE)
    at = county.noon + LATE
    with county.connection.transaction():
        outbox.route(county.connection, outbox.Routes("http://127.0.0.1:1/hook"), at)
    claimed = outbox.claim(county.connection, outbox.LOG, at, limit=100)
    with structlog.testing.capture_logs() as lines:
        for each in claimed:
            outbox.deliver(county.connection, each, LogChannel(), at)
    assert "defect" in {line["occasion"] for line in lines}
    payloads = county.connection.execute(
        "select payload ->> 'reason' from outbox where channel = 'webhook' and alert_id is null"
    ).fetchall()
    assert len(payloads) == 1
    assert "is left alone" in payloads[0][0]


def test_the_dead_mans_address_is_called_while_all_is_well_and_not_otherwise(
    county: Any, receiver: Any
) -> None:
    clock = ManualClock(county.noon)
    call = caller(receiver.url)
    inspector = Inspector(clock, call, "one")

    def after(time: Micros) -> int:
        clock.advance(time)
        inspector(county.connection)
        return len(receiver.requests)

    assert after(0) == 0, "no pump is at work"
    county.connection.execute("select pg_advisory_lock(%s)", (RECEIVING,))
    assert after(MINUTE) == 1
    assert after(30 * SECOND) == 1, "once a minute"
    assert after(30 * SECOND) == 2
    county.raise_one("sos")
    assert after(10 * MINUTE) == 2, "an alert is left alone"
    county.connection.execute("update alert set deadline = now() + interval '1 year'")
    county.connection.execute("update outbox set sent_at = now()")
    assert after(MINUTE) == 3
    receiver.answers = [500]
    assert after(MINUTE) == 4, "a failure is survived"
    eventually(lambda: after(MINUTE) == 5)
