"""Readings are kept once, whatever comes twice, late or in pieces."""

from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pytest

from domain.event import Event
from domain.quantity import COLUMN, WIDTH
from domain.sample import Batch
from domain.time import DAY, SECOND, Micros, from_datetime, to_datetime
from ingest import store

pytestmark = pytest.mark.every_edition

NOW: Micros = 1_763_713_800_000_000


@pytest.fixture
def kept(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection that is ready to keep turns, with today's partitions."""
    connection.autocommit = True  # as the pump has it: rooms are emptied at each commit
    store.prepare(connection)
    store.make_days(connection, NOW)
    return connection


def samples(*rows: tuple[Micros, dict[str, float]], device: int = 1) -> Batch:
    x = np.full((len(rows), WIDTH), np.nan, np.float32)
    for place, (_, values) in enumerate(rows):
        for name, value in values.items():
            x[place, COLUMN[name]] = value
    count = len(rows)
    at = np.array([row[0] for row in rows], np.int64)
    return Batch(
        order=np.arange(count, dtype=np.int32),
        slot=np.zeros(count, np.int32),
        device=np.full(count, device, np.int32),
        measured_at=at,
        received_at=at + 1000,
        x=x,
        implausible=np.zeros(count, np.int16),
        offset=np.zeros(count, np.int64),
    )


def event(key: str = "id:a1", at: Micros = NOW, **more: Any) -> Event:
    return Event(0, 0, 1, "button-7", "button_pressed", at, at, key, **more)


def keep(connection: psycopg.Connection, batch: Batch) -> None:
    with connection.transaction():
        store.keep_samples(connection, batch)


def rows(connection: psycopg.Connection, columns: str, table: str = "sample") -> list[Any]:
    return connection.execute(f"select {columns} from {table} order by measured_at").fetchall()


def test_what_was_said_comes_back_and_what_was_not_is_null(kept: psycopg.Connection) -> None:
    keep(kept, samples((NOW, {"heart_rate": 61, "in_bed": 1})))
    assert rows(kept, "measured_at, heart_rate, in_bed, spo2") == [
        (to_datetime(NOW), 61.0, True, None)
    ]


def test_a_repetition_changes_nothing(kept: psycopg.Connection) -> None:
    for heart_rate in (61, 99):
        keep(kept, samples((NOW, {"heart_rate": heart_rate})))
    assert rows(kept, "heart_rate") == [(61.0,)]


def test_one_value_a_message_makes_one_sample(kept: psycopg.Connection) -> None:
    keep(kept, samples((NOW, {"heart_rate": 61}), (NOW, {"movement": 0.25})))
    keep(kept, samples((NOW, {"respiration_rate": 14})))
    assert rows(kept, "heart_rate, movement, respiration_rate") == [(61.0, 0.25, 14.0)]


def test_rare_quantities_have_rows_of_their_own(kept: psycopg.Connection) -> None:
    for _ in range(2):
        keep(kept, samples((NOW, {"systolic": 150, "diastolic": 90})))
    found = kept.execute("select quantity, value from measurement order by quantity").fetchall()
    assert found == [("diastolic", 90.0), ("systolic", 150.0)]


@pytest.mark.parametrize("at", [0, NOW - 400 * DAY, NOW - DAY])
def test_late_and_very_late_samples_are_kept(kept: psycopg.Connection, at: Micros) -> None:
    keep(kept, samples((NOW, {"heart_rate": 61}), (at, {"heart_rate": 70})))
    assert rows(kept, "heart_rate") == [(70.0,), (61.0,)]


def test_a_sample_that_says_nothing_is_no_row(kept: psycopg.Connection) -> None:
    keep(kept, samples((NOW, {})))
    assert rows(kept, "device") == []


def test_the_same_event_a_hundred_times_is_one_event(kept: psycopg.Connection) -> None:
    for again in range(100):
        repeated = event(at=NOW + again * SECOND)
        if not store.known_events(kept, [repeated]):
            store.keep_events(kept, [repeated])
    assert kept.execute("select count(*) from event").fetchone() == (1,)


def test_a_redelivered_message_is_known_by_packet_id_and_payload(kept: psycopg.Connection) -> None:
    mine = store.digest(5, b"{}")
    store.keep_arrivals(kept, [(1, mine, NOW)])
    asked = {3: (1, mine), 4: (1, store.digest(6, b"{}"))}
    assert store.first_arrivals(kept, asked) == {3: NOW}


def test_what_arrived_since_a_checkpoint_comes_back_in_order(kept: psycopg.Connection) -> None:
    keep(kept, samples((NOW, {"heart_rate": 61}), (NOW + SECOND, {"heart_rate": 62, "in_bed": 1})))
    store.save_checkpoint(kept, NOW + 1000, {"memory": np.arange(3)})
    saved = store.load_checkpoint(kept)
    assert saved is not None
    as_of, arrays = saved
    assert arrays["memory"].tolist() == [0, 1, 2]
    since = store.samples_since(kept, as_of)
    assert since.x[:, COLUMN["heart_rate"]].tolist() == [62.0]
    assert since.x[:, COLUMN["in_bed"]].tolist() == [1.0]
    assert since.received_at.tolist() == [NOW + SECOND + 1000]


def test_rare_quantities_come_back_too(kept: psycopg.Connection) -> None:
    said = {"heart_rate": 61, "systolic": 150, "weight": 61.5}
    keep(kept, samples((NOW, said)))
    since = store.samples_since(kept, NOW)
    assert {name: since.x[0, COLUMN[name]] for name in said} == said
    assert len(since) == 1


def test_a_rare_quantity_of_an_earlier_sample_is_a_row_of_its_own(kept: psycopg.Connection) -> None:
    keep(kept, samples((NOW, {"heart_rate": 61})))
    later = replace(samples((NOW, {"weight": 61.5})), received_at=np.array([NOW + SECOND]))
    keep(kept, later)
    since = store.samples_since(kept, NOW + 5000)
    assert since.x[:, COLUMN["weight"]].tolist() == [61.5]
    assert np.isnan(since.x[0, COLUMN["heart_rate"]])
    assert since.received_at.tolist() == [NOW + SECOND]


def test_the_first_and_the_last_contact_are_kept_in_whatever_order_they_come(
    kept: psycopg.Connection,
) -> None:
    kept.execute("insert into device (id, kind, slot, secret_hash) values ('bed-7', 'bed', 1, 'x')")
    for at in (NOW, NOW - SECOND):
        with kept.transaction():
            store.keep_heard(kept, np.array([1], np.int32), np.array([at], np.int64))
    heard = kept.execute("select first_heard_at, heard_at from device_status").fetchone() or ()
    assert [from_datetime(at) for at in heard] == [NOW - SECOND, NOW]
