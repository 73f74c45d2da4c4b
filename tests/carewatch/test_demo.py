"""The demo's world: what a newcomer finds in demo.json."""

import re
from collections import Counter
from datetime import UTC, datetime

import psycopg
import pytest
from argon2 import PasswordHasher

from alerts.arrangements import coming_gaps, duties_of
from alerts.duty import LOOK_AHEAD
from carewatch.demo import VENDOR, seed
from domain.errors import NotAllowed
from domain.time import DAY, HOUR, from_datetime
from gateway import registry

NOW = from_datetime(datetime(2026, 11, 28, 9, tzinfo=UTC))


def test_everybody_whom_the_demo_promises_is_there(connection: psycopg.Connection) -> None:
    world = seed(connection)
    roles = Counter(account["role"] for account in world["accounts"])
    assert roles["family"] >= 2
    assert roles["station"] >= 2
    assert min(roles["centre"], roles["vendor"], roles["admin"]) == 1
    families = [account for account in world["accounts"] if account["role"] == "family"]
    assert all(len(family["residents"]) == 2 and family["team"] is None for family in families)
    kinds = Counter(device["kind"] for device in world["devices"])
    assert kinds["bed"] == kinds["fall"] == kinds["button"] == 24
    assert kinds["ambient"] > 0


def test_its_secrets_and_passwords_open_its_doors(connection: psycopg.Connection) -> None:
    world = seed(connection, residents=4)
    for device in world["devices"]:
        assert registry.verify(connection, device["id"], device["secret"])
    for account in world["accounts"]:
        stored = connection.execute(
            "select password_hash from account where username = %s", (account["username"],)
        ).fetchone()
        assert stored is not None
        assert PasswordHasher().verify(stored[0], account["password"])


def test_each_village_has_its_people_and_its_own_time(
    connection: psycopg.Connection,
) -> None:
    seed(connection)
    villages = connection.execute(
        "select t.id, count(distinct r.id), count(distinct r.timezone), count(distinct a.id)"
        " from team t join resident r on r.team_id = t.id join account a on a.team_id = t.id"
        " where t.level = 'village' group by t.id"
    ).fetchall()
    assert [(people, zones, stations) for _, people, zones, stations in villages] == [
        (12, 1, 4),
        (12, 1, 4),
    ]
    vendors = connection.execute("select distinct vendor from device").fetchall()
    assert vendors == [(VENDOR,)]


def test_the_files_of_a_village_are_in_its_own_language(connection: psycopg.Connection) -> None:
    seed(connection)
    rows = connection.execute(
        "select r.team_id, concat(h.floor, h.way_in, h.key_box_place, r.risks, r.medication,"
        " r.abilities ->> 'by', r.contacts #>> '{0,name}', r.contacts #>> '{1,relation}')"
        " from resident r join home h on h.id = r.home_id"
    ).fetchall()
    assert len(rows) == 24
    for team, written in rows:
        assert bool(re.search("[a-z]", written)) == (team == "ashford"), written
        assert bool(re.search("[\u4e00-\u9fff]", written)) == (team == "liushu"), written


def test_somebody_is_on_duty_from_the_start_and_a_gap_is_seen_before_it_happens(
    connection: psycopg.Connection,
) -> None:
    seed(connection, now=NOW)
    assert coming_gaps(connection, NOW, NOW + LOOK_AHEAD) == [], "nothing to warn of yet"
    (gap,) = coming_gaps(connection, NOW, NOW + 14 * DAY)
    assert (gap.team, gap.end - gap.start) == ("ashford", 12 * HOUR)
    duties = duties_of(connection, "grace", NOW, NOW + 7 * DAY)
    assert {span.rota.timezone for span in duties if span.rota} == {"Europe/London"}
    swaps = connection.execute("select giver, taker from swap").fetchall()
    assert len(swaps) == 2
    for giver, taker in swaps:
        assert duties_of(connection, taker, NOW, NOW + 3 * DAY)
        assert giver != taker


def test_two_installations_share_no_password(connection: psycopg.Connection) -> None:
    first = seed(connection, residents=2)
    connection.rollback()
    second = seed(connection, residents=2)
    passwords = [a["password"] for world in (first, second) for a in world["accounts"]]
    secrets = [d["secret"] for world in (first, second) for d in world["devices"]]
    assert len(set(passwords)) == len(passwords)
    assert len(set(secrets)) == len(secrets)


def test_known_passwords_follow_from_the_seed(connection: psycopg.Connection) -> None:
    first = seed(connection, residents=1, known_passwords=True)
    connection.rollback()
    assert first["accounts"] == seed(connection, residents=1, known_passwords=True)["accounts"]


def test_the_same_world_is_not_made_twice(connection: psycopg.Connection) -> None:
    seed(connection, residents=1)
    with pytest.raises(NotAllowed, match="another data folder"):
        seed(connection, residents=1)
