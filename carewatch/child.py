"""A child process: how it is started, known to be ready, and ended."""

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from domain.errors import Unavailable
from domain.time import stopwatch

_LOG_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """What is to run. ``ready`` tells whether it does its work; asked until it says yes."""

    name: str
    command: Sequence[str]
    how: Mapping[str, Any] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    why: Callable[[], str] = lambda: ""
    """What keeps it from being ready, where more is known than its log says."""
    farewell: signal.Signals = signal.SIGTERM
    last: bool = False
    """Whether others need it until their own end (broker, database)."""


class Child:
    """A part that was started; its output goes to ``log``."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part = part
        self.log = log
        self.process = self._start()
        self._began = stopwatch()
        self._family: list[psutil.Process] = []

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def age_s(self) -> float:
        return stopwatch() - self._began

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_ready(self, seconds: float, stop: threading.Event) -> None:
        """Return when it is ready; raises Unavailable with its last words where it ends."""
        while not self.part.ready():
            if not self.alive:
                raise Unavailable(
                    f"{self.part.name} ended while it was starting. "
                    f"{self.log} says: {self.last_words()}"
                )
            if self.age_s > seconds:
                raise Unavailable(
                    f"{self.part.name} is not ready after {seconds:.0f} s. {self.part.why()} "
                    f"{self.log} says: {self.last_words()}"
                )
            if stop.wait(0.05):
                return

    def bid_farewell(self) -> None:
        """Ask it to end."""
        self._family = _with_children(self.pid)
        if self.alive:
            self.process.send_signal(self.part.farewell)

    def wait_gone(self, seconds: float) -> None:
        """Wait for its end; after that, end it and all that it started by force."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(seconds, 0))
        for process in {*self._family, *_with_children(self.pid)}:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "(nothing)"

    def _start(self) -> "subprocess.Popen[bytes]":
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C is for us, who then end the children in order. The
            # pipe is never written to; its end tells a child that we are gone.
            return subprocess.Popen(
                self.part.command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.part.how,
            )


def _with_children(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []
