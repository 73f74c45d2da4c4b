"""A webhook is signed so that its receiver can know who wrote it."""

import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest

from alerts.channels.channel import DeliveryFailed, Message
from alerts.channels.webhook import WebhookChannel
from domain.errors import CarewatchError
from domain.time import SECOND, ManualClock

KEY = b"a secret of the receiver's"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CLOCK = ManualClock(1_763_713_800 * SECOND)
PAYLOAD = {"occasion": "raised", "recipient": {"party": "family"}, "alert": {"priority": "high"}}


def message(url: str) -> Message:
    return Message("msg_1", "alert-1", url, PAYLOAD)


def test_the_receiver_can_verify_it_with_the_secret_alone(receiver: Any) -> None:
    WebhookChannel(SECRET, CLOCK).deliver(message(receiver.url))
    (got,) = receiver.requests
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    mac = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{mac}"
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["webhook-timestamp"] == "1763713800"
    assert orjson.loads(got.body) == {"type": "alert.raised", **PAYLOAD}


def test_without_a_secret_it_is_not_signed(receiver: Any) -> None:
    WebhookChannel(None, CLOCK).deliver(message(receiver.url))
    assert "webhook-signature" not in receiver.requests[0].headers


@pytest.mark.parametrize("status", [301, 400, 404, 410, 500, 503])
def test_any_answer_but_yes_is_a_failure(receiver: Any, status: int) -> None:
    receiver.answers = [status]
    with pytest.raises(DeliveryFailed, match=str(status)):
        WebhookChannel(SECRET, CLOCK).deliver(message(receiver.url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "nonsense", "http://["])
def test_nobody_there_is_a_failure_and_no_crash(url: str) -> None:
    with pytest.raises(DeliveryFailed):
        WebhookChannel(SECRET, CLOCK).deliver(message(url))


def test_a_mistyped_secret_is_told_at_the_start() -> None:
    with pytest.raises(CarewatchError, match="not base64"):
        WebhookChannel("whsec_!", CLOCK)
