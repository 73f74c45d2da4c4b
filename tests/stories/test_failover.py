"""The database goes down in the middle of a story, and comes up again: the story goes on."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from carewatch import escalator
from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate
from domain.time import MINUTE, SECOND
from tests.alerts import conftest
from tests.stories.village import NIGHT, Village
from tests.waiting import eventually


class Server:
    """A database server of the story's own, which can be lost and found."""

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder / "failover")
        self.postgres.prepare()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = self.postgres.start()
        self.postgres.wait()

    def crash(self) -> None:
        """As by a power cut: no session is told, nothing is tidied up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(20)

    def enter(self, now: int) -> Village:
        return Village(psycopg.connect(self.postgres.url, autocommit=True), now)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    with psycopg.connect(server.postgres.url) as connection:
        migrate(connection)
        connection.execute(conftest._PEOPLE.encode())
    yield server
    server.crash()


@contextmanager
def escalating(server: Server, village: Village) -> Iterator[None]:
    """An escalator's deadlines, on the clock of the story."""
    stop = threading.Event()
    job = escalator.Job("deadlines", "alert", escalator.Keeper(village.clock))
    thread = threading.Thread(
        target=escalator.keep, args=(job, server.postgres.url, village.clock, stop)
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def test_the_story_goes_on_where_the_database_comes_back(server: Server) -> None:
    village = server.enter(NIGHT)
    with escalating(server, village):
        village.sensor("fall", "f1", certainty="confirmed")
        village.person("station", "accepted")
        before = village.whole()
        server.crash()
        with pytest.raises(psycopg.OperationalError):
            village.person("station", "on_the_way")
        village.clock.advance(4 * MINUTE)
        server.start()
        again = server.enter(village.clock.now())
        assert again.whole() == before, "what was committed is there, and nothing else"
        again.person("station", "on_the_way", expected_at=NIGHT + 10 * MINUTE)
        server.crash()
        village.clock.advance(11 * MINUTE)  # past the estimate, while nobody can write
        server.start()
        once_more = server.enter(village.clock.now())
        eventually(lambda: _changes(once_more)[-1] == "no_answer", "the deadline that was missed")
        once_more.clock.advance(SECOND)
        once_more.person("li", "accepted")
        once_more.person("li", "resolved", outcome="real")
    assert _changes(once_more) == [
        "raised", "accepted", "on_the_way", "no_answer", "accepted", "resolved",
    ]  # fmt: skip
    asked = [name for _, name in once_more.asked()]
    assert asked == ["Li", "Mei", "Station", "Centre"], "nobody twice"


def _changes(village: Village) -> list[Any]:
    return [change for change, _ in village.history()]
