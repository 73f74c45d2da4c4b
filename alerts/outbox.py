"""The outbox: messages to people, delivered at least once, or given up with the reason.

A message is written in the transaction of the change that it tells of, without a channel. It is
then *routed*: one copy a channel, as configured where it is delivered, and one to the first of
the person's own channels (see :mod:`alerts.letters`). Each copy is tried until it is through, 24
hours are over, or nobody needs it any more because the alert was taken.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from prometheus_client import Counter
from psycopg.types.json import Jsonb

from alerts import reach, reasons
from alerts.channels.channel import Channel, DeliveryFailed, Message
from alerts.ledger import Connection, queries
from domain.time import DAY, MINUTE, SECOND, Micros, from_datetime, to_datetime

LOG, WEBHOOK, PERSON = "log", "webhook", "person"
"""Channels. ``person``: the address is the number of a person's own channel."""

Route = Literal["operator", "handover"]
"""Which webhook: the one to which everything goes, or that of the emergency service."""

PATIENCE: Micros = DAY
"""How long after it was written a message is still tried."""

_FIRST_WAIT: Micros = SECOND
_LONGEST_WAIT: Micros = 15 * MINUTE
LEASE: Micros = MINUTE
"""How long a claimed message is left alone; longer than any attempt may take."""

DELIVERIES = Counter(
    "carewatch_deliveries_total", "Attempts to deliver a notification.", ["channel", "result"]
)
_log = structlog.get_logger("carewatch.outbox")


@dataclass(frozen=True, slots=True)
class Routes:
    """Where messages go besides the log: every one, and those to the emergency service."""

    webhook_url: str | None = None
    handover_url: str | None = None

    @property
    def webhooks(self) -> bool:
        """Whether there is any webhook."""
        return bool(self.webhook_url or self.handover_url)

    def of(self, party: str) -> tuple[tuple[str, str, Route | None], ...]:
        """Channel, address and route of each copy."""
        copies: list[tuple[str, str, Route | None]] = [(LOG, "", None)]
        if self.webhook_url:
            copies.append((WEBHOOK, self.webhook_url, "operator"))
        if party == "handover" and self.handover_url and self.handover_url != self.webhook_url:
            copies.append((WEBHOOK, self.handover_url, "handover"))
        return tuple(copies)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to deliver for a while.

    To a person: ``held`` where it had to wait, ``admitted`` where it was let through before.
    """

    row: int
    message: Message
    channel: str
    created_at: Micros
    occasion: str = ""
    recipient: str = ""
    admitted: bool = False
    held: bool = False
    route: Route | None = None


def route(connection: Connection, routes: Routes, now: Micros, limit: int = 500) -> int:
    """Choose the channels of new messages; how many there were. In one transaction."""
    rows = list(queries.unrouted(connection, now=to_datetime(now), limit=limit))
    own = _own_channels(connection, rows)
    copies = [
        {
            **{name: row[name] for name in _COPIED},
            "payload": Jsonb(row["payload"]),
            "channel": channel,
            "address": address,
            "route": route,
            "now": to_datetime(now),
        }
        for row in rows
        for channel, address, route in (*routes.of(row["party"]), *own.get(row["id"], ()))
    ]
    if rows:
        queries.route(connection, copies)
        queries.routed(connection, ids=[row["id"] for row in rows])
    return len(rows)


def claim(connection: Connection, channel: str, now: Micros, limit: int) -> list[Claimed]:
    """Messages of a channel that are due; commit before delivering them."""
    rows = queries.claim(
        connection,
        channel=channel,
        now=to_datetime(now),
        until=to_datetime(now + LEASE),
        limit=limit,
    )
    return [as_claimed(row) for row in rows]


def deliver(connection: Connection, claimed: Claimed, channel: Channel, now: Micros) -> bool:
    """Try it, and write down how it went; whether it got through.

    ``connection`` is used after the attempt only, in a transaction of its own.
    """
    try:
        channel.deliver(claimed.message)
    except DeliveryFailed as error:
        _failed(connection, claimed, error, now)
        return False
    with connection.transaction():
        queries.delivered(connection, id=claimed.row, now=to_datetime(now))
        note(connection, claimed, claimed.channel, now, "delivered")
    DELIVERIES.labels(claimed.channel, "delivered").inc()
    return True


def note(
    connection: Connection,
    claimed: Claimed,
    channel: str,
    now: Micros,
    result: str,
    why: reasons.Reasons = (),
) -> None:
    """Write down an attempt for the alert's history; of the log, the outbox itself tells."""
    if channel == LOG or not claimed.message.alert_id:
        return
    reach.queries.note_delivery(
        connection,
        at=to_datetime(now),
        alert_id=claimed.message.alert_id,
        occasion=claimed.occasion,
        party=claimed.message.payload.get("recipient", {}).get("party", ""),
        recipient=claimed.recipient,
        channel=channel,
        route=claimed.route,
        attempt=claimed.message.attempt,
        result=result,
        reason=reasons.listed(why) or None,
        reasons=Jsonb(reasons.as_json(why)) if why else None,
    )


def next_delivery(connection: Connection, channel: str) -> Micros | None:
    """When the next message of a channel is due."""
    due = queries.next_delivery(connection, channel=channel)
    return None if due is None else from_datetime(due)


def wait_after(attempt: int) -> Micros:
    """How long to wait after that many attempts: 1 s, doubling up to 15 min.

    >>> [wait_after(attempt) // SECOND for attempt in (1, 2, 3, 10, 11, 500)]
    [1, 2, 4, 512, 900, 900]
    """
    return min(_FIRST_WAIT << min(attempt - 1, 20), _LONGEST_WAIT)


def message_id(parts: Iterable[str]) -> str:
    """The same for the same message, however often it is written or tried."""
    return "msg_" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]


_COPIED: Sequence[str] = ("alert_id", "occasion", "party", "recipient", "created_at")


def as_claimed(row: Mapping[str, Any]) -> Claimed:
    """A message out of a row of the table."""
    names = ("alert_id", "occasion", "recipient", "channel", "address")
    parts = [row[name] or "" for name in names]
    message = Message(
        message_id(parts), row["alert_id"] or "", row["address"], row["payload"], row["attempts"]
    )
    return Claimed(
        row["id"], message, row["channel"], from_datetime(row["created_at"]), row["occasion"],
        row["recipient"], row.get("admitted_at") is not None, row.get("held", False),
        row.get("route"),
    )  # fmt: skip


def _own_channels(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> dict[int, list[tuple[str, str, None]]]:
    """By message, the recipient's first own channel for its priority."""
    people = sorted({row["recipient"] for row in rows})
    found = list(reach.queries.first_channels(connection, accounts=people)) if people else []
    own: dict[int, list[tuple[str, str, None]]] = {}
    for row in rows if found else ():
        priority = row["payload"]["alert"]["priority"]
        mine = (each for each in found if each["account_id"] == row["recipient"])
        first = next((each for each in mine if priority in each["priorities"]), None)
        if first is not None:
            own[row["id"]] = [(PERSON, str(first["id"]), None)]
    return own


def _failed(connection: Connection, claimed: Claimed, error: DeliveryFailed, now: Micros) -> None:
    again_at = now + wait_after(claimed.message.attempt)
    over = again_at > claimed.created_at + PATIENCE
    with connection.transaction():
        if over:
            given_up = f"not delivered for 24 hours: {error}"
            queries.give_up(connection, id=claimed.row, now=to_datetime(now), error=given_up)
        else:
            queries.try_again(
                connection, id=claimed.row, next_at=to_datetime(again_at), error=str(error)
            )
        result = "given_up" if over else "failed"
        note(connection, claimed, claimed.channel, now, result, error.reasons)
    DELIVERIES.labels(claimed.channel, "given_up" if over else "failed").inc()
    _log.warning(
        "delivery failed",
        channel=claimed.channel,
        alert=claimed.message.alert_id,
        attempt=claimed.message.attempt,
        given_up=over,
    )
