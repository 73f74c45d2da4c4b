"""One quantity of one resident over time, as coarse as the asked span allows.

A chart of 500 points does not need the 31 million readings of a year. Of four levels (each
reading, minute, hour, day) the coarsest is taken whose step is no longer than a point is wide;
what has been dropped already is answered from the next coarser level, and what has not been
rolled up yet from finer ones. Where there are no more readings than points, they are shown.

A day is the resident's own, and shown whole, even if only part of it was asked for. It is made of
hours: where the zone is not whole hours from UTC, an hour counts to the day in which it begins.
Days from before a resident moved to another zone are read from hours, for theirs were others.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import aiosql
from psycopg.rows import dict_row

from api.database import Connection
from domain.quantity import BY_NAME
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, from_datetime, to_datetime
from ingest import rollups
from ingest.rollups import Progress

queries = aiosql.from_path(
    Path(__file__).with_name("chart.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Level = Literal["raw", "minute", "hour", "day"]

Reach = list[tuple[Level, Micros]]
"""What to read one after the other, each with the instant that it reaches to."""

STEPS: dict[Level, Micros] = {"raw": 0, "minute": MINUTE, "hour": HOUR, "day": DAY}


@dataclass(frozen=True, slots=True)
class Asked:
    """``slot`` and ``zone`` of the resident; a span, and about how many points."""

    slot: int
    quantity: str
    start: Micros
    end: Micros
    points: int
    zone: str = "UTC"

    @property
    def from_at(self) -> datetime:
        return to_datetime(self.start)

    @property
    def till_at(self) -> datetime:
        return to_datetime(self.end)

    @property
    def width(self) -> Micros:
        return max((self.end - self.start) // self.points, 1)


def chart(connection: Connection, asked: Asked) -> dict[str, Any]:
    """``level``, ``points`` and, where rolled up, ``low`` and ``high`` of each."""
    found = rollups.progress(connection)
    level = level_of(asked, found)
    if level == "raw" or found is None:
        return _readings(connection, asked)
    rows = _rolled_up(connection, asked, level, found)
    if _few(rows, asked, found):
        return _readings(connection, asked)
    return {
        "level": level,
        "points": [(row["t"], _short(row["mean"])) for row in rows],
        "low": [_short(row["low"]) for row in rows],
        "high": [_short(row["high"]) for row in rows],
    }


def level_of(asked: Asked, found: Progress | None) -> Level:
    """The coarsest level that is fine enough, and still kept."""
    if found is None:
        return "raw"
    levels = [level for level in STEPS if _has(asked.quantity, level)]
    fine = max(level for level in range(len(levels)) if STEPS[levels[level]] <= asked.width)
    kept_since = {"raw": found.raw, "minute": found.minutes}
    while asked.start < kept_since.get(levels[fine], 0) and fine + 1 < len(levels):
        fine += 1
    return levels[fine]


def nights(
    connection: Connection, slot: int, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The nights of a resident that began in a span, as they were rolled up."""
    rows = queries.nights(connection, slot=slot, from_at=start, till_at=end)
    return [
        row | {name: _figures(row, name) for name in ("heart_rate", "respiration_rate")}
        for row in rows
    ]


def _figures(row: dict[str, Any], quantity: str) -> dict[str, Any] | None:
    """What a roll-up says of a quantity; None where nothing was measured."""
    if not row[f"{quantity}_count"]:
        return None
    figures = ("low", "mean", "high", "p10", "p50", "p90")
    return {name: _short(row[f"{quantity}_{name}"]) for name in figures}


def _few(rows: list[dict[str, Any]], asked: Asked, found: Progress) -> bool:
    """Whether the readings are no more than points, and none of them has been dropped."""
    told: int = sum(row["count"] for row in rows)
    oldest: int = min((row["since"] for row in rows), default=0)
    return 0 < told <= asked.points and oldest * 1000 >= found.raw


def _has(quantity: str, level: Level) -> bool:
    return BY_NAME[quantity].common or level != "minute"


def _readings(connection: Connection, asked: Asked) -> dict[str, Any]:
    """Each reading, or the lowest and the highest of each of points/2 spans."""
    span = _span(asked)
    dense = queries.reading_count(connection, **span) > asked.points
    width = (asked.end - asked.start) / SECOND / (asked.points // 2) if dense else None
    rows = queries.peaks(connection, **span, width_s=width)
    return {"level": "raw", "points": [(row["t"], _short(row["value"])) for row in rows]}


def _rolled_up(
    connection: Connection, asked: Asked, level: Level, found: Progress
) -> list[dict[str, Any]]:
    """Points of a level as far as it goes, and of finer ones from there on."""
    if level == "day":
        return _days(connection, asked, found)
    width = max(asked.width, STEPS[level]) / SECOND
    pieces = _pieces(asked, _reach(asked.quantity, level, found), asked.start, asked.end)
    return list(queries.means(connection, **pieces, from_at=asked.from_at, width_s=width))


def _days(connection: Connection, asked: Asked, found: Progress) -> list[dict[str, Any]]:
    """Points of whole days of the resident's zone."""
    span = queries.whole_days(connection, from_at=asked.from_at, till_at=asked.till_at,
                              zone=asked.zone, slot=asked.slot,
                              ended=to_datetime(found.day))  # fmt: skip
    start, end, rolled_from, rolled_till = (from_datetime(at) for at in span.values())
    reach = _reach(asked.quantity, "hour", found)
    if rolled_from < rolled_till:
        reach = [("hour", rolled_from), ("day", rolled_till), *reach]
    pieces = _pieces(asked, reach, start, end)
    width = max((end - start) // (DAY * asked.points), 1)
    return list(queries.days(connection, **pieces, from_at=span["begins"], zone=asked.zone,
                             width=width))  # fmt: skip


def _pieces(asked: Asked, reach: Reach, start: Micros, end: Micros) -> dict[str, Any]:
    """The span cut into what is read from each level."""
    pieces: list[tuple[Level, datetime, datetime]] = []
    for each, until in reach:
        if start < min(end, until):
            pieces.append((each, to_datetime(start), to_datetime(min(end, until))))
            start = until
    return {
        "quantity": asked.quantity,
        "slot": asked.slot,
        "levels": [level for level, _, _ in pieces],
        "froms": [begins for _, begins, _ in pieces],
        "tills": [ends for _, _, ends in pieces],
    }


def _reach(quantity: str, level: Level, found: Progress) -> Reach:
    """The levels that hours or minutes are read from, and finer ones from where they end."""
    hours = found.hour if BY_NAME[quantity].common else found.rare
    reach: Reach = [("hour", hours), ("minute", found.minute), ("raw", 2**62)]
    usable = [each for each in reach if STEPS[each[0]] <= STEPS[level]]
    return [each for each in usable if _has(quantity, each[0])]


def _span(asked: Asked) -> dict[str, Any]:
    return {
        "quantity": asked.quantity,
        "slot": asked.slot,
        "from_at": asked.from_at,
        "till_at": asked.till_at,
    }


def _short(value: float) -> float:
    """A reading as it was sent: 14.5 and not the 14.499999 of a 4-byte float."""
    return float(f"{value:.7g}")
