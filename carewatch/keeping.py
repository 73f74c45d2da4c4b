"""What is written of a turn, in its one transaction, and what its devices are answered."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from alerts import store as alert_store
from alerts import testing
from alerts.testing import Announced
from domain.directory import Directory
from domain.event import Event
from domain.finding import Finding
from domain.sample import Batch
from domain.time import Micros, to_datetime
from gateway import receipts, topics
from gateway.decoded import Decoded, Refusal
from gateway.inbox import QUARANTINED_BYTES, Message
from gateway.receipts import Receipt
from ingest import store as reading_store
from ingest import waveforms
from ingest.signals import Derived

Settle = Callable[[psycopg.Connection], AbstractContextManager[None]]
"""Stands around what records alerts, last before the commit; writes what was told of them before
they were recorded."""


NOT_STORABLE = "not_storable"
"""Why a message is refused that the database does not take."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A turn that is decoded, ready to be judged and kept.

    ``news``      its events that were not kept before
    ``arrivals``  device, digest and arrival of messages without a time of their own
    ``impacts``   what its waveforms told; judged like events, and not kept
    ``tests``     those of its events that belong to an announced test
    """

    decoded: Decoded
    news: Sequence[Event]
    arrivals: Sequence[tuple[int, bytes, Micros]]
    impacts: Sequence[Event] = ()
    tests: Announced = field(default_factory=dict)

    def joined_by(self, told: Derived) -> "Prepared":
        """With what its waveforms told."""
        samples = Batch.join([self.decoded.samples, told.samples])
        return replace(
            self, decoded=replace(self.decoded, samples=samples), impacts=tuple(told.events)
        )


def keep(
    connection: psycopg.Connection,
    prepared: Prepared,
    findings: Sequence[Finding],
    directory: Directory,
    now: Micros,
    settle: Settle,
) -> list[Receipt]:
    """Write everything or nothing; the answers to be sent once it is written."""
    decoded = prepared.decoded
    with connection.transaction():
        reading_store.keep_samples(connection, decoded.samples)
        reading_store.keep_events(connection, prepared.news)
        testing.keep(connection, prepared.news, prepared.tests)
        waveforms.keep(connection, decoded.waves)
        reading_store.keep_arrivals(connection, prepared.arrivals)
        _keep_refusals(connection, decoded)
        _keep_word_of_devices(connection, decoded)
        with settle(connection):
            alert_store.record(connection, findings, directory, now)
            alerts = reading_store.alerts_of(connection, _answered(decoded))
    return _receipts(decoded, alerts, prepared.tests, now)


def react_alone(
    connection: psycopg.Connection,
    findings: Sequence[Finding],
    directory: Directory,
    now: Micros,
    settle: Settle,
) -> None:
    """Write what findings change, apart from the readings that they came of."""
    with connection.transaction(), settle(connection):
        alert_store.record(connection, findings, directory, now)


def quarantine(connection: psycopg.Connection, message: Message) -> None:
    """Put a message away that the database does not take."""
    reason = "the database refused it: tell the operator of this carewatch"
    row = {
        "at": to_datetime(message.received_at),
        "device_id": topics.device_of(message.topic),
        "topic": _storable(message.topic),
        "code": NOT_STORABLE,
        "reason": reason,
        "size": message.size,
        "payload": message.payload[:QUARANTINED_BYTES],
    }
    reading_store.quarantine(connection, [row])


def _keep_refusals(connection: psycopg.Connection, decoded: Decoded) -> None:
    reading_store.quarantine(connection, [_refused(refusal) for refusal in decoded.refusals])
    reading_store.count_unknown(connection, decoded.unknown_fields)


def _keep_word_of_devices(connection: psycopg.Connection, decoded: Decoded) -> None:
    """What devices said of themselves, and of commands."""
    latest = {status.device: status for status in decoded.statuses}
    rows = [
        {
            "device": status.device,
            "online": status.online,
            "firmware": status.firmware,
            "battery": status.battery,
        }
        for _, status in sorted(latest.items())
    ]
    reading_store.keep_statuses(connection, rows)
    for result in decoded.results:
        reading_store.finish_command(
            connection, result.device_id, result.command_id, result.ok, result.detail, result.at
        )


def _answered(decoded: Decoded) -> list[Event]:
    """Events that their device is told about; changes of connection are not asked for."""
    return [event for event in decoded.events if event.source == "event"]


def _receipts(
    decoded: Decoded, alerts: Mapping[tuple[int, str], str | None], tests: Announced, at: Micros
) -> list[Receipt]:
    answers = [
        receipts.stored(
            event.device_id, event.id, alerts.get((event.device, event.key)), at,
            is_test=testing.is_test(event, tests),
        )
        for event in _answered(decoded)
    ]  # fmt: skip
    return answers + [receipts.refused(event, at) for event in decoded.refused_events]


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {
        "at": to_datetime(refusal.at),
        "device_id": refusal.device_id,
        "topic": _storable(refusal.topic),
        "code": refusal.code,
        "reason": _storable(refusal.reason),
        "size": refusal.size,
        "payload": refusal.payload,
    }


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL in a text
