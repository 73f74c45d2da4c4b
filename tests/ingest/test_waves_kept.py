"""Waves go an hour after they came, late ones too: by dropping pieces."""

import psycopg
import pytest

from domain.time import HOUR, MINUTE, Micros, SystemClock, to_datetime
from ingest import waveforms

pytestmark = pytest.mark.every_edition

NOW = SystemClock().now() // HOUR * HOUR + 30 * MINUTE
_INSERT = "insert into wave values (1, 1, %s, %s, 50, 'acceleration', null, 3, '')"


def come(connection: psycopg.Connection, start: Micros, late: Micros = 0) -> None:
    connection.execute(_INSERT, (to_datetime(start), to_datetime(start + late)))


def starts(connection: psycopg.Connection) -> list[Micros]:
    return [wave.start for wave in waveforms.since(connection, 0)]


def test_pieces_that_are_over_are_dropped(connection: psycopg.Connection) -> None:
    waveforms.make_room(connection, NOW)
    old, recent = NOW - 4 * HOUR, NOW - 20 * MINUTE
    for start in (old, NOW - 3 * HOUR, recent, NOW):
        come(connection, start)
    assert waveforms.forget(connection, NOW) >= 1
    assert starts(connection) == [recent, NOW]
    waveforms.make_room(connection, NOW)
    assert starts(connection) == [recent, NOW]


def test_what_came_late_stays_for_an_hour(connection: psycopg.Connection) -> None:
    waveforms.make_room(connection, NOW)
    late = NOW - 5 * HOUR
    come(connection, late, late=5 * HOUR - MINUTE)
    assert waveforms.forget(connection, NOW) == 0
    assert starts(connection) == [late]
    waveforms.forget(connection, NOW + HOUR)
    assert starts(connection) == []


def test_room_that_is_made_late_takes_what_has_come(connection: psycopg.Connection) -> None:
    come(connection, NOW)
    waveforms.make_room(connection, NOW)
    waveforms.make_room(connection, NOW + HOUR)
    assert starts(connection) == [NOW]
    assert waveforms.forget(connection, NOW + 3 * HOUR) >= 1
    assert starts(connection) == []
