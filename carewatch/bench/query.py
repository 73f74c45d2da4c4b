"""How fast people are answered out of a full database: charts, a station's screen, open alerts.

The questions go to a real API process over HTTP, as a logged-in member of a county's centre, each
about another resident; then their statements alone to the database, whose own time `auto_explain`
tells. Before that each is asked once after the database was started anew and, where root may, the
system's cache was emptied: that is `cold_ms`.
"""

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from alerts import store
from api import accounts, chart
from api.access import Viewer, roles_of
from api.chart import Asked
from api.latest import latest
from carewatch import server
from carewatch.bench import filling
from carewatch.bench.filling import COUNTY, STATION, Size
from carewatch.bench.stack import Stack, stack, until
from carewatch.embedded.postgres import free_port
from carewatch.migrate import migrate
from domain.errors import Unavailable
from domain.time import DAY, HOUR, Micros, SystemClock, iso, stopwatch
from ingest import storage
from ingest.retention import Keep

_PASSWORD = "a-password-for-measuring"
_BYTES_A_SAMPLE = 150
"""With its index and the room to sort it; and the log of what is written, which is bounded."""
_BYTES_BESIDE = 8_000_000_000
_WARM_UP, _TIMES = 20, 200
_TIMES_UNJUDGED = 20
_PLANS = 2
"""Plans shown of a question that misses: the longest statements."""
_DROP_CACHES = Path("/proc/sys/vm/drop_caches")


@dataclass(frozen=True, slots=True)
class Plan:
    """``keep``: a folder that the database stays in, to be used again."""

    samples: int = 20_000_000
    residents: int = 10_000
    alerts: int = 1_000_000
    keep: Path | None = None

    @property
    def size(self) -> Size:
        return Size(self.samples, self.residents, self.alerts)


@dataclass(frozen=True, slots=True)
class Question:
    """``path`` and ``alone`` ask the same, of the API and of the database, about a bed."""

    name: str
    target_ms: float | None
    path: Callable[[int], str]
    alone: Callable[[psycopg.Connection, int], Any]

    @property
    def times(self) -> int:
        return _TIMES_UNJUDGED if self.target_ms is None else _TIMES


def measure(plan: Plan) -> dict[str, Any]:
    """Figures of each question; an entry ``filled`` tells what they were asked of."""
    console = Console(stderr=True)
    _check_room(plan)
    with stack(plan.keep) as whole:
        filled = _fill(whole, plan, console)
        with console.status("asking"):
            url = _start(whole)
            questions = _questions(_viewer(plan), SystemClock().now())
            token = _log_in(url)
            cold = {each.name: _cold(whole, url, token, each) for each in questions}
            figures = {
                each.name: _answered(whole, url, token, each, plan.size.beds, console)
                | {"cold_ms": cold[each.name]}
                for each in questions
            }
    return {name: _judged(found) for name, found in figures.items()} | {"filled": filled}


def _questions(viewer: Viewer, now: Micros) -> list[Question]:
    def samples(
        name: str, target: float | None, quantity: str, span: Micros, points: int, ago: Micros = 0
    ) -> Question:
        start, end = now - ago - span, now - ago
        asked = f"quantity={quantity}&from={iso(start)}&to={iso(end)}&points={points}"
        return Question(
            name,
            target,
            lambda bed: f"/residents/resident-{bed}/samples?{asked}",
            lambda connection, bed: chart.chart(
                connection, Asked(2 * bed, quantity, start, end, points)
            ),
        )

    return [
        samples("day", 50, "heart_rate", DAY, 500),
        samples("day_of_readings", None, "heart_rate", DAY, 5000),
        samples("packed_hours", None, "heart_rate", 4 * HOUR, 5000, ago=2 * DAY),
        samples("year", 100, "heart_rate", 365 * DAY, 365),
        samples("month", None, "heart_rate", 30 * DAY, 500),
        Question(
            "station",
            50,
            lambda _: f"/latest?team={STATION}",
            lambda connection, _: latest(connection, viewer, now, team=STATION, limit=1001),
        ),
        Question(
            "open_alerts",
            20,
            lambda _: "/alerts?state=open",
            lambda connection, _: store.page(
                connection, state="open", limit=100, **viewer.own_alerts()
            ),
        ),
    ]


def _viewer(plan: Plan) -> Viewer:
    """Who logs in below, as the API sees them."""
    villages = -(-plan.residents // filling.IN_STATION)
    teams = frozenset({COUNTY, "town", *(f"village-{n}" for n in range(villages))})
    roles = roles_of("centre", [], {"centre": teams})
    return Viewer("", "bench", "", "centre", 0, roles, COUNTY, areas={"centre": teams})


# -- filling -----------------------------------------------------------------------------------


def _check_room(plan: Plan) -> None:
    folder = plan.keep or Path(os.environ.get("TMPDIR", "/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "filled.json").exists():
        return
    free, needed = shutil.disk_usage(folder).free, plan.samples * _BYTES_A_SAMPLE + _BYTES_BESIDE
    if free < needed:
        raise Unavailable(
            f"{folder} has {free / 1e9:.0f} GB free, and {plan.samples:,} samples need "
            f"{needed / 1e9:.0f} GB: name a larger disk's folder with --keep, or ask for fewer "
            "with --samples."
        )


def _fill(whole: Stack, plan: Plan, console: Console) -> dict[str, Any]:
    """Fill the database, unless it is a kept one that is full already."""
    clock, began, mark = SystemClock(), stopwatch(), whole.folder / "filled.json"
    with whole.connect() as connection, _bar(console) as report:
        migrate(connection)
        if not mark.exists():
            filling.fill(connection, plan.size, clock.now(), report)
            accounts.add(connection, "bench", _PASSWORD, "centre", clock.now(), team=COUNTY)
            mark.touch()
        filling.tell_now(connection, plan.size, clock.now())
        connection.execute("analyze sample")
        sample, *_ = storage.measure(connection, Keep())
    return {"samples": sample.rows, "beds": plan.size.beds, "residents": plan.residents,
            "alerts": plan.alerts, "bytes_per_recent_sample": sample.recent_bytes_per_row,
            "bytes_per_finished_sample": sample.finished_bytes_per_row,
            "seconds": round(stopwatch() - began)}  # fmt: skip


@contextmanager
def _bar(console: Console) -> Iterator[filling.Report]:
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda what, done: progress.update(task, description=what, completed=done)


class _Lines:
    """The same in lines of a log: one a tenth of each part."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: tuple[str, int] | None = None

    def __call__(self, what: str, done: float) -> None:
        if self._said != (what, int(10 * done)):
            self._said = (what, int(10 * done))
            self._console.print(f"{what}: {done:.0%}", highlight=False)


# -- asking ------------------------------------------------------------------------------------


def _start(whole: Stack) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    whole.start("api", "carewatch", "api", CAREWATCH_HTTP_PORT=str(port))
    _await(url)
    return url


def _await(url: str) -> None:
    """Until the API has its database; its other parts are not needed here."""
    with httpx.Client(base_url=url) as client:
        until(lambda: _answers(client), 60, "The API's answer")


def _answers(client: httpx.Client) -> bool:
    try:
        parts = client.get("/readyz").json()["parts"]
    except (httpx.TransportError, ValueError):
        return False
    return bool(parts["database"]["state"] == "ok")


def _log_in(url: str) -> str:
    login = {"username": "bench", "password": _PASSWORD}
    answer = httpx.post(f"{url}/api/v1/session", json=login).raise_for_status()
    return str(answer.json()["token"])


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )


def _cold(whole: Stack, url: str, token: str, question: Question) -> float:
    """Milliseconds of the first answer after a start of the database, about the last bed."""
    whole.processes["database"].send_signal(signal.SIGINT)  # without waiting for its sessions
    whole.stop("database")
    with suppress(OSError):  # nobody but root may, and not in every container
        os.sync()
        _DROP_CACHES.write_text("1")
    whole.processes["database"] = whole.postgres.start()
    whole.postgres.wait()
    _await(url)
    with _client(url, token) as client:
        until(lambda: client.get("/me").is_success, 60, "an answer to the login")
        return round(_timed(lambda: client.get(question.path(0)).raise_for_status()), 1)


def _answered(
    whole: Stack, url: str, token: str, question: Question, beds: int, console: Console
) -> dict[str, Any]:
    """What the API and the database take; the plans of what takes too long are shown."""
    found = _ask(url, token, question, beds)
    missed = question.target_ms is not None and found["p95_ms"] >= question.target_ms
    return found | _ask_database(whole, question, beds, console if missed else None)


def _ask(url: str, token: str, question: Question, beds: int) -> dict[str, Any]:
    """Over HTTP, one after the other."""
    drawn = np.random.default_rng(1).integers(beds, size=_WARM_UP + question.times).tolist()
    rows = 0
    took = []
    with _client(url, token) as client:
        for bed in drawn:
            began = stopwatch()
            answer = client.get(question.path(bed)).raise_for_status()
            took.append(1000 * (stopwatch() - began))
            said = answer.json()
            rows = len(said.get("items", said.get("points", ())))
    p50, p95 = np.percentile(took[_WARM_UP:], [50, 95]).tolist()
    return {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "rows": rows,
            "target_ms": question.target_ms}  # fmt: skip


def _ask_database(
    whole: Stack, question: Question, beds: int, console: Console | None
) -> dict[str, Any]:
    """The same statements on a connection of our own; their plans, where there is a console."""
    drawn = np.random.default_rng(2).integers(beds, size=question.times // 2).tolist()
    told: list[str] = []
    took = []
    # In a transaction, a statement's plan would only be told when the next statement begins.
    url, options = whole.postgres.url, server.OPTIONS
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        connection.execute(_TELL)
        for bed in drawn:
            told.clear()
            question.alone(connection, bed)
            took.append(sum(_milliseconds(plan) for plan in told))
        p95 = float(np.percentile(took, 95))
        if console is not None:
            _show_plans(connection, question, told, console)
    return {"database_p95_ms": round(p95, 1)}


_TELL = (
    "load 'auto_explain'; set client_min_messages = log; set auto_explain.log_min_duration = 0;"
    " set auto_explain.log_timing = off"
)


def _show_plans(
    connection: psycopg.Connection, question: Question, told: list[str], console: Console
) -> None:
    connection.execute(
        "set auto_explain.log_analyze = on; set auto_explain.log_nested_statements = on;"
        " set auto_explain.log_buffers = on; set auto_explain.log_timing = on"
    )
    told.clear()
    question.alone(connection, 0)
    console.print(f"{question.name} takes too long:", markup=False)
    for plan in sorted(told, key=_milliseconds)[-_PLANS:]:
        console.print(plan, markup=False, highlight=False)


def _milliseconds(plan: str) -> float:
    """How long a statement took, from what `auto_explain` says of it.

    >>> _milliseconds("duration: 0.512 ms  plan: ...")
    0.512
    """
    found = re.match(r"duration: ([0-9.]+) ms", plan)
    return float(found[1]) if found else 0.0


def _timed(act: Callable[[], object]) -> float:
    began = stopwatch()
    act()
    return 1000 * (stopwatch() - began)


def _judged(found: dict[str, Any]) -> dict[str, Any]:
    """
    >>> _judged({"p95_ms": 9.0, "target_ms": 20})["met"], _judged({"target_ms": None})["met"]
    (True, None)
    """
    target = found["target_ms"]
    return found | {"met": None if target is None else found["p95_ms"] < target}
