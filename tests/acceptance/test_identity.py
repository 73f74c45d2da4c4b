"""Who may come in at the real broker, who is kept out, and who is put out again."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import REGISTRY

from carewatch import authority, connections
from carewatch.displays import Displays
from carewatch.embedded.nats import GATEWAY, Nats
from carewatch.settings import Settings
from carewatch.steady import Connector
from domain.time import SystemClock, stopwatch
from gateway import registry
from gateway.inbox import Mailbox
from gateway.mqtt.subscriber import Subscriber


@dataclass
class Client:
    """A device, as a vendor would write it."""

    mqtt: mqtt.Client
    answer: str = ""
    answered: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    granted: list[bool] = field(default_factory=list)

    def say(self, topic: str, payload: bytes = b"{}", qos: int = 1) -> None:
        self.mqtt.publish(topic, payload, qos).wait_for_publish(5)

    def listen(self, topic: str) -> bool:
        """Whether the broker lets us."""
        before = len(self.granted)
        self.mqtt.subscribe(topic, 1)
        wait_until(lambda: len(self.granted) > before)
        return self.granted[-1]


@dataclass
class Door:
    """The real broker with the service at its door."""

    broker: Nats
    database_url: str
    clients: list[Client] = field(default_factory=list)

    def knock(self, user: str, password: str, client_id: str | None = None) -> Client:
        """Log in; ``answer`` is then what the broker said."""
        client_id = user if client_id is None else client_id
        client = Client(mqtt.Client(CallbackAPIVersion.VERSION2, client_id))
        client.mqtt.username_pw_set(user, password)
        client.mqtt.on_connect = lambda c, u, f, code, p: _answered(client, str(code))
        client.mqtt.on_disconnect = lambda c, u, f, code, p: client.gone.set()
        client.mqtt.on_message = lambda c, u, m: client.got.append((m.topic, m.payload))
        client.mqtt.on_subscribe = lambda c, u, m, codes, p: client.granted.append(
            not codes[0].is_failure
        )
        client.mqtt.connect("127.0.0.1", self.broker.mqtt_port)
        client.mqtt.loop_start()
        self.clients.append(client)
        assert client.answered.wait(15)
        if client.answer != "Success":
            client.mqtt.loop_stop()
        return client

    def gateway(self) -> Client:
        """Our own session, which hears everything."""
        password = self.broker.mqtt_url.split(":")[2].split("@")[0]
        client = self.knock(GATEWAY, password, "carewatch-listener")
        assert client.listen("cw/v1/+/+")
        return client

    def quarantine(self) -> list[tuple[str, str, str]]:
        with psycopg.connect(self.database_url) as connection:
            return list(
                connection.execute("select device_id, topic, reason from quarantine order by id")
            )

    def add(self, name: str, kind: str = "bed") -> str:
        with psycopg.connect(self.database_url) as connection:
            return registry.add(connection, name, kind)


def _answered(client: Client, answer: str) -> None:
    client.answer = answer
    client.answered.set()


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = stopwatch() + seconds
    while not holds():
        assert stopwatch() < deadline, "it did not come to pass in time"
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nats]:
    nats = Nats(tmp_path_factory.mktemp("broker"))
    nats.prepare()
    process = nats.start()
    nats.wait()
    yield nats
    process.terminate()
    process.wait(10)


@pytest.fixture
def door(broker: Nats, database_url: str) -> Iterator[Door]:
    stop = threading.Event()
    thread = threading.Thread(target=authority.run, args=(_settings(broker, database_url), stop))
    thread.start()
    door = Door(broker, database_url)
    _wait_for_service(broker)
    yield door
    for client in door.clients:
        client.mqtt.disconnect()
        client.mqtt.loop_stop()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def _settings(broker: Nats, database_url: str) -> Settings:
    return Settings(
        data=Path(broker.folder),
        database_url=database_url,
        nats_url=broker.nats_url,
        nats_system_url=broker.system_url,
        nats_issuer=broker.issuer,
        nats_log=broker.log_file,
    )


def _wait_for_service(broker: Nats) -> None:
    wait_until(lambda: connections.listens(broker.system_url, "carewatch-auth"))


def test_a_device_comes_in_with_its_own_secret_and_is_heard(door: Door) -> None:
    gateway = door.gateway()
    device = door.knock("bed-1", door.add("bed-1"))
    assert device.answer == "Success"
    device.say("cw/v1/bed-1/sample", b'{"heart_rate": 61}')
    wait_until(lambda: gateway.got == [("cw/v1/bed-1/sample", b'{"heart_rate": 61}')])


def test_a_wrong_secret_is_refused_and_told_once_without_the_secret(door: Door) -> None:
    door.add("bed-1")
    theirs = door.add("bed-2")
    for guess in ("guess-1", theirs, ""):
        assert door.knock("bed-1", guess).answer == "Not authorized"
    assert door.knock("nobody", "guess-1").answer == "Not authorized"
    wait_until(lambda: len(door.quarantine()) == 2)
    (first, _, why), (second, _, _) = door.quarantine()
    assert (first, second) == ("bed-1", "nobody")
    assert why.startswith("wrong secret")
    assert "guess" not in str(door.quarantine())


def test_a_foreign_topic_is_dropped_counted_and_shown(door: Door) -> None:
    gateway = door.gateway()
    device = door.knock("bed-1", door.add("bed-1"), client_id="esp32")
    door.add("bed-2")
    for topic in ("cw/v1/bed-2/event", "cw/v1/bed-1/receipt", "other/topic"):
        device.say(topic)
        device.say(topic)
    device.say("cw/v1/bed-1/event", b"mine")
    wait_until(lambda: len(door.quarantine()) == 3)
    assert gateway.got == [("cw/v1/bed-1/event", b"mine")]
    assert [(name, topic) for name, topic, _ in door.quarantine()] == [
        ("bed-1", "cw/v1/bed-2/event"),
        ("bed-1", "cw/v1/bed-1/receipt"),
        ("bed-1", "other/topic"),
    ]
    assert "below cw/v1/bed-1/ only" in door.quarantine()[0][2]


MAY_LISTEN = {
    "cw/v1/bed-1/receipt": True,
    "cw/v1/bed-1/command": True,
    "cw/v1/bed-1/+": True,
    "cw/v1/bed-1/#": True,
    "cw/v1/bed-2/receipt": False,
    "cw/v1/+/receipt": False,
    "cw/v1/bed-2/#": False,
    "cw/v1/bed.3/+": False,
    "#": False,
    "$MQTT/sub/#": False,
    "$SYS/#": False,
}


def test_a_device_listens_below_its_own_name_only_and_what_it_tried_is_shown(door: Door) -> None:
    def refused() -> float:
        return REGISTRY.get_sample_value("carewatch_subscriptions_refused_total") or 0

    before = refused()
    device = door.knock("bed-1", door.add("bed-1"), client_id="esp32")
    for _ in range(2):
        assert {topic: device.listen(topic) for topic in MAY_LISTEN} == MAY_LISTEN

    told = [topic for topic, may in MAY_LISTEN.items() if not may]
    told.remove("$MQTT/sub/#")  # refused as well, but the broker does not log it
    wait_until(lambda: refused() == before + 2 * len(told))
    why = "not permitted: a device may subscribe below cw/v1/bed-1/ only"
    wanted = [("bed-1", topic, why) for topic in told]
    wait_until(lambda: [row for row in door.quarantine() if "subscribe" in row[2]] == wanted)


def test_the_last_will_of_another_is_not_spoken(door: Door) -> None:
    gateway = door.gateway()
    device = door.knock("bed-1", door.add("bed-1"))
    device.mqtt.loop_stop()
    device.mqtt.will_set("cw/v1/bed-2/status", b'{"online": false}', 1, True)
    device.mqtt.reconnect()
    device.mqtt.loop_start()
    device.say("cw/v1/bed-1/event")
    _tear(device)
    why = "a device may publish below cw/v1/bed-1/ only, and no receipt or command"
    row = ("bed-1", "cw/v1/bed-2/status", f"not permitted: {why}")
    wait_until(lambda: row in door.quarantine())
    assert [topic for topic, _ in gateway.got] == ["cw/v1/bed-1/event"]


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
    door = Door(broker, database_url)
    names = ("bed-1", "bed-2")
    stop, thread = _serving(broker, database_url)
    stays, goes = (door.knock(name, door.add(name)) for name in names)
    stop.set()
    thread.join(10)
    with psycopg.connect(database_url) as connection:
        registry.remove(connection, "bed-2")
    stop, thread = _serving(broker, database_url)
    try:
        assert goes.gone.wait(5)
        assert not stays.gone.is_set()
    finally:
        for client in (stays, goes):
            client.mqtt.disconnect()
            client.mqtt.loop_stop()
        stop.set()
        thread.join(10)


def test_it_is_seen_that_logins_are_answered_until_they_are_not(
    broker: Nats, database_url: str
) -> None:
    def seen() -> bool:
        with psycopg.connect(database_url) as connection:
            held = "select from pg_locks where locktype = 'advisory' and objid = %s and granted"
            return bool(connection.execute(held, (authority.WORKING,)).fetchall())

    stop, thread = _serving(broker, database_url)
    wait_until(seen)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'carewatch auth' and datname = current_database()"
        )
    wait_until(seen)
    stop.set()
    thread.join(10)
    wait_until(lambda: not seen())


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
    wait_until(lambda: len(gateway.got) == 2)
    wait_until(lambda: len(door.quarantine()) == 1)
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
    secret = door.add("bridge-1", "bridge")
    with psycopg.connect(door.database_url) as connection:
        connection.execute(
            "insert into device (id, kind, secret_hash) select unnest(%s::text[]), 'bed', ''",
            (names,),
        )
        registry.attach(connection, "bridge-1", names)
    assert door.knock("bridge-1", secret).answer == "Not authorized"
    wait_until(lambda: len(door.quarantine()) == 1)
    assert "divide them among several bridges" in door.quarantine()[0][2]


def test_devices_come_in_while_the_database_is_away(door: Door) -> None:
    """Though they never did before: a button sleeps for days, and is pressed in an outage."""
    secret = door.add("bed-1")
    wait_until(lambda: REGISTRY.get_sample_value("carewatch_logins_known") == 1)
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
            wait_until(lambda: [topic for topic, _ in gateway.got] == ["cw/v1/bed-1/event"])
            assert door.knock("bed-1", "wrong").answer == "Not authorized"
        finally:
            connection.execute(f"alter database {name} allow_connections true")


def _serving(broker: Nats, database_url: str) -> tuple[threading.Event, threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(target=authority.run, args=(_settings(broker, database_url), stop))
    thread.start()
    _wait_for_service(broker)
    return stop, thread


def _tear(client: Client) -> None:
    """Lose the connection without a word."""
    client.mqtt.loop_stop()
    socket = client.mqtt.socket()
    assert socket is not None
    socket.close()


_TOWN = """
insert into team values ('town', 'Town', 'township', null),
    ('village', 'Village', 'village', 'town'), ('abroad', 'Abroad', 'township', null);
insert into resident (id, name, team_id) values ('anna', 'Anna Berg', 'village');
"""


def test_a_display_reads_its_own_teams_board_and_says_nothing(door: Door) -> None:
    with psycopg.connect(door.database_url, autocommit=True) as connection:
        connection.execute(_TOWN)
        secret = registry.add(connection, "wall-1", "display", team="town")
        _raise_alert(connection)
        with _displays(door):
            wall = door.knock("wall-1", secret)
            assert wall.listen("cw/display/town/alerts")
            assert not wall.listen("cw/display/abroad/alerts")
            assert not wall.listen("cw/v1/+/sample")
            wait_until(lambda: bool(wall.got))
            board = json.loads(wall.got[-1][1])
            (alert,) = board["alerts"]
            assert (alert["kind"], alert["name"], alert["taken_by"]) == ("sos", "Anna", None)
            connection.execute("delete from alert")
            connection.execute("select pg_notify('alert', '')")
            wait_until(lambda: not json.loads(wall.got[-1][1])["alerts"])
            gateway = door.gateway()
            wall.say("cw/v1/wall-1/sample", qos=0)
            wall.say("cw/display/town/alerts", b"all well", qos=0)
            late = door.knock("wall-1", secret, "wall-1b")
            assert late.listen("cw/display/town/alerts")
            wait_until(lambda: bool(late.got))
            assert json.loads(late.got[-1][1])["alerts"] == [], "what is retained is ours"
            assert gateway.got == []


def _raise_alert(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into alert (id, subject, resident_id, team_id, kind, priority, latching, state,"
        " since, raised_at, incident_id, responsible, deadline) values ('a1', 'anna', 'anna',"
        " 'village', 'sos', 'high', true, 'open', now(), now(), 'a1', 'family', now())"
    )


@contextmanager
def _displays(door: Door) -> Iterator[None]:
    """What the gateway's process does for displays."""
    end, clock = threading.Event(), SystemClock()
    subscriber = Subscriber(door.broker.mqtt_url, Mailbox(clock), "carewatch-displays-test")
    subscriber.start()
    subscriber.wait(10)
    displays = Displays(Connector(door.database_url), subscriber.publish, clock, end)
    displays.start()
    try:
        yield
    finally:
        end.set()
        displays.join()
        subscriber.stop()
