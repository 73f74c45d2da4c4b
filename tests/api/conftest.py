"""A small county, a foreign one, an account of each role, and somebody to ask as each of them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from alerts import store
from alerts.alert import as_json
from api.app import create_app
from domain.time import HOUR, ManualClock, Micros, iso, to_datetime

NOW = 1_795_249_800_000_000
"""2026-11-21T08:30:00Z"""

_WORLD = """
insert into team values
    ('county', 'County', 'county', null), ('town', 'Town', 'township', 'county'),
    ('village-a', 'Village A', 'village', 'town'), ('village-b', 'Village B', 'village', 'town'),
    ('abroad', 'Another county', 'county', null);
insert into resident (id, name, team_id) values
    ('anna', 'Anna', 'village-a'), ('bert', 'Bert', 'village-b'), ('carl', 'Carl', 'abroad');
insert into device (id, kind, vendor, resident_id, team_id, secret_hash) values
    ('bed-anna', 'bed', 'acme', 'anna', null, 'x'), ('bed-bert', 'bed', 'acme', 'bert', null, 'x'),
    ('bed-carl', 'bed', 'other', 'carl', null, 'x'),
    ('spare', 'button', 'acme', null, 'village-a', 'x'),
    ('spare-abroad', 'button', 'other', null, 'abroad', 'x');
update device set model = 'mat 1/a' where id = 'bed-anna';
update device set model = 'mat-2' where id = 'bed-carl';
insert into account (id, username, password_hash, role, team_id, vendor) values
    ('1', 'family', 'x', 'family', null, null), ('2', 'neighbour', 'x', 'family', null, null),
    ('3', 'station', 'x', 'station', 'village-a', null),
    ('4', 'centre', 'x', 'centre', 'county', null), ('5', 'vendor', 'x', 'vendor', null, 'acme'),
    ('6', 'admin', 'x', 'admin', null, null),
    ('7', 'responder', 'x', 'responder', 'county', null),
    ('8', 'volunteer', 'x', 'volunteer', 'town', null);
insert into care_circle values ('1', 'anna'), ('2', 'bert');
insert into home (id, team_id, address, key_box_code) values
    ('home-anna', 'village-a', 'Mill Lane 1', '0417'), ('home-carl', 'abroad', 'Elsewhere', '1');
update resident set home_id = 'home-' || id where id in ('anna', 'carl');
insert into quarantine (at, device_id, topic, code, reason, size, payload) values
    ('2026-11-21T08:00Z', 'bed-anna', 'cw/v1/bed-anna/sample', 'not_json', 'no JSON', 3, 'abc'),
    ('2026-11-21T08:01Z', 'bed-anna', 'cw/v1/bed-anna/sample', null, 'no UTF-8', 2, '\\xff00'),
    ('2026-11-21T08:02Z', 'bed-carl', 'cw/v1/bed-carl/sample', null, 'no JSON', 3, 'abc'),
    ('2026-11-21T08:03Z', 'nobody', 'cw/v1/nobody/sample', null, 'unknown device', 3, 'abc');
"""
_RESTORE = """
delete from outbox; delete from alert_event; delete from alert;
delete from command; delete from downlink;
delete from rota; delete from holiday; delete from policy where made_by <> 'carewatch';
update policy set ended_at = null, ended_by = null;
delete from resident where id not in ('anna', 'bert', 'carl');
delete from team where id = 'c';
delete from threshold;
delete from account where username = 'u';
update account set name = '';
delete from device where id = 'd';
update device set removed_at = null;
update device set resident_id = null, team_id = 'village-a' where id = 'spare';
update resident set team_id = 'village-a', home_id = 'home-anna' where id = 'anna';
delete from home where id not in ('home-anna', 'home-carl');
insert into care_circle values ('1', 'anna'), ('2', 'bert') on conflict do nothing;
update resident set team_id = 'abroad' where id = 'carl';
"""
ACCOUNTS = (
    "family", "neighbour", "station", "centre", "responder", "volunteer", "vendor", "admin",
)  # fmt: skip


@dataclass
class World:
    """Writes what devices and the pump would have written."""

    connection: psycopg.Connection

    def restore(self) -> None:
        """Undo what a call did."""
        self.connection.execute(_RESTORE)
        for account in ACCOUNTS:
            self.log_in(account)

    def alert(self, alert_id: str, resident: str, kind: str = "sos") -> None:
        """Raise an alert, with the history that belongs to it."""
        with self.connection.transaction():
            self.connection.execute(
                "insert into alert (id, subject, resident_id, team_id, kind, priority, latching,"
                " state, since, raised_at, incident_id, responsible, deadline)"
                " select %(id)s, id, id, team_id, %(kind)s, 'high', true, 'open', %(at)s, %(at)s,"
                " %(id)s, 'family', %(deadline)s from resident where id = %(resident)s",
                {
                    "id": alert_id,
                    "kind": kind,
                    "resident": resident,
                    "at": to_datetime(NOW),
                    "deadline": to_datetime(NOW + HOUR),
                },
            )
            self.change(alert_id, "raised")

    def change(self, alert_id: str, change: str, at: Micros = NOW) -> int:
        """Append a change that leaves the alert as it is; its sequence number."""
        with self.connection.transaction():
            self.connection.execute("select pg_advisory_xact_lock(1)")
            self.connection.execute(
                "update alert set sequence = nextval('alert_sequence') where id = %s", (alert_id,)
            )
            after = store.alert(self.connection, alert_id)
            assert after
            self.connection.execute(
                "insert into alert_event (sequence, alert_id, at, change, reason, after)"
                " values (%s, %s, %s, %s, 'because', %s)",
                (after.sequence, alert_id, to_datetime(at), change, Jsonb(as_json(after))),
            )
            return after.sequence

    def sample(self, device: str, minutes_ago: float, **values: Any) -> None:
        at = to_datetime(NOW) - timedelta(minutes=minutes_ago)
        names = "".join(f", {name}" for name in values)
        marks = ", %s" * len(values)
        self.connection.execute(
            f"insert into sample (device, subject, measured_at, received_at{names})"
            f" select d.slot, r.slot, %s, %s{marks}"
            " from device d join resident r on r.id = d.resident_id where d.id = %s",
            (at, at, *values.values(), device),
        )

    def event(self, device: str, minutes_ago: float, event: str) -> None:
        at = to_datetime(NOW) - timedelta(minutes=minutes_ago)
        self.connection.execute(
            "insert into event (device, subject, happened_at, received_at, event, key)"
            " select d.slot, r.slot, %s, %s, %s, %s"
            " from device d join resident r on r.id = d.resident_id where d.id = %s",
            (at, at, event, iso(NOW) + event, device),
        )

    def log_in(self, account: str, expires_at: int = NOW + 12 * HOUR) -> str:
        """A token without the cost of a password."""
        token = f"token-of-{account}"
        self.connection.execute(
            "insert into session select %s, id, %s, %s from account where username = %s"
            " on conflict (token_hash) do update set expires_at = excluded.expires_at",
            (
                hashlib.sha256(token.encode()).digest(),
                to_datetime(NOW),
                to_datetime(expires_at),
                account,
            ),
        )
        return token


@dataclass
class Asker:
    """Somebody who is logged in."""

    client: TestClient
    token: str

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | how.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **how)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_WORLD)
        world = World(connection)
        for account in ACCOUNTS:
            world.log_in(account)
        yield world


@pytest.fixture
def pool(database_url: str) -> Iterator[ConnectionPool[psycopg.Connection]]:
    with ConnectionPool(database_url, min_size=1, max_size=4, timeout=5) as pool:
        yield pool


@pytest.fixture
def app(pool: ConnectionPool[psycopg.Connection], clock: ManualClock) -> FastAPI:
    return create_app(pool, clock)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def ask(client: TestClient, world: World) -> "dict[str, Asker]":
    """Everybody of the world, by user name."""
    return {account: Asker(client, f"token-of-{account}") for account in ACCOUNTS}
