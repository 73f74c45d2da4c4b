"""Messages to persons: by their first channel, at once by the next where that fails.

A message of the outbox becomes a *letter* when it is about to be sent: in the words, with the
privacy and to the address of that moment, and with a fresh link whose token is kept nowhere.
Where nobody of a step could be reached, the step is cut short: the policy's next one is asked.

No flood: an address gets :data:`A_MINUTE` messages a minute. What is more waits and then goes as
one ("3 alerts of Rosa"). High alerts wait only for high ones, so the first never does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from psycopg.types.json import Jsonb

from alerts import ledger, links, reach, reasons
from alerts.alert import change_of
from alerts.channels.channel import AddressGone, Channel, DeliveryFailed, Message
from alerts.outbox import (
    DELIVERIES,
    LEASE,
    PATIENCE,
    PERSON,
    Claimed,
    as_claimed,
    note,
    wait_after,
)
from alerts.reach import Connection, queries
from alerts.reasons import because
from alerts.wording import DEFECT, NEWS, About, Privacy, Text, Wording
from domain.time import MINUTE, Micros, from_datetime, to_datetime

A_MINUTE = 3
"""Messages that an address gets in a minute."""

_log = structlog.get_logger("carewatch.letters")


@dataclass(frozen=True, slots=True)
class Desk:
    """What letters are written with.

    ``replies``: whether a reply with a code reaches us. ``handover_url``: the only place to which
    the hand-over document goes.
    """

    public_url: str | None = None
    replies: bool = False
    handover_url: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is ready to be sent. ``along`` are other rows that go with it."""

    kind: str
    message: Message
    along: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


class Nobody(DeliveryFailed):
    """The channel is not there any more, or not confirmed."""


def claim(connection: Connection, now: Micros, limit: int = 1) -> list[Claimed]:
    """Messages to persons that are due; commit before delivering them."""
    until = to_datetime(now + LEASE)
    rows = queries.claim_for_persons(connection, now=to_datetime(now), until=until, limit=limit)
    return [as_claimed(row) for row in rows]


def deliver(
    connection: Connection,
    claimed: Claimed,
    channels: Mapping[str, Channel],
    desk: Desk,
    clock: Callable[[], Micros],
) -> bool:
    """Write and send it, and write down how it went; whether it got through."""
    now = clock()
    kind = PERSON
    try:
        with connection.transaction():
            letter = write(connection, claimed, desk, now)
        if letter is None:
            return False
        kind = letter.kind
        _channel(channels, kind).deliver(letter.message)
    except DeliveryFailed as error:
        _failed(connection, claimed, kind, error, clock())
        return False
    _delivered(connection, claimed, letter, clock())
    return True


def write(connection: Connection, claimed: Claimed, desk: Desk, now: Micros) -> Letter | None:
    """The letter, with its link; None where too many went to the address within a minute.

    Raises :class:`Nobody`. In a transaction of the caller's.
    """
    row = _addressee(connection, claimed)
    along = _let_through(connection, claimed, now)
    if along is None:
        return None
    text, link = _text(connection, claimed, along, row, desk, now)
    payload = {
        "title": text.title,
        "body": text.body,
        "link": link,
        "priority": claimed.message.payload["alert"]["priority"],
        "keys": row["keys"],
    }
    message = Message(
        claimed.message.id, claimed.message.alert_id, row["address"], payload,
        claimed.message.attempt,
    )  # fmt: skip
    return Letter(row["kind"], message, along)


# -- writing -----------------------------------------------------------------------------------


def _addressee(connection: Connection, claimed: Claimed) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = queries.addressee(
        connection, channel=claimed.message.address, alert_id=claimed.message.alert_id or None
    )
    if row is None:
        raise Nobody(because("channel_gone"))
    return row


def _let_through(
    connection: Connection, claimed: Claimed, now: Micros
) -> list[Mapping[str, Any]] | None:
    """What goes with it, where it may go now."""
    if claimed.admitted:
        return []
    who = {"recipient": claimed.recipient, "address": claimed.message.address}
    queries.one_at_a_time(connection, recipient=claimed.recipient)
    found = queries.admitted(connection, **who, since=to_datetime(now - MINUTE))
    high = claimed.message.payload["alert"]["priority"] == "high"
    if found["high" if high else "many"] >= A_MINUTE:
        until = from_datetime(found["first"]) + MINUTE
        queries.hold(connection, id=claimed.row, until=to_datetime(until))
        return None
    along: list[Mapping[str, Any]] = []
    if claimed.held:
        along = list(queries.held_with(connection, id=claimed.row, **who, now=to_datetime(now)))
    queries.admit(connection, ids=[claimed.row], now=to_datetime(now))
    return along


def _text(
    connection: Connection,
    claimed: Claimed,
    along: Sequence[Mapping[str, Any]],
    row: Mapping[str, Any],
    desk: Desk,
    now: Micros,
) -> tuple[Text, str | None]:
    wording, payload = Wording(row["language"]), claimed.message.payload
    if payload["occasion"] == DEFECT:
        return wording.defect(payload["reason"]), None
    about = _about(payload, row)
    if along:
        abouts = [about, *(_about(each["payload"], each) for each in along)]
        return wording.many(abouts, desk.public_url), desk.public_url
    if about.occasion in NEWS:
        return wording.alert(about, now, desk.public_url), desk.public_url
    if not desk.public_url and not desk.replies:
        return wording.alert(about, now), None
    made = links.make(connection, claimed.message.alert_id, row["account_id"], now)
    link = f"{desk.public_url}/a/{made.token}" if desk.public_url else None
    answers = desk.replies and row["kind"] in ("sms", "email")
    return wording.alert(about, now, link, made.code if answers else None), link


def _about(payload: Mapping[str, Any], row: Mapping[str, Any]) -> About:
    alert = payload["alert"]
    return About(
        kind=alert["kind"],
        priority=alert["priority"],
        occasion=payload["occasion"],
        since=from_datetime(datetime.fromisoformat(alert["since"])),
        resident=row["resident"],
        privacy=Privacy.of(row["consents"]),
        timezone=row["timezone"],
    )


def _channel(channels: Mapping[str, Channel], kind: str) -> Channel:
    try:
        return channels[kind]
    except KeyError:
        raise DeliveryFailed(because("no_service", channel=kind)) from None


# -- what became of it -------------------------------------------------------------------------


def _delivered(connection: Connection, claimed: Claimed, letter: Letter, now: Micros) -> None:
    at = to_datetime(now)
    with connection.transaction():
        queries.reached(connection, ids=[claimed.row, *(row["id"] for row in letter.along)], now=at)
        queries.reached_otherwise(connection, id=claimed.row, **_which(claimed), now=at)
        note(connection, claimed, letter.kind, now, "delivered")
        for row in letter.along:
            _note_along(connection, claimed, row, letter.kind, now)
    DELIVERIES.labels(letter.kind, "delivered").inc()


def _failed(
    connection: Connection, claimed: Claimed, kind: str, error: DeliveryFailed, now: Micros
) -> None:
    """The next channel at once; this one is tried again until one of them is through."""
    again_at = now + wait_after(claimed.message.attempt)
    gone = isinstance(error, (AddressGone, Nobody))
    over = gone or again_at > claimed.created_at + PATIENCE
    with connection.transaction():
        following = queries.fall_to_next(connection, id=claimed.row, now=to_datetime(now))
        if isinstance(error, AddressGone):
            reach.has_problem(connection, int(claimed.message.address), error.reasons)
        if over:
            ledger.queries.give_up(
                connection, id=claimed.row, now=to_datetime(now), error=str(error)
            )
        else:
            ledger.queries.try_again(
                connection, id=claimed.row, next_at=to_datetime(again_at), error=str(error)
            )
        note(connection, claimed, kind, now, "given_up" if over else "failed", error.reasons)
    DELIVERIES.labels(kind, "given_up" if over else "failed").inc()
    _log.warning("not reached", channel=kind, alert=claimed.message.alert_id, given_up=over)
    if following is None:
        hasten(connection, claimed, now)


def hasten(connection: Connection, claimed: Claimed, now: Micros) -> bool:
    """Cut the step short where nobody of it could be reached; whether that was so.

    In the first round only: with every service down, the steps must not chase one another.
    """
    payload = claimed.message.payload["alert"]
    with connection.transaction():
        alert = next(iter(ledger.lock_alerts(connection, ids=[claimed.message.alert_id])), None)
        if alert is None or alert.state != "open" or alert.round or not alert.asked:
            return False
        if (alert.step, alert.round) != (payload["step"], payload["round"]):
            return False
        if alert.deadline is None or alert.deadline <= now:
            return False
        if queries.somebody_is_reached(
            connection,
            alert_id=alert.id,
            occasion=claimed.occasion,
            now=to_datetime(now),
        ):
            return False
        duty = alert.duty_until(now)
        reason = because("nobody_reached", responsible=alert.responsible)
        ledger.append(connection, [change_of(alert, "hastened", now, reason, duty=duty)], now)
    return True


def _note_along(
    connection: Connection, claimed: Claimed, row: Mapping[str, Any], channel: str, now: Micros
) -> None:
    why = (because("sent_together"),)
    queries.note_delivery(
        connection, at=to_datetime(now), alert_id=row["alert_id"], occasion=row["occasion"],
        party=row["party"], recipient=claimed.recipient, channel=channel, route=None, attempt=1,
        result="delivered", reason=reasons.listed(why), reasons=Jsonb(reasons.as_json(why)),
    )  # fmt: skip


def _which(claimed: Claimed) -> dict[str, str | None]:
    return {
        "alert_id": claimed.message.alert_id or None,
        "occasion": claimed.occasion,
        "recipient": claimed.recipient,
    }
