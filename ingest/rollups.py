"""Samples rolled up into minutes, hours, nights and days, and corrected by what comes late.

Two rules make a roll-up what its raw samples make, in whatever order they came.

*Claim, then read.* A span is claimed first: from then on whoever writes a sample of it leaves a
mark in ``stale_minute``, in the same transaction. The claim moves under a lock that every writer
shares until its commit, so no sample is both unseen and unmarked. Only then the span is read.

*A mark is the minute anew.* The minute of that subject is made again from its samples, then the
hour and the night from their minutes, and the day from its hours. Where the raw samples have been
dropped already, what was rolled up stays.

With the full edition of TimescaleDB minutes and hours are continuous aggregates, which do the
same by themselves once they are refreshed; nights and days are ours in any case, for they begin
where the resident lives.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiosql
import numpy as np
import psycopg

from domain.quantity import QUANTITIES
from domain.sample import Batch
from domain.time import DAY, HOUR, MINUTE, Micros, from_datetime, to_datetime

queries = aiosql.from_path(Path(__file__).with_name("rollups.sql"), "psycopg")

LAG: Micros = 2 * MINUTE
"""A minute is rolled up when it has begun so long ago: what comes later is late."""

STALE_AT_ONCE = 5000
"""Marks that are worked off in one transaction."""

_QUARTER = 15 * MINUTE
"""Nights end on whole quarters of an hour of UTC, as zones have it."""

_DAYS_AT_ONCE = 30 * DAY
"""After an upgrade there may be years of days to make, and minutes must not wait for them."""

_RARE = [quantity.name for quantity in QUANTITIES if not quantity.common]

Marks = tuple[list[int], list[datetime]]
"""Subjects, and a minute or hour of each."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the roll-ups have come; each instant is excluded.

    ``claimed``  samples before it are marked when they are written
    ``minute``, ``hour``, ``rare`` (hours of rare quantities), ``night``, ``day``  rolled up
    before it (nights and days that have ended by then)
    ``raw``, ``minutes``, ``rest``  samples, minutes and the rest before it have been dropped
    ``closed``, ``packed``  see ``ingest.packing``
    """

    claimed: Micros
    minute: Micros
    hour: Micros
    rare: Micros
    night: Micros
    day: Micros
    raw: Micros = 0
    minutes: Micros = 0
    rest: Micros = 0
    closed: Micros = 0
    packed: Micros = 0


def progress(connection: psycopg.Connection) -> Progress | None:
    """Where the roll-ups stand, or None before their first beginning."""
    found = {name: from_datetime(at) for name, at in queries.progress(connection)}
    return Progress(**found) if "claimed" in found else None


def marks_for_writing(connection: psycopg.Connection) -> tuple[Micros, Micros]:
    """Where ``claimed`` and ``closed`` stand, and stay until the writer's transaction ends."""
    claimed, closed = (at and from_datetime(at) for at in queries.marks_for_writing(connection))
    return claimed or 0, closed or 0


def mark_late(connection: psycopg.Connection, samples: Batch, claimed: Micros) -> None:
    """Mark the minutes of samples that come after their roll-up; in the writer's transaction."""
    late = samples.measured_at < claimed
    if late.any():
        minute = samples.measured_at[late] // MINUTE
        pairs = np.unique(np.column_stack((samples.slot[late], minute)), axis=0)
        minutes = [to_datetime(minute * MINUTE) for minute in pairs[:, 1].tolist()]
        queries.mark_stale(connection, subjects=pairs[:, 0].tolist(), minutes=minutes)


def roll_up(connection: psycopg.Connection, now: Micros, since: Micros) -> int:
    """Bring all roll-ups up to ``now``, with corrections; how many minutes were corrected.

    ``since`` is how far back a first roll-up looks. ``connection`` is in autocommit mode: each
    step is a transaction of its own, and may be cut short at any place.
    """
    _claim(connection, now, since)
    if queries.edition(connection) == "timescale":
        _refresh(connection)
    else:
        _add(connection)
    _add_rest(connection)
    return sum(iter(lambda: _correct(connection), 0))


def _claim(connection: psycopg.Connection, now: Micros, since: Micros) -> None:
    until = _floor(now - LAG, MINUTE)
    with connection.transaction():
        if progress(connection) is None:
            oldest = queries.oldest_sample(connection, since=to_datetime(since))
            start = min(from_datetime(oldest), until) if oldest else until
            queries.begin(
                connection,
                names=["claimed", "minute", "hour", "rare", "night", "day"],
                at=to_datetime(_floor(start, HOUR)),
            )
        queries.keep_writers_out(connection)
        queries.advance(connection, name="claimed", at=to_datetime(until))


def _add(connection: psycopg.Connection) -> None:
    """Minutes and hours by our own means."""
    found = _known(connection)
    _add_minutes(connection, found.minute, found.claimed)
    for start, end in _spans(found.hour, _floor(found.claimed, HOUR), DAY):
        with connection.transaction():
            queries.add_hours(connection, since=start, till=end)
            queries.advance(connection, name="hour", at=end)


def _add_minutes(connection: psycopg.Connection, start: Micros, until: Micros) -> None:
    """A minute in a transaction; minutes without samples are passed over."""
    while start < until:
        following = start + MINUTE
        with connection.transaction():
            added = queries.add_minute(connection, at=to_datetime(start))
            if not added and following < until:
                span = {"since": to_datetime(following), "till": to_datetime(until)}
                following = _floor(from_datetime(queries.next_sample(connection, **span)), MINUTE)
            queries.advance(connection, name="minute", at=to_datetime(following))
        start = following


def _refresh(connection: psycopg.Connection) -> None:
    """Minutes and hours as continuous aggregates; a refresh corrects what is stale, too."""
    found = _known(connection)
    raw = max(found.raw, found.closed)  # packed before it came to this edition: stays as it is
    since, hour = _ceil(max(raw, found.minutes), HOUR), _floor(found.claimed, HOUR)
    queries.refresh_minutes(connection, since=to_datetime(raw), till=to_datetime(found.claimed))
    queries.advance(connection, name="minute", at=to_datetime(found.claimed))
    if since < hour:
        queries.refresh_hours(connection, since=to_datetime(since), till=to_datetime(hour))
    queries.advance(connection, name="hour", at=to_datetime(hour))


def _add_rest(connection: psycopg.Connection) -> None:
    """What is ours with every edition: hours of rare quantities, nights and days that are over."""
    found = _known(connection)
    for start, end in _spans(found.rare, found.hour, DAY):
        with connection.transaction():
            queries.add_measurement_hours(connection, since=start, till=end)
            queries.advance(connection, name="rare", at=end)
    until = _floor(found.minute, _QUARTER)
    for start, end in _spans(found.night, until, DAY):
        with connection.transaction():
            queries.add_nights(connection, since=start, till=end)
            queries.advance(connection, name="night", at=end)
    until = min(found.hour, found.day + _DAYS_AT_ONCE)
    for start, end in _spans(found.day, until, DAY):
        with connection.transaction():
            queries.add_days(connection, since=start, till=end, rare=_RARE)
            queries.advance(connection, name="day", at=end)


def _correct(connection: psycopg.Connection) -> int:
    """Roll up again what is marked; how many marks were worked off."""
    with connection.transaction():
        marks = set(queries.take_stale(connection, limit=STALE_AT_ONCE))
        if marks:
            found = _known(connection)
            if queries.edition(connection) != "timescale":
                _redo_minutes(connection, marks, found)
            _redo_measurements(connection, marks, found)
            _redo_nights(connection, marks, found)
            _redo_days(connection, marks, found)
    return len(marks)


def _redo_minutes(
    connection: psycopg.Connection, marks: set[tuple[int, datetime]], found: Progress
) -> None:
    whole = _columns(mark for mark in marks if from_datetime(mark[1]) >= found.raw)
    queries.drop_minutes(connection, subjects=whole[0], ats=whole[1])
    subjects, ats = _columns(marks)
    queries.redo_minutes(connection, subjects=subjects, ats=ats)
    subjects, ats = _hours(marks, max(found.raw, found.minutes), found.hour)
    queries.drop_hours(connection, subjects=subjects, ats=ats)
    subjects, ats = _hours(marks, 0, found.hour)
    queries.redo_hours(connection, subjects=subjects, ats=ats)


def _redo_measurements(
    connection: psycopg.Connection, marks: set[tuple[int, datetime]], found: Progress
) -> None:
    subjects, ats = _hours(marks, found.raw, found.rare)
    queries.redo_measurement_hours(connection, subjects=subjects, ats=ats)


def _redo_nights(
    connection: psycopg.Connection, marks: set[tuple[int, datetime]], found: Progress
) -> None:
    subjects, ats = _columns(mark for mark in marks if from_datetime(mark[1]) >= found.minutes)
    rows = list(
        queries.nights_of(connection, subjects=subjects, ats=ats, till=to_datetime(found.night))
    )
    if rows:
        slots, begins, ends, nights = (list(column) for column in zip(*rows, strict=True))
        queries.drop_nights(connection, subjects=slots, begins=begins, nights=nights)
        queries.redo_nights(connection, subjects=slots, begins=begins, ends=ends, nights=nights)


def _redo_days(
    connection: psycopg.Connection, marks: set[tuple[int, datetime]], found: Progress
) -> None:
    subjects, ats = _hours(marks, found.rest, found.day)
    span = {"since": to_datetime(found.rest), "till": to_datetime(found.day)}
    rows = list(queries.days_of(connection, subjects=subjects, ats=ats, **span))
    if rows:
        slots, begins, ends = (list(column) for column in zip(*rows, strict=True))
        queries.drop_days(connection, subjects=slots, begins=begins)
        queries.redo_days(connection, subjects=slots, begins=begins, ends=ends, rare=_RARE)


def _hours(marks: Iterable[tuple[int, datetime]], since: Micros, till: Micros) -> Marks:
    """The hours of marks that lie wholly in a span."""
    hours = {(subject, _floor(from_datetime(at), HOUR)) for subject, at in marks}
    return _columns(
        (subject, to_datetime(hour)) for subject, hour in sorted(hours) if since <= hour < till
    )


def _columns(marks: Iterable[tuple[int, datetime]]) -> Marks:
    pairs = list(marks)
    return [subject for subject, _ in pairs], [at for _, at in pairs]


def _known(connection: psycopg.Connection) -> Progress:
    found = progress(connection)
    assert found is not None, "claimed before"
    return found


def _spans(start: Micros, end: Micros, step: Micros) -> Iterator[tuple[datetime, datetime]]:
    """A span cut at the multiples of ``step``.

    >>> [(a.minute, b.minute) for a, b in _spans(5 * MINUTE, 25 * MINUTE, 10 * MINUTE)]
    [(5, 10), (10, 20), (20, 25)]
    """
    while start < end:
        following = min(_floor(start, step) + step, end)
        yield to_datetime(start), to_datetime(following)
        start = following


def _floor(at: Micros, step: Micros) -> Micros:
    return at // step * step


def _ceil(at: Micros, step: Micros) -> Micros:
    return -(-at // step) * step
