"""Answering from the message: a link, or a short code in a reply, for one alert and one person.

Only hashes are kept. A link answers once, while the alert is not resolved; it shows that the
alert is over for an hour more, and then is no link any more.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alerts import store
from alerts.alert import Actor, AlertRow, ChangeName
from alerts.reach import Connection, queries
from domain.errors import CarewatchError
from domain.time import HOUR, Micros, from_datetime, to_datetime

Answer = Literal["accept", "reject"]

CHANGES: Mapping[str, ChangeName] = {"accept": "accepted", "reject": "rejected"}

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without what is easily taken for something else on paper or on the telephone."""
_CODE_LENGTH = 6
_SHOWN_AFTER: Micros = HOUR


class NoSuchLink(CarewatchError):
    """The link or code is unknown, over, or not its reader's."""


class Used(CarewatchError):
    """The link has answered already."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new link's token, and its code."""

    token: str
    code: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is good: whose it is, and for which alert. ``by`` None: it shows only."""

    token_hash: bytes
    alert: AlertRow
    by: Actor | None
    language: str
    used: str | None


def make(connection: Connection, alert_id: str, account: str | None, now: Micros) -> Made:
    """A link for this alert and person; without a person, one that shows the hand-over."""
    token = secrets.token_urlsafe(24)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    queries.make_link(
        connection,
        token_hash=_digest(token),
        alert_id=alert_id,
        account=account,
        code_hash=_digest(code) if account else None,
        at=to_datetime(now),
    )
    return Made(token, code)


def find(connection: Connection, token: str, now: Micros) -> Link:
    """Changes nothing: programs that look at mail open links. Raises :class:`NoSuchLink`."""
    return _link(connection, queries.link(connection, token_hash=_digest(token)), now)


def find_by_code(connection: Connection, address: str, code: str, now: Micros) -> Link:
    """The link whose code came back from this telephone number or mail address."""
    row = queries.link_by_code(connection, address=address, code_hash=_digest(code.upper()))
    return _link(connection, row, now)


def answer(connection: Connection, link: Link, said: Answer, now: Micros) -> AlertRow:
    """Accept or reject by a link; the alert after it. In the caller's transaction.

    Raises :class:`Used`, and what :func:`alerts.store.act` raises.
    """
    if link.by is None:
        raise NoSuchLink("This link shows, and does not answer.")
    if link.used is not None and link.used != said:
        raise Used("You have answered already: open carewatch to change it.")
    if link.used is not None:
        return link.alert
    after = store.act(connection, link.alert.id, CHANGES[said], link.by, now)
    queries.use_link(connection, token_hash=link.token_hash, at=to_datetime(now), answer=said)
    return after


def parse(text: str) -> tuple[Answer, str] | None:
    """What a reply says, and its code; None where it cannot be told.

    >>> parse("y 7k3m9q"), parse("N 7K3M9Q thanks"), parse("我去 7K3M9Q"), parse("who is this?")
    (('accept', '7K3M9Q'), ('reject', '7K3M9Q'), ('accept', '7K3M9Q'), None)
    """
    words = re.findall(r"[A-Za-z0-9]+|[\u4e00-\u9fff]+", text)
    code = next((word.upper() for word in words if _is_code(word)), None)
    said = next((_SAID[word.lower()] for word in words if word.lower() in _SAID), None)
    return None if code is None or said is None else (said, code)


_SAID: Mapping[str, Answer] = {
    **dict.fromkeys(("y", "yes", "accept", "1", "我去", "我来", "接受", "是"), "accept"),
    **dict.fromkeys(("n", "no", "reject", "2", "去不了", "我去不了", "拒绝", "否"), "reject"),
}


def _is_code(word: str) -> bool:
    return (
        len(word) == _CODE_LENGTH
        and word.lower() not in _SAID
        and set(word.upper()) <= set(_ALPHABET)
    )


def _link(connection: Connection, row: Mapping[str, Any] | None, now: Micros) -> Link:
    gone = NoSuchLink("This link is not valid any more: open carewatch to see what is going on.")
    if row is None or row["disabled"]:
        raise gone
    resolved = row["resolved_at"]
    if resolved is not None and from_datetime(resolved) + _SHOWN_AFTER < now:
        raise gone
    alert = store.alert(connection, row["alert_id"])
    if alert is None:
        raise gone
    by = None
    if row["account_id"] is not None:
        by = Actor(row["account_id"], row["username"], row["role"])
    return Link(bytes(row["token_hash"]), alert, by, row["language"] or "en", row["answer"])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
