"""Who is registered, and with which secret."""

import psycopg
import pytest

from domain.errors import NotAllowed
from domain.time import stopwatch
from gateway import registry
from gateway.directory import load_directory


def test_a_secret_is_shown_once_and_kept_as_a_hash(connection: psycopg.Connection) -> None:
    secret = registry.add(connection, "button-7", "button")
    kept = connection.execute("select secret_hash from device where id = 'button-7'").fetchone()
    assert len(secret) >= 43
    assert kept == (registry.hash_secret(secret),)


def test_a_device_logs_in_with_its_own_secret_only(connection: psycopg.Connection) -> None:
    secret = registry.add(connection, "button-7", "button")
    registry.add(connection, "button-8", "button")
    assert registry.verify(connection, "button-7", secret)
    for name, wrong in (("button-7", "guess"), ("button-8", secret), ("button-9", secret)):
        assert registry.verify(connection, name, wrong) is None


def test_rotation_ends_the_old_secret(connection: psycopg.Connection) -> None:
    old = registry.add(connection, "button-7", "button")
    new = registry.rotate(connection, "button-7")
    assert registry.verify(connection, "button-7", old) is None
    assert registry.verify(connection, "button-7", new)


def test_a_removed_device_is_gone_until_it_is_added_again(connection: psycopg.Connection) -> None:
    old = registry.add(connection, "button-7", "button")
    slot = _slot(connection, "button-7")
    registry.remove(connection, "button-7")
    assert registry.verify(connection, "button-7", old) is None
    assert load_directory(connection).device("button-7") is None
    with pytest.raises(registry.UnknownDevice, match="device list"):
        registry.rotate(connection, "button-7")

    new = registry.add(connection, "button-7", "button")
    assert registry.verify(connection, "button-7", old) is None
    assert registry.verify(connection, "button-7", new)
    assert _slot(connection, "button-7") == slot


@pytest.mark.parametrize(
    ("name", "kind", "details", "sentence"),
    [
        ("a b", "bed", {}, "1 to 64 of A-Z"),
        ("x" * 65, "bed", {}, "1 to 64 of A-Z"),
        ("bed-1", "sofa", {}, "no kind of device"),
        ("bed-1", "bed", {"resident": "nobody"}, "no resident nobody"),
        ("bed-1", "bed", {"team": "nowhere"}, "no team nowhere"),
        ("bed-1", "bed", {"interval_s": 0.0}, "more than 0 seconds"),
        ("taken", "bed", {}, "registered already"),
    ],
)
def test_a_refusal_says_what_to_do(
    connection: psycopg.Connection, name: str, kind: str, details: dict[str, str], sentence: str
) -> None:
    registry.add(connection, "taken", "bed")
    with pytest.raises(NotAllowed, match=sentence):
        registry.add(connection, name, kind, **details)  # type: ignore[arg-type]
    assert connection.execute("select count(*) from device").fetchone() == (1,)


def test_revoking_tells_whom_to_put_out(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("listen revoked")
        with psycopg.connect(database_url) as connection:
            registry.add(connection, "bridge-1", "bridge")
            registry.add(connection, "bed-1", "bed")
            registry.attach(connection, "bridge-1", ["bed-1"])
        with psycopg.connect(database_url) as connection:
            registry.rotate(connection, "bed-1")
        with psycopg.connect(database_url) as connection:
            registry.remove(connection, "bed-1")
        told = [note.payload for note in listener.notifies(timeout=2, stop_after=4)]
    assert told == ["bridge-1", "bed-1", "bed-1", "bridge-1"]


def test_a_bridge_speaks_for_its_devices_as_long_as_they_are_in_use(
    connection: psycopg.Connection,
) -> None:
    secret = registry.add(connection, "bridge-1", "bridge")
    for name in ("bed-1", "bed-2"):
        registry.add(connection, name, "bed")
    registry.attach(connection, "bridge-1", ["bed-1", "bed-2"])
    registry.remove(connection, "bed-1")
    login = registry.verify(connection, "bridge-1", secret)
    assert login is not None
    assert login.devices == ("bed-2",)
    with pytest.raises(registry.UnknownDevice, match="bed-9"):
        registry.attach(connection, "bridge-1", ["bed-9"])
    with pytest.raises(registry.UnknownDevice, match="no bridge bed-2"):
        registry.attach(connection, "bed-2", ["bed-2"])


def test_a_fleet_of_ten_thousand_takes_seconds(connection: psycopg.Connection) -> None:
    begun = stopwatch()
    fleet = registry.create_fleet(connection, 10_000)
    directory = load_directory(connection)
    login = registry.verify(connection, fleet.username, fleet.password)
    assert stopwatch() - begun < 20  # some two seconds on a machine that is not busy
    assert fleet.devices[0] == "bed-00001"
    assert login is not None
    assert login.devices == fleet.devices
    assert len(list(directory.subjects())) == 10_001  # the bridge is a subject of its own
    bed = directory.device("bed-10000")
    assert bed is not None
    assert directory.subject(bed.subject).id == "resident-10000"


def test_a_fleet_made_again_keeps_what_is_there(connection: psycopg.Connection) -> None:
    first = registry.create_fleet(connection, 3)
    second = registry.create_fleet(connection, 5)
    assert registry.verify(connection, first.username, first.password) is None
    login = registry.verify(connection, second.username, second.password)
    assert login is not None
    assert len(login.devices) == 5


def _slot(connection: psycopg.Connection, device: str) -> int:
    row = connection.execute("select slot from device where id = %s", (device,)).fetchone()
    assert row is not None
    return int(row[0])
