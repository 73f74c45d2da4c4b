"""Broker, database, pump, escalator and API: real processes, each of which a test may hurt."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from carewatch import steady
from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres, free_port
from carewatch.embedded.timescale import Timescale
from carewatch.migrate import migrate
from domain.time import stopwatch
from gateway import registry
from tests.alerts.conftest import Receiver
from tests.talking import Session, Talk, await_kept
from tests.waiting import eventually

BEDS = ("bed-0", "bed-1")
SERVICES = ("pump", "escalator", "keeper", "api")
RESIDENTS = 200
"""Each has one button, for one press."""

_DATABASE_USER = "carewatch", "carewatch"

_PEOPLE = """
insert into team (id, name, level) values ('county', 'County', 'county');
insert into account (id, username, password_hash, role, name, team_id)
values ('a-mei', 'mei', '', 'family', 'Mei', null),
       ('a-centre', 'centre', '', 'centre', 'Centre', 'county');
insert into resident (id, name, team_id)
select 'r-' || n, 'R ' || n, 'county' from generate_series(0, 199) n;
insert into care_circle (account_id, resident_id)
select 'a-mei', 'r-' || n from generate_series(0, 199) n;
"""


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


class Rig:
    """A carewatch in pieces. Every resident ``r-N`` has a button ``button-N``."""

    def __init__(self, folder: Path, postgres: Postgres, leave: ExitStack) -> None:
        self.folder = folder
        self.postgres = postgres
        self.nats = Nats(folder / "broker")
        self.receiver = leave.enter_context(Receiver())
        self.http_port = free_port()
        self.pids: dict[str, int] = {}
        self._presses = iter(range(RESIDENTS))
        self._nursery = self._found_nursery()
        leave.callback(self._nursery.wait, 10)
        leave.callback(self._nursery.stdin.close)
        self.postgres.prepare()
        self.nats.prepare()
        self.start_database()
        leave.callback(self.end_database)
        self.start_broker()
        leave.callback(self.end_broker)
        self._furnish()
        self.database = self.connect()
        self.devices = Session(self.nats.mqtt_url, "faults-devices")
        self.devices.connect()
        leave.callback(self.devices.leave)
        for service in SERVICES:
            self.start(service)
        self.wait_ready()

    # -- processes ----------------------------------------------------------------------------

    def start(self, service: str, **settings: Any) -> int:
        """Fork a service; it is up some tenths of a second later."""
        asked = {
            "service": service,
            "settings": self.settings | settings,
            "log": str(self.folder / f"{service}.log"),
        }
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        self.pids[service] = int(self._nursery.stdout.readline())
        return self.pids[service]

    def kill(self, service: str) -> None:
        """SIGKILL, and nothing is left of it."""
        pid = self.pids[service]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not psutil.pid_exists(pid), f"the end of the {service}")

    def start_database(self) -> None:
        self._database_process = self.postgres.start()
        self.postgres.wait()

    def end_database(self, how: signal.Signals = signal.SIGINT) -> None:
        self._database_process.send_signal(how)
        self._database_process.wait(20)

    def freeze_database(self) -> None:
        """Every process of it stands still, and its connections stay."""
        self._signal_database(signal.SIGSTOP)

    def thaw_database(self) -> None:
        self._signal_database(signal.SIGCONT)

    def _signal_database(self, number: signal.Signals) -> None:
        """The first of its processes first: it starts no others then."""
        self._database_process.send_signal(number)
        for child in psutil.Process(self._database_process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(number)

    def start_broker(self) -> None:
        self._broker_process = self.nats.start()
        self.nats.wait()

    def end_broker(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._broker_process.send_signal(how)
        self._broker_process.wait(20)

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "data": str(self.folder / "data"),
            "database_url": self.postgres.url,
            "mqtt_url": self.nats.mqtt_url,
            "webhook_url": self.receiver.url,
            "http_port": self.http_port,
        }

    @property
    def journal(self) -> list[Any]:
        """What the pump has noted of what it told."""
        file = self.folder / "data" / "told.json"
        noted: list[Any] = json.loads(file.read_text()) if file.exists() else []
        return noted

    @property
    def receiving(self) -> bool:
        """Whether the pump hears the broker."""
        held = "select from pg_locks where locktype = 'advisory' and objid = %s and granted"
        return self.ask(held, steady.RECEIVING) != []

    @property
    def memory(self) -> int:
        """Bytes that the pump alone holds."""
        return int(psutil.Process(self.pids["pump"]).memory_full_info().uss)

    # -- what is seen -------------------------------------------------------------------------

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.postgres.url, autocommit=True)

    def ask(self, query: str, *arguments: Any) -> list[Any]:
        try:
            return self.database.execute(query, arguments).fetchall()
        except psycopg.OperationalError:  # it ended with the database: once more, on a new one
            self.database.close()
            self.database = self.connect()
            return self.database.execute(query, arguments).fetchall()

    def set_database(self, what: str) -> None:
        """Change the configuration of the database while it runs."""
        with self.connect() as connection:
            connection.execute("set default_transaction_read_only = off")
            connection.execute(f"alter system set {what}".encode())
            connection.execute("select pg_reload_conf()")

    def move_tables(self, disk: Path | None) -> None:
        """To a disk of their own, or back; carewatch stands still meanwhile."""
        for service in SERVICES:
            self.kill(service)
        self.database.close()
        url = self.postgres.url.removesuffix("/carewatch") + "/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            if disk is not None:
                shutil.chown(disk, *_DATABASE_USER)
                place = self.postgres.seen(disk)
                connection.execute(f"create tablespace small location '{place}'".encode())
            space = "pg_default" if disk is None else "small"
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'carewatch'"
            )
            connection.execute(f"alter database carewatch set tablespace {space}".encode())
            if disk is None:
                connection.execute("drop tablespace small")
        for service in SERVICES:
            self.start(service)
        self.wait_ready()

    def readyz(self) -> dict[str, str]:
        """The sentences of the parts that fail."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.http_port}/readyz", timeout=10)
        except httpx.TransportError as error:
            return {"api": str(error)}
        parts = answer.json()["parts"]
        return {name: part["detail"] for name, part in parts.items() if part["state"] != "ok"}

    def wait_ready(self) -> None:
        eventually(lambda: self.readyz() == {}, f"readiness ({self.readyz()})", 60)

    def wait_said(self, part: str, words: str) -> None:
        """Until ``/readyz`` says these words of a part."""
        eventually(
            lambda: words in self.readyz().get(part, ""), f"{words!r} of {part} ({self.readyz()})"
        )

    # -- what devices do ----------------------------------------------------------------------

    def press(self) -> str:
        """Somebody presses a button that was never pressed; the resident."""
        number = next(self._presses)
        event = {"id": f"press-{number}", "event": "button_pressed"}
        self.devices.publish(f"button-{number}", "event", event)
        return f"r-{number}"

    def alerts(self, resident: str) -> int:
        (count,) = self.ask("select count(*) from alert where subject = %s", resident)[0]
        return int(count)

    def told(self, resident: str) -> list[dict[str, Any]]:
        """The posts about a resident's press, as far as they have come.

        They are known by the button: a pump that has never read the database knows nobody else.
        """
        button = resident.replace("r-", "button-")
        bodies = [json.loads(request.body) for request in list(self.receiver.requests)]
        return [
            body
            for body in bodies
            if body["occasion"] == "raised" and body["alert"]["device"] == button
        ]

    def wait_told_unrecorded(self, resident: str) -> None:
        """Until the family is told of a press that cannot be recorded; no sooner than after 5 s."""
        eventually(lambda: self.told(resident), "the telling", 15)
        assert [body["recorded"] for body in self.told(resident)] == [False]
        assert "Not yet recorded" in self.told(resident)[0]["reason"]

    def all_is_well(self, talk: Talk, *residents: str) -> None:
        """Nothing is lost, nothing is doubled, everybody was told once."""
        talk.end()
        self.devices.settle()
        for resident in residents:
            eventually(lambda r=resident: self.alerts(r) == 1, f"the alert of {resident}", 30)
            eventually(lambda r=resident: self.told(r), f"the post about {resident}")
        assert self.ask("select key from event group by device, key having count(*) > 1") == []
        for bed in BEDS:
            await_kept(self.devices, bed, self.ask)
        assert self.ask("select count(*) from alert where kind <> 'sos'") == [(0,)]
        assert [r for r in residents if self.alerts(r) != 1] == []
        self.wait_ready()
        eventually(lambda: self._on_their_way() == [], "the last message of each press")
        for resident in residents:
            told = [
                (body["recipient"]["name"], body.get("recorded", True))
                for body in self.told(resident)
            ]
            names = [name for name, _ in told]
            assert len(names) == len(set(names)), (told, self._outbox(resident), self.journal)
        eventually(lambda: self.journal == [], "what was told is recorded")

    def _on_their_way(self) -> list[Any]:
        """First messages that nobody has delivered yet: a second one may still come of them."""
        return self.ask(
            "select id from outbox where occasion = 'raised'"
            " and sent_at is null and given_up_at is null"
        )

    def _outbox(self, resident: str) -> list[Any]:
        return self.ask(
            "select o.recipient, o.channel, o.address, o.attempts, o.created_at, o.sent_at,"
            " o.payload ? 'recorded' from outbox o join alert a on a.id = o.alert_id"
            " where a.subject = %s and o.occasion = 'raised'",
            resident,
        )

    # -- setting up ---------------------------------------------------------------------------

    def _found_nursery(self) -> Any:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _furnish(self) -> None:
        with psycopg.connect(self.postgres.url) as connection:
            migrate(connection)
            connection.execute(_PEOPLE.encode())
            for bed, name in enumerate(BEDS):
                registry.add(connection, name, "bed", resident=f"r-{RESIDENTS - 1 - bed}")
            for number in range(20):
                registry.add(connection, f"flood-{number}", "bed", resident=f"r-{100 + number}")
            for number in range(RESIDENTS):
                registry.add(connection, f"button-{number}", "button", resident=f"r-{number}")


@contextmanager
def rig(folder: Path, postgres: Postgres) -> Iterator[Rig]:
    folder.mkdir()
    with ExitStack() as leave:
        if isinstance(postgres, Timescale):
            leave.callback(postgres.remove)
        yield Rig(folder, postgres, leave)


def within(seconds: float, look: Any, what: str) -> float:
    """How long it took; fails where it took longer."""
    began = stopwatch()
    eventually(look, what, seconds)
    return stopwatch() - began
