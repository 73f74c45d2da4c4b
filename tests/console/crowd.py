"""A county's bad day: thousands of alerts that are open at once."""

import psycopg

from alerts.ledger import append
from alerts.policies import Policies
from alerts.react import react
from domain.directory import Device, Snapshot, Subject
from domain.finding import Finding
from domain.time import Micros, SystemClock

TEAM = "liushu"


def crowd(database_url: str, count: int) -> None:
    """``count`` beds whose batteries are nearly empty; nobody is asked before the morning."""
    now = SystemClock().now()
    with psycopg.connect(database_url) as connection:
        directory = _people(connection, count)
        findings = [_low(device, now) for device in directory.devices()]
        append(connection, react(findings, {}, directory, Policies.default(), now), now)


def _people(connection: psycopg.Connection, count: int) -> Snapshot:
    connection.execute(
        "insert into resident (id, name, team_id)"
        " select 'crowd-' || n, 'Crowd ' || n, %s from generate_series(1, %s) n",
        (TEAM, count),
    )
    connection.execute(
        "insert into device (id, kind, resident_id, secret_hash)"
        " select id, 'bed', id, '' from resident where id like 'crowd-%'"
    )
    rows = connection.execute(
        "select r.id, r.slot, d.slot from resident r join device d on d.id = r.id"
        " where r.id like 'crowd-%'"
    ).fetchall()
    return Snapshot(
        [Subject(name, slot, name, TEAM) for name, slot, _ in rows],
        [Device(name, device, slot) for name, slot, device in rows],
    )


def _low(bed: Device, now: Micros) -> Finding:
    return Finding(
        at=now,
        slot=bed.subject,
        device=bed.slot,
        kind="battery_low",
        active=True,
        since=now,
        priority="low",
    )
