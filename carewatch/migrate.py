"""Migrations: numbered SQL files, each applied once, in order, and never changed afterwards."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from carewatch import locks
from domain.errors import CarewatchError

_LEDGER = """
create table if not exists migration (
    name        text primary key,
    digest      text not null,
    applied_at  timestamptz not null default now()
)
"""


class MigrationDrift(CarewatchError):
    """A migration that was applied reads otherwise today."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> Iterator[Migration]:
    """All migrations of this version, in order."""
    folder = files("carewatch") / "migrations"
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".sql"):
            yield Migration(path.name, path.read_text("utf-8"))


def migrate(connection: psycopg.Connection, until: str | None = None) -> list[str]:
    """Apply what is missing, all or nothing; the names of what was applied.

    ``until`` is the last that is applied: the tables of an older version, for rows of its time.
    Raises :class:`MigrationDrift` where an applied file was changed or is missing.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (locks.MIGRATING,))
        connection.execute(_LEDGER)
        missing = [each for each in _pending(connection) if until is None or each.name <= until]
        for migration in missing:
            connection.execute(migration.sql.encode())
            connection.execute(
                "insert into migration (name, digest) values (%s, %s)",
                (migration.name, migration.digest),
            )
    return [migration.name for migration in missing]


def pending(connection: psycopg.Connection) -> list[str]:
    """What :func:`migrate` would apply; raises :class:`MigrationDrift` as it would."""
    if connection.execute("select to_regclass('migration')").fetchone() == (None,):
        return [migration.name for migration in migrations()]
    return [migration.name for migration in _pending(connection)]


def _pending(connection: psycopg.Connection) -> list[Migration]:
    applied: dict[str, str] = dict(connection.execute("select name, digest from migration"))
    known = list(migrations())
    gone = applied.keys() - {migration.name for migration in known}
    if gone:
        raise MigrationDrift(
            f"The database has had {', '.join(sorted(gone))}, which this version does not know: "
            "run the carewatch version that made it, or a newer one."
        )
    for migration in known:
        if applied.get(migration.name, migration.digest) != migration.digest:
            raise MigrationDrift(
                f"{migration.name} was applied in another wording: restore the file as released, "
                "and put the change into a new migration."
            )
    return [migration for migration in known if migration.name not in applied]
