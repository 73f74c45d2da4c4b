"""How fast people are answered out of a full database: charts, a station's screen, open alerts.

The questions go to a real API process over HTTP, as a logged-in member of a county's centre, each
about another resident; then their statements alone to the database, whose own time `auto_explain`
tells. Before that each is asked once after the database was started anew and, where root may, the
system's cache was emptied: that is `cold_ms`.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api import accounts
from carewatch.bench import filling
from carewatch.bench.explained import explained
from carewatch.bench.filling import COUNTY, Size
from carewatch.bench.questions import Question, questions, viewer
from carewatch.bench.stack import Stack, stack, until
from carewatch.embedded.postgres import free_port
from carewatch.migrate import migrate
from domain.errors import Unavailable
from domain.time import SystemClock, stopwatch
from ingest import storage
from ingest.retention import Keep

_PASSWORD = "a-password-for-measuring"
_BYTES_A_SAMPLE = 150
"""With its index and the room to sort it; and the log of what is written, which is bounded."""
_BYTES_BESIDE = 8_000_000_000
_WARM_UP = 20
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


def measure(plan: Plan) -> dict[str, Any]:
    """Figures of each question; an entry ``filled`` tells what they were asked of."""
    console = Console(stderr=True)
    _check_room(plan)
    with stack(plan.keep) as whole:
        filled = _fill(whole, plan, console)
        with console.status("asking"):
            url = _start(whole)
            asked = questions(viewer(plan.residents), SystemClock().now())
            token = _log_in(url)
            cold = {each.name: _cold(whole, url, token, each) for each in asked}
            figures = {
                each.name: _answered(whole, url, token, each, plan.size.beds, console)
                | {"cold_ms": cold[each.name]}
                for each in asked
            }
    return {name: _judged(found) for name, found in figures.items()} | {"filled": filled}


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
        sample, *_ = storage.measure(connection, Keep(), clock.now())
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
    with explained(whole.postgres.url) as told:
        took = [told.milliseconds(question.alone, bed) for bed in drawn]
        p95 = float(np.percentile(took, 95))
        if console is not None:
            console.print(f"{question.name} takes too long:", markup=False)
            for plan in told.plans(question.alone, 0)[-_PLANS:]:
                console.print(plan, markup=False, highlight=False)
    return {"database_p95_ms": round(p95, 1)}


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
