"""Keeps child processes alive until it is told to stop, then ends them all in order."""

import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from carewatch.child import Child, Part
from domain.time import stopwatch

log = structlog.get_logger()

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_LIVED_S = 30.0
"""A child that lived so long and dies is no crash loop: it comes back without a pause."""
_STOP_S = 8.0
"""All children together get so long to end by themselves."""


class Supervisor:
    """Starts parts, restarts those that die, and stops them.

    ``changed`` is called with the process ids after each start; ``died`` with that of a child
    that is gone.
    """

    def __init__(
        self,
        logs: Path,
        stop: threading.Event,
        changed: Callable[[Mapping[str, int]], None],
        died: Callable[[int], None] = lambda pid: None,
    ) -> None:
        self._logs = logs
        self._stop = stop
        self._changed = changed
        self._died = died
        self._children: dict[str, Child] = {}
        self._deaths: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._crashes: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._children.items()}

    def start(self, part: Part, ready_s: float = 60) -> None:
        """Start a part and wait until it is ready; raises Unavailable where it does not get so.

        May be called from several threads at once. A part that dies while it starts is not
        restarted, but reported.
        """
        child = self._launch(part)
        if child:
            child.wait_ready(ready_s, self._stop)

    def watch(self) -> None:
        """Restart what dies, until told to stop."""
        with self._lock:
            children = list(self._children.values())
        for child in children:
            self._attend(child)
        threading.Thread(target=self._end_watch, daemon=True).start()
        while (name := self._deaths.get()) is not None and not self._stop.is_set():
            self._revive(self._children[name])

    def stop(self) -> None:
        """End all children, those that others need at last; none is left after it."""
        self._stop.set()
        deadline = stopwatch() + _STOP_S
        with self._lock:
            children = list(self._children.values())
        for last in (False, True):
            group = [child for child in children if child.part.last is last]
            for child in group:
                child.bid_farewell()
            # Half of the time for those who speak to the broker and database, half for these.
            until = deadline if last else deadline - _STOP_S / 2
            for child in group:
                child.wait_gone(until - stopwatch())

    def _launch(self, part: Part) -> Child | None:
        with self._lock:
            if self._stop.is_set():
                return None
            child = Child(part, self._logs / f"{part.name}.log")
            self._children[part.name] = child
            self._changed(self.pids)
            return child

    def _attend(self, child: Child) -> None:
        def wait() -> None:
            child.process.wait()
            self._deaths.put(child.part.name)

        threading.Thread(target=wait, name=f"watch {child.part.name}", daemon=True).start()

    def _revive(self, dead: Child) -> None:
        part = dead.part
        self._died(dead.pid)
        crashes = 0 if dead.age_s > _LIVED_S else self._crashes.get(part.name, 0) + 1
        self._crashes[part.name] = crashes
        pause = min(_FIRST_PAUSE_S * 2 ** max(crashes - 1, 0), _LONGEST_PAUSE_S)
        log.warning(
            "ended, starting it again", part=part.name, code=dead.process.returncode, pause=pause
        )

        # In a thread of its own: one that crashes on and on must not keep others waiting.
        def again() -> None:
            if not self._stop.wait(pause):
                child = self._launch(part)
                if child:
                    self._attend(child)

        threading.Thread(target=again, name=f"revive {part.name}", daemon=True).start()

    def _end_watch(self) -> None:
        self._stop.wait()
        self._deaths.put(None)
