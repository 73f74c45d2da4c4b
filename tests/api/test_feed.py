"""The live feed over a real server: nothing lost, nothing doubled, nothing of another's."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from carewatch.server import Server
from domain.time import SECOND, SystemClock, stopwatch, to_datetime
from tests.api.conftest import World

PATIENCE_S = 10.0


class Follower:
    """A client of the feed; its events as they arrive."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.comments = 0

    def next(self) -> tuple[str, int, dict[str, Any]]:
        """The next event: name, id and data. StopIteration where the feed ended."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and fields:
                return fields["event"], int(fields["id"]), json.loads(fields["data"])
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise StopIteration

    def snapshot(self) -> tuple[set[str], int]:
        """The first event: names of the open alerts, and where they stand."""
        event, number, data = self.next()
        assert event == "snapshot"
        assert number == data["sequence"]
        return {alert["id"] for alert in data["alerts"]}, number

    def changes(self, count: int) -> list[tuple[int, str]]:
        found = []
        for _ in range(count):
            event, number, data = self.next()
            assert (event, data["sequence"]) == ("alert", number)
            found.append((number, data["id"]))
        return found

    def ended(self) -> bool:
        try:
            self.next()
        except (StopIteration, httpx.RemoteProtocolError):
            return True
        return False


@pytest.fixture
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many changes the server keeps in memory and reads at once, where a test says so."""
    if hasattr(request, "param"):
        monkeypatch.setattr("api.feed.KEPT", request.param)
        monkeypatch.setattr("api.feed.CHUNK", request.param)


@pytest.fixture
def service(database_url: str, world: World, kept: None) -> Iterator[Server]:
    now = SystemClock().now()
    for account in ("family", "neighbour", "station", "centre", "vendor", "admin"):
        world.log_in(account, expires_at=now + 3600 * SECOND)
    with Server(database_url, SystemClock()) as service:
        yield service


@contextmanager
def following(service: Server, account: str, **headers: str) -> Iterator[Follower]:
    headers = {"Authorization": f"Bearer token-of-{account}", **headers}
    url = f"{service.url}/api/v1/feed"
    with httpx.stream("GET", url, headers=headers, timeout=PATIENCE_S) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Follower(answer.iter_lines())


def test_a_snapshot_then_each_change(service: Server, world: World) -> None:
    world.alert("a1", "anna")
    with following(service, "family") as family:
        alerts, place = family.snapshot()
        assert alerts == {"a1"}
        number = world.change("a1", "repeated")
        assert number > place
        assert family.changes(1) == [(number, "a1")]


def test_two_clients_hear_the_same_and_each_only_of_its_own(service: Server, world: World) -> None:
    with following(service, "family") as family, following(service, "neighbour") as neighbour:
        assert family.snapshot() == neighbour.snapshot() == (set(), 0)
        with following(service, "centre") as centre:
            assert centre.snapshot() == (set(), 0)
            world.alert("a1", "anna")
            world.alert("c1", "carl")
            world.alert("b1", "bert")
            assert [name for _, name in centre.changes(2)] == ["a1", "b1"]
        assert [name for _, name in family.changes(1)] == ["a1"]
        assert [name for _, name in neighbour.changes(1)] == ["b1"]
        last = world.change("a1", "repeated")
        assert family.changes(1) == [(last, "a1")]


def test_it_goes_on_where_it_was_left(service: Server, world: World) -> None:
    world.alert("a1", "anna")
    with following(service, "family") as family:
        _, place = family.snapshot()
    missed = [(world.change("a1", "repeated"), "a1") for _ in range(3)]
    world.alert("b1", "bert")
    with following(service, "family", **{"Last-Event-ID": str(place)}) as family:
        assert family.changes(3) == missed
        last = world.change("a1", "repeated")
        assert family.changes(1) == [(last, "a1")]


def test_after_a_snapshot_of_a_new_system_nothing_is_missed(service: Server, world: World) -> None:
    with following(service, "family") as family:
        assert family.snapshot() == (set(), 0)
    number = world.alert("a1", "anna")
    with following(service, "family", **{"Last-Event-ID": "0"}) as family:
        assert [name for _, name in family.changes(1)] == ["a1"], number


@pytest.mark.parametrize("known", ["999999", "-1", "nonsense", "9" * 40])
def test_who_comes_with_a_number_of_no_use_begins_anew(
    service: Server, world: World, known: str
) -> None:
    world.alert("a1", "anna")
    with following(service, "family", **{"Last-Event-ID": known}) as family:
        assert family.snapshot()[0] == {"a1"}


@pytest.mark.parametrize("kept", [500, 3], indirect=True)
def test_nothing_is_lost_or_doubled_while_others_write(
    service: Server, world: World, database_url: str
) -> None:
    """Clients come, go and resume while four writers append; each sees every number once."""
    writers, each = 4, 50
    for number in range(writers):
        world.alert(f"a{number}", "anna", f"kind-{number}")
    (begin,) = world.connection.execute("select max(sequence) from alert_event").fetchone() or (0,)

    def write(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            for _ in range(each):
                World(connection).change(f"a{number}", "repeated")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    seen: dict[str, list[int]] = {"steady": [], "restless": []}

    def steady() -> None:
        with following(service, "family") as family:
            place = family.snapshot()[1]
            ready.set()
            seen["steady"].append(place)
            while len(seen["steady"]) < writers * each + 1:
                seen["steady"].append(family.changes(1)[0][0])

    ready = threading.Event()
    client = threading.Thread(target=steady)
    client.start()
    assert ready.wait(PATIENCE_S)
    for thread in threads:
        thread.start()
    place = begin
    while place < begin + writers * each:
        with following(service, "centre", **{"Last-Event-ID": str(place)}) as centre:
            for number, _ in centre.changes(min(17, begin + writers * each - place)):
                seen["restless"].append(number)
                place = number
    for thread in (*threads, client):
        thread.join(PATIENCE_S)
    wanted = list(range(begin + 1, begin + writers * each + 1))
    assert seen["steady"][1:] == wanted
    assert seen["restless"] == wanted


def test_a_snapshot_taken_amid_writes_joins_the_changes_without_a_gap(
    service: Server, world: World, database_url: str
) -> None:
    world.alert("a1", "anna")
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not stop.is_set():
                World(connection).change("a1", "repeated")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            with following(service, "family") as family:
                _, place = family.snapshot()
                numbers = [number for number, _ in family.changes(5)]
                assert numbers == list(range(place + 1, place + 6))
    finally:
        stop.set()
        writer.join()


def test_rights_that_change_take_effect_at_once(service: Server, world: World) -> None:
    world.alert("a1", "anna")
    world.alert("b1", "bert")
    with following(service, "neighbour") as neighbour:
        assert neighbour.snapshot()[0] == {"b1"}
        world.connection.execute("insert into care_circle values ('2', 'anna')")
        assert neighbour.snapshot()[0] == {"a1", "b1"}
        world.connection.execute("delete from care_circle where account_id = '2'")
        world.change("a1", "repeated")
        assert neighbour.snapshot()[0] == set()


def test_the_feed_ends_with_the_login(service: Server, world: World) -> None:
    with following(service, "family") as family:
        family.snapshot()
        headers = {"Authorization": "Bearer token-of-family"}
        assert httpx.delete(f"{service.url}/api/v1/session", headers=headers).status_code == 204
        assert family.ended()


def test_the_feed_ends_when_the_login_runs_out(service: Server, world: World) -> None:
    world.log_in("family", expires_at=SystemClock().now() + 2 * SECOND)
    with following(service, "family") as family:
        family.snapshot()
        assert family.ended()


def test_the_feed_ends_when_the_account_is_disabled(service: Server, world: World) -> None:
    with following(service, "family") as family:
        family.snapshot()
        world.connection.execute("update account set disabled_at = now() where id = '1'")
        assert family.ended()


def test_a_vendor_has_no_feed(service: Server) -> None:
    headers = {"Authorization": "Bearer token-of-vendor"}
    assert httpx.get(f"{service.url}/api/v1/feed", headers=headers).status_code == 403


def test_the_server_stops_within_seconds_with_feeds_open(database_url: str, world: World) -> None:
    world.log_in("family", expires_at=SystemClock().now() + 3600 * SECOND)
    with Server(database_url, SystemClock()) as service, following(service, "family") as family:
        family.snapshot()
        begun = stopwatch()
        service.__exit__()
        assert stopwatch() - begun < 5
        assert family.ended()


def test_lost_notifications_are_made_up_for(service: Server, world: World) -> None:
    """The listening connection is cut, and a change made while nobody listens."""
    with following(service, "family") as family:
        family.snapshot()
        world.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'carewatch api listener'"
            " and datname = current_database()"
        )
        world.alert("a1", "anna")
        assert [name for _, name in family.changes(1)] == ["a1"]


@contextmanager
def _away(database_url: str) -> Iterator[None]:
    """The database takes no connections, and ends those that there are."""
    server, _, name = database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f"alter database {name} allow_connections false")
        maintenance.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
        )
        try:
            yield
        finally:
            maintenance.execute(f"alter database {name} allow_connections true")


def test_a_database_that_is_away_is_told_and_survived(
    service: Server, world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeds end rather than look alive; afterwards clients find their place again."""
    monkeypatch.setattr("api.feed.SILENCE", SECOND)
    monkeypatch.setattr("api.feed.POLL_S", 0.2)
    headers = {"Authorization": "Bearer token-of-family"}
    with following(service, "family") as family:
        _, place = family.snapshot()
        with _away(database_url):
            assert family.ended()
            answer = httpx.get(f"{service.url}/api/v1/alerts", headers=headers, timeout=20)
            assert answer.status_code == 503
            assert "database" in answer.json()["detail"]
            ready = httpx.get(f"{service.url}/readyz", timeout=20)
            assert ready.status_code == 503
            assert ready.json()["parts"]["database"]["state"] == "failing"
    with psycopg.connect(database_url, autocommit=True) as connection:
        World(connection).alert("a1", "anna")
    deadline = stopwatch() + PATIENCE_S
    while httpx.get(f"{service.url}/api/v1/me", headers=headers, timeout=20).status_code != 200:
        assert stopwatch() < deadline
    with following(service, "family", **{"Last-Event-ID": str(place)}) as family:
        assert [name for _, name in family.changes(1)] == ["a1"]


def test_a_change_arrives_within_a_moment(service: Server, world: World) -> None:
    world.alert("a1", "anna")
    with following(service, "family") as family:
        family.snapshot()
        spans = []
        for _ in range(20):
            begun = stopwatch()
            world.change("a1", "repeated")
            family.changes(1)
            spans.append(stopwatch() - begun)
    assert sorted(spans)[10] < 1.0, "it came by polling, not by notification"


def test_expired_sessions_do_not_linger(service: Server, world: World) -> None:
    world.connection.execute("update session set expires_at = %s", (to_datetime(0),))
    headers = {"Authorization": "Bearer token-of-family"}
    assert httpx.get(f"{service.url}/api/v1/feed", headers=headers).status_code == 401
