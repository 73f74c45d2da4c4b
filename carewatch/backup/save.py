"""Writing a backup of a database and a data folder, while others go on with their work."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
import structlog
from psycopg import IsolationLevel, sql

from carewatch.backup import access
from carewatch.backup.archive import Writer, writing
from carewatch.backup.tables import Connection, Part, Table, copy_out, parts_of, queries, tables_of
from carewatch.edition import edition
from carewatch.settings import Settings
from domain.errors import NotAllowed

log = structlog.get_logger()

FILES = ("broker/keys.json", "demo.json")
"""Files of the data folder that a new one cannot make by itself; all are secret."""
SETTINGS = "settings.toml"
ACCESS = "access.json"

APPLICATION_NAME = "carewatch backup"
_PLACES = ("data",)
"""Settings that say where this carewatch is, and nothing of what it is."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds."""

    tables: int
    rows: int


def save(url: str, settings: Settings, path: Path, *, with_secrets: bool = True) -> Saved:
    """Write everything as of now into the new file ``path``.

    Raises Unavailable where the file cannot be written, NotAllowed where there is nothing to be
    saved or the file exists, psycopg.OperationalError where the database does not answer.
    """
    with view(url) as seen, writing(path) as writer:
        catalogue = seen.catalogue
        found = edition(catalogue)
        made_at = queries.instant(catalogue)
        tables = {table.name: _save_table(seen, table, writer) for table in tables_of(catalogue)}
        sequences = {row["name"]: row["last_value"] for row in queries.sequences(catalogue)}
        _add(writer, ACCESS, json.dumps(access.read(catalogue, with_secrets=with_secrets)))
        chosen = as_toml(settings, with_secrets=with_secrets)
        if chosen:
            _add(writer, SETTINGS, chosen)
        if with_secrets:
            _save_files(writer, settings.data)
        writer.close(
            {
                "carewatch": version("carewatch"),
                "made_at": made_at.isoformat(),
                "edition": found.kind,
                "database": str(found),
                "secrets": with_secrets,
                "migrations": {row["name"]: row["digest"] for row in queries.migrations(catalogue)},
                "tables": tables,
                "sequences": sequences,
            }
        )
    return Saved(len(tables), sum(table["rows"] for table in tables.values()))


class View:
    """All of a database as of one instant.

    The snapshot is held by a transaction that locks none of our tables; each part is read in a
    transaction of its own.
    """

    def __init__(self, catalogue: Connection, reader: Connection) -> None:
        self.catalogue = catalogue
        self._reader = reader
        self._snapshot = sql.Literal(queries.export_snapshot(catalogue))

    def copy(self, table: Table, part: Part, target: BinaryIO) -> int:
        """Write the rows of a part; how many there were."""
        try:
            with self._reader.transaction():
                self._reader.execute(sql.SQL("set transaction snapshot {}").format(self._snapshot))
                return copy_out(self._reader, table, part, target)
        except psycopg.errors.UndefinedTable:
            # Its days are over: it was dropped after the snapshot was taken.
            log.info("dropped while the backup was written", part=part.name)
            return 0


@contextmanager
def view(url: str) -> Iterator[View]:
    """See a database as it is now. Raises NotAllowed where it has no tables."""
    with _connect(url) as catalogue, _connect(url) as reader:
        if not queries.relations(catalogue):
            raise NotAllowed("The database has no tables yet: there is nothing to be saved.")
        queries.keep_pieces(catalogue)
        catalogue.commit()
        for connection in (catalogue, reader):
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
        yield View(catalogue, reader)


def as_toml(settings: Settings, *, with_secrets: bool = True) -> str:
    """The settings that somebody has chosen, as a file for ``carewatch --config``."""
    said = settings.model_dump(mode="json", exclude_defaults=True, exclude=set(_PLACES))
    shown = {
        name: value
        for name, value in said.items()
        if with_secrets or type(settings).model_fields[name].repr
    }
    # What JSON writes of texts, numbers and booleans is TOML, too.
    return "".join(f"{n} = {json.dumps(v, ensure_ascii=False)}\n" for n, v in shown.items())


def _connect(url: str) -> Connection:
    options = "-c timezone=UTC -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
    return psycopg.connect(
        url, connect_timeout=5, application_name=APPLICATION_NAME, options=options
    )


def _save_table(seen: View, table: Table, writer: Writer) -> dict[str, Any]:
    parts = [_save_part(seen, table, part, writer) for part in parts_of(seen.catalogue, table)]
    return {"columns": table.columns, "rows": sum(part["rows"] for part in parts), "parts": parts}


def _save_part(seen: View, table: Table, part: Part, writer: Writer) -> dict[str, Any]:
    member = f"rows/{table.name}/{part.name}"
    with writer.member(member) as target:
        rows = seen.copy(table, part, target)
    span = [each.isoformat() for each in (part.begins, part.ends) if each is not None]
    return {"member": member, "rows": rows, "span": span}


def _save_files(writer: Writer, data: Path) -> None:
    for name in FILES:
        if (data / name).exists():
            _add(writer, f"files/{name}", (data / name).read_text())


def _add(writer: Writer, member: str, content: str) -> None:
    with writer.member(member) as target:
        target.write(content.encode())
