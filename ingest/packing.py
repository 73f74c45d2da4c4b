"""Finished days are packed: a row for each device and hour, in a tenth of the room.

Where TimescaleDB's licence has compression it does this (see ``retention.compress``), and nothing
is packed. Else, in this order, each a transaction, so that nothing is lost wherever it is cut off:

1. *Close.* A mark moves to the end of the last day that is to be packed, under the lock that the
   claim of roll-ups moves under. From then on writers put what they bring of closed days into
   ``late_sample``, and what ``sample`` holds of these days changes no more.
2. *Pack*, hour after hour, some devices at a time; then moves the mark up to which packs hold all.
3. *Put away* what came late into the packs that it belongs to.
4. *Drop* the days of ``sample`` that are packed, an hour after something last came into them.

The function ``samples`` of migration 0014 reads all of it, once each, at any moment between.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import aiosql
import psycopg

from domain.time import DAY, HOUR, Micros, from_datetime, to_datetime
from ingest import rollups
from ingest.retention import Keep
from ingest.rollups import Progress

queries = aiosql.from_path(Path(__file__).with_name("packing.sql"), "psycopg")

LINGER: Micros = HOUR
"""How long what has arrived stays where it is: the pump may want to read it again."""
DEVICES_AT_ONCE = 2000
"""Of which an hour is packed in one transaction: half a minute of work at a sample a second."""


def pack(
    connection: psycopg.Connection, keep: Keep, now: Micros, at_once: int = DEVICES_AT_ONCE
) -> Iterator[Micros]:
    """Pack what is older than the recent window, as far as it is rolled up.

    Each step is a transaction and yields the hour that it packed, or a part of; whoever iterates
    may leave off after any of them, and begin anew later. ``connection`` is in autocommit mode.
    """
    found = rollups.progress(connection)
    if found is None or rollups.queries.edition(connection) == "timescale":
        return
    closed = _close(connection, found, now - keep.uncompressed * DAY)
    oldest = _day(max(found.raw, now - keep.samples * DAY))
    if found.packed < closed:
        for hour in _told_hours(connection, max(found.packed, oldest), closed):
            for _ in _pack_hour(connection, hour, at_once):
                yield hour
        rollups.queries.advance(connection, name="packed", at=to_datetime(closed))
    yield from _put_away(connection, oldest, closed, now - LINGER, at_once)


def drop(connection: psycopg.Connection, now: Micros) -> int:
    """Drop the days of ``sample`` that are packed; how many pieces."""
    with connection.transaction():
        dropped: int = queries.drop_packed(connection, arrived_before=to_datetime(now - LINGER))
    return dropped


def _close(connection: psycopg.Connection, found: Progress, before: Micros) -> Micros:
    """Close whole days before an instant; the end of the last closed one."""
    wanted = _day(min(before, found.hour))
    if wanted > found.closed:
        with connection.transaction():
            rollups.queries.keep_writers_out(connection)
            rollups.queries.advance(connection, name="closed", at=to_datetime(wanted))
    return max(wanted, found.closed)


def _told_hours(connection: psycopg.Connection, since: Micros, till: Micros) -> Iterator[Micros]:
    """The hours of a span, without those of days that nothing was told of."""
    for day in range(_day(since), till, DAY):
        span = {"since": to_datetime(day), "till": to_datetime(day + DAY)}
        if queries.has_samples(connection, **span):
            yield from range(max(day, since), min(day + DAY, till), HOUR)


def _pack_hour(connection: psycopg.Connection, hour: Micros, at_once: int) -> Iterator[None]:
    """What is not packed of it yet, and then its mark; after each transaction."""
    with connection.transaction():
        queries.make_day(connection, day=to_datetime(hour).date())
    span = {"since": to_datetime(hour), "till": to_datetime(hour + HOUR)}
    devices = [device for (device,) in queries.to_pack(connection, **span)]
    for start in range(0, len(devices), at_once):
        with connection.transaction():
            _pack(connection, hour, devices[start : start + at_once])
        yield
    rollups.queries.advance(connection, name="packed", at=to_datetime(hour + HOUR))


def _put_away(
    connection: psycopg.Connection,
    since: Micros,
    till: Micros,
    arrived_before: Micros,
    at_once: int,
) -> Iterator[Micros]:
    """Bring late samples into the packs of their hours."""
    span = {"since": to_datetime(since), "till": to_datetime(till)}
    arrived = to_datetime(arrived_before)
    while late := queries.late_hour(connection, **span, arrived_before=arrived):
        hour, devices = from_datetime(late[0]), late[1][:at_once]
        with connection.transaction():
            queries.make_day(connection, day=to_datetime(hour).date())
            _pack(connection, hour, devices, arrived)
        yield hour


def _pack(
    connection: psycopg.Connection,
    hour: Micros,
    devices: Sequence[int],
    arrived_before: datetime | None = None,
) -> None:
    """Of these devices; with ``arrived_before`` their packs are made anew with what came late."""
    queries.pack(
        connection,
        devices=list(devices),
        anew=arrived_before is not None,
        since=to_datetime(hour),
        till=to_datetime(hour + HOUR),
        arrived_before=arrived_before,
    )


def _day(at: Micros) -> Micros:
    return at // DAY * DAY
