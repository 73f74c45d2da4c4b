"""The network between the pump and its broker or database fails."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
import pytest

from tests.faults.proxy import Proxy
from tests.faults.rig import Rig, pause, within
from tests.talking import Talk

SOON = 2.0


@pytest.fixture
def between(rig: Rig) -> Iterator[Proxy]:
    """What stands between the pump and its database."""
    proxy = Proxy(("127.0.0.1", rig.postgres.port))
    rig.kill("pump")
    rig.start("pump", database_url=_through(rig.postgres.url, "127.0.0.1", proxy.port))
    rig.wait_ready()
    yield proxy
    rig.kill("pump")
    proxy.close()
    rig.start("pump")
    rig.wait_ready()


def test_nothing_arrives_for_a_while(rig: Rig, talk: Talk, between: Proxy) -> None:
    between.stall()
    pressed = rig.press()
    rig.wait_told_unrecorded(pressed)
    rig.wait_said("pump", "has said nothing")
    between.heal()
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)


def test_connections_are_cut(rig: Rig, talk: Talk, between: Proxy) -> None:
    between.drop()
    pressed = rig.press()
    rig.wait_told_unrecorded(pressed)
    rig.wait_said("pump", "is not connected")
    between.heal()
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)


def test_the_broker_is_restarted(rig: Rig, talk: Talk) -> None:
    first = rig.press()
    rig.end_broker()
    rig.wait_said("broker", "does not take connections")
    second = rig.press()
    rig.start_broker()
    within(2 * SOON, lambda: rig.alerts(second), "the alert")  # devices reconnect first, too
    rig.all_is_well(talk, first, second)


# -- a cable that is pulled ----------------------------------------------------------------------


@dataclass
class Island:
    """A network of its own, with one cable to the world and one to the database."""

    name: str
    cable: str
    broker: Proxy
    database: Proxy
    webhook: Proxy
    hosts: tuple[str, str]

    @property
    def hook(self) -> str:
        return f"http://{self.hosts[0]}:{self.webhook.port}/hook"

    def pull(self) -> None:
        _ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        _ip("link", "set", self.cable, "up")


@pytest.fixture
def island(rig: Rig) -> Iterator[Island]:
    """A pump on an island, until the test is over."""
    if not _may_make_networks():
        pytest.skip("needs root, `ip` and the right to make network namespaces")
    name = f"cw{os.getpid()}"
    with contextlib.ExitStack() as leave:
        _ip("netns", "add", name)
        leave.callback(_ip, "netns", "delete", name)
        for number in (1, 2):
            _lay_cable(name, number)
        here = ("10.213.1.1", "10.213.2.1")
        url = urlsplit(rig.nats.mqtt_url)
        broker = Proxy((url.hostname or "", url.port or 0), here[0])
        database = Proxy(("127.0.0.1", rig.postgres.port), here[1])
        hook = urlsplit(rig.receiver.url)
        webhook = Proxy((hook.hostname or "", hook.port or 0), here[0])
        for proxy in (broker, database, webhook):
            leave.callback(proxy.close)
        rig.kill("pump")
        island = Island(name, f"{name}b2", broker, database, webhook, here)
        rig.kill("escalator")  # both post to one address, or they could not know of each other
        rig.start("escalator", webhook_url=island.hook)
        leave.enter_context(_pump_on(rig, island))
        yield island
    rig.kill("escalator")
    rig.start("escalator")
    rig.start("pump")
    rig.wait_ready()


def test_the_cable_to_the_database_is_pulled(rig: Rig, talk: Talk, island: Island) -> None:
    island.pull()
    pressed = rig.press()
    rig.wait_told_unrecorded(pressed)
    pause(10)
    island.plug_in()
    within(SOON + 1, lambda: rig.alerts(pressed), "the alert")  # a lost packet costs a second
    rig.all_is_well(talk, pressed)


@contextlib.contextmanager
def _pump_on(rig: Rig, island: Island) -> Iterator[None]:
    settings = rig.settings | {
        "mqtt_url": _through(rig.nats.mqtt_url, island.hosts[0], island.broker.port),
        "webhook_url": island.hook,
        "database_url": _through(rig.postgres.url, island.hosts[1], island.database.port),
    }
    command = ["ip", "netns", "exec", island.name, sys.executable, "-m", "carewatch", "gateway"]
    environment = {f"CAREWATCH_{name.upper()}": str(value) for name, value in settings.items()}
    with (rig.folder / "island.log").open("ab") as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        rig.wait_ready()
        yield
    finally:
        psutil.Process(process.pid).kill()
        process.wait()


def _lay_cable(name: str, number: int) -> None:
    """From here (10.213.N.1) to the island (10.213.N.2)."""
    here, there = f"{name}b{number}", f"{name}i{number}"
    _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
    _ip("address", "add", f"10.213.{number}.1/24", "dev", here)
    _ip("-n", name, "address", "add", f"10.213.{number}.2/24", "dev", there)
    _ip("link", "set", here, "up")
    _ip("-n", name, "link", "set", there, "up")
    _ip("-n", name, "link", "set", "lo", "up")


def _may_make_networks() -> bool:
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    probe = f"cwprobe{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode:
        return False
    _ip("netns", "delete", probe)
    return True


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _through(url: str, host: str, port: int) -> str:
    parts = urlsplit(url)
    return url.replace(f"@{parts.hostname}:{parts.port}", f"@{host}:{port}")
