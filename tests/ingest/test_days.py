"""A day of a quantity is the resident's own, and what its hours make."""

from datetime import UTC, datetime

import psycopg
import pytest

from domain.time import DAY, HOUR, MINUTE, from_datetime, to_datetime
from ingest import rollups
from tests.ingest.anna import EVENING, at_home, beats, keep, roll, samples

_DAYS = "select at, quantity, count, low, high, mean from quantity_day order by at, quantity"


@pytest.fixture
def home(connection: psycopg.Connection) -> psycopg.Connection:
    return at_home(connection)


@pytest.mark.every_edition
def test_a_day_is_the_residents_own_and_made_when_it_is_over(home: psycopg.Connection) -> None:
    """From midnight to midnight in Madrid, of common and of rare quantities."""
    midnight = EVENING + 3 * HOUR
    for at, rate in ((-1, 50.0), (0, 60.0), (23, 90.0), (24, 100.0)):
        keep(home, samples((midnight + at * HOUR, {"heart_rate": rate, "weight": rate})))
    roll(home, midnight + 24 * HOUR)
    assert {row[0] for row in home.execute(_DAYS)} == {to_datetime(midnight - DAY)}
    roll(home, midnight + 24 * HOUR + rollups.LAG)
    assert home.execute(_DAYS).fetchall()[2:] == [
        (to_datetime(midnight), "heart_rate", 2, 60.0, 90.0, 75.0),
        (to_datetime(midnight), "weight", 2, 60.0, 90.0, 75.0),
    ]


@pytest.mark.every_edition
def test_late_samples_correct_the_day_and_may_make_one(home: psycopg.Connection) -> None:
    roll(home, EVENING + 2 * DAY)
    for said, mean in ((60.0, 60.0), (70.0, 65.0)):
        keep(home, samples((EVENING + int(said) * MINUTE, {"heart_rate": said})))
        roll(home, EVENING + 2 * DAY)
        assert [row[5] for row in home.execute(_DAYS)] == [mean]


def test_an_hour_counts_to_the_day_in_which_it_begins(home: psycopg.Connection) -> None:
    """Midnight in Kolkata is half past six in the evening of UTC."""
    home.execute("update resident set timezone = 'Asia/Kolkata'")
    midnight = EVENING - 90 * MINUTE
    keep(home, samples(*beats(midnight - 10 * MINUTE, 60), *beats(midnight + 10 * MINUTE, 80)))
    roll(home, EVENING + 2 * DAY)
    days = [(to_datetime(midnight - DAY), "heart_rate", 2, 60.0, 80.0, 70.0)]
    assert home.execute(_DAYS).fetchall() == days
    keep(home, samples(*beats(midnight + 11 * MINUTE, 100)))
    roll(home, EVENING + 2 * DAY)
    assert [row[5] for row in home.execute(_DAYS)] == [80.0]


def test_a_midnight_that_strikes_twice_begins_the_day_once(home: psycopg.Connection) -> None:
    """In the Azores clocks are set back from one to midnight: 25 October 2026 has 25 hours."""
    home.execute("update resident set timezone = 'Atlantic/Azores'")
    first = from_datetime(datetime(2026, 10, 25, tzinfo=UTC))
    hours = [(first + n * HOUR, {"heart_rate": 60.0}) for n in range(-24, 49)]
    keep(home, samples(*hours))
    rollups.roll_up(home, first + 3 * DAY, since=first - 3 * DAY)
    found = home.execute("select at, count from quantity_day order by at").fetchall()
    begins = (first - DAY, first, first + 25 * HOUR)
    assert found == [(to_datetime(at), n) for at, n in zip(begins, (24, 25, 24), strict=True)]
