"""How residents are at this moment: what a station's screen shows.

Nothing is kept for it: the index (device, measured_at) leads to the last samples of each device,
and a table of latest values would have to be written with every message.
"""

from pathlib import Path
from typing import Any

import aiosql
from psycopg.rows import dict_row

from api.access import Viewer
from api.database import Connection
from domain.time import DAY, Micros, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("latest.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

SPAN: Micros = DAY
"""What is older is no present state; and without a bound every day's piece would be looked at."""


def latest(
    connection: Connection,
    caller: Viewer,
    now: Micros,
    *,
    team: str | None = None,
    resident: str | None = None,
    after: str | None = None,
    limit: int = 1,
) -> list[dict[str, Any]]:
    """Residents whom the caller may see, by id, each with its latest state, times in UTC."""
    scope = caller.scope()
    del scope["vendor"]
    span = {"since": to_datetime(now - SPAN), "now": to_datetime(now)}
    return list(
        queries.latest(
            connection, team=team, resident=resident, after=after, limit=limit, **span, **scope
        )
    )
