"""Packed or not, late or repeated: what was told is read once, and as it was told."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.time import DAY, HOUR, MINUTE, Micros, from_datetime, to_datetime
from ingest import packing, retention, rollups, storage, store
from ingest.retention import Keep
from tests.ingest.test_rollups import ANNA, BED, SPARE, Said, samples
from tests.waiting import eventually

FIRST = from_datetime(datetime(2026, 11, 18, tzinfo=UTC))
KEEP = Keep(samples=30, uncompressed=1)
LATER = FIRST + 5 * DAY
"""By now the first days are finished."""
_HOME = """
insert into resident (id, slot, name) values ('anna', 2, 'Anna');
insert into device (id, slot, kind, resident_id, secret_hash)
values ('bed', 1, 'bed', 'anna', 'x'), ('spare', 3, 'bed', 'anna', 'x');
"""
_ALL = (
    "select device, subject, measured_at, received_at, heart_rate, movement, in_bed"
    " from samples(array[1, 3], '-infinity', 'infinity') order by 1, 3"
)

pytestmark = pytest.mark.every_edition
Row = tuple[Any, ...]


@pytest.fixture
def home(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(_HOME)
    connection.commit()
    connection.autocommit = True
    store.prepare(connection)
    retention.make_room(connection, FIRST + DAY)
    return connection


def say(connection: psycopg.Connection, arrives: Micros, *said: Said, device: int = BED) -> None:
    batch = samples(*said, device=device)
    batch = replace(batch, received_at=np.full(len(said), arrives, np.int64))
    with connection.transaction():
        store.keep_samples(connection, batch)


def finish(connection: psycopg.Connection, now: Micros = LATER) -> None:
    """What the keeper does, until nothing is left to be done."""
    rollups.roll_up(connection, now, since=FIRST)
    for _ in packing.pack(connection, KEEP, now):
        pass
    packing.drop(connection, now)


def told(connection: psycopg.Connection) -> list[Row]:
    return connection.execute(_ALL).fetchall()


def in_tables(connection: psycopg.Connection) -> tuple[int, ...]:
    """Rows of `sample`, `late_sample`, and samples in packs."""
    row = connection.execute(
        "select (select count(*) from sample), (select count(*) from late_sample),"
        " (select coalesce(sum(samples), 0) from sample_pack)"
    ).fetchone()
    return tuple(int(each) for each in row or ())


def an_hour(begins: Micros) -> list[Said]:
    """A sample a minute, at odd microseconds, with values that are no round floats."""
    return [
        (begins + n * MINUTE + 7 * n, {"heart_rate": 60 + n / 7, "movement": n / 1000})
        for n in range(60)
    ]


def test_a_packed_day_reads_as_it_was(home: psycopg.Connection, database_kind: str) -> None:
    say(home, FIRST + HOUR + 123, *an_hour(FIRST), (FIRST + HOUR, {"in_bed": 1.0}))
    say(home, FIRST + HOUR + 456, *an_hour(FIRST), device=SPARE)
    before = told(home)
    assert len(before) == 121
    finish(home)
    assert told(home) == before
    assert in_tables(home) == ((121, 0, 0) if database_kind == "timescale" else (0, 0, 121))


def test_the_recent_window_is_left_alone(home: psycopg.Connection) -> None:
    say(home, LATER - HOUR, *an_hour(LATER - DAY), *an_hour(LATER - 2 * HOUR))
    before = told(home)
    finish(home)
    assert told(home) == before
    assert in_tables(home) == (120, 0, 0)


def test_nothing_is_packed_before_it_is_rolled_up(home: psycopg.Connection) -> None:
    say(home, FIRST, *an_hour(FIRST))
    rollups.roll_up(home, FIRST + 2 * HOUR, since=FIRST)
    assert not list(packing.pack(home, KEEP, LATER))


def test_what_comes_late_is_kept_once_and_corrects_its_roll_ups(home: psycopg.Connection) -> None:
    say(home, FIRST, (FIRST, {"heart_rate": 60.0}))
    finish(home)
    for arrives in (LATER, LATER + 1):  # the second time, it repeats itself
        say(home, arrives, (FIRST, {"heart_rate": 99.0, "movement": 0.5}),
            (FIRST + 1, {"heart_rate": 80.0}))  # fmt: skip
        rollups.roll_up(home, LATER + HOUR, since=FIRST)
        assert [row[4:6] for row in told(home)] == [(60.0, 0.5), (80.0, None)]
        minute = "select heart_rate_count, heart_rate_high, movement_mean from sample_minute"
        assert home.execute(minute).fetchall() == [(2, 80.0, 0.5)]


def test_what_came_late_is_put_into_its_pack_an_hour_later(
    home: psycopg.Connection, database_kind: str
) -> None:
    say(home, FIRST, *an_hour(FIRST))
    finish(home)
    say(home, LATER, (FIRST + 1, {"in_bed": 0.0}), (FIRST + 9 * HOUR, {"in_bed": 1.0}))
    before = told(home)
    for now in (LATER + MINUTE, LATER + 2 * HOUR):
        finish(home, now)
        assert told(home) == before
    assert in_tables(home) == ((62, 0, 0) if database_kind == "timescale" else (0, 0, 62))


@pytest.mark.every_edition(connections=2)
def test_a_writer_who_waits_while_a_day_is_closed_writes_beside_it(
    home: psycopg.Connection, database_url: str
) -> None:
    with (
        psycopg.connect(database_url, autocommit=True) as keeper,
        psycopg.connect(database_url) as writer,
        ThreadPoolExecutor() as threads,
    ):
        store.prepare(writer)
        writer.commit()
        with keeper.transaction():
            rollups.queries.keep_writers_out(keeper)
            rollups.queries.advance(keeper, name="closed", at=to_datetime(FIRST + DAY))
            written = threads.submit(say, writer, LATER, (FIRST, {"heart_rate": 60.0}))
            waits = "select from pg_locks where locktype = 'advisory' and not granted"
            eventually(lambda: home.execute(waits).fetchall(), "a writer who waits")
        written.result(10)
        writer.commit()
    assert in_tables(home) == (0, 1, 0)
    assert len(told(home)) == 1


def test_what_is_packed_of_an_hour_is_read_once_before_all_of_it_is(
    home: psycopg.Connection, database_kind: str
) -> None:
    for device in (BED, SPARE):
        say(home, FIRST, *an_hour(FIRST), device=device)
    before = told(home)
    rollups.roll_up(home, LATER, since=FIRST)
    list(islice(packing.pack(home, KEEP, LATER, at_once=1), 1))  # and then the keeper dies
    assert in_tables(home) == (120, 0, 0 if database_kind == "timescale" else 60)
    assert told(home) == before
    finish(home)
    assert told(home) == before


def test_a_day_is_dropped_an_hour_after_something_came_into_it(
    home: psycopg.Connection, database_kind: str
) -> None:
    say(home, LATER - MINUTE, *an_hour(FIRST))
    finish(home)
    assert in_tables(home)[0] == 60
    assert len(store.samples_since(home, LATER - HOUR)) == 60
    finish(home, LATER + HOUR)
    assert in_tables(home)[0] == (60 if database_kind == "timescale" else 0)


def test_the_pump_reads_again_what_came_late(home: psycopg.Connection) -> None:
    say(home, FIRST, *an_hour(FIRST))
    finish(home)
    say(home, LATER, (FIRST + 1, {"heart_rate": 61.0}))
    assert store.samples_since(home, LATER - HOUR).measured_at.tolist() == [FIRST + 1]


def test_late_samples_of_days_that_are_gone_go_too(home: psycopg.Connection) -> None:
    say(home, FIRST, *an_hour(FIRST))
    finish(home, FIRST + 60 * DAY)
    say(home, FIRST + 60 * DAY, (FIRST, {"heart_rate": 61.0}), (0, {"heart_rate": 62.0}))
    for _ in range(2):
        retention.forget(home, KEEP, FIRST + 61 * DAY)
    assert in_tables(home) == (0, 0, 0)


def test_bytes_of_the_recent_window_and_of_finished_days_are_measured_apart(
    home: psycopg.Connection,
) -> None:
    for day in (0, 4):
        for hour in range(4):
            said = an_hour(FIRST + day * DAY + hour * HOUR)
            more = [(at + n * 20, values) for at, values in said for n in range(30)]
            say(home, FIRST + day * DAY + 5 * HOUR, *more)
    finish(home)
    retention.compress(home, KEEP, LATER)
    sample, *_ = storage.measure(home, KEEP, LATER, exactly=True)
    assert sample.rows == 14_400
    recent, finished = sample.recent_bytes_per_row, sample.finished_bytes_per_row
    assert recent is not None
    assert finished is not None
    assert finished < 30 < 90 < recent


# -- in whatever order ---------------------------------------------------------------------------

_QUANTITIES = ("heart_rate", "movement", "in_bed")
_said = st.tuples(
    st.integers(0, 5 * 24 * 4).map(lambda quarter: FIRST + quarter * 15 * MINUTE + quarter % 3),
    st.dictionaries(st.sampled_from(_QUANTITIES), st.sampled_from([0.0, 1.0]), min_size=1),
)
_turn = st.tuples(st.just("say"), st.sampled_from([BED, SPARE]), st.lists(_said, max_size=8))
_cut = st.tuples(st.just("pack"), st.integers(0, 30), st.booleans())
_deeds = st.lists(st.one_of(_turn, _cut), min_size=4, max_size=14)


class Model:
    """What was said first of each quantity, by device and instant."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, Micros], dict[str, float]] = {}
        self._arrived: dict[tuple[int, Micros], Micros] = {}

    def say(self, device: int, arrives: Micros, said: Sequence[Said]) -> None:
        for at, values in said:
            row = self._rows.setdefault((device, at), {})
            self._arrived.setdefault((device, at), arrives)
            for name, value in values.items():
                row.setdefault(name, value)

    def told(self) -> list[Row]:
        return [
            (device, ANNA, to_datetime(at), to_datetime(self._arrived[device, at]),
             row.get("heart_rate"), row.get("movement"),
             None if "in_bed" not in row else row["in_bed"] > 0.5)
            for (device, at), row in sorted(self._rows.items())
        ]  # fmt: skip


@given(_deeds)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_packing_may_be_cut_short_anywhere_and_changes_nothing_that_is_read(
    home: psycopg.Connection, deeds: list[tuple[str, int, Any]]
) -> None:
    _begin_anew(home)
    model, clock = Model(), count(LATER, HOUR)
    for deed, which, what in deeds:
        now = next(clock)
        if deed == "say":
            say(home, now, *what, device=which)
            model.say(which, now, what)
        else:
            rollups.roll_up(home, now, since=FIRST)
            list(
                islice(packing.pack(home, KEEP, now, at_once=1), which)
            )  # and then the keeper dies
            if what:
                packing.drop(home, now)
        assert told(home) == model.told()
    finish(home, next(clock))
    assert told(home) == model.told()
    assert _minutes(home) == _minutes_anew(home)


def _begin_anew(connection: psycopg.Connection) -> None:
    connection.execute(
        "truncate sample, late_sample, sample_pack, stale_minute; delete from progress"
    )
    for table in ("sample_minute", "sample_hour"):
        if rollups.queries.edition(connection) != "timescale":
            connection.execute(f"truncate {table}")
    retention.make_room(connection, FIRST + DAY)


def _minutes(connection: psycopg.Connection) -> list[Row]:
    return connection.execute(
        "select at, heart_rate_count, heart_rate_high from sample_minute"
        " where heart_rate_count > 0 order by at"
    ).fetchall()


def _minutes_anew(connection: psycopg.Connection) -> list[Row]:
    return connection.execute(
        "select date_trunc('minute', measured_at), count(*), max(heart_rate)"
        " from samples(array[1, 3], '-infinity', 'infinity')"
        " where heart_rate is not null group by 1 order by 1"
    ).fetchall()
