"""Children come back when they die, and none is left when we stop."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from carewatch import running
from carewatch.child import Part
from carewatch.supervisor import Supervisor
from domain.errors import Unavailable
from domain.time import stopwatch
from tests.waiting import eventually

_FOREVER = "import threading; threading.Event().wait()"
_STUBBORN = (
    "import signal, subprocess, sys, threading;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    f"subprocess.Popen([sys.executable, '-c', {_FOREVER!r}]);"
    "print('on', flush=True); threading.Event().wait()"
)


class Watched:
    """A supervisor at work in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stop = threading.Event()
        self.seen: list[dict[str, int]] = []
        self.supervisor = Supervisor(folder, self.stop, self._changed)
        self._thread = threading.Thread(target=self.supervisor.watch)

    def start(self, name: str, code: str, **how: object) -> int:
        self.supervisor.start(Part(name, [sys.executable, "-c", code], **how))  # type: ignore[arg-type]
        return self.supervisor.pids[name]

    def watch(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.supervisor.stop()
        if self._thread.ident:
            self._thread.join(10)
            assert not self._thread.is_alive()

    def _changed(self, pids: Mapping[str, int]) -> None:
        self.seen.append(dict(pids))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.end()


def test_a_killed_child_comes_back_and_its_new_pid_is_told(watched: Watched) -> None:
    first = watched.start("worker", _FOREVER)
    other = watched.start("other", _FOREVER)
    watched.watch()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: watched.supervisor.pids["worker"] != first)
    assert watched.supervisor.pids["other"] == other
    assert watched.seen[-1] == watched.supervisor.pids


def test_one_that_crashes_on_and_on_slows_down_and_holds_up_nobody(watched: Watched) -> None:
    watched.start("broken", "raise SystemExit(1)")
    fine = watched.start("fine", _FOREVER)
    watched.watch()
    eventually(lambda: len(watched.seen) >= 5)
    os.kill(fine, signal.SIGKILL)
    eventually(lambda: watched.supervisor.pids["fine"] != fine, seconds=3)
    begun = len(watched.seen)
    threading.Event().wait(1)
    assert len(watched.seen) - begun < 5


def test_stopping_leaves_no_process_not_even_a_stubborn_ones_child(watched: Watched) -> None:
    stubborn = watched.start("stubborn", _STUBBORN, ready=lambda: "on" in _log(watched, "stubborn"))
    family = [psutil.Process(stubborn), *psutil.Process(stubborn).children()]
    assert len(family) == 2
    watched.watch()
    begun = stopwatch()
    watched.end()
    assert stopwatch() - begun < 10
    eventually(lambda: not any(_lives(process) for process in family), seconds=1)


def test_those_whom_others_need_go_last(watched: Watched, tmp_path: Path) -> None:
    tell = (
        "import signal, sys, threading;"
        "signal.signal(signal.SIGTERM, lambda *_: (print(sys.argv[1], file=open(sys.argv[2], 'a')),"
        " sys.exit()));"
        "print('on', flush=True); threading.Event().wait()"
    )
    for name, last in (("database", True), ("api", False)):
        command = [sys.executable, "-c", tell, name, str(tmp_path / "order")]
        ready = lambda name=name: "on" in _log(watched, name)  # noqa: E731
        watched.supervisor.start(Part(name, command, ready=ready, last=last))
    watched.end()
    assert (tmp_path / "order").read_text().split() == ["api", "database"]


def test_one_that_ends_while_it_starts_is_reported_with_its_last_words(watched: Watched) -> None:
    with pytest.raises(Unavailable, match=r"worker ended while it was starting.*no such thing"):
        watched.start("worker", "raise SystemExit('no such thing')", ready=lambda: False)


def test_nothing_is_started_after_the_stop(watched: Watched) -> None:
    watched.stop.set()
    watched.supervisor.start(Part("worker", [sys.executable, "-c", _FOREVER]))
    assert watched.supervisor.pids == {}


def test_leftovers_of_a_killed_run_are_ended(watched: Watched, tmp_path: Path) -> None:
    left = watched.start("broker", _FOREVER)
    running.note_children(tmp_path, {"broker": left})
    assert running.end_leftovers(tmp_path) == ["broker"]
    assert not psutil.pid_exists(left)


def test_a_stranger_with_the_same_pid_is_left_alone(watched: Watched, tmp_path: Path) -> None:
    stranger = watched.start("stranger", _FOREVER)
    (tmp_path / "children.json").write_text(f'[["broker", {stranger}, 12345.0]]')
    assert running.end_leftovers(tmp_path) == []
    assert psutil.Process(stranger).is_running()


def _log(watched: Watched, name: str) -> str:
    return (watched.folder / f"{name}.log").read_text()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
