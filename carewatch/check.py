"""What is wrong here, and how to mend it. Looks, and changes nothing."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

import psycopg

from carewatch import running
from carewatch.edition import edition, prospect
from carewatch.embedded.nats import GATEWAY, login_in, server_binary
from carewatch.embedded.postgres import server_version
from carewatch.migrate import MigrationDrift, migrations, pending
from carewatch.ports import listening_ports, port_is_free
from carewatch.running import Running
from carewatch.settings import Settings
from domain.errors import Unavailable
from domain.time import SECOND, SystemClock, from_datetime, stopwatch
from gateway.mqtt.publisher import Login, Publisher

State = Literal["ok", "wrong", "missing"]

LEAST_DISK_GB = 2.0
"""Ten beds write about 1 GB in a month; below this a database soon stops."""
MOST_CLOCK_OFFSET_S = 2.0
"""Deadlines are counted in seconds by whichever process asks its own clock."""
_LOGIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at. ``missing``: it is outside, and it is not there."""

    name: str
    state: State
    detail: str
    mend: str = ""


def look(settings: Settings) -> Iterator[Found]:
    """Everything that can be looked at from here, in the order in which to mend it."""
    instance = running.read(settings.data)
    yield Found("settings", "ok", f"They can be read. The folder is {settings.data}.")
    yield _disk(settings)
    yield from _programs(settings)
    if instance is None:
        yield from _ports(settings)
    yield from _database(settings, instance)
    yield _broker(settings, instance)


def _disk(settings: Settings) -> Found:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_DISK_GB:
        mend = "Free some space, or name a folder on a larger disk with CAREWATCH_DATA."
        return Found("disk", "wrong", f"{free:.1f} GB are free at {folder}.", mend)
    return Found("disk", "ok", f"{free:.0f} GB are free at {folder}.")


def _programs(settings: Settings) -> Iterator[Found]:
    """The binaries of what is embedded."""
    wanted: list[tuple[str, Callable[[], str]]] = []
    if not settings.mqtt_url:
        wanted.append(("broker program", server_binary))
    if not settings.database_url:
        wanted.append(("database program", server_version))
    for name, find in wanted:
        try:
            yield Found(name, "ok", find())
        except Unavailable as error:
            yield Found(name, "missing", str(error), "Install carewatch again, or set a URL.")


def _ports(settings: Settings) -> Iterator[Found]:
    for name, host, port in listening_ports(settings):
        what = f"port {port}" if port else name.replace("_", " ")
        try:
            free = port_is_free(host, port)
        except Unavailable as error:
            yield Found(what, "wrong", str(error), f"Choose another with --{_option(name)}.")
            continue
        if free:
            yield Found(what, "ok", f"It is free on {host}." if port else "A free one is taken.")
        else:
            mend = f"Stop the program that listens there, or choose another: --{_option(name)}."
            yield Found(what, "wrong", f"It is taken on {host}.", mend)


def _database(settings: Settings, instance: Running | None) -> Iterator[Found]:
    url = settings.database_url or (instance.database if instance else None)
    if url is None:
        yield Found("database", "ok", "Not running; `carewatch up` starts the embedded one.")
        return
    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            yield Found("database", "ok", f"{edition(connection)} answers.")
            yield _clock(connection)
            yield _tables(connection)
    except psycopg.OperationalError as error:
        said = (str(error).strip().splitlines() or ["no answer"])[0]
        yield Found(
            "database", "missing", f"It does not answer: {said}",
            "Start it, or correct CAREWATCH_DATABASE_URL.",
        )  # fmt: skip


def _clock(connection: psycopg.Connection) -> Found:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    offset = abs(SystemClock().now() - from_datetime(row[0])) / SECOND
    if offset > MOST_CLOCK_OFFSET_S:
        mend = "Let both machines set their clocks by NTP."
        return Found("clock", "wrong", f"It is {offset:.1f} s off the database's.", mend)
    return Found("clock", "ok", f"It is within {max(offset, 0.01):.2f} s of the database's.")


def _tables(connection: psycopg.Connection) -> Found:
    try:
        left = pending(connection)
    except MigrationDrift as error:
        return Found("tables", "wrong", str(error), "Do not start this version on it.")
    if left:
        said = f"Not applied: {', '.join(left)}."
        if len(left) == len(list(migrations())):
            said += f" {prospect(connection)}"
        return Found("tables", "wrong", said, "Run `carewatch migrate`.")
    row = connection.execute("select has_timescale()").fetchone()
    how = "TimescaleDB" if row == (True,) else "day partitions (TimescaleDB is not installed)"
    return Found("tables", "ok", f"They are up to date; readings are kept with {how}.")


def _broker(settings: Settings, instance: Running | None) -> Found:
    if settings.mqtt_url:
        return _login(settings.mqtt_url, "Start it, or correct CAREWATCH_MQTT_URL.")
    if instance is None:
        return Found("broker", "ok", "Not running; `carewatch up` starts the embedded one.")
    password = login_in(settings.data / "broker")
    scheme, _, rest = instance.mqtt.partition("://")
    return _login(f"{scheme}://{GATEWAY}:{password}@{rest}", "See the log in DATA/broker.")


def _login(url: str, mend: str) -> Found:
    """Log in as the gateway would, under another client id."""
    said = urlsplit(url)
    place = f"{said.hostname}:{said.port or 1883}"
    publisher = Publisher(url, lambda topic, payload: None)
    user = unquote(said.username) if said.username else None
    password = unquote(said.password) if said.password else None
    publisher.open(Login("carewatch-check", user, password))
    deadline = stopwatch() + _LOGIN_S
    try:
        while stopwatch() < deadline:
            publisher.turn(0.05)
            traffic = publisher.traffic()
            if traffic.connected:
                return Found("broker", "ok", f"{place} lets us in.")
            if traffic.problem:
                return Found("broker", "missing", traffic.problem, mend)
    finally:
        publisher.close(1)
    return Found("broker", "missing", f"{place} does not answer.", mend)


def _option(name: str) -> str:
    return name.replace("_", "-")
