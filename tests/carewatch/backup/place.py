"""A place, an empty one beside it, and what tells whether one holds what the other does."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from alerts import store as alert_store
from carewatch.backup.tables import tables_of
from domain.finding import Finding
from domain.time import SECOND, Micros, SystemClock
from gateway.directory import load_directory

Tables = dict[str, tuple[int, str]]
NOW: Micros = SystemClock().now() // SECOND * SECOND

PEOPLE = """
insert into team (id, name, level, parent_id) values
    ('county', 'County', 'county', null), ('town', 'Town', 'township', 'county'),
    ('village', '柳树村', 'village', 'town');
insert into account (id, username, password_hash, role, team_id) values
    ('a1', 'wang', 'x', 'station', 'village'), ('a2', 'li', 'x', 'centre', 'county');
insert into resident (id, name, team_id, contacts) values
    ('r1', 'Chen', 'village', '[{"name": "Li", "phone": "1"}]'), ('r2', 'Hill', 'village', '[]');
insert into device (id, kind, resident_id, secret_hash)
    select d.id || r.id, d.kind, r.id, '\\x00ff' from resident r
    cross join (values ('bed', 'bed'), ('button', 'button')) d (id, kind) order by r.id;
insert into session select '\\x01', id, now(), now() from account limit 1;
insert into quarantine (at, topic, reason, size, payload)
    values (now(), 'cw/v1/x', E'a\\\\b\\tc\\nd', 3, '\\x00ff09');
insert into sample (device, subject, measured_at, received_at, heart_rate, in_bed)
    select d.slot, r.slot, at, now(), 61.25, true
    from device d join resident r on r.id = resident_id
    cross join (select now() - make_interval(mins => n * 97) as at from generate_series(1, 40) n
                union select to_timestamp(0)) t;
"""
"""Rows that each version of the tables takes: people, devices, readings of three days and 1970."""

PACKED = """
insert into progress
    select name, date_trunc('day', now()) - interval '7 days'
    from unnest('{closed,packed}'::text[]) name;
insert into sample_pack (device, at, samples, subject, gap, delay, heart_rate, in_bed)
    select slot, date_trunc('day', now()) - interval '9 days', 2, array[slot, slot],
           '{1,1000001}', '{120007,-5}', '{61.3,null}', '{true,false}' from device;
insert into late_sample (device, subject, measured_at, received_at, heart_rate)
    select slot, slot, date_trunc('day', now()) - interval '8 days', now(), 62.5 from device;
"""
"""Three samples of each device that are older than the recent window."""


def fill(connection: psycopg.Connection) -> None:
    """The people with their readings, minutes of them, and an open alert with its messages."""
    connection.execute(PEOPLE)
    connection.execute(
        "insert into sample_minute (subject, at, heart_rate_mean)"
        " select slot, date_trunc('hour', now()) - make_interval(days => n * 20), 61.5"
        " from resident, generate_series(0, 9) n"
    )
    connection.execute(PACKED)
    press(connection, NOW)
    connection.commit()


def press(connection: psycopg.Connection, at: Micros) -> None:
    """A button is pressed: an alert, and messages to those who are asked."""
    directory = load_directory(connection)
    button = next(device for device in directory.devices() if device.kind == "button")
    found = Finding(
        at, button.subject, button.slot, "sos", True, at, "high", {"key": f"press-{at}"}
    )
    alert_store.record(connection, [found], directory, at)


def contents(connection: psycopg.Connection) -> Tables:
    """Rows and checksum of each table, whatever the order of its rows."""
    told: Tables = {}
    for table in tables_of(connection):
        query = sql.SQL(
            "select count(*), coalesce(md5(string_agg(md5(({} )::text), '' order by "
            "md5(({})::text))), '') from {} t"
        )
        row = sql.SQL("row({})").format(sql.SQL(", ").join(map(sql.Identifier, table.columns)))
        found = connection.execute(query.format(row, row, sql.Identifier(table.name))).fetchone()
        assert found is not None
        told[table.name] = (found[0], found[1])
    return told


@contextmanager
def an_empty_one(url: str, *, one_at_a_time: bool = False) -> Iterator[psycopg.Connection]:
    """A connection to an empty database beside that of the address."""
    server, _, name = url.rpartition("/")
    if one_at_a_time:
        with psycopg.connect(f"{server}/{name}_empty") as connection:
            yield connection
        return
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f"create database {name}_empty template template0")
        try:
            with psycopg.connect(f"{server}/{name}_empty") as connection:
                yield connection
        finally:
            maintenance.execute(f"drop database {name}_empty with (force)")
