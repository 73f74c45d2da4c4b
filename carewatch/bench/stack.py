"""A whole carewatch in a folder of its own, to be measured: real broker, database, processes."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from carewatch.embedded import timescale
from carewatch.embedded.nats import Nats
from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate
from carewatch.settings import PREFIX
from domain.errors import Unavailable
from domain.time import stopwatch
from gateway import registry

DATABASE_SETTING = "BENCH_DATABASE"
"""Environment variable with the kind of database to measure on: ``embedded`` or ``timescale``."""


@dataclass(slots=True)
class Stack:
    """Broker, database and login service, running; the rest is started by whoever measures."""

    folder: Path
    postgres: Postgres
    nats: Nats
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a carewatch process that belongs to this stack."""
        settings = {
            "data": self.folder,
            "database_url": self.postgres.url,
            "mqtt_url": self.nats.mqtt_url,
            "nats_url": self.nats.nats_url,
            "nats_system_url": self.nats.system_url,
            "nats_issuer": self.nats.issuer,
            "nats_log": self.nats.log_file,
        }
        return {PREFIX + name.upper(): str(value) for name, value in settings.items()}

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        """Start ``carewatch`` with these arguments (``python -m`` for others) as ``name``."""
        with (self.folder / f"{name}.log").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env={**os.environ, **self.environment, **environment},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def cpu(self, name: str) -> float:
        """CPU seconds that a process and its children have used."""
        process = psutil.Process(self.processes[name].pid)
        used = 0.0
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # a session of the database that just ended
                times = each.cpu_times()
                used += times.user + times.system
        return used

    def fleet(self, beds: int) -> Path:
        """Register beds and a bridge for them; the file that the load generator reads."""
        with self.connect() as connection:
            fleet = registry.create_fleet(connection, beds)
        path = self.folder / "fleet.json"
        bridge = {"username": fleet.username, "password": fleet.password}
        path.write_text(json.dumps({"bridge": bridge, "devices": list(fleet.devices)}))
        return path

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.postgres.url, autocommit=True)

    def load(self, fleet: Path, *arguments: str) -> dict[str, Any]:
        """Run the load generator to its end; what it says."""
        command = [sys.executable, "-m", "simulators.load", "--mqtt", self.nats.mqtt_address]
        command += ["--fleet", str(fleet), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise Unavailable(f"The load generator ended: {done.stderr.strip()}")
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def wait_for_a_message(self, fleet: Path) -> None:
        """Return once a message of a bed gets through; a pump is at work."""

        def through() -> bool:
            with suppress(Unavailable):  # the bridge cannot log in before `carewatch auth` is there
                self.load(fleet, "--rate", "0", "--messages", "1", "--beds", "1")
            with self.connect() as connection:
                return connection.execute("select from sample limit 1").fetchone() is not None

        until(through, 60, "A first message through the pump")


@contextmanager
def stack(keep: Path | None = None) -> Iterator[Stack]:
    """A fresh stack in a temporary folder, gone afterwards; or in ``keep``, which stays."""
    with ExitStack() as leave:
        folder = keep or Path(
            leave.enter_context(tempfile.TemporaryDirectory(prefix="carewatch-bench-"))
        )
        database = _database(folder / "database", leave, keep is not None)
        whole = Stack(folder, database, Nats(folder / "broker"))
        leave.callback(_end, whole)
        whole.postgres.prepare()
        whole.nats.prepare()
        whole.processes["database"] = whole.postgres.start()
        whole.processes["broker"] = whole.nats.start()
        whole.postgres.wait()
        whole.nats.wait()
        with whole.connect() as connection:
            migrate(connection)
        whole.start("auth", "carewatch", "auth")
        yield whole


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for a condition; Unavailable, saying what was waited for, where it does not come."""
    deadline = stopwatch() + seconds
    while not condition():
        if stopwatch() > deadline:
            raise Unavailable(f"{what} did not happen within {seconds:g} s.")
        threading.Event().wait(0.1)


def _database(folder: Path, leave: ExitStack, keep: bool) -> Postgres:
    """The embedded PostgreSQL, or the TimescaleDB that ``carewatch bench --database`` asks for."""
    if os.environ.get(DATABASE_SETTING) != "timescale":
        return Postgres(folder)
    server = timescale.Timescale(timescale.install(), folder)
    if not keep:
        leave.callback(server.remove)
    return server


def _end(whole: Stack) -> None:
    for name in reversed(list(whole.processes)):
        whole.stop(name)
