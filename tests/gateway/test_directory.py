"""The directory is read whole once, and then what has changed of it."""

import random
from collections.abc import Callable, Iterator

import psycopg
import pytest

from domain.directory import Snapshot
from gateway import directory, registry
from gateway.directory import Reader, current_version, load_directory


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def reader(connection: psycopg.Connection) -> Reader:
    """One that knows a small county."""
    connection.execute(
        "insert into team (id, name, level, parent_id) values ('county', 'C', 'county', null),"
        " ('west', 'W', 'township', 'county'), ('east', 'E', 'township', 'county')"
    )
    for number, team in enumerate(("west", "west", "east", None)):
        connection.execute(
            "insert into resident (id, name, team_id) values (%s, '', %s)", (f"r{number}", team)
        )
        for kind, model in (("bed", "m1"), ("button", "m2")):
            registry.add(connection, f"{kind}-{number}", kind, resident=f"r{number}", model=model)
    reader = Reader()
    reader.look(connection)
    return reader


def test_the_directory_says_whom_a_reading_is_about(connection: psycopg.Connection) -> None:
    connection.execute("insert into team (id, name, level) values ('west', 'West', 'village')")
    connection.execute(
        "insert into resident (id, name, team_id, timezone)"
        " values ('ada', 'Ada', 'west', 'Asia/Shanghai')"
    )
    registry.add(connection, "bed-1", "bed", resident="ada", model="m1")
    registry.add(connection, "smoke-1", "ambient", team="west", interval_s=30)
    found = load_directory(connection)

    bed = found.device("bed-1")
    assert bed is not None
    assert (bed.interval_s, bed.model) == (60, "m1")
    assert found.subject(bed.subject).id == "ada"
    assert found.subject(bed.subject).timezone == "Asia/Shanghai"

    smoke = found.device("smoke-1")
    assert smoke is not None
    assert (smoke.subject, smoke.interval_s) == (smoke.slot, 30)
    unplaced = found.subject(smoke.subject)
    assert (unplaced.id, unplaced.resident_id, unplaced.team_id) == ("device:smoke-1", None, "west")


def test_the_nearest_threshold_wins(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into team (id, name, level, parent_id) values ('county', 'C', 'county', null),"
        " ('west', 'W', 'township', 'county')"
    )
    connection.execute(
        "insert into resident (id, name, team_id) values ('ada', 'Ada', 'west'), ('bob', 'B', null)"
    )
    registry.add(connection, "bed-1", "bed", resident="ada", model="m1")
    registry.add(connection, "bed-2", "bed", resident="bob", model="m1")
    connection.execute(
        "insert into threshold (scope, scope_id, name, value) values"
        " ('model', 'm1', 'a', 1), ('model', 'm1', 'b', 1), ('model', 'm1', 'c', 1),"
        " ('model', 'm1', 'd', 1), ('team', 'county', 'b', 2), ('team', 'county', 'c', 2),"
        " ('team', 'west', 'c', 3), ('team', 'west', 'd', 3), ('resident', 'ada', 'd', 4)"
    )
    thresholds = {
        subject.id: dict(subject.thresholds) for subject in load_directory(connection).subjects()
    }
    assert thresholds == {
        "ada": {"a": 1, "b": 2, "c": 3, "d": 4},
        "bob": {"a": 1, "b": 1, "c": 1, "d": 1},
    }


def test_the_version_moves_on_with_every_change(connection: psycopg.Connection) -> None:
    before = load_directory(connection).version
    registry.add(connection, "bed-1", "bed")
    assert current_version(connection) > before


def same(one: Snapshot, other: Snapshot) -> bool:
    """In whatever order they came."""
    mine = {each.id: each for each in (*one.subjects(), *one.devices())}
    theirs = {each.id: each for each in (*other.subjects(), *other.devices())}
    return mine == theirs and one.version == other.version


def _place(connection: psycopg.Connection, dice: random.Random) -> None:
    whom = dice.choice(["r0", "r1", "r2", "r3", None])
    connection.execute(
        "update device set resident_id = %s where id = %s", (whom, f"button-{dice.randrange(4)}")
    )


def _model(connection: psycopg.Connection, dice: random.Random) -> None:
    model = dice.choice(["m1", "m2", None])
    connection.execute(
        "update device set model = %s where id = %s", (model, f"bed-{dice.randrange(4)}")
    )


def _remove(connection: psycopg.Connection, dice: random.Random) -> None:
    connection.execute(
        "update device set removed_at = now() where id = %s", (f"bed-{dice.randrange(4)}",)
    )


def _come_back(connection: psycopg.Connection, dice: random.Random) -> None:
    connection.execute("update device set removed_at = null")


def _register(connection: psycopg.Connection, dice: random.Random) -> None:
    registry.add(connection, f"d-{dice.random()}".replace(".", "-"), "fall", team="west")


def _join(connection: psycopg.Connection, dice: random.Random) -> None:
    connection.execute(
        "insert into resident (id, name) values (%s, '')", (f"new-{dice.randrange(10**9)}",)
    )


def _change_team(connection: psycopg.Connection, dice: random.Random) -> None:
    team = dice.choice(["county", "west", "east", None])
    connection.execute(
        "update resident set team_id = %s where id = %s", (team, f"r{dice.randrange(4)}")
    )


def _limit(connection: psycopg.Connection, dice: random.Random) -> None:
    scopes = [("model", "m1"), ("model", "m2"), ("team", "west"), ("team", "county")]
    scope, name = dice.choice([*scopes, ("resident", f"r{dice.randrange(4)}")])
    connection.execute(
        "insert into threshold (scope, scope_id, name, value) values (%s, %s, %s, %s)"
        " on conflict (scope, scope_id, name) do update set value = excluded.value",
        (scope, name, dice.choice(["not_up", "test_interval_days"]), dice.randrange(1, 50)),
    )


def _no_limit(connection: psycopg.Connection, dice: random.Random) -> None:
    connection.execute("delete from threshold where scope = %s", (dice.choice(["team", "model"]),))


def _move_team(connection: psycopg.Connection, dice: random.Random) -> None:
    above = dice.choice(["county", None])
    connection.execute("update team set parent_id = %s where id = 'east'", (above,))


def _delete(connection: psycopg.Connection, dice: random.Random) -> None:
    connection.execute("delete from device where id like 'd-%'")


CHANGES: list[Callable[[psycopg.Connection, random.Random], None]] = [
    _place, _model, _remove, _come_back, _register, _join, _change_team, _limit, _no_limit,
    _move_team, _delete,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_what_has_changed_is_read_as_if_all_were(
    connection: psycopg.Connection, reader: Reader, seed: int
) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        for change in dice.choices(CHANGES, k=dice.choice([1, 1, 1, 3])):
            change(connection, dice)
        reader.look(connection)
        assert same(reader.snapshot, load_directory(connection))


def test_nothing_is_read_where_nothing_has_changed(
    connection: psycopg.Connection, reader: Reader
) -> None:
    before = reader.snapshot
    assert not reader.look(connection)
    assert reader.snapshot is before


def test_whom_a_change_does_not_concern_stays_the_same_object(
    connection: psycopg.Connection, reader: Reader
) -> None:
    before = reader.snapshot
    connection.execute("update device set place = 'hall' where id = 'bed-1'")
    assert reader.look(connection)
    kept = {each.id for each in before.devices() if reader.snapshot.device(each.id) is each}
    assert kept == {each.id for each in before.devices()} - {"bed-1", "button-1"}


def test_a_change_that_began_long_ago_and_is_committed_late_is_seen(
    connection: psycopg.Connection, reader: Reader, database_url: str
) -> None:
    with psycopg.connect(database_url) as slow:
        slow.execute("select pg_current_xact_id()")
        registry.add(connection, "quick", "bed")
        assert reader.look(connection)
        slow.execute("update device set place = 'hall' where id = 'bed-1'")
        slow.commit()
    reader.look(connection)
    bed = reader.snapshot.device("bed-1")
    assert bed is not None
    assert bed.place == "hall"


def test_a_limit_of_many_is_taken_in_by_portions(
    connection: psycopg.Connection, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "PORTION", 1)
    connection.execute(
        "insert into threshold (scope, scope_id, name, value) values ('model', 'm1', 'not_up', 9)"
    )
    for count in range(1, 5):
        assert reader.look(connection)
        limits = [each.thresholds for each in reader.snapshot.subjects()]
        assert limits.count({"not_up": 9}) == count
    assert not reader.behind
    assert not reader.look(connection)
    assert same(reader.snapshot, load_directory(connection))


def test_who_is_new_is_read_at_once_though_limits_are_behind(
    connection: psycopg.Connection, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "PORTION", 1)
    connection.execute(
        "insert into threshold (scope, scope_id, name, value) values ('model', 'm1', 'not_up', 9)"
    )
    reader.look(connection)
    registry.add(connection, "new", "bed", model="m1")
    reader.look(connection)
    assert reader.behind
    new = reader.snapshot.device("new")
    assert new is not None
    assert reader.snapshot.subject(new.slot).thresholds == {"not_up": 9}
    while reader.behind:
        reader.look(connection)
    assert same(reader.snapshot, load_directory(connection))


def test_who_is_deleted_is_missed_though_somebody_else_came(
    connection: psycopg.Connection, reader: Reader
) -> None:
    connection.execute("insert into resident (id, name) values ('guest', '')")
    reader.look(connection)
    with connection.transaction():
        connection.execute("delete from resident where id = 'guest'")
        connection.execute("insert into resident (id, name) values ('heir', '')")
    reader.look(connection)
    assert same(reader.snapshot, load_directory(connection))


def test_another_server_is_read_from_the_beginning(
    connection: psycopg.Connection, reader: Reader, database_url: str
) -> None:
    connection.execute("alter table device disable trigger directory_changed")
    connection.execute("update device set place = 'hall' where id = 'bed-1'")
    assert not reader.look(connection)
    with psycopg.connect(database_url, autocommit=True) as other:
        assert reader.look(other)
    bed = reader.snapshot.device("bed-1")
    assert bed is not None
    assert bed.place == "hall"
