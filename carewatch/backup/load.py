"""Putting a backup into an empty database: its tables at its own level, its rows, then the rest."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from carewatch.backup import access
from carewatch.backup.archive import BadBackup, Reader
from carewatch.backup.save import ACCESS, FILES, SETTINGS
from carewatch.backup.tables import (
    Connection,
    Table,
    copy_in,
    empty,
    queries,
    silence,
    tables_of,
)
from carewatch.embedded.nats import write_private
from carewatch.migrate import migrate, migrations
from domain.errors import NotAllowed

RESTORED_SETTINGS = "restored.toml"
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """``left``: what of the roles, rights and settings of the database could not be put back."""

    tables: int
    rows: int
    left: list[str]


def check_fits(manifest: dict[str, Any]) -> str:
    """The backup's last migration. Raises BadBackup where this version cannot make its tables."""
    ours = {migration.name: migration.digest for migration in migrations()}
    theirs: dict[str, str] = manifest["migrations"]
    unknown = sorted(theirs.keys() - ours.keys())
    if unknown:
        raise BadBackup(
            f"The backup is of a newer carewatch ({manifest['carewatch']}; it has had "
            f"{', '.join(unknown)}): install that version or a newer one, and restore with it."
        )
    other = sorted(name for name, digest in theirs.items() if ours[name] != digest)
    last = max(theirs)
    missing = sorted(name for name in ours if name <= last and name not in theirs)
    if other or missing:
        raise BadBackup(
            f"The backup was made with another wording of {', '.join(other or missing)}: "
            f"restore it with the version that made it ({manifest['carewatch']})."
        )
    return last


def check_empty(connection: Connection) -> None:
    """Raises NotAllowed where the database has tables, or somebody works on it."""
    if queries.relations(connection):
        raise NotAllowed(
            "The database is not empty, and a backup is restored into an empty one only: nothing "
            "was changed. Name an empty database with CAREWATCH_DATABASE_URL; with the embedded "
            "one, choose another folder with --data, or put the old one aside with --replace."
        )
    others = [row["name"] for row in queries.others(connection)]
    if others:
        raise NotAllowed(
            f"Somebody works on this database ({', '.join(others)}): end that first. "
            "Nothing was changed."
        )


def load(connection: Connection, reader: Reader) -> Loaded:
    """Make the tables and fill them, in the caller's transaction.

    Raises BadBackup where the file is damaged or does not fit; the caller then rolls back.
    """
    manifest = reader.manifest
    migrate(connection, until=check_fits(manifest))
    tables = tables_of(connection)
    _check_same(tables, manifest["tables"])
    for table in tables:
        silence(connection, table, again=False)
    empty(connection, tables)
    rows = sum(_load_table(connection, table, reader) for table in tables)
    for table in tables:
        silence(connection, table, again=True)
    for name, value in manifest["sequences"].items():
        queries.set_sequence(connection, name=name, last_value=value)
    migrate(connection)
    left = access.write(connection, json.loads(reader.content(ACCESS)))
    return Loaded(len(tables), rows, left)


def put_files(reader: Reader, data: Path) -> list[Path]:
    """Write the files of the data folder, and the settings to be looked through; which."""
    members = {f"files/{name}": name for name in FILES} | {SETTINGS: RESTORED_SETTINGS}
    held = reader.manifest["sha256"]
    return [
        _put(data / name, reader.content(member))
        for member, name in members.items()
        if member in held
    ]


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, content.decode())
    return path


def _check_same(tables: list[Table], saved: dict[str, Any]) -> None:
    strange = saved.keys() ^ {table.name for table in tables}
    if strange:
        raise BadBackup(
            f"The tables {', '.join(sorted(strange))} are in the backup and not in this version, "
            "or the other way: restore it with the version that made it."
        )


def _load_table(connection: Connection, table: Table, reader: Reader) -> int:
    said = reader.manifest["tables"][table.name]
    for part in said["parts"]:
        if table.split and not table.hypertable:
            _make_room(connection, table, part["span"])
        rows = copy_in(connection, table, said["columns"], reader.blocks(part["member"]))
        if rows != part["rows"]:
            raise BadBackup(f"{part['member']} holds {rows} rows in place of {part['rows']}.")
    return int(said["rows"])


def _make_room(connection: Connection, table: Table, span: list[str]) -> None:
    """The partitions of a time; TimescaleDB makes its chunks by itself.

    Waves wait in the default partition: the keeper lets go of them within the hour.
    """
    if len(span) == 2 and table.name != "wave":
        begins, ends = (datetime.fromisoformat(each) for each in span)
        queries.make_days(
            connection, table=table.name, first=begins.date(), last=(ends - _TICK).date()
        )
