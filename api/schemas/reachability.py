"""Bodies and answers about how people are reached."""

from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, TypeAdapter, field_validator

from alerts.outbox import Route
from api.schemas.fields import Answer, Body, Line, Reason, Time
from domain.finding import Priority

Language = Literal["en", "zh"]
Named = Literal["sms", "email", "wecom", "dingtalk", "feishu", "telegram", "ntfy"]
Priorities = Annotated[list[Priority], Field(min_length=1, max_length=3)]


class ChannelAnswer(Answer):
    """A channel is used once it is confirmed. ``problem``: why it is not, or what went wrong.

    ``reasons`` are the same as codes.
    """

    id: int
    kind: str
    address: str
    priorities: list[Priority]
    confirmed_at: Time | None
    problem: str | None
    reasons: list[Reason] | None


class ChannelsAnswer(Answer):
    """In the order in which they are tried."""

    language: Language
    items: list[ChannelAnswer]


class ChannelBody(Body):
    """One that is there, by ``id``; or a new one, by ``kind`` and ``address``."""

    id: int | None = None
    kind: Named | None = None
    address: Line | None = None
    priorities: Priorities = ["high", "medium", "low"]


class ChannelsBody(Body):
    """All of them, in their order: what is left out is taken away."""

    language: Language
    items: Annotated[list[ChannelBody], Field(max_length=12)]


class CodeBody(Body):
    code: Annotated[str, Field(min_length=1, max_length=20)]


class PushKey(Answer):
    """What a browser's ``applicationServerKey`` is to be."""

    public_key: str


_KEY = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,120}=*$")]


class PushKeys(Body):
    p256dh: _KEY
    auth: _KEY


class PushBody(Body):
    """A subscription, as ``PushSubscription.toJSON()`` writes it."""

    endpoint: Annotated[str, Field(max_length=1000)]
    expirationTime: Any = None  # noqa: N815 - as the browser writes it
    keys: PushKeys

    @field_validator("endpoint")
    @classmethod
    def _public(cls, value: str) -> str:
        """Nobody makes us call our own network."""
        url = TypeAdapter(HttpUrl).validate_python(value)
        host = url.host or ""
        named = "." in host and not host.replace(".", "").isdigit() and ":" not in host
        if url.scheme != "https" or url.port != 443 or url.username or not named:
            raise ValueError("an endpoint begins with https:// and the name of a push service")
        return value


class DeliveryAnswer(Answer):
    """An attempt to reach somebody. ``recipient`` is a user name, or names a contact.

    ``channel`` is the kind of a person's own, `log` or `webhook`; to the emergency service, the
    recipient is `handover`. Addresses are not told; `route` says which webhook it was: the
    `operator`'s own, to which everything goes, or that of the `handover`.
    """

    at: Time
    occasion: str
    party: str
    recipient: str
    channel: str
    route: Route | None
    attempt: int
    result: Literal["delivered", "failed", "given_up"]
    reason: str | None
    reasons: list[Reason] | None


class Reply(Body):
    """What somebody has answered by SMS or mail, as the operator's gateway passes it on."""

    sender: Annotated[str, Field(alias="from", min_length=3, max_length=254)]
    text: Annotated[str, Field(max_length=2000)]


class ReplyAnswer(Answer):
    """``text`` is a sentence for whoever has replied."""

    answer: Literal["accept", "reject"]
    text: str
