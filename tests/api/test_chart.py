"""Which level of roll-up a chart is drawn from."""

from datetime import UTC, datetime

import psycopg
import pytest

import api.chart
from api.chart import Asked, chart, level_of, nights
from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, from_datetime, to_datetime
from ingest import retention, rollups, store
from ingest.retention import Keep
from ingest.rollups import Progress

NOW = 1_795_249_800_000_000 // HOUR * HOUR
PROGRESS = Progress(NOW, NOW, NOW, NOW, NOW, NOW, raw=NOW - 30 * DAY, minutes=NOW - 365 * DAY)


def asked(span: Micros, points: int = 500, quantity: str = "heart_rate") -> Asked:
    return Asked(2, quantity, NOW - span, NOW, points)


@pytest.mark.parametrize(
    ("span", "points", "quantity", "level"),
    [
        (HOUR, 500, "heart_rate", "raw"),
        (DAY, 500, "heart_rate", "minute"),
        (DAY, 5000, "heart_rate", "raw"),
        (30 * DAY, 500, "heart_rate", "hour"),
        (365 * DAY, 365, "heart_rate", "day"),
        (365 * DAY, 365, "weight", "day"),
        (31 * DAY, 5000, "heart_rate", "minute"),  # the readings are gone
        (400 * DAY, 5000, "heart_rate", "hour"),  # the minutes too
        (DAY, 500, "weight", "raw"),
        (60 * DAY, 5000, "weight", "hour"),
    ],
)
def test_the_level_that_the_span_needs(
    span: Micros, points: int, quantity: str, level: str
) -> None:
    assert level_of(asked(span, points, quantity), PROGRESS) == level


def test_before_any_roll_up_there_are_only_readings() -> None:
    assert level_of(asked(365 * DAY), None) == "raw"


@pytest.fixture
def home(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("insert into resident (id, slot, name) values ('anna', 2, 'Anna')")
    connection.execute(
        "insert into device (id, slot, kind, resident_id, secret_hash)"
        " values ('bed', 1, 'bed', 'anna', 'x')"
    )
    connection.commit()
    connection.autocommit = True
    store.make_days(connection, NOW)
    return connection


def told(connection: psycopg.Connection, every: Micros, span: Micros, till: Micros = NOW) -> None:
    connection.execute(
        "insert into sample (device, subject, measured_at, received_at, heart_rate)"
        " select 1, 2, at, at, 60 + extract(second from at) from generate_series("
        "%s::timestamptz, %s, %s) as at",
        (to_datetime(till - span), to_datetime(till - 1), to_datetime(every) - to_datetime(0)),
    )


@pytest.mark.every_edition
def test_a_rolled_up_point_has_its_lowest_and_highest(home: psycopg.Connection) -> None:
    told(home, SECOND, HOUR)
    rollups.roll_up(home, NOW + rollups.LAG, since=NOW - DAY)
    found = chart(home, asked(DAY))
    assert found["level"] == "minute"
    assert 20 <= len(found["points"]) <= 22
    assert (min(found["low"]), max(found["high"])) == (60.0, 119.0)
    assert sum(value for _, value in found["points"]) / len(found["points"]) == pytest.approx(89.5)


@pytest.mark.every_edition
def test_what_is_not_rolled_up_yet_comes_from_finer_levels(home: psycopg.Connection) -> None:
    told(home, SECOND, 3 * HOUR)
    rollups.roll_up(home, NOW - 30 * MINUTE + rollups.LAG, since=NOW - DAY)
    for span in (DAY, 30 * DAY):
        points = chart(home, asked(span))["points"]
        assert points[-1][0] >= (NOW - 61 * MINUTE) // 1000
        assert points[0][0] <= (NOW - 2 * HOUR) // 1000


def test_few_readings_are_shown_as_they_are(home: psycopg.Connection) -> None:
    told(home, 10 * MINUTE, 2 * HOUR)
    rollups.roll_up(home, NOW + rollups.LAG, since=NOW - DAY)
    found = chart(home, asked(DAY))
    assert (found["level"], len(found["points"])) == ("raw", 12)


@pytest.mark.every_edition
@pytest.mark.parametrize("years", [1, 2])
def test_a_new_resident_is_shown_when_a_year_is_asked_for(
    home: psycopg.Connection, years: int
) -> None:
    rollups.roll_up(home, NOW - 2 * HOUR, since=NOW - 30 * DAY)  # nobody told anything yet
    retention.forget(home, Keep(), NOW - 2 * HOUR)
    told(home, SECOND, HOUR)
    rollups.roll_up(home, NOW - 30 * MINUTE, since=NOW - 30 * DAY)
    found = chart(home, asked(years * 365 * DAY, 365))
    assert found["level"] == "day"
    ((_, mean),) = found["points"]
    assert (mean, found["low"], found["high"]) == (pytest.approx(89.5), [60.0], [119.0])


def test_a_day_is_whole_and_the_residents_own(home: psycopg.Connection) -> None:
    """In Shanghai it begins at 16:00 UTC."""
    told(home, 10 * MINUTE, 3 * DAY)
    rollups.roll_up(home, NOW - 90 * MINUTE, since=NOW - 4 * DAY)
    found = chart(home, Asked(2, "heart_rate", NOW - 2 * DAY, NOW, 2, "Asia/Shanghai"))
    begins = [at // 1000 for at, _ in found["points"]]
    assert found["level"] == "day"
    assert [at % 86_400 for at in begins] == [16 * 3600] * len(begins)
    assert begins[0] * SECOND <= NOW - 2 * DAY < begins[0] * SECOND + DAY


@pytest.mark.every_edition
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Lima"])
def test_days_that_were_rolled_up_are_what_their_hours_make(
    home: psycopg.Connection, zone: str
) -> None:
    told(home, 17 * MINUTE, 5 * DAY)
    home.execute("update resident set timezone = %s, timezone_since = '-infinity'", (zone,))
    rollups.roll_up(home, NOW, since=NOW - 6 * DAY)
    a_year = Asked(2, "heart_rate", NOW - 365 * DAY, NOW, 365, zone)
    found = chart(home, a_year)
    assert (found["level"], len(found["points"])) == ("day", 6)
    assert home.execute("select count(*) >= 4 from quantity_day").fetchone() == (True,)
    home.execute("update progress set at = %s where name = 'day'", (to_datetime(NOW - 9 * DAY),))
    assert chart(home, a_year) == found


def test_days_before_a_resident_moved_to_another_zone_are_cut_anew(
    home: psycopg.Connection,
) -> None:
    told(home, 17 * MINUTE, 5 * DAY)
    rollups.roll_up(home, NOW, since=NOW - 6 * DAY)
    home.execute("update resident set timezone = 'Asia/Shanghai'")
    for moved in (to_datetime(NOW), to_datetime(NOW - 2 * DAY)):
        home.execute("update resident set timezone_since = %s", (moved,))
        found = chart(home, Asked(2, "heart_rate", NOW - 365 * DAY, NOW, 365, "Asia/Shanghai"))
        assert {at // 1000 % 86_400 for at, _ in found["points"]} == {16 * 3600}
        assert len(found["points"]) == 6


def test_who_has_just_moved_to_another_zone_is_shown_up_to_the_last_reading(
    home: psycopg.Connection,
) -> None:
    """Though the keeper was away, and no day of the new zone has begun."""
    told(home, 17 * MINUTE, 5 * DAY)
    home.execute("update resident set timezone = 'Europe/Berlin'")
    asked_for = Asked(2, "heart_rate", NOW - 365 * DAY, NOW, 365, "Europe/Berlin")
    for rolled_up in (NOW - 30 * HOUR, NOW - 30 * MINUTE):
        rollups.roll_up(home, rolled_up, since=NOW - 6 * DAY)
        for moved in (NOW, NOW - DAY, NOW - 3 * DAY):
            home.execute("update resident set timezone_since = %s", (to_datetime(moved),))
            days = api.chart._rolled_up(home, asked_for, "day", rollups._known(home))
            assert sum(day["count"] for day in days) == 5 * DAY // (17 * MINUTE) + 1


def test_few_readings_of_a_new_resident_are_shown_whatever_is_asked(
    home: psycopg.Connection,
) -> None:
    told(home, 10 * MINUTE, 2 * HOUR)
    rollups.roll_up(home, NOW + rollups.LAG, since=NOW - DAY)
    retention.forget(home, Keep(), NOW)
    found = chart(home, asked(365 * DAY, 365))
    assert (found["level"], len(found["points"])) == ("raw", 12)


@pytest.mark.parametrize(("start", "end"), [(1, 2), (9998, 9999)])
def test_days_at_the_ends_of_the_calendar(home: psycopg.Connection, start: int, end: int) -> None:
    rollups.roll_up(home, NOW, since=NOW - DAY)
    from_, to = (
        from_datetime(datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC))
        for year in (start, end)
    )
    for zone in ("Asia/Shanghai", "America/Lima"):
        assert chart(home, Asked(2, "heart_rate", from_, to, 365, zone))["points"] == []


@pytest.mark.every_edition
def test_a_night_is_read_with_its_quantiles(home: psycopg.Connection) -> None:
    told(home, 10 * SECOND, 24 * HOUR)
    rollups.roll_up(home, NOW + rollups.LAG, since=NOW - 2 * DAY)
    (night,) = nights(home, 2, to_datetime(NOW - DAY), to_datetime(NOW))
    beat = night["heart_rate"]
    assert (beat["low"], beat["mean"], beat["high"], beat["p50"]) == (60.0, 85.0, 110.0, 85.0)
    assert night["respiration_rate"] is None
    assert (night["time_in_bed"], night["exits"]) == (None, None)
