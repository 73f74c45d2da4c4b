"""A county's database as it would be after a year, filled in bulk.

*Told*: some beds have told five quantities a second for three days; as many beds as it takes for
the samples that are asked for. All residents' beds have told so in the last minute. Of the beds
that told there are minutes of these days, and hours, nights and days of a year. *Alerts*: old ones
over a year, all resolved, and 200 that are open. *Packed*: the days before yesterday, by what
`carewatch keeper` does with them.

The index of samples is made after its rows, which saves hours, and half of its pages.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiosql
import numpy as np
import psycopg

from carewatch.edition import edition
from domain.errors import Unavailable
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, to_datetime
from ingest import packing
from ingest.copy import encode, timestamps
from ingest.retention import Keep

queries = aiosql.from_path(Path(__file__).with_name("filling.sql"), "psycopg")

COUNTY = "county"
STATION = "village-0"
IN_STATION = 1000
"""Residents of the first village."""

RECENT: Micros = DAY
"""What is younger is not packed yet (by default it is a week)."""

OPEN = 200
_AT_ONCE: Micros = MINUTE

Report = Callable[[str, float], None]
"""Told what is being done, and how far it has come, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much; ``beds`` told for the whole ``span``, at least one."""

    samples: int
    residents: int
    alerts: int
    span: Micros = 3 * DAY

    @property
    def beds(self) -> int:
        """
        >>> Size(300_000_000, 10_000, 0).beds
        1155
        """
        last_minute = self.residents * (MINUTE // SECOND)
        return min(max((self.samples - last_minute) // (self.span // SECOND), 1), self.residents)


def fill(connection: psycopg.Connection, size: Size, now: Micros, report: Report) -> None:
    """Fill an empty, migrated database; ``connection`` is in autocommit mode."""
    if edition(connection).kind == "timescale":
        raise Unavailable(
            "With the full edition roll-ups cannot be filled in bulk: run this on plain "
            "PostgreSQL, or on the Apache edition with `carewatch bench --database timescale`."
        )
    end = (now // MINUTE - 2) * MINUTE  # the last minute is told by `tell_now`
    queries.hurry(connection)
    report("people", 0)
    queries.people(connection, residents=size.residents, in_station=IN_STATION)
    _tell(connection, size, end, report)
    _roll_up(connection, size, end, report)
    _pack(connection, size, now, report)
    report("the index of samples", 0)
    queries.make_index(connection)
    _raise(connection, size, end, report)
    report("statistics", 0)
    queries.settle(connection)


def tell_now(connection: psycopg.Connection, size: Size, now: Micros) -> None:
    """All beds tell for a minute up to now."""
    beds = np.arange(size.residents, dtype=np.int32)
    queries.make_days(connection, first=to_datetime(now - HOUR), last=to_datetime(now))
    _copy(connection, iter([_minute(beds, now // SECOND * SECOND - MINUTE)]))
    queries.hear(connection, at=to_datetime(now))


def _tell(connection: psycopg.Connection, size: Size, end: Micros, report: Report) -> None:
    start = end - size.span
    days = {"first": to_datetime(start), "last": to_datetime(end)}
    queries.make_days(connection, **days)
    queries.make_months(connection, **days)
    queries.make_years(connection, first=to_datetime(end) - timedelta(days=366), last=days["last"])
    queries.drop_index(connection)
    for day in range(start // DAY * DAY, end, DAY):
        first, last = max(day, start), min(day + DAY, end)
        _copy(connection, _minutes(size.beds, first, last, start, end, report))


def _minutes(
    beds: int, first: Micros, last: Micros, start: Micros, end: Micros, report: Report
) -> Iterator[bytes]:
    telling = np.arange(beds, dtype=np.int32)
    for minute in range(first, last, _AT_ONCE):
        report("samples", (minute - start) / (end - start))
        yield _minute(telling, minute)


def _copy(connection: psycopg.Connection, parts: Iterator[bytes]) -> None:
    """Binary rows; each part is one COPY, as the pump's turns are."""
    for part in parts:
        with connection.cursor().copy(_COPY) as copy:
            copy.write(part)


_COPY = (
    "copy sample (device, subject, measured_at, received_at, heart_rate, respiration_rate,"
    " movement, signal_quality, in_bed) from stdin (format binary)"
)


def _minute(beds: "np.ndarray[tuple[int], np.dtype[np.int32]]", start: Micros) -> bytes:
    """A minute of samples, second after second, each bed at its own place in the second.

    Clocks of beds are out by up to 4 ms each time, and what is told arrives 20 to 120 ms later.
    """
    seconds, count = int(_AT_ONCE // SECOND), len(beds)
    drawn = np.random.default_rng(start).random((5, seconds * count), np.float32)
    place = beds.astype(np.int64) * 7919 % 990 * 1000
    at = (start + np.arange(seconds)[:, None] * SECOND + place).ravel()
    at += (9 * drawn[3]).astype(np.int64) * 1000
    delay = 20_000 + (100_000 * drawn[4]).astype(np.int64)
    slot = np.tile(2 * beds, seconds)
    return encode(
        seconds * count,
        {
            "device": ("i4", slot + 1),
            "subject": ("i4", slot),
            "measured_at": ("i8", timestamps(at)),
            "received_at": ("i8", timestamps(at + delay)),
            "heart_rate": ("f4", np.round(55 + 10 * drawn[0])),
            "respiration_rate": ("f4", np.round(13 + 4 * drawn[1], 1)),
            "movement": ("f4", np.round(drawn[2], 2)),
            "signal_quality": ("f4", np.round(1 - drawn[2] / 4, 2)),
            "in_bed": ("i1", np.ones(seconds * count, np.int8)),
        },
    )


def _roll_up(connection: psycopg.Connection, size: Size, end: Micros, report: Report) -> None:
    known = {"beds": size.beds, "till": to_datetime(end)}
    report("minutes", 0)
    queries.minutes(connection, since=to_datetime(end - size.span), **known)
    report("hours of a year", 0)
    queries.hours(connection, **known)
    report("nights of a year", 0)
    queries.nights(connection, **known)
    report("days of a year", 0)
    queries.days(connection)
    queries.rolled_up(connection, till=to_datetime(end), since=to_datetime(end - size.span))


def _pack(connection: psycopg.Connection, size: Size, now: Micros, report: Report) -> None:
    start, keep = now - size.span, Keep(uncompressed=RECENT // DAY)
    report("packing", 0)
    for hour in packing.pack(connection, keep, now):
        report("packing", max(hour - start, 0) / max(size.span - RECENT, 1))
    packing.drop(connection, now)


def _raise(connection: psycopg.Connection, size: Size, end: Micros, report: Report) -> None:
    at_once = 50_000
    for first in range(0, size.alerts, at_once):
        report("alerts", first / size.alerts)
        last = min(first + at_once, size.alerts) - 1
        queries.old_alerts(
            connection, first=first, last=last, total=size.alerts, till=to_datetime(end),
            residents=size.residents,
        )  # fmt: skip
    queries.open_alerts(connection, count=OPEN, residents=size.residents, till=to_datetime(end))
