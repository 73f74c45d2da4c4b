"""Notifications as signed HTTP posts, after Standard Webhooks (standardwebhooks.com).

Headers ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``: ``v1,`` and
the base64 HMAC-SHA256 of ``{id}.{timestamp}.{body}``. A secret that begins with ``whsec_`` is
base64 after it; any other is taken as it stands.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

import httpx
import orjson

from alerts.channels.channel import DeliveryFailed, Message
from alerts.reasons import because
from domain.errors import CarewatchError
from domain.time import SECOND, Clock, Micros

_PREFIX = "whsec_"
_TIMEOUT = httpx.Timeout(10, connect=5)
_FRESH_S = 300
_EXPLAINED = 200
"""Characters of an answer that are kept as the reason of a failure."""


class WebhookChannel:
    """Posts to the message's address; any 2xx answer is a delivery."""

    def __init__(self, secret: str | None, clock: Clock) -> None:
        self._key = _key(secret)
        self._clock = clock
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def deliver(self, message: Message) -> None:
        body = orjson.dumps({"type": f"alert.{message.payload['occasion']}", **message.payload})
        at = self._clock.now() // SECOND
        headers = {
            "content-type": "application/json",
            "user-agent": "carewatch",
            "webhook-id": message.id,
            "webhook-timestamp": str(at),
        }
        if self._key:
            headers["webhook-signature"] = signature(self._key, message.id, at, body)
        try:
            answer = self._client.post(message.address, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            told = f"{type(error).__name__}: {error}"
            raise DeliveryFailed(because("unreachable", error=told)) from error
        if not answer.is_success:
            text = answer.text[:_EXPLAINED]
            raise DeliveryFailed(because("answered", status=answer.status_code, text=text))

    def close(self) -> None:
        self._client.close()


def signature(key: bytes, message_id: str, at: int, body: bytes) -> str:
    """The value of ``webhook-signature``.

    >>> signature(b"key", "msg_1", 1763713800, b"{}")
    'v1,wBmeyTuIH7/JqPrz35sS/hvH3W6I8hA+Qpye/3xvrnU='
    """
    signed = b"%s.%d.%s" % (message_id.encode(), at, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: Micros) -> bool:
    """Whether a post that came in was signed with the secret, and is no older than 5 minutes."""
    try:
        at = int(headers.get("webhook-timestamp", ""))
    except ValueError:
        return False
    wanted = signature(_key(secret), headers.get("webhook-id", ""), at, body).encode()
    found = headers.get("webhook-signature", "").split(" ")
    fresh = abs(now // SECOND - at) <= _FRESH_S
    return fresh and any(hmac.compare_digest(wanted, each.encode()) for each in found)


def _key(secret: str | None) -> bytes:
    if not secret:
        return b""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise CarewatchError(
            "The webhook secret begins with whsec_ but is not base64 after it: copy it again."
        ) from None
