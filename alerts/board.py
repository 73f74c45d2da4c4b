"""What a team's displays show: its open alerts, as one document that replaces the one before.

A display that is switched on, or was away, needs the present and no history: so the document is
the whole state, retained at the broker, and nothing is lost when one is missed.
"""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row

from alerts.wording import Privacy, short_name
from domain.time import from_datetime, iso

queries = aiosql.from_path(
    Path(__file__).with_name("board.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Board = dict[str, Any]

MOST = 50
"""Alerts on a board; ``more`` tells how many there are besides."""


def boards(connection: psycopg.Connection[Any]) -> dict[str, Board]:
    """By team, what its displays show: every team that has one."""
    rows = queries.boards(connection, limit=MOST)
    return {
        team: _board(team, list(group)) for team, group in groupby(rows, lambda row: row["board"])
    }


def _board(team: str, rows: list[Mapping[str, Any]]) -> Board:
    alerts = [_alert(row) for row in rows if row["id"] is not None]
    many = rows[0]["many"]
    return {"team": team, "alerts": alerts, "more": many - len(alerts)}


def _alert(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "priority": row["priority"],
        "state": row["state"],
        "since": iso(from_datetime(row["since"])),
        "deadline": iso(from_datetime(row["deadline"])),
        "responsible": row["responsible"],
        "taken_by": row["taken_by"] or row["username"],
        "resident": row["resident"],
        "name": _name(row),
        "room": row["place"],
    }


def _name(row: Mapping[str, Any]) -> str | None:
    """Others pass by a wall: the whole name only where the resident allows it in messages."""
    if row["name"] is None:
        return None
    name: str = row["name"]
    return name if Privacy.of(row["consents"]).name else short_name(name)
