"""Which database this is: PostgreSQL alone, or with one of the two editions of TimescaleDB."""

from dataclasses import dataclass
from typing import Literal

import psycopg
import structlog

log = structlog.get_logger()

Kind = Literal["plain", "apache", "timescale"]
"""``plain`` has no TimescaleDB; ``apache`` has hypertables, and neither compression nor continuous
aggregates; ``timescale`` has all (its licence is the vendor's own)."""

# `database_edition()` of the migrations says the same in SQL; this works before they are applied.
_LOOK = """
select current_setting('timescaledb.license', true),
       (select extversion from pg_extension where extname = 'timescaledb'),
       split_part(current_setting('server_version'), ' ', 1)
"""
_PROSPECT = """
select default_version from pg_available_extensions
where name = 'timescaledb' and current_setting('shared_preload_libraries') like '%timescaledb%'
"""
_NAMES = {"apache": "Apache edition", "timescale": "full edition"}


@dataclass(frozen=True, slots=True)
class Edition:
    """What a database can do, with the versions of its parts.

    >>> print(Edition("apache", "17.6", "2.19.3"))
    PostgreSQL 17.6 with TimescaleDB 2.19.3 (Apache edition)
    """

    kind: Kind
    postgresql: str
    timescaledb: str | None = None

    def __str__(self) -> str:
        if self.timescaledb is None:
            return f"PostgreSQL {self.postgresql}"
        versions = f"PostgreSQL {self.postgresql} with TimescaleDB {self.timescaledb}"
        return f"{versions} ({_NAMES[self.kind]})"


def edition(connection: psycopg.Connection) -> Edition:
    """What the database of a connection is; it may be empty yet."""
    licence, timescaledb, postgresql = connection.execute(_LOOK).fetchone() or (None, None, "?")
    if timescaledb is None:
        return Edition("plain", postgresql)
    return Edition("timescale" if licence == "timescale" else "apache", postgresql, timescaledb)


def prospect(connection: psycopg.Connection) -> str:
    """What the migrations will make of an empty database; a sentence."""
    try:
        row = connection.execute(_PROSPECT).fetchone()
    except psycopg.errors.InsufficientPrivilege:  # only some may read what is preloaded
        return "Whether TimescaleDB is preloaded may not be read with this login."
    if row is None:
        return "TimescaleDB is not preloaded: they will make it plain PostgreSQL, for good."
    return f"TimescaleDB {row[0]} is preloaded: they will use it."


def log_edition(database_url: str) -> None:
    """Say in the log what the database is, or that it does not answer at this moment."""
    try:
        with psycopg.connect(database_url, connect_timeout=5, autocommit=True) as connection:
            found = edition(connection)
    except psycopg.OperationalError as error:
        log.warning("the database does not answer yet", reason=type(error).__name__)
        return
    log.info("database", edition=found.kind, what=str(found))
