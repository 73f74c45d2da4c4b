"""Channels against their real other sides: a mail server, an HTTP service, a browser's keys."""

import base64
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import apprise
import http_ece
import orjson
import psycopg
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from alerts import links, reach
from alerts.channels.channel import AddressGone, DeliveryFailed, Message
from alerts.channels.push import PushChannel, public_key, server_key
from alerts.channels.service import ServiceChannel
from alerts.wording import Wording
from carewatch import escalator
from carewatch.embedded.postgres import free_port
from carewatch.postroom import CodeSender
from carewatch.services import FIXED
from carewatch.settings import Settings
from domain.errors import CarewatchError
from domain.time import ManualClock, SystemClock
from tests.waiting import eventually


def message(address: str, **payload: Any) -> Message:
    said = {"title": "EMERGENCY: Rosa", "body": "Rosa: smoke, since 20:00.", "link": None,
            "priority": "high", "keys": None}  # fmt: skip
    return Message("msg_1", "alert-1", address, said | payload)


class Mailbox:
    """A mail server's room for letters."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], bytes]] = []
        self.refuses = False

    async def handle_DATA(  # noqa: N802 - as the server calls it
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.refuses:
            return "550 no such person"
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


def mail(port: int) -> ServiceChannel:
    return ServiceChannel("email", f"mailto://127.0.0.1:{port}?from=care@example.org&to={{to}}")


def test_a_mail_arrives_with_its_words(mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    mail(port).deliver(message("li@example.org", title="紧急：王**", body="王**：烟雾报警。"))
    ((to, content),) = box.letters
    letter = message_from_bytes(content)
    assert to == ["li@example.org"]
    assert str(make_header(decode_header(letter["Subject"]))) == "紧急：王**"
    assert "烟雾报警" in _words(content)


def test_a_mail_that_is_refused_is_a_failure(mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    box.refuses = True
    with pytest.raises(DeliveryFailed, match="did not take it"):
        mail(port).deliver(message("li@example.org"))


def test_ntfy_is_posted_to_its_topic(receiver: Any) -> None:
    host = receiver.url.removeprefix("http://").split("/")[0]
    channel = ServiceChannel("ntfy", f"ntfy://{host}/{{to}}")
    channel.deliver(message("rosas-topic"))
    (request,) = receiver.requests
    assert b"Rosa: smoke" in request.body
    receiver.answers = [500]
    with pytest.raises(DeliveryFailed):
        channel.deliver(message("rosas-topic"))


def test_a_setting_without_a_place_for_the_address_is_refused() -> None:
    with pytest.raises(CarewatchError, match="CAREWATCH_SMS_URL"):
        ServiceChannel("sms", "twilio://x")


@pytest.mark.parametrize("kind", FIXED)
def test_what_needs_no_setting_is_known_to_apprise(kind: str) -> None:
    url = FIXED[kind].replace("{to}", "abcdefgh12345678")
    assert apprise.Apprise.instantiate(url) is not None


# -- web push ----------------------------------------------------------------------------------


class Browser:
    """The keys that a browser makes for a subscription, and what it reads with them."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)

    @property
    def keys(self) -> dict[str, str]:
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"p256dh": _text(point), "auth": _text(self._secret)}

    def read(self, body: bytes) -> Any:
        return orjson.loads(http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_push_is_read_by_its_browser_alone(
    receiver: Any, connection: psycopg.Connection[Any]
) -> None:
    browser, key = Browser(), server_key(connection)
    assert server_key(connection) == key, "made once, and kept"
    channel = PushChannel(key, "https://care.example.org")
    channel.deliver(message(receiver.url, keys=browser.keys, link="https://care.example.org/a/t"))
    (request,) = receiver.requests
    assert browser.read(request.body) == {
        "title": "EMERGENCY: Rosa",
        "body": "Rosa: smoke, since 20:00.",
        "url": "https://care.example.org/a/t",
        "alert": "alert-1",
        "priority": "high",
    }
    assert b"Rosa" not in request.body
    assert request.headers["urgency"] == "high"
    assert public_key(key) in request.headers["authorization"], "by this key it is known as ours"


def test_a_subscription_that_has_ended_is_told_apart(
    receiver: Any, connection: psycopg.Connection[Any]
) -> None:
    channel = PushChannel(server_key(connection), "mailto:care@example.org")
    receiver.answers = [410, 500]
    with pytest.raises(AddressGone):
        channel.deliver(message(receiver.url, keys=Browser().keys))
    with pytest.raises(DeliveryFailed, match="500") as failed:
        channel.deliver(message(receiver.url, keys=Browser().keys))
    assert not isinstance(failed.value, AddressGone)


# -- codes -------------------------------------------------------------------------------------


def test_a_code_goes_to_the_address_and_opens_it(county: Any, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    now = county.noon
    wanted = [reach.Wanted("email", "li@example.org", ("high",))]
    reach.arrange(county.connection, "a-li", wanted, "en", now)
    send = CodeSender({"email": mail(port)}, ManualClock(now))
    send(county.connection)
    ((_, content),) = box.letters
    words = Wording("en").code("######").body.split("######")
    code = _words(content).strip().removeprefix(words[0])[:6]
    (row,) = reach.channels(county.connection, "a-li")
    assert reach.confirm(county.connection, "a-li", row["id"], code, now)
    send(county.connection)
    assert len(box.letters) == 1


def test_a_code_that_cannot_be_sent_says_why(county: Any) -> None:
    wanted = [reach.Wanted("sms", "+8613812345678", ("high",))]
    reach.arrange(county.connection, "a-li", wanted, "en", county.noon)
    CodeSender({}, ManualClock(county.noon))(county.connection)
    (row,) = reach.channels(county.connection, "a-li")
    assert "CAREWATCH_SMS_URL" in row["problem"]


# -- the whole way -----------------------------------------------------------------------------


PUBLIC = "https://care.example.org"


@contextmanager
def escalating(settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=escalator.run, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def test_from_a_code_to_an_answered_alert_through_a_real_escalator(
    county: Any, database_url: str, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    url = f"mailto://127.0.0.1:{port}?from=care@example.org&to={{to}}"
    connection, now = county.connection, SystemClock().now()
    with escalating(Settings(database_url=database_url, public_url=PUBLIC, email_url=url)):
        wanted = [reach.Wanted("email", "li@example.org", ("high",))]
        reach.arrange(connection, "a-li", wanted, "en", now)
        code = re.search(r"\d{6}", _words(eventually(lambda: box.letters, "a code is sent")[0][1]))
        assert code
        (row,) = reach.channels(connection, "a-li")
        assert reach.confirm(connection, "a-li", row["id"], code[0], now)
        county.tell(county.finding("sos", at=now))
        words = _words(eventually(lambda: box.letters[1:], "an alert is sent")[0][1])
        token = re.search(r"/a/(\S+)", words)
        assert token
        link = links.find(connection, token[1], now)
        assert links.answer(connection, link, "accept", now).holder == "li"
    deliveries = reach.queries.deliveries(connection, alert_id=link.alert.id)
    own = [(row["channel"], row["result"]) for row in deliveries if row["channel"] != "log"]
    assert own == [("email", "delivered")]


def test_the_document_goes_to_the_emergency_service_and_to_nobody_else(
    county: Any, database_url: str, receiver: Any
) -> None:
    now = SystemClock().now()
    county.connection.execute("update resident set risks = 'falls' where id = 'anna'")
    county.hurry()
    other = f"{receiver.url}/all"
    settings = Settings(
        database_url=database_url, public_url=PUBLIC, webhook_url=other, handover_url=receiver.url
    )
    with escalating(settings):
        county.tell(county.finding("sos", at=now))

        def documents() -> list[Any]:
            bodies = [orjson.loads(each.body) for each in receiver.requests]
            return [each for each in bodies if each["recipient"]["party"] == "handover"]

        eventually(lambda: len(documents()) >= 2, "the hand-over, to both")
    told = [each for each in documents() if "handover" in each]
    assert told
    assert len(told) < len(documents()), "the general webhook gets no document"
    assert told[0]["handover"]["health"]["risks"] == "falls"
    token = told[0]["page"].removeprefix("https://care.example.org/a/").removesuffix("/handover")
    assert links.find(county.connection, token, now).by is None


def _words(content: bytes) -> str:
    for part in message_from_bytes(content).walk():
        if part.get_content_type() == "text/plain":
            return bytes(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
    raise AssertionError("no words in it")


def test_nobody_floods_strangers_with_codes(county: Any) -> None:
    sent: list[Message] = []

    class Counting:
        def deliver(self, message: Message) -> None:
            sent.append(message)

    send = CodeSender({"sms": Counting()}, ManualClock(county.noon))
    for number in range(reach.CODES_AN_HOUR + 3):
        wanted = [reach.Wanted("sms", f"+86138123456{number:02}", ("high",))]
        reach.arrange(county.connection, "a-li", wanted, "en", county.noon)
        send(county.connection)
    assert len(sent) == reach.CODES_AN_HOUR
    (row,) = reach.channels(county.connection, "a-li")
    assert row["code_wanted_at"] is None
    assert "later" in row["problem"]
