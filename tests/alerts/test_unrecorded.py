"""What was told before an alert was recorded is not told again."""

from dataclasses import replace
from typing import Any

from alerts import outbox, store
from alerts.channels.channel import DeliveryFailed, Message
from alerts.reasons import because
from alerts.unrecorded import LastKnown, Told, already_told, first_messages, read_all
from carewatch.postroom import OneOfMany
from domain.time import DAY, MINUTE, SECOND

ROUTES = outbox.Routes("http://w", "http://h")


def told_of(county: Any, **more: Any) -> list[Told]:
    """A press of Anna's that cannot be recorded, and whom it is told to."""
    known = read_all(county.connection, county.directory, county.noon)
    found = first_messages(
        county.finding("sos", key="id:a1"), county.directory, known, ROUTES, county.noon
    )
    return [replace(told, at=county.noon + 5 * SECOND, **more) for told, _ in found]


def record(county: Any, told: list[Told]) -> None:
    """The database is back: the press is recorded, with what was told of it."""
    with county.connection.transaction():
        now = county.noon + MINUTE
        store.record(county.connection, [county.finding("sos", key="id:a1")], county.directory, now)
        already_told(county.connection, told, now)


def rows(county: Any, sent: bool) -> set[tuple[str, str]]:
    """Recipient and channel of what is, or is not, on its way any more."""
    with county.connection.transaction():
        outbox.route(county.connection, ROUTES, county.noon + MINUTE)
    found = county.connection.execute(
        "select recipient, channel from outbox where (sent_at is not null) = %s", (sent,)
    )
    return set(found)


def test_the_same_people_are_told_as_by_the_database(county: Any) -> None:
    told = told_of(county)
    record(county, [])
    assert {(each.recipient, each.channel) for each in told} == rows(county, sent=False)
    assert {each.alert_id for each in told} == {county.alerts()[0].id}


def test_the_message_says_that_it_is_not_recorded(county: Any) -> None:
    known = read_all(county.connection, county.directory, county.noon)
    found = first_messages(county.finding("sos"), county.directory, known, ROUTES, county.noon)
    payload = found[0][1].payload
    assert payload["recorded"] is False
    assert payload["reason"].startswith("Not yet recorded. Told by button-1.")


def test_who_was_told_is_not_told_again(county: Any) -> None:
    told = [each for each in told_of(county) if each.recipient != "a-station"]
    record(county, told)
    assert rows(county, sent=True) == {
        (who, channel) for who in ("a-li", "a-mei") for channel in ("log", "webhook")
    }
    assert rows(county, sent=False) == {("a-station", "log"), ("a-station", "webhook")}


def test_the_history_says_it_once(county: Any) -> None:
    told = told_of(county)
    record(county, told)
    record(county, told)
    history = store.history(county.connection, county.alerts()[0].id)
    assert [entry["change"] for entry in history] == ["raised", "repeated"]
    assert history[1]["reason"].startswith(
        "Told before it could be recorded, at 2026-11-21T12:00:05"
    )


def test_a_message_on_its_way_is_left_alone_for_a_while(county: Any) -> None:
    told = [replace(each, at=None) for each in told_of(county)]
    record(county, told)
    rows(county, sent=False)
    now = county.noon + MINUTE
    assert outbox.claim(county.connection, outbox.WEBHOOK, now + MINUTE - 1, limit=9) == []
    record(county, [replace(each, at=now) for each in told])
    assert rows(county, sent=False) == set()


def test_the_message_has_the_name_that_it_will_have(county: Any) -> None:
    told = told_of(county)
    record(county, [])
    rows(county, sent=False)
    claimed = outbox.claim(county.connection, outbox.WEBHOOK, county.noon + DAY, limit=9)
    webhooks = {each.message_id for each in told if each.channel == outbox.WEBHOOK}
    assert {each.message.id for each in claimed} == webhooks


def test_while_nobody_is_known_the_centre_is_told(county: Any) -> None:
    found = first_messages(
        county.finding("sos"), county.directory, LastKnown.nothing(), ROUTES, county.noon
    )
    assert {told.party for told, _ in found} == {"centre"}


def test_people_are_told_by_their_own_channels_too(county: Any) -> None:
    county.connection.execute(
        "insert into person_channel (account_id, place, kind, address, priorities, created_at,"
        " confirmed_at) values ('a-li', 0, 'sms', '+8613812345678', '{high}', now(), now()),"
        " ('a-li', 1, 'email', 'li@example.org', '{high,low}', now(), now())"
    )
    known = read_all(county.connection, county.directory, county.noon)
    found = first_messages(county.finding("sos"), county.directory, known, ROUTES, county.noon)
    ((told, message),) = [each for each in found if each[0].channel == outbox.PERSON]
    assert told.recipient == "a-li"
    assert [letter["kind"] for letter in message.payload["letters"]] == ["sms", "email"]
    words = "Anna: the emergency button was pressed, since 20:00."
    assert message.payload["letters"][0]["body"] == words
    sms, email = _Box(DeliveryFailed(because("unreachable", error="down"))), _Box()
    OneOfMany({"sms": sms, "email": email}).deliver(message)
    assert (len(sms.taken), len(email.taken)) == (0, 1)
    record(county, [each for each in told_of(county) if each.channel == outbox.PERSON])
    assert ("a-li", outbox.PERSON) in rows(county, sent=True)
    assert ("a-li", outbox.PERSON) not in rows(county, sent=False)


class _Box:
    """A channel that keeps what it takes, or always says no."""

    def __init__(self, no: DeliveryFailed | None = None) -> None:
        self.taken: list[Message] = []
        self._no = no

    def deliver(self, message: Message) -> None:
        if self._no:
            raise self._no
        self.taken.append(message)
