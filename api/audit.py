"""The audit: who read or changed what about whom, when, and from where.

A change and its line are committed together. A read's line is written without waiting for the
disk, and a read is not refused because its line cannot be written (a database that is full or
takes reads only must not hide a door code from a responder): the line goes to the log then.
No value is kept, only the names of the fields.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog

from api.access import Viewer
from api.database import Connection, people

_log = structlog.get_logger()

CHUNK = 1000
"""Residents of one line, at most: an import of a county is some lines and not one."""

CANNOT_WRITE = (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.DiskFull)
"""A database that can still be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what was done to which thing, and about which residents."""

    action: str
    changed: bool
    thing: str | None
    residents: tuple[str, ...]
    fields: tuple[str, ...]


def read(
    connection: Connection,
    caller: Viewer,
    action: str,
    residents: Iterable[str | None] = (),
    thing: str | None = None,
) -> None:
    """Note that the caller was shown something about these residents; nothing where none."""
    shown = tuple(sorted({name for name in residents if name is not None}))
    if not shown and thing is None:
        return
    line = Line(action, False, thing, shown, ())
    try:
        with connection.transaction():
            people.hurry(connection)
            _write(connection, caller, [line])
    except CANNOT_WRITE:
        _log.warning("a read has no line in the audit", **_row(caller, line))


def changed(
    connection: Connection,
    caller: Viewer,
    action: str,
    thing: str,
    residents: Iterable[str | None] = (),
    fields: Iterable[str] = (),
) -> None:
    """Note a change, in the transaction that makes it."""
    about = sorted({name for name in residents if name is not None})
    names = tuple(sorted(fields))
    parts = [about[at : at + CHUNK] for at in range(0, len(about), CHUNK)] or [[]]
    _write(connection, caller, [Line(action, True, thing, tuple(part), names) for part in parts])


def _write(connection: Connection, caller: Viewer, lines: Sequence[Line]) -> None:
    people.insert_audit(connection, [_row(caller, line) for line in lines])


def _row(caller: Viewer, line: Line) -> dict[str, Any]:
    return {
        "account": caller.account_id or None,
        "who": caller.username,
        "role": caller.role,
        "address": caller.address,
        "session": caller.session,
        "action": line.action,
        "changed": line.changed,
        "thing": line.thing,
        "residents": list(line.residents),
        "fields": list(line.fields),
    }
