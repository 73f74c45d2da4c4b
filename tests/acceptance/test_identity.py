"""Who may come in at the real broker, who is kept out, and who is put out again."""

from contextlib import closing

import psycopg
from prometheus_client import REGISTRY

from carewatch import authority
from carewatch.embedded.nats import Nats
from gateway import registry
from tests.acceptance.door import Door, serving
from tests.waiting import eventually


def test_a_device_comes_in_with_its_own_secret_and_is_heard(door: Door) -> None:
    gateway = door.gateway()
    device = door.knock("bed-1", door.add("bed-1"))
    assert device.answer == "Success"
    device.say("cw/v1/bed-1/sample", b'{"heart_rate": 61}')
    eventually(lambda: gateway.got == [("cw/v1/bed-1/sample", b'{"heart_rate": 61}')])


def test_a_wrong_secret_is_refused_and_told_once_without_the_secret(door: Door) -> None:
    door.add("bed-1")
    theirs = door.add("bed-2")
    for guess in ("guess-1", theirs, ""):
        assert door.knock("bed-1", guess).answer == "Not authorized"
    assert door.knock("nobody", "guess-1").answer == "Not authorized"
    eventually(lambda: len(door.quarantine()) == 2)
    (first, _, why), (second, _, _) = door.quarantine()
    assert (first, second) == ("bed-1", "nobody")
    assert why.startswith("wrong secret")
    assert "guess" not in str(door.quarantine())


def test_a_revoked_device_is_put_out_at_once(door: Door) -> None:
    old = door.add("bed-1")
    device = door.knock("bed-1", old)
    device.mqtt.reconnect_delay_set(60)
    with psycopg.connect(door.database_url) as connection:
        new = registry.rotate(connection, "bed-1")
    assert device.gone.wait(3)
    assert door.knock("bed-1", old).answer == "Not authorized"
    again = door.knock("bed-1", new)
    assert again.answer == "Success"
    assert not again.gone.wait(3)  # the second look spares who came in with the new secret

    with psycopg.connect(door.database_url) as connection:
        registry.remove(connection, "bed-1")
    assert again.gone.wait(3)
    assert door.knock("bed-1", new).answer == "Not authorized"


def test_who_was_revoked_while_nobody_listened_is_put_out_later(
    broker: Nats, database_url: str
) -> None:
    with closing(Door(broker, database_url)) as door:
        with serving(broker, database_url):
            stays, goes = (door.knock(name, door.add(name)) for name in ("bed-1", "bed-2"))
        with psycopg.connect(database_url) as connection:
            registry.remove(connection, "bed-2")
        with serving(broker, database_url):
            assert goes.gone.wait(5)
            assert not stays.gone.is_set()


def test_it_is_seen_that_logins_are_answered_until_they_are_not(
    broker: Nats, database_url: str
) -> None:
    def seen() -> bool:
        with psycopg.connect(database_url) as connection:
            held = "select from pg_locks where locktype = 'advisory' and objid = %s and granted"
            return bool(connection.execute(held, (authority.WORKING,)).fetchall())

    with serving(broker, database_url):
        eventually(seen)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'carewatch auth' and datname = current_database()"
            )
        eventually(seen)
    eventually(lambda: not seen())


def test_another_device_cannot_take_over_a_session(door: Door) -> None:
    first = door.knock("bed-1", door.add("bed-1"))
    assert door.knock("bed-2", door.add("bed-2"), client_id="bed-1").answer == "Not authorized"
    assert not first.gone.is_set()


def test_a_bridge_speaks_for_its_devices_and_learns_of_changes(door: Door) -> None:
    gateway = door.gateway()
    with psycopg.connect(door.database_url) as connection:
        fleet = registry.create_fleet(connection, 2_000)
    bridge = door.knock(fleet.username, fleet.password)
    assert bridge.answer == "Success"
    for name in ("bed-00001", "bed-02000", "bed-02001"):
        bridge.say(f"cw/v1/{name}/sample")
    eventually(lambda: len(gateway.got) == 2)
    eventually(lambda: len(door.quarantine()) == 1)
    assert [topic for topic, _ in gateway.got] == [
        "cw/v1/bed-00001/sample",
        "cw/v1/bed-02000/sample",
    ]
    with psycopg.connect(door.database_url) as connection:
        registry.remove(connection, "bed-00001")
    assert bridge.gone.wait(3)


def test_a_bridge_of_too_many_devices_is_told_to_divide_them(door: Door) -> None:
    """The broker would take no answer so long, and leave the bridge without one."""
    names = [f"bed-{number:060d}" for number in range(25_000)]
    with psycopg.connect(door.database_url) as connection:
        secret = registry.add(connection, "bridge-1", "bridge")
        connection.execute(
            "insert into device (id, kind, secret_hash) select unnest(%s::text[]), 'bed', ''",
            (names,),
        )
        registry.attach(connection, "bridge-1", names)
    assert door.knock("bridge-1", secret).answer == "Not authorized"
    eventually(lambda: len(door.quarantine()) == 1)
    assert "divide them among several bridges" in door.quarantine()[0][2]


def test_devices_come_in_while_the_database_is_away(door: Door) -> None:
    """Though they never did before: a button sleeps for days, and is pressed in an outage."""
    secret = door.add("bed-1")
    eventually(lambda: REGISTRY.get_sample_value("carewatch_logins_known") == 1)
    name = door.database_url.rsplit("/", 1)[1]
    maintenance = door.database_url.rsplit("/", 1)[0] + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )
        try:
            gateway = door.gateway()
            button = door.knock("bed-1", secret)
            assert button.answer == "Success"
            button.say("cw/v1/bed-1/event")
            eventually(lambda: [topic for topic, _ in gateway.got] == ["cw/v1/bed-1/event"])
            assert door.knock("bed-1", "wrong").answer == "Not authorized"
        finally:
            connection.execute(f"alter database {name} allow_connections true")
