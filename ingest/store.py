"""The store of readings: what a turn brings is kept in the caller's transaction."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiosql
import numpy as np
import psycopg
from numpy.typing import NDArray

from domain.event import Event
from domain.quantity import COLUMN, QUANTITIES, WIDTH
from domain.sample import Batch, Instants, Slots, Values
from domain.time import Micros, from_datetime, to_datetime
from ingest import rollups
from ingest.copy import heard_rows, sample_rows
from ingest.dedupe import EventKey, merged

queries = aiosql.from_path(Path(__file__).with_name("queries.sql"), "psycopg")

_RARE = [COLUMN[quantity.name] for quantity in QUANTITIES if not quantity.common]
_CHECKPOINT = "engine"


def prepare(connection: psycopg.Connection) -> None:
    """Make a connection ready to keep turns: its temporary rooms for COPY."""
    queries.prepare_incoming(connection)


def make_days(connection: psycopg.Connection, now: Micros, ahead: int = 7, back: int = 2) -> int:
    """Partitions for the days around ``now``; how many were made."""
    today = to_datetime(now).date()
    return _make_days(connection, today - timedelta(days=back), today + timedelta(days=ahead))


def _make_days(connection: psycopg.Connection, first: date, last: date) -> int:
    (row,) = queries.make_days(connection, first=first, last=last)
    made: int = row[0]
    return made


def keep_samples(connection: psycopg.Connection, samples: Batch) -> None:
    """Add what is new in these samples; rows that say nothing are passed over."""
    said = np.asarray(~np.isnan(samples.x).all(axis=1))
    rows = merged(samples if bool(said.all()) else samples.take(np.flatnonzero(said)))
    if not len(rows):
        return
    with connection.cursor().copy("copy incoming from stdin (format binary)") as copy:
        copy.write(sample_rows(rows))
    claimed, closed = rollups.marks_for_writing(connection)
    queries.keep_samples(connection, closed=to_datetime(closed))
    if (rows.measured_at < closed).any():
        queries.keep_late_samples(connection, closed=to_datetime(closed))
    if not np.isnan(rows.x[:, _RARE]).all():
        queries.keep_measurements(connection)
    rollups.mark_late(connection, rows, claimed)


def known_events(connection: psycopg.Connection, events: Sequence[Event]) -> set[EventKey]:
    """Those of the events that were kept before."""
    if not events:
        return set()
    return {(device, key) for device, key in queries.known_events(connection, **_asked(events))}


def keep_events(connection: psycopg.Connection, events: Sequence[Event]) -> None:
    """Add events that are new."""
    rows = [_event_row(event) for event in events]
    if rows:
        queries.keep_event_keys(connection, rows)
        queries.keep_events(connection, rows)


def alerts_of(
    connection: psycopg.Connection, events: Sequence[Event]
) -> dict[EventKey, str | None]:
    """The alert that each event led to."""
    if not events:
        return {}
    found = queries.alerts_of_events(connection, **_asked(events))
    return {(device, key): alert for device, key, alert in found}


def digest(mid: int, payload: bytes) -> bytes:
    """Recognises a redelivered message: brokers send it again under the same packet id."""
    return hashlib.blake2b(payload, digest_size=16, salt=mid.to_bytes(16, "big")).digest()


def first_arrivals(
    connection: psycopg.Connection, messages: Mapping[int, tuple[int, bytes]]
) -> dict[int, Micros]:
    """By position, when these redelivered messages (device, digest) arrived the first time."""
    if not messages:
        return {}
    devices, digests = zip(*messages.values(), strict=True)
    rows = queries.first_arrivals(connection, devices=list(devices), digests=list(digests))
    known = {(device, bytes(found)): from_datetime(at) for device, found, at in rows}
    return {order: known[asked] for order, asked in messages.items() if asked in known}


def keep_arrivals(
    connection: psycopg.Connection, messages: Iterable[tuple[int, bytes, Micros]]
) -> None:
    """Remember when messages without a time of their own arrived."""
    rows = [
        {"device": device, "digest": found, "received_at": to_datetime(at)}
        for device, found, at in messages
    ]
    if rows:
        queries.keep_arrivals(connection, rows)


def quarantine(connection: psycopg.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was refused: at, device_id, topic, code, reason, size, payload."""
    if rows:
        queries.quarantine(
            connection,
            ats=[row["at"] for row in rows],
            devices=[row["device_id"] for row in rows],
            topics=[row["topic"] for row in rows],
            codes=[row["code"] for row in rows],
            reasons=[row["reason"] for row in rows],
            sizes=[row["size"] for row in rows],
            payloads=[row["payload"] for row in rows],
        )


def keep_statuses(connection: psycopg.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """The latest word of devices on themselves: device, online, firmware, battery."""
    if rows:
        queries.keep_statuses(connection, rows)


def count_unknown(connection: psycopg.Connection, counts: Mapping[int, int]) -> None:
    """Add to the count of fields that the contract does not know, by device slot."""
    if counts:
        rows = [{"device": device, "count": count} for device, count in counts.items()]
        queries.count_unknown(connection, rows)


def keep_heard(connection: psycopg.Connection, devices: Slots, heard_at: Instants) -> None:
    """When these devices were last heard."""
    if not len(devices):
        return
    with connection.cursor().copy("copy heard from stdin (format binary)") as copy:
        copy.write(heard_rows(devices, heard_at))
    queries.keep_heard(connection)


def finish_command(
    connection: psycopg.Connection,
    device_id: str,
    command_id: str,
    ok: bool,
    detail: str | None,
    at: Micros,
) -> None:
    """What became of a command; the first answer counts."""
    queries.finish_command(
        connection, id=command_id, device_id=device_id, ok=ok, detail=detail, at=to_datetime(at)
    )


def save_checkpoint(
    connection: psycopg.Connection, at: Micros, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Keep the engine's memory as of ``at``; everything received later is in the tables."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    queries.save_checkpoint(
        connection, name=_CHECKPOINT, at=to_datetime(at), state=buffer.getvalue()
    )


def load_checkpoint(
    connection: psycopg.Connection,
) -> tuple[Micros, dict[str, NDArray[Any]]] | None:
    """The latest checkpoint, or None on a first start."""
    row = queries.load_checkpoint(connection, name=_CHECKPOINT)
    if row is None:
        return None
    with np.load(io.BytesIO(row[1]), allow_pickle=False) as arrays:
        return from_datetime(row[0]), dict(arrays)


def samples_since(connection: psycopg.Connection, after: Micros) -> Batch:
    """All samples that arrived after an instant, in order of arrival."""
    since = to_datetime(after)
    rows = list(queries.samples_since(connection, after=since))
    place = {(row[0], row[2], row[3]): at for at, row in enumerate(rows)}
    rare = list(queries.measurements_since(connection, after=since))
    for device, subject, measured_at, received_at, *_ in rare:
        # Of a sample whose first message came before: a row of its own.
        if place.setdefault((device, measured_at, received_at), len(rows)) == len(rows):
            rows.append((device, subject, measured_at, received_at, *_NOTHING))
    if not rows:
        return Batch.empty()
    x = np.full((len(rows), WIDTH), np.nan, np.float32)
    x[:, [COLUMN[name] for name in _SINCE]] = np.array([row[4:] for row in rows], np.float32)
    for device, _, measured_at, received_at, quantity, value in rare:
        x[place[device, measured_at, received_at], COLUMN[quantity]] = value
    return _in_order(rows, x)


def _in_order(rows: Sequence[Sequence[Any]], x: Values) -> Batch:
    """Rows (device, subject, measured_at, received_at) with their values, by arrival."""
    measured = np.array([from_datetime(row[2]) for row in rows], np.int64)
    received = np.array([from_datetime(row[3]) for row in rows], np.int64)
    return Batch(
        order=np.unique(received, return_inverse=True)[1].astype(np.int32),
        slot=np.array([row[1] for row in rows], np.int32),
        device=np.array([row[0] for row in rows], np.int32),
        measured_at=measured,
        received_at=received,
        x=x,
        implausible=np.zeros(len(rows), np.int16),
        offset=measured - received,
    ).take(np.lexsort((measured, received)))


_SINCE = (
    "heart_rate",
    "respiration_rate",
    "spo2",
    "in_bed",
    "movement",
    "signal_quality",
    "presence",
    "battery",
    "rssi",
)
_NOTHING = (None,) * len(_SINCE)


def events_since(
    connection: psycopg.Connection, after: Micros, only: Sequence[str] | None = None
) -> list[Event]:
    """Events (``only`` of these names) that arrived after an instant, in order of arrival."""
    names = None if only is None else list(only)
    return [
        Event(
            order=0,
            slot=row[1],
            device=row[0],
            device_id=row[2],
            happened_at=from_datetime(row[3]),
            received_at=from_datetime(row[4]),
            event=row[5],
            key=row[6],
            id=row[7],
            certainty=row[8],
            place=row[9],
            active=row[10],
            detail=row[11],
            clock_wrong=row[12],
            source="status" if row[5] in ("online", "offline") else "event",
        )
        for row in queries.events_since(connection, after=to_datetime(after), only=names)
    ]


def waiting_downlinks(
    connection: psycopg.Connection, limit: int = 500
) -> list[tuple[int, str, str, Any]]:
    """What is to be published: id, device, topic, payload."""
    return list(queries.waiting_downlinks(connection, limit=limit))


def downlinks_sent(connection: psycopg.Connection, ids: Sequence[int], at: Micros) -> None:
    queries.downlinks_sent(connection, ids=list(ids), at=to_datetime(at))


def _asked(events: Sequence[Event]) -> dict[str, Any]:
    return {
        "devices": [event.device for event in events],
        "keys": [event.key for event in events],
    }


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "device": event.device,
        "subject": event.slot,
        "happened_at": to_datetime(event.happened_at),
        "received_at": to_datetime(event.received_at),
        "event": event.event,
        "key": event.key,
        "id": event.id,
        "certainty": event.certainty,
        "place": event.place,
        "active": event.active,
        "detail": event.detail,
        "clock_wrong": event.clock_wrong,
    }
