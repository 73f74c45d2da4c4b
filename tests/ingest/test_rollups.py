"""Roll-ups are what their samples make, in whatever order these came."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.quantity import QUANTITIES
from domain.time import DAY, HOUR, MINUTE, SECOND, to_datetime
from ingest import rollups, store
from tests.ingest.anna import ANNA, BED, EVENING, SPARE, Said, at_home, beats, keep, roll, samples

ROLLED_UP = ("sample_minute", "sample_hour", "sample_night", "quantity_day")


@pytest.fixture
def home(connection: psycopg.Connection) -> psycopg.Connection:
    return at_home(connection)


def minutes(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select at, heart_rate_count, heart_rate_low, heart_rate_high, heart_rate_mean,"
        " heart_rate_p50 from sample_minute order by at"
    ).fetchall()


@pytest.mark.every_edition
def test_a_minute_has_count_low_high_mean_and_median(home: psycopg.Connection) -> None:
    keep(home, samples(*beats(EVENING, 60, 90, 63)))
    roll(home, EVENING + 4 * MINUTE)
    assert minutes(home) == [(to_datetime(EVENING), 3, 60.0, 90.0, 71.0, 63.0)]


def test_a_minute_is_not_rolled_up_before_its_time(home: psycopg.Connection) -> None:
    keep(home, samples(*beats(EVENING, 60)))
    roll(home, EVENING + rollups.LAG)
    assert minutes(home) == []


def test_what_was_not_said_is_null(home: psycopg.Connection) -> None:
    keep(home, samples(*beats(EVENING, 60)))
    roll(home, EVENING + 4 * MINUTE)
    row = home.execute("select spo2_count, spo2_mean, in_bed_low from sample_minute").fetchone()
    assert row == (None, None, None)


@pytest.mark.every_edition
def test_late_samples_correct_minute_and_hour(home: psycopg.Connection) -> None:
    keep(home, samples(*beats(EVENING, 60)))
    roll(home, EVENING + 2 * HOUR)
    keep(home, samples(*beats(EVENING + SECOND, 80)))
    assert roll(home, EVENING + 2 * HOUR) == 1
    assert minutes(home) == [(to_datetime(EVENING), 2, 60.0, 80.0, 70.0, 70.0)]
    hour = home.execute("select heart_rate_count, heart_rate_mean from sample_hour").fetchall()
    assert hour == [(2, 70.0)]


@pytest.mark.every_edition
def test_a_late_sample_of_an_empty_minute_makes_one(home: psycopg.Connection) -> None:
    roll(home, EVENING + 2 * HOUR)
    keep(home, samples(*beats(EVENING, 60)))
    roll(home, EVENING + 2 * HOUR)
    assert [row[1] for row in minutes(home)] == [1]


@pytest.mark.every_edition
def test_the_rare_quantities_have_hours(home: psycopg.Connection) -> None:
    keep(home, samples((EVENING, {"systolic": 140})))
    roll(home, EVENING + 2 * HOUR)
    keep(home, samples((EVENING + MINUTE, {"systolic": 150})))
    roll(home, EVENING + 2 * HOUR)
    found = home.execute("select quantity, count, low, high, mean from measurement_hour").fetchall()
    assert found == [("systolic", 2, 140.0, 150.0, 145.0)]


@pytest.mark.every_edition
def test_a_night_is_the_residents_own(home: psycopg.Connection) -> None:
    """In bed from 21:00 to 07:00 in Madrid, but for ten minutes at 3 in the morning."""
    night = []
    for minute in range(600):
        out = 360 <= minute < 370
        said = {"in_bed": 0.0} if out else {"in_bed": 1.0, "heart_rate": 55.0 + minute % 10}
        moved = {"movement": 0.5} if minute % 20 == 0 and not out else {}
        night.append((EVENING + minute * MINUTE, said | moved))
    keep(home, samples(*night))
    roll(home, EVENING + 10 * HOUR)
    assert home.execute("select from sample_night").fetchall() == []
    roll(home, EVENING + 10 * HOUR + 15 * MINUTE + rollups.LAG)
    (row,) = home.execute(
        "select night::text, at, till, time_in_bed, exits, round(restlessness::numeric, 2)::float8,"
        " heart_rate_low, heart_rate_high, heart_rate_p50 from sample_night"
    ).fetchall()
    till = to_datetime(EVENING + 10 * HOUR)
    assert row[:6] == ("2026-11-20", to_datetime(EVENING), till, 590.0, 1, 2.95)
    assert row[6:] == (55.0, 64.0, pytest.approx(59.5, abs=0.5))


@pytest.mark.every_edition
def test_late_samples_correct_the_night_and_may_make_one(home: psycopg.Connection) -> None:
    after = EVENING + 11 * HOUR
    roll(home, after)
    for said, mean in ((60.0, 60.0), (70.0, 65.0)):
        keep(home, samples((EVENING + int(said) * MINUTE, {"heart_rate": said})))
        roll(home, after)
        assert home.execute("select heart_rate_mean from sample_night").fetchall() == [(mean,)]


@pytest.mark.every_edition
def test_short_exits_are_counted_from_the_readings(home: psycopg.Connection) -> None:
    """Ten of 25 to 50 s; some end in another minute than they began."""
    out = {n * 50 * MINUTE + (40 + s) * SECOND for n in range(10) for s in range(30 + 2 * n)}
    spans = range(0, 10 * HOUR, 5 * SECOND)
    told = [(EVENING + at, {"in_bed": float(at not in out)}) for at in spans]
    keep(home, samples(*told))
    roll(home, EVENING + 10 * HOUR + 15 * MINUTE + rollups.LAG)
    assert home.execute("select exits from sample_night").fetchall() == [(10,)]


@pytest.mark.every_edition
def test_devices_that_disagree_make_no_exits(home: psycopg.Connection) -> None:
    for device, said in ((BED, 1.0), (SPARE, 0.0)):
        told = [(EVENING + n * 10 * SECOND, {"in_bed": said}) for n in range(360)]
        keep(home, samples(*told, device=device))
    roll(home, EVENING + 11 * HOUR)
    assert home.execute("select exits from sample_night").fetchall() == [(0,)]


@pytest.mark.every_edition
def test_a_resident_who_moves_to_another_zone_has_each_night_once(home: psycopg.Connection) -> None:
    after = EVENING + 23 * HOUR
    keep(home, samples(*beats(EVENING + 7 * HOUR, 60)))
    roll(home, EVENING + 11 * HOUR)
    home.execute("update resident set timezone = 'America/Lima'")
    roll(home, after)
    nights = "select night::text, at, heart_rate_mean from sample_night"
    assert home.execute(nights).fetchall() == [("2026-11-20", to_datetime(EVENING), 60.0)]
    keep(home, samples(*beats(EVENING + 7 * HOUR + MINUTE, 80)))
    roll(home, after)
    begins = to_datetime(EVENING + 6 * HOUR)
    assert home.execute(nights).fetchall() == [("2026-11-20", begins, 70.0)]


def test_every_common_quantity_has_a_place_at_every_level(home: psycopg.Connection) -> None:
    common = [quantity.name for quantity in QUANTITIES if quantity.common]
    said = dict.fromkeys(common, 1.0) | {"heart_rate": 60.0, "spo2": 95.0}
    keep(home, samples((EVENING + 2 * HOUR, said)))
    roll(home, EVENING + 2 * DAY)
    for level in ("raw", "minute", "hour", "night", "day"):
        for name in common:
            span = to_datetime(EVENING - DAY), to_datetime(EVENING + DAY)
            found = home.execute(
                "select count from readings(%s, %s, %s, %s, %s)", (level, name, ANNA, *span)
            ).fetchall()
            assert found == [(1,)], (level, name)


@pytest.mark.every_edition
def test_what_comes_late_in_the_midst_of_a_round_is_not_lost(
    home: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After minutes and hours were brought up to date, and before marks are worked off."""
    keep(home, samples(*beats(EVENING, 60)))
    roll(home, EVENING + 2 * DAY)
    late = [samples(*beats(EVENING + SECOND, 80))]
    before = rollups._add_rest

    def add_rest(connection: psycopg.Connection) -> None:
        while late:
            keep(connection, late.pop())
        before(connection)

    monkeypatch.setattr(rollups, "_add_rest", add_rest)
    roll(home, EVENING + 2 * DAY)
    for table in ("sample_minute", "sample_hour", "sample_night"):
        assert home.execute(f"select heart_rate_mean from {table}").fetchall() == [(70.0,)]
    assert home.execute("select mean from quantity_day").fetchall() == [(70.0,)]


def test_an_odd_zone_of_one_resident_stops_nobody(home: psycopg.Connection) -> None:
    home.execute("insert into resident (id, slot, name, timezone) values ('b', 9, 'B', 'Moon/Sea')")
    keep(home, samples(*beats(EVENING, 60)))
    roll(home, EVENING + 11 * HOUR)
    assert home.execute("select subject from sample_night").fetchall() == [(ANNA,)]


@pytest.mark.every_edition
def test_a_device_that_moves_tells_of_each_in_turn(home: psycopg.Connection) -> None:
    keep(home, samples(*beats(EVENING, 60), device=SPARE, subject=SPARE))
    roll(home, EVENING + HOUR)
    home.execute("update device set resident_id = 'anna' where id = 'spare'")
    keep(home, samples(*beats(EVENING + SECOND, 80), device=SPARE, subject=ANNA))
    roll(home, EVENING + HOUR)
    found = home.execute("select subject, heart_rate_mean from sample_minute order by 1").fetchall()
    assert found == [(ANNA, 80.0), (SPARE, 60.0)]


def test_a_writer_who_is_not_done_holds_the_claim(
    home: psycopg.Connection, database_url: str
) -> None:
    """A sample is either seen by the roll-up of its minute, or marked."""
    roll(home, EVENING)
    with psycopg.connect(database_url) as writer:
        store.prepare(writer)
        store.keep_samples(writer, samples(*beats(EVENING + MINUTE, 60)))
        with home.transaction():
            home.execute("set local lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable), home.transaction():
                rollups.queries.keep_writers_out(home)
        writer.commit()
    roll(home, EVENING + 10 * MINUTE)
    assert [row[1] for row in minutes(home)] == [1]


_said = st.tuples(
    st.integers(0, 3 * HOUR // (10 * SECOND)).map(lambda n: EVENING + n * 10 * SECOND),
    st.dictionaries(
        st.sampled_from(["heart_rate", "respiration_rate", "movement"]),
        st.integers(20, 80).map(float),
        min_size=1,
    ),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(_said, max_size=6), max_size=6), st.data())
def test_any_order_of_arrival_rolls_up_alike(
    home: psycopg.Connection, turns: Sequence[Sequence[Said]], data: st.DataObject
) -> None:
    """Roll-ups run between the turns, or once at the end over the raw samples."""
    _empty(home)
    for turn in turns:
        keep(home, samples(*turn))
        roll(home, EVENING + data.draw(st.integers(0, 12)) * HOUR)
    roll(home, EVENING + 30 * HOUR)
    piecemeal = _all(home)
    home.execute(f"truncate {', '.join(ROLLED_UP)}, progress, stale_minute")
    roll(home, EVENING + 30 * HOUR)
    assert _all(home) == piecemeal


def _empty(connection: psycopg.Connection) -> None:
    connection.execute(f"truncate sample, {', '.join(ROLLED_UP)}, progress, stale_minute")


def _all(connection: psycopg.Connection) -> list[list[tuple[Any, ...]]]:
    return [
        connection.execute(f"select * from {table} order by 1, 2, 3").fetchall()
        for table in ROLLED_UP
    ]
