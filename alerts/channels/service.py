"""Messages by somebody else's service (SMS, e-mail, WeCom, Telegram, ...), over apprise.

How a service is spoken to is an apprise URL of the operator's, in which ``{to}`` stands for the
person's address: ``mailtos://user:password@mail.example.org?from=care@example.org&to={to}``.
People name addresses, never URLs: they could make us call anything.
"""

import logging
from urllib.parse import quote

import apprise
from apprise.common import NotifyFormat, NotifyType

from alerts.channels.channel import DeliveryFailed, Message
from alerts.reasons import because
from domain.errors import CarewatchError

PLACE = "{to}"

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # what it says names addresses


class ServiceChannel:
    """One kind of service. Raises CarewatchError at once where the URL cannot be one."""

    def __init__(self, kind: str, url: str) -> None:
        self._kind = kind
        self._url = url
        if PLACE not in url:
            raise CarewatchError(
                f"CAREWATCH_{kind.upper()}_URL has no {PLACE}: write it where the address goes."
            )

    def deliver(self, message: Message) -> None:
        service = apprise.Apprise()  # it keeps what its plugins may raise to itself
        if not service.add(self._url.replace(PLACE, quote(message.address, safe=""))):
            raise DeliveryFailed(because("unfit_setting", channel=self._kind))
        urgent = message.payload["priority"] == "high"
        taken = service.notify(
            title=message.payload["title"],
            body=message.payload["body"],
            notify_type=NotifyType.WARNING if urgent else NotifyType.INFO,
            body_format=NotifyFormat.TEXT,
        )
        if not taken:
            raise DeliveryFailed(because("not_taken", channel=self._kind))
