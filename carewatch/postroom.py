"""The channels of persons as they are set up here, and the codes that confirm addresses."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import psycopg
import structlog

from alerts import reach
from alerts.channels.channel import Channel, DeliveryFailed, Message
from alerts.channels.push import PushChannel, server_key
from alerts.channels.service import ServiceChannel
from alerts.ledger import Connection
from alerts.reasons import Reason, Reasons, because, listed
from alerts.wording import Text, Wording
from carewatch.steady import Connector
from domain.time import Clock, Micros

_log = structlog.get_logger("carewatch.postroom")
_NOBODY = "mailto:nobody@localhost"


class PostSettings(Protocol):
    """What it needs of the settings."""

    @property
    def database_url(self) -> str | None: ...
    @property
    def public_url(self) -> str | None: ...
    @property
    def services(self) -> Mapping[str, str]: ...


class LatePush:
    """Web push; where the database is away at the start, its key is read later."""

    def __init__(self, database_url: str, subject: str) -> None:
        self._connect = Connector(database_url)
        self._subject = subject
        self._channel: PushChannel | None = None
        with suppress(psycopg.Error):
            self._ready()

    def deliver(self, message: Message) -> None:
        try:
            channel = self._ready()
        except psycopg.Error as error:
            raise DeliveryFailed(because("push_key_unread")) from error
        channel.deliver(message)

    def _ready(self) -> PushChannel:
        if self._channel is None:
            with self._connect() as connection:
                self._channel = PushChannel(server_key(connection), self._subject)
        return self._channel


class OneOfMany:
    """Letters to one person by several channels: the first that takes one is enough."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    def deliver(self, message: Message) -> None:
        problems: list[Reason] = []
        for letter in message.payload["letters"]:
            channel = self._channels.get(letter["kind"])
            if channel is None:
                problems.append(because("no_service", channel=letter["kind"]))
                continue
            try:
                channel.deliver(Message(message.id, message.alert_id, letter["address"], letter))
            except DeliveryFailed as error:
                problems += error.reasons
                continue
            return
        raise DeliveryFailed(*problems)


def person_channels(settings: PostSettings) -> dict[str, Channel]:
    """Every kind of channel that is set up, by its name.

    Raises CarewatchError where a setting cannot be used.
    """
    channels: dict[str, Channel] = {
        kind: ServiceChannel(kind, url) for kind, url in settings.services.items()
    }
    # Whom a push service may ask; some refuse a key that names nobody.
    channels[reach.PUSH] = LatePush(settings.database_url or "", settings.public_url or _NOBODY)
    return channels


class CodeSender:
    """Sends the codes that were asked for, one after the other."""

    def __init__(self, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._channels = channels
        self._clock = clock

    def __call__(self, connection: Connection) -> Micros | None:
        while self._one(connection):
            pass
        return None

    def _one(self, connection: Connection) -> bool:
        now = self._clock.now()
        with connection.transaction():
            row = next(iter(reach.queries.codes_wanted(connection)), None)
            if row is None:
                return False
            if not reach.one_more(connection, row["account_id"], now):
                too_many = because("codes_too_many", most=reach.CODES_AN_HOUR)
                reach.refuse_code(connection, row["id"], (too_many,))
                return True
            code = reach.new_code(connection, row["id"], now)
        why = send(self._channels, row, Wording(row["language"]).code(code), f"code-{now}")
        if why:
            with connection.transaction():
                reach.has_problem(connection, row["id"], (because("code_unsent"), *why))
            _log.warning("a code was not sent", channel=row["kind"], reason=listed(why))
        return True


def send(channels: Mapping[str, Channel], row: Mapping[str, Any], text: Text, name: str) -> Reasons:
    """Send something that belongs to no alert; why it did not get through, where it did not."""
    channel = channels.get(row["kind"])
    if channel is None:
        setting = f"CAREWATCH_{row['kind'].upper()}_URL"
        return (because("no_service_set", channel=row["kind"], setting=setting),)
    payload = {
        "title": text.title, "body": text.body, "link": None, "priority": "low",
        "keys": row["keys"],
    }  # fmt: skip
    try:
        channel.deliver(Message(name, "", row["address"], payload))
    except DeliveryFailed as error:
        return error.reasons
    return ()
