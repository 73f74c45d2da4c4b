"""A small county to raise alerts in: two residents, their families, a station and the centre."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from alerts.alert import Actor, AlertRow
from alerts.store import page, record
from domain.directory import Device, Snapshot, Subject
from domain.finding import KINDS, Finding
from domain.time import Micros

NOON: Micros = 1_795_262_400_000_000
"""2026-11-21T12:00:00Z, a Saturday."""

_PEOPLE = """
insert into team values
    ('county', 'County', 'county', null),
    ('town', 'Town', 'township', 'county'),
    ('village', 'Village', 'village', 'town');
insert into resident (id, slot, name, team_id, timezone, contacts) values
    ('anna', 0, 'Anna', 'village', 'Asia/Shanghai', '[{"name": "Neighbour", "phone": "123"}]'),
    ('ben', 1, 'Ben', 'village', 'UTC', '[]'),
    ('nobodys', 2, 'Nobody''s', null, 'UTC', '[]');
insert into device (id, slot, kind, resident_id, secret_hash) values
    ('bed-1', 3, 'bed', 'anna', ''), ('button-1', 4, 'button', 'anna', ''),
    ('smoke-1', 5, 'ambient', 'anna', ''), ('smoke-2', 6, 'ambient', 'anna', ''),
    ('bed-2', 7, 'bed', 'ben', ''), ('button-9', 8, 'button', null, ''),
    ('button-3', 9, 'button', 'nobodys', '');
insert into account (id, username, password_hash, role, name, team_id) values
    ('a-li', 'li', '', 'family', 'Li', null),
    ('a-mei', 'mei', '', 'family', 'Mei', null),
    ('a-station', 'station', '', 'station', 'Station', 'town'),
    ('a-centre', 'centre', '', 'centre', 'Centre', 'county');
insert into care_circle values ('a-li', 'anna'), ('a-mei', 'anna');
"""

_STAFF = """
insert into account (id, username, password_hash, role, name, team_id) values
    ('a-wang', 'wang', '', 'station', 'Wang', 'village'),
    ('a-zhao', 'zhao', '', 'station', 'Zhao', 'village'),
    ('a-chen', 'chen', '', 'responder', 'Chen', 'county');
"""


@dataclass
class County:
    """The county in a database, and its directory."""

    connection: psycopg.Connection[Any]
    directory: Snapshot
    li = Actor("a-li", "li", "family")
    mei = Actor("a-mei", "mei", "family")
    station = Actor("a-station", "station", "station")
    centre = Actor("a-centre", "centre", "centre")
    noon = NOON

    def tell(self, *findings: Finding, now: Micros | None = None) -> list[str]:
        """Record findings in a transaction; the names of the changes."""
        at = max(finding.at for finding in findings) if now is None else now
        with self.connection.transaction():
            return [c.change for c in record(self.connection, findings, self.directory, at)]

    def raise_one(self, kind: str = "sos", **more: Any) -> AlertRow:
        """An alert of Anna's, raised at noon."""
        finding = self.finding(kind, **more)
        self.tell(finding)
        return self.alerts(kind=kind)[0]

    def finding(self, kind: str = "sos", device: str = "button-1", **more: Any) -> Finding:
        """What a device may tell; of its resident, at noon, unless said otherwise."""
        known = self.directory.device(device)
        assert known is not None
        at = more.pop("at", NOON)
        what = {"since": at, "priority": KINDS[kind].priority, "active": True, **more}
        return Finding(at=at, slot=known.subject, device=known.slot, kind=kind, **what)

    def alerts(self, **chosen: Any) -> list[AlertRow]:
        """Alerts as they stand, the newest first."""
        return page(self.connection, **chosen)[0]

    def hurry(self) -> None:
        """Give everybody one second to answer."""
        self.connection.execute(
            "update policy set steps = (select jsonb_agg(step || '{\"hold_s\": 1}')"
            " from jsonb_array_elements(steps) step)"
        )

    def outbox(self) -> list[tuple[str, str]]:
        """Occasion and recipient of each message, in order."""
        rows = self.connection.execute("select occasion, recipient from outbox order by id")
        return [(occasion.split(":")[0], recipient) for occasion, recipient in rows]


def _directory() -> Snapshot:
    subjects = [
        Subject("anna", 0, "anna", "village", "Asia/Shanghai"),
        Subject("ben", 1, "ben", "village"),
        Subject("nobodys", 2, "nobodys"),
        Subject("device:button-9", 8, None),
    ]
    devices = [
        Device("bed-1", 3, 0), Device("button-1", 4, 0, "button"),
        Device("smoke-1", 5, 0, "ambient"), Device("smoke-2", 6, 0, "ambient"),
        Device("bed-2", 7, 1), Device("button-9", 8, 8, "button"), Device("button-3", 9, 2),
    ]  # fmt: skip
    return Snapshot(subjects, devices)


@pytest.fixture
def directory() -> Snapshot:
    return _directory()


@pytest.fixture
def county(database_url: str, directory: Snapshot) -> Any:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_PEOPLE.encode())
        yield County(connection, directory)


@pytest.fixture
def staffed(county: Any) -> Any:
    """The county with two people in the village's station, and a responder."""
    county.connection.execute(_STAFF)
    return county


@pytest.fixture
def finding(directory: Snapshot) -> Callable[..., Finding]:
    """Makes findings without a database."""
    return County(None, directory).finding  # type: ignore[arg-type]


@dataclass(frozen=True)
class Request:
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """A web server that keeps what it is sent, and answers as it is told (200 from then on)."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[int] = []
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._hangs = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def hang_first(self) -> None:
        """Leave the first request without an answer until :meth:`release`."""
        self._hangs = 1
        self._may_go_on.clear()

    def release(self) -> None:
        self._may_go_on.set()

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, request: Request) -> int:
        if self._hangs:
            self._hangs -= 1
            self._may_go_on.wait(30)
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(receiver._take(Request(headers, body)))
                self.send_header("content-length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
