"""What a county's centre asks of its carewatch all day: charts, a station's screen, open alerts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from alerts import store
from api import chart
from api.access import Viewer, roles_of
from api.chart import Asked
from api.latest import latest
from carewatch.bench.filling import COUNTY, IN_STATION, STATION
from domain.time import DAY, HOUR, Micros, iso

_TIMES, _TIMES_UNJUDGED = 200, 20


@dataclass(frozen=True, slots=True)
class Question:
    """``path`` and ``alone`` ask the same, of the API and of the database, about a bed."""

    name: str
    target_ms: float | None
    path: Callable[[int], str]
    alone: Callable[[psycopg.Connection, int], Any]

    @property
    def times(self) -> int:
        return _TIMES_UNJUDGED if self.target_ms is None else _TIMES


def questions(viewer: Viewer, now: Micros) -> list[Question]:
    """What is asked at ``now``, by somebody who may see the county."""

    def samples(
        name: str, target: float | None, quantity: str, span: Micros, points: int, ago: Micros = 0
    ) -> Question:
        start, end = now - ago - span, now - ago
        asked = f"quantity={quantity}&from={iso(start)}&to={iso(end)}&points={points}"
        return Question(
            name,
            target,
            lambda bed: f"/residents/resident-{bed}/samples?{asked}",
            lambda connection, bed: chart.chart(
                connection, Asked(2 * bed, quantity, start, end, points)
            ),
        )

    return [
        samples("day", 50, "heart_rate", DAY, 500),
        samples("day_of_readings", None, "heart_rate", DAY, 5000),
        samples("packed_hours", None, "heart_rate", 4 * HOUR, 5000, ago=2 * DAY),
        samples("year", 100, "heart_rate", 365 * DAY, 365),
        samples("month", None, "heart_rate", 30 * DAY, 500),
        Question(
            "station",
            50,
            lambda _: f"/latest?team={STATION}",
            lambda connection, _: latest(connection, viewer, now, team=STATION, limit=1001),
        ),
        Question(
            "open_alerts",
            20,
            lambda _: "/alerts?state=open",
            lambda connection, _: store.page(
                connection, state="open", limit=100, **viewer.own_alerts()
            ),
        ),
    ]


def viewer(residents: int) -> Viewer:
    """A member of the centre of a county with so many residents, as the API sees them."""
    villages = -(-residents // IN_STATION)
    teams = frozenset({COUNTY, "town", *(f"village-{n}" for n in range(villages))})
    roles = roles_of("centre", [], {"centre": teams})
    return Viewer("", "bench", "", "centre", 0, roles, COUNTY, areas={"centre": teams})
