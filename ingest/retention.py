"""What is forgotten, and when: old data goes by dropping whole pieces of its tables.

| what | kept by default |
|---|---|
| samples, rare quantities | 30 days |
| minutes | 1 year |
| hours, nights, days, events | 5 years |
| quarantine, messages sent to devices | 30 days; of a device's refusals the newest 1,000 |

Alerts, their history and who looked at what stay for ever. What goes row by row is little.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiosql
import psycopg

from domain.time import DAY, HOUR, Micros, to_datetime
from ingest import rollups, waveforms

queries = aiosql.from_path(Path(__file__).with_name("retention.sql"), "psycopg")

AHEAD_DAYS = 7
CHUNK_HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
"""How long a chunk of samples may be: days are whole chunks."""
ARRIVALS_KEPT: Micros = HOUR
"""How long a redelivery of a message without a time of its own is recognised."""
REFUSALS_KEPT = 1000
"""Of each device: one that is refused for ever tells no more by the thousandth time."""

_AT_ONCE = 10_000
"""Rows that one statement deletes."""

RAW = ("sample", "measurement")
PACKS = ("sample_pack",)
MINUTES = ("sample_minute",)
REST = ("sample_hour", "measurement_hour", "sample_night", "quantity_day", "event")
COMPRESSED = RAW


@dataclass(frozen=True, slots=True)
class Keep:
    """Days that things are kept for; ``uncompressed``: how old samples are when they are packed
    or compressed."""

    samples: int = 30
    minutes: int = 365
    rest: int = 5 * 365
    quarantine: int = 30
    uncompressed: int = 7


def make_room(connection: psycopg.Connection, now: Micros) -> None:
    """Partitions for the days to come; nothing to do where TimescaleDB makes its own chunks."""
    today = to_datetime(now).date()
    ahead = today + timedelta(days=AHEAD_DAYS)
    for table in (*RAW, *MINUTES, *REST):
        queries.make_days(connection, target=table, first=today - timedelta(days=2), last=ahead)
    waveforms.make_room(connection, now)


def fit_chunks(connection: psycopg.Connection, hours: int | None) -> int | None:
    """Make the chunks of samples to come so long, or (None) as their rate wants it.

    How long they will be, in hours; None without TimescaleDB, whose chunks alone can vary.
    """
    samples, _ = (_fit(connection, table, hours) for table in RAW)
    return samples


def _fit(connection: psycopg.Connection, table: str, hours: int | None) -> int | None:
    found: int | None = queries.chunk_length(connection, target=table)
    if found is None:
        return None
    an_hour, cache = queries.index_growth(connection, target=table)
    wanted = hours or (found if an_hour is None else chunk_hours(an_hour, cache))
    if wanted != found:
        queries.cut_chunks(connection, target=table, hours=wanted)
    return wanted


def chunk_hours(index_bytes: float, cache: int) -> int:
    """The longest chunk whose indexes stay in memory, at so many bytes of them an hour.

    They may have a third of what the server counts on as its cache, which is three quarters of
    the memory by custom: a quarter of the memory.

    >>> chunk_hours(20e6, 4 << 30), chunk_hours(1.6e9, 12 << 30), chunk_hours(1e12, 4 << 30)
    (24, 2, 1)
    """
    return max((each for each in CHUNK_HOURS if each * index_bytes <= cache / 3), default=1)


def forget(connection: psycopg.Connection, keep: Keep, now: Micros) -> int:
    """Let go of what is older than it is kept; how many pieces of tables were dropped.

    What was not rolled up yet is not dropped.
    """
    found = rollups.progress(connection)
    raw = now - keep.samples * DAY
    if found is not None:
        raw = min(raw, found.hour)
    raw = raw // DAY * DAY  # as its pieces are cut
    dropped = _drop(connection, (*RAW, *PACKS), raw, "raw")
    dropped += _drop(connection, MINUTES, min(raw, now - keep.minutes * DAY), "minutes")
    dropped += _drop(connection, REST, now - keep.rest * DAY, "rest")
    _delete(connection, keep, raw, now)
    return dropped


def forget_passing(connection: psycopg.Connection, now: Micros) -> None:
    """What is of use for an hour: raw waveforms, and digests that tell redelivered messages."""
    queries.forget_arrivals(connection, before=to_datetime(now - ARRIVALS_KEPT))
    waveforms.forget(connection, now)


def compress(connection: psycopg.Connection, keep: Keep, now: Micros) -> int:
    """Compress what is older than the recent window, where the licence can; how many chunks."""
    if rollups.queries.edition(connection) != "timescale":
        return 0
    before = to_datetime(now - keep.uncompressed * DAY)
    chunks = [
        chunk
        for table in COMPRESSED
        for (chunk,) in queries.plain_pieces(connection, target=table, before=before)
    ]
    for chunk in chunks:
        queries.compress(connection, chunk=chunk)
    return len(chunks)


def _drop(
    connection: psycopg.Connection, tables: tuple[str, ...], before: Micros, name: str
) -> int:
    """The mark goes first: from then on a late sample rolls nothing up from what is gone."""
    with connection.transaction():
        rollups.queries.advance(connection, name=name, at=to_datetime(before))
    dropped = 0
    for table in tables:
        with connection.transaction():
            dropped += queries.drop_spans(connection, target=table, before=to_datetime(before))
    return dropped


def _delete(connection: psycopg.Connection, keep: Keep, raw: Micros, now: Micros) -> None:
    before = to_datetime(raw)
    while queries.forget_late_samples(connection, before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass
    before = to_datetime(now - keep.quarantine * DAY)
    while queries.forget_quarantine(connection, before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass
    queries.forget_repeated_refusals(connection, kept=REFUSALS_KEPT)
    while queries.forget_downlinks(connection, before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass
    before = to_datetime(now - keep.rest * DAY)
    while queries.forget_event_keys(connection, before=before, limit=_AT_ONCE) == _AT_ONCE:
        pass
