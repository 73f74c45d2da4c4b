"""What a device may say and hear at the real broker; what else it tried is shown."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from prometheus_client import REGISTRY

from carewatch.displays import Displays
from carewatch.steady import Connector
from domain.time import SystemClock
from gateway import registry
from gateway.inbox import Mailbox
from gateway.mqtt.subscriber import Subscriber
from tests.acceptance.door import Client, Door
from tests.waiting import eventually


def test_a_foreign_topic_is_dropped_counted_and_shown(door: Door) -> None:
    gateway = door.gateway()
    device = door.knock("bed-1", door.add("bed-1"), client_id="esp32")
    door.add("bed-2")
    for topic in ("cw/v1/bed-2/event", "cw/v1/bed-1/receipt", "other/topic"):
        device.say(topic)
        device.say(topic)
    device.say("cw/v1/bed-1/event", b"mine")
    eventually(lambda: len(door.quarantine()) == 3)
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
    eventually(lambda: refused() == before + 2 * len(told))
    why = "not permitted: a device may subscribe below cw/v1/bed-1/ only"
    wanted = [("bed-1", topic, why) for topic in told]
    eventually(lambda: [row for row in door.quarantine() if "subscribe" in row[2]] == wanted)


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
    eventually(lambda: row in door.quarantine())
    assert [topic for topic, _ in gateway.got] == ["cw/v1/bed-1/event"]


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
            eventually(lambda: bool(wall.got))
            board = json.loads(wall.got[-1][1])
            (alert,) = board["alerts"]
            assert (alert["kind"], alert["name"], alert["taken_by"]) == ("sos", "Anna", None)
            connection.execute("delete from alert")
            connection.execute("select pg_notify('alert', '')")
            eventually(lambda: not json.loads(wall.got[-1][1])["alerts"])
            gateway = door.gateway()
            wall.say("cw/v1/wall-1/sample", qos=0)
            wall.say("cw/display/town/alerts", b"all well", qos=0)
            late = door.knock("wall-1", secret, "wall-1b")
            assert late.listen("cw/display/town/alerts")
            eventually(lambda: bool(late.got))
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
