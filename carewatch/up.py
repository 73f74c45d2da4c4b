"""Everything at once: which parts there are, in which order they start, and when all is ready."""

import http.client
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import fasteners
import psutil
import psycopg
import structlog
from prometheus_client import multiprocess

from carewatch import running
from carewatch.child import Part
from carewatch.connections import listens
from carewatch.embedded.nats import CALLOUT, Nats, answers
from carewatch.embedded.postgres import Postgres
from carewatch.migrate import migrate
from carewatch.ports import check_ports, with_free_ports
from carewatch.settings import PREFIX, Settings
from carewatch.supervisor import Supervisor
from domain.errors import NotAllowed, Unavailable

log = structlog.get_logger()

Tell = Callable[[str], None]
"""Is told, in a few words, what is being waited for."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What `demo` adds: data before the first start, and a part after all others."""

    seed: Callable[[psycopg.Connection], None]
    simulator: Callable[[str], list[str]] | None = None
    """From the broker's address to the arguments of a carewatch command that plays devices."""


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Nobody else runs on this folder, made if need be, meanwhile.

    Raises NotAllowed where somebody does.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = fasteners.InterProcessLock(str(data / "lock"))
    if not lock.acquire(blocking=False):
        known = (data / "up.pid").read_text() if (data / "up.pid").exists() else "unknown"
        raise NotAllowed(
            f"carewatch runs on the folder {data} already (process {known}): "
            "stop that one, or choose another folder with --data."
        )
    try:
        (data / "up.pid").write_text(str(psutil.Process().pid))
        yield
    finally:
        (data / "up.pid").unlink(missing_ok=True)
        lock.release()


class Instance:
    """One running carewatch on one folder; ``stop`` ends it. The folder must be locked."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self.settings = settings
        self._stop = stop
        self._ready = False
        self._metrics = self._data / "metrics"
        self._logs = self._data / "log"
        self._supervisor = Supervisor(self._logs, stop, self._changed, self._died)

    def start(self, tell: Tell, extra: Extra | None = None) -> None:
        """Return when everything answers. Raises CarewatchError where it cannot."""
        ended = running.end_leftovers(self._data)
        if ended:
            log.warning("ended what an earlier run left behind", parts=", ".join(ended))
        running.remove(self._data)
        self.settings = with_free_ports(self.settings)  # what was left behind held some
        check_ports(self.settings)
        shutil.rmtree(self._metrics, ignore_errors=True)
        self._metrics.mkdir(mode=0o700)
        self._logs.mkdir(exist_ok=True, mode=0o700)
        tell("database and broker")
        with ThreadPoolExecutor(2) as threads:
            begun = [threads.submit(self._start_database), threads.submit(self._start_broker)]
        for each in begun:
            self.settings = self.settings.model_copy(update=each.result())
        tell("tables")
        self._prepare(extra)
        tell("gateway, escalator, keeper and API")
        self._start_services(extra)
        if not self._stop.is_set():
            self._ready = True
            self._changed(self._supervisor.pids)

    def watch(self) -> None:
        """Keep it running until ``stop`` is set."""
        self._supervisor.watch()

    def close(self) -> None:
        """End everything; returns when no process of ours is left."""
        running.remove(self._data)
        self._supervisor.stop()
        (self._data / "children.json").unlink(missing_ok=True)

    @property
    def http(self) -> str:
        return f"http://{_spelled(self.settings.host)}:{self.settings.http_port}"

    @property
    def mqtt(self) -> str:
        """Where devices connect, without anybody's login."""
        if self.settings.mqtt_url:
            scheme, _, rest = self.settings.mqtt_url.partition("://")
            return f"{scheme}://{rest.rpartition('@')[2]}"
        return f"mqtt://{_spelled(self.settings.host)}:{self.settings.mqtt_port}"

    @property
    def _data(self) -> Path:
        return self.settings.data

    def _start_database(self) -> dict[str, Any]:
        """The settings that lead to it."""
        if self.settings.database_url:
            return {}
        postgres = Postgres(self._data / "database", self.settings.database_port)
        if postgres.last_port not in (0, postgres.port):
            log.warning("the database's address is a new one: it listens on another port than last "
                        "time", last_port=postgres.last_port, port=postgres.port)  # fmt: skip
        postgres.prepare()
        command, how = postgres.command()
        ready = partial(answers, "127.0.0.1", postgres.port)
        self._supervisor.start(
            Part("database", command, how, ready, farewell=signal.SIGINT, last=True)
        )
        if not self._stop.is_set():
            postgres.wait()
        return {"database_url": postgres.url}

    def _start_broker(self) -> dict[str, Any]:
        """The settings that lead to it."""
        if self.settings.mqtt_url:
            return {}
        wanted = self.settings
        broker = Nats(
            self._data / "broker", wanted.mqtt_port, wanted.nats_port,
            host=wanted.host, sync_always=wanted.sync_always,
        )  # fmt: skip
        broker.prepare()
        command, how = broker.command()
        self._supervisor.start(Part("broker", command, how, broker.listening, last=True))
        return {
            "mqtt_url": broker.mqtt_url,
            "nats_url": broker.nats_url,
            "nats_system_url": broker.system_url,
            "nats_issuer": broker.issuer,
            "nats_log": broker.log_file,
        }

    def _prepare(self, extra: Extra | None) -> None:
        if self._stop.is_set():
            return
        try:
            with psycopg.connect(self.settings.required("database_url")) as connection:
                migrate(connection)
                if extra:
                    extra.seed(connection)
        except psycopg.OperationalError as error:
            raise Unavailable(f"The database does not answer: {str(error).strip()}") from error

    def _start_services(self, extra: Extra | None) -> None:
        parts = [
            Part("pump", *self._ours("gateway")),
            Part("escalator", *self._ours("escalator")),
            Part("keeper", *self._ours("keeper")),
            Part("api", *self._ours("api"), ready=self._api_ready, why=self._not_ready),
        ]
        if self.settings.nats_url:
            parts.append(Part("auth", *self._ours("auth"), ready=self._door_kept))
        with ThreadPoolExecutor(len(parts)) as threads:
            begun = [threads.submit(self._supervisor.start, part) for part in parts]
        for each in begun:
            each.result()
        if extra and extra.simulator:
            self._supervisor.start(Part("simulator", *self._ours(*extra.simulator(self.mqtt))))

    def _ours(self, *arguments: str) -> tuple[list[str], dict[str, Any]]:
        """A command of carewatch itself as a child, with these settings and no others."""
        # An empty configuration file: what we know from ours is in the environment already.
        command = [sys.executable, "-m", "carewatch", "--supervised", "--config", "/dev/null"]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
            **self.settings.environment(),
            "PROMETHEUS_MULTIPROC_DIR": str(self._metrics),
        }
        return [*command, *arguments], {"env": environment}

    def _api_ready(self) -> bool:
        # It answers for the pump and the escalator, too.
        return self._ask_readiness()[0] == 200

    def _not_ready(self) -> str:
        """The sentences of the parts that fail."""
        try:
            parts = json.loads(self._ask_readiness()[1])["parts"].values()
        except (ValueError, KeyError):
            return ""
        return " ".join(part["detail"] for part in parts if part["state"] != "ok")

    def _ask_readiness(self) -> tuple[int, bytes]:
        host, port = self.settings.host, self.settings.http_port
        connection = http.client.HTTPConnection(host, port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def _door_kept(self) -> bool:
        if not self.settings.nats_system_url:
            return True
        try:
            return listens(self.settings.nats_system_url, CALLOUT)
        except OSError:
            return False

    def _changed(self, pids: Any) -> None:
        try:
            self._write_down(pids)
        except OSError as error:  # a full disk must keep no part from being started again
            log.warning("what runs could not be written down", reason=error.strerror)

    def _write_down(self, pids: Any) -> None:
        running.note_children(self._data, pids)
        if self._ready and not self._stop.is_set():
            database = self.settings.required("database_url")
            running.write(self._data, running.Running(self.http, self.mqtt, database, dict(pids)))

    def _died(self, pid: int) -> None:
        multiprocess.mark_process_dead(pid, str(self._metrics))  # type: ignore[no-untyped-call]


def _spelled(host: str) -> str:
    return f"[{host}]" if ":" in host else host
