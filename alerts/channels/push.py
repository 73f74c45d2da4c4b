"""Web push (RFC 8030, 8291, 8292): a notification in the browser of somebody's telephone.

What is sent is encrypted for that browser; the push service in between reads nothing. We sign
with a key of our own (VAPID), made once and kept in the database: with another one, every
subscription would be lost.
"""

import base64
from typing import Any

import orjson
import requests
from cryptography.hazmat.primitives import serialization
from http_ece import ECEException
from py_vapid import Vapid02, VapidException
from pywebpush import WebPushException, webpush

from alerts.channels.channel import AddressGone, DeliveryFailed, Message
from alerts.reach import Connection, queries
from alerts.reasons import because

KEY = "vapid"
_TIMEOUT_S = 10
_LIVES_S = 24 * 3600
_GONE = (404, 410)


class PushChannel:
    """Posts to the endpoint that a browser named. ``subject`` is who a push service may ask."""

    def __init__(self, key: str, subject: str) -> None:
        self._key = Vapid02.from_pem(key.encode())
        self._subject = subject

    def deliver(self, message: Message) -> None:
        said = message.payload
        data = {
            "title": said["title"],
            "body": said["body"],
            "url": said["link"],
            "alert": message.alert_id,
            "priority": said["priority"],
        }
        subscription: dict[str, Any] = {"endpoint": message.address, "keys": dict(said["keys"])}
        urgent = said["priority"] == "high"
        try:
            webpush(
                subscription, orjson.dumps(data).decode(), vapid_private_key=self._key,
                vapid_claims={"sub": self._subject}, timeout=_TIMEOUT_S, ttl=_LIVES_S,
                headers={"Urgency": "high" if urgent else "normal"},
            )  # fmt: skip
        except WebPushException as error:
            status = None if error.response is None else error.response.status_code
            if status in _GONE:
                raise AddressGone(because("push_ended")) from None
            if status is None:
                raise DeliveryFailed(because("push_unanswered")) from None
            raise DeliveryFailed(because("push_answered", status=status)) from None
        except requests.RequestException as error:
            raise DeliveryFailed(because("push_unreachable", error=type(error).__name__)) from None
        except (ValueError, ECEException, VapidException):
            raise AddressGone(because("push_keys")) from None


def server_key(connection: Connection) -> str:
    """Our private key in PEM, made where there is none yet."""
    found = queries.key(connection, name=KEY)
    if found is None:
        made = Vapid02()
        made.generate_keys()
        queries.keep_key(connection, name=KEY, value=made.private_pem().decode())
        found = queries.key(connection, name=KEY)
    return str(found)


def public_key(pem: str) -> str:
    """Its public half as browsers want it: the point, in base64url."""
    point = Vapid02.from_pem(pem.encode()).public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
