"""Messages get through at least once, or are given up with the reason: over real HTTP."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
import structlog

from alerts import outbox, reach, store
from alerts.channels.channel import DeliveryFailed, Message
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.reasons import because
from carewatch import escalator
from domain.time import DAY, MINUTE, SECOND, ManualClock, Micros, SystemClock, to_datetime
from tests.waiting import eventually

SECRET = "a secret"


@dataclass(frozen=True)
class Settings:
    database_url: str
    webhook_url: str | None = None
    webhook_secret: str | None = SECRET
    handover_url: str | None = None
    public_url: str | None = None
    reply_secret: str | None = None
    services: Mapping[str, str] = field(default_factory=dict)
    deadman_url: str | None = None


class Deaf:
    """A channel that never gets through."""

    def deliver(self, message: Message) -> None:
        raise DeliveryFailed(because("unreachable", error="nobody listens"))


def rows(county: Any, columns: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = county.connection.execute(
        f"select {columns} from outbox order by id"
    ).fetchall()
    return found


def routed(county: Any, **urls: str) -> None:
    with county.connection.transaction():
        outbox.route(county.connection, outbox.Routes(**urls), county.noon)


def attempt(county: Any, channel: Any, at: Micros, name: str = outbox.WEBHOOK) -> int:
    """Try all that is due at a moment; how many there were."""
    claimed = outbox.claim(county.connection, name, at, limit=100)
    for each in claimed:
        outbox.deliver(county.connection, each, channel, at)
    return len(claimed)


def test_every_message_goes_to_the_log_and_where_the_settings_say(county: Any) -> None:
    county.raise_one("sos")
    routed(county, webhook_url="http://w", handover_url="http://h")
    assert rows(county, "recipient, channel, address") == [
        (who, channel, address)
        for who in ("a-li", "a-mei", "a-station")
        for channel, address in (("log", ""), ("webhook", "http://w"))
    ]


def test_the_alert_tells_of_every_message_that_went_out(county: Any) -> None:
    county.raise_one("sos")
    routed(county, webhook_url="http://w/secret")
    alert = county.alerts()[0].id

    def listed() -> list[tuple[str, str, str]]:
        found = list(reach.queries.deliveries(county.connection, alert_id=alert))
        assert "secret" not in str(found)
        return sorted((row["recipient"], row["channel"], row["result"]) for row in found)

    assert listed() == [], "nothing has gone out yet"
    attempt(county, LogChannel(), county.noon, outbox.LOG)
    people = ("li", "mei", "station")
    assert listed() == [(who, "log", "delivered") for who in people]
    attempt(county, Deaf(), county.noon)
    assert listed() == [
        (who, *what) for who in people for what in (("log", "delivered"), ("webhook", "failed"))
    ]


def test_the_alert_tells_which_webhook_it_was(county: Any) -> None:
    county.raise_one("sos")
    county.connection.execute(
        "update outbox set party = 'handover', recipient = 'handover' where recipient = 'a-mei'"
    )
    routed(county, webhook_url="http://w", handover_url="http://h")
    attempt(county, Deaf(), county.noon)
    found = reach.queries.deliveries(county.connection, alert_id=county.alerts()[0].id)
    routes = [(row["recipient"], row["route"]) for row in found]
    assert sorted(routes) == [
        ("handover", "handover"), ("handover", "operator"), ("li", "operator"),
        ("station", "operator"),
    ]  # fmt: skip


def test_only_the_hand_over_goes_to_the_emergency_service(county: Any) -> None:
    routes = outbox.Routes("http://w", "http://h")
    both = (("log", "", None), ("webhook", "http://w", "operator"))
    assert routes.of("family") == both
    assert routes.of("handover") == (*both, ("webhook", "http://h", "handover"))
    assert outbox.Routes("http://w", "http://w").of("handover") == both


def test_a_receiver_that_fails_first_is_tried_again_with_the_same_id(
    county: Any, receiver: Any
) -> None:
    county.connection.execute("delete from care_circle where account_id = 'a-mei'")
    county.raise_one("heart_rate_high", device="bed-1")
    routed(county, webhook_url=receiver.url)
    receiver.answers = [500, 503, 200]
    channel = WebhookChannel(SECRET, ManualClock(county.noon))
    assert attempt(county, channel, county.noon) == 1
    assert attempt(county, channel, county.noon + SECOND - 1) == 0
    assert attempt(county, channel, county.noon + SECOND) == 1
    assert attempt(county, channel, county.noon + 2 * SECOND) == 0
    assert attempt(county, channel, county.noon + 3 * SECOND) == 1
    assert attempt(county, channel, county.noon + DAY) == 0
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len(receiver.requests) == 3


def test_a_message_that_nobody_takes_for_a_day_is_given_up(county: Any) -> None:
    county.raise_one("heart_rate_high", device="bed-1")
    routed(county, webhook_url="http://w")
    at, tries = county.noon, 0
    while (due := outbox.next_delivery(county.connection, outbox.WEBHOOK)) is not None:
        at = max(due, at)
        attempt(county, Deaf(), at)
        tries += 1
        assert tries < 200
    assert county.noon + DAY - 16 * MINUTE < at <= county.noon + DAY
    errors = {error for error, channel in rows(county, "last_error, channel") if channel != "log"}
    assert errors == {"not delivered for 24 hours: nobody listens"}


def test_what_a_crash_left_in_between_is_delivered_later(county: Any, receiver: Any) -> None:
    county.raise_one("sos")
    routed(county, webhook_url=receiver.url)
    assert len(outbox.claim(county.connection, outbox.WEBHOOK, county.noon, 100)) == 3
    channel = WebhookChannel(SECRET, ManualClock(county.noon))
    assert attempt(county, channel, county.noon + 59 * SECOND) == 0
    assert attempt(county, channel, county.noon + 60 * SECOND) == 3


@pytest.mark.parametrize("end", ["accepted", "resolved"])
def test_nobody_is_called_after_it_is_over(county: Any, end: str) -> None:
    alert = county.raise_one("smoke", device="smoke-1")
    routed(county, webhook_url="http://w")
    if end == "accepted":
        store.act(county.connection, alert.id, "accepted", county.li, county.noon)
    else:
        county.tell(county.finding("smoke", "smoke-1", active=False))
    assert attempt(county, Deaf(), county.noon + SECOND) == 0
    assert {error for (error,) in rows(county, "last_error")} == {
        f"no longer of use: the alert is {end}"
    }


def test_the_log_tells_of_the_alert_and_nothing_of_its_kind_or_person(county: Any) -> None:
    county.raise_one("spo2_low", device="bed-1", evidence={"value": 81})
    routed(county)
    with structlog.testing.capture_logs() as lines:
        assert attempt(county, LogChannel(), county.noon, outbox.LOG) == 2
    assert {line["event"] for line in lines} == {"notification"}
    said = str(lines)
    assert "medium" in said
    for secret in ("spo2", "value", "anna", "Anna", "Li", "'li'"):
        assert secret not in said


def test_the_process_delivers_a_call_while_another_receiver_hangs(
    county: Any, receiver: Any, database_url: str
) -> None:
    """Deadlines go on too: the next in line is asked while the first post hangs."""
    receiver.hang_first()
    county.hurry()
    stop = threading.Event()
    settings = Settings(database_url, webhook_url=receiver.url)
    thread = threading.Thread(target=escalator.run, args=(settings, stop))
    thread.start()
    try:
        county.tell(county.finding("sos", at=SystemClock().now()))
        eventually(
            lambda: any(b'"party":"centre"' in request.body for request in receiver.requests)
        )
    finally:
        stop.set()
        receiver.release()
        thread.join(20)
    assert not thread.is_alive()
    assert county.alerts()[0].step >= 1


def test_routing_and_accepting_at_once_do_not_wait_for_each_other(
    county: Any, database_url: str
) -> None:
    alert = county.raise_one("sos")
    with psycopg.connect(database_url) as routing:
        at = to_datetime(county.noon)
        assert list(outbox.queries.unrouted(routing, now=at, limit=500))  # locks the messages
        accept = threading.Thread(
            target=store.act, args=(county.connection, alert.id, "accepted", county.li, county.noon)
        )
        accept.start()
        waits = "select from pg_locks where not granted"
        with psycopg.connect(database_url, autocommit=True) as looking:
            eventually(lambda: looking.execute(waits).fetchone() is not None, "accepting waits")
        assert outbox.route(routing, outbox.Routes(), county.noon) == 3
        routing.commit()
        accept.join(10)
    assert [found.state for found in county.alerts(state="accepted")] == ["accepted"]
