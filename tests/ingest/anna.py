"""Anna, who lives in Madrid, with a bed that tells of her; and a bed that is nobody's."""

from datetime import UTC, datetime

import numpy as np
import psycopg

from domain.quantity import COLUMN, WIDTH
from domain.sample import Batch
from domain.time import DAY, SECOND, Micros, from_datetime
from ingest import rollups, store

EVENING = from_datetime(datetime(2026, 11, 20, 20, tzinfo=UTC))
"""21:00 in Madrid."""

BED, ANNA, SPARE = 1, 2, 3
_HOME = """
insert into resident (id, slot, name, timezone) values ('anna', 2, 'Anna', 'Europe/Madrid');
insert into device (id, slot, kind, resident_id, secret_hash)
values ('bed', 1, 'bed', 'anna', 'x'), ('spare', 3, 'bed', null, 'x');
"""

Said = tuple[Micros, dict[str, float]]


def samples(*rows: Said, device: int = BED, subject: int = ANNA) -> Batch:
    x = np.full((len(rows), WIDTH), np.nan, np.float32)
    for place, (_, said) in enumerate(rows):
        for name, value in said.items():
            x[place, COLUMN[name]] = value
    count = len(rows)
    at = np.array([row[0] for row in rows], np.int64)
    slots = np.full(count, subject, np.int32)
    devices = np.full(count, device, np.int32)
    order, nothing = np.arange(count, dtype=np.int32), np.zeros(count, np.int16)
    return Batch(order, slots, devices, at, at + 1000, x, nothing, np.zeros(count, np.int64))


def at_home(connection: psycopg.Connection) -> psycopg.Connection:
    """The database with Anna in it, in autocommit mode and ready for the keeper's work."""
    connection.execute(_HOME)
    connection.commit()
    connection.autocommit = True
    store.make_days(connection, EVENING)
    store.prepare(connection)
    return connection


def keep(connection: psycopg.Connection, batch: Batch) -> None:
    with connection.transaction():
        store.keep_samples(connection, batch)


def roll(connection: psycopg.Connection, now: Micros) -> int:
    return rollups.roll_up(connection, now, since=EVENING - DAY)


def beats(at: Micros, *rates: float) -> list[Said]:
    return [(at + n * SECOND, {"heart_rate": rate}) for n, rate in enumerate(rates)]
