"""Circles and teams out of a file; whoever has no account yet gets one, without a password."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from api import accounts, audit
from api.access import Role, Viewer
from carewatch.importing.lines import Line
from carewatch.importing.standing import Connection, Rows, by_id, queries
from domain.time import Micros

Wrong = Callable[[int, str, str], None]
"""Is told line, column and problem."""


class Memberships:
    """Those of one file."""

    def __init__(self, connection: Connection, caller: Viewer, now: Micros, wrong: Wrong) -> None:
        self._connection = connection
        self._caller = caller
        self._now = now
        self._wrong = wrong

    def take(self, lines: Sequence[Line], only_look: Callable[[], bool]) -> dict[str, Any]:
        """Look at the lines, and then write what they come to unless ``only_look`` says no.

        What was written, counted; empty where nothing was.
        """
        known = {row["username"]: row for row in queries.accounts(self._connection)}
        self._fit(lines, known)
        if only_look():
            return {}
        there = {_standing(row): row["relation"] for row in queries.memberships(self._connection)}
        wanted = [line for line in lines if not _is_there(line.said, there)]
        strangers = {
            line.said["user"]: line for line in reversed(wanted) if line.said["user"] not in known
        }
        for name, line in strangers.items():
            self._open_account(name, line.said)
        self._join(wanted)
        new = sum(_standing(line.said) not in there for line in wanted)
        return {
            "new": new, "changed": len(wanted) - new, "same": len(lines) - len(wanted),
            "accounts": tuple(sorted(strangers)),
        }  # fmt: skip

    def _fit(self, lines: Sequence[Line], known: Rows) -> None:
        residents = by_id(queries.residents, self._connection)
        teams = by_id(queries.teams, self._connection)
        for line in lines:
            if "role" not in line.said:
                continue
            family = line.said["role"] == "family"
            column, there = ("resident", residents) if family else ("team", teams)
            name = line.said.get(column)
            if name is None:
                self._wrong(line.number, column, f"a {line.said['role']} needs one: fill it in.")
            elif name not in there:
                self._wrong(line.number, column, f"there is no {column} {name}: add it first.")
            if known.get(line.said.get("user", ""), {}).get("role") == "vendor":
                self._wrong(line.number, "user", "this is a vendor, who sees no person.")

    def _open_account(self, username: str, said: dict[str, Any]) -> None:
        role: Role = said["role"]
        accounts.add(
            self._connection, username, None, role, self._now, name=said.get("name", ""),
            team=None if role == "family" else said["team"],
        )  # fmt: skip

    def _join(self, lines: Sequence[Line]) -> None:
        there = {_standing(row) for row in queries.memberships(self._connection)}
        rows = [{"relation": None, "line": line.number, **line.said} for line in lines]
        family = [row for row in rows if row["role"] == "family"]
        others = [row for row in rows if row["role"] != "family" and _standing(row) not in there]
        if family:
            queries.join_circles(self._connection, rows=Jsonb(family))
        if others:
            queries.join_teams(self._connection, rows=Jsonb(others))
        if rows:
            audit.changed(
                self._connection, self._caller, "import_memberships", "memberships",
                [row["resident"] for row in family], ["role"],
            )  # fmt: skip


def _standing(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a membership is: who, as what, of which resident or team."""
    family = row["role"] == "family"
    return row["user"], row["role"], row.get("resident") if family else row.get("team")


def _is_there(said: Mapping[str, Any], there: Mapping[tuple[Any, ...], Any]) -> bool:
    standing = _standing(said)
    return standing in there and said.get("relation") in (None, there[standing])
