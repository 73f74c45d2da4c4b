"""What a running `carewatch up` tells others: ``run.json``, and the processes that it began."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from carewatch.embedded.nats import write_private

_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Running:
    """Addresses and processes of an instance that answers."""

    http: str
    mqtt: str
    database: str
    pids: Mapping[str, int]


def read(data: Path) -> Running | None:
    """The instance that runs on this folder, or None; what a killed one left does not count."""
    try:
        if not psutil.pid_exists(int((data / "up.pid").read_text())):
            return None
        said = json.loads((data / "run.json").read_text())
        return Running(**{name: said[name] for name in Running.__dataclass_fields__})
    except (FileNotFoundError, PermissionError, ValueError, KeyError):
        return None


def write(data: Path, running: Running) -> None:
    """Readable by the owner only: the address of the database holds its password."""
    write_private(data / "run.json", json.dumps(asdict(running), indent=2) + "\n")


def remove(data: Path) -> None:
    (data / "run.json").unlink(missing_ok=True)


def note_children(data: Path, pids: Mapping[str, int]) -> None:
    """Keep who was started, with the start times that tell a process from a later namesake."""
    known = {name: _born(pid) for name, pid in pids.items()}
    noted = [[name, pids[name], born] for name, born in known.items() if born is not None]
    write_private(data / "children.json", json.dumps(noted))


def end_leftovers(data: Path) -> list[str]:
    """End what a killed `up` left behind on this folder; their names."""
    try:
        noted = json.loads((data / "children.json").read_text())
    except (FileNotFoundError, ValueError):
        return []
    left = [(name, pid) for name, pid, born in noted if _born(pid) == born]
    processes = [process for _, pid in left for process in _family(pid)]
    for process in processes:
        _signal(process, kill=False)
    _, stubborn = psutil.wait_procs(processes, timeout=_WAIT_S)
    for process in stubborn:
        _signal(process, kill=True)
    psutil.wait_procs(stubborn, timeout=_WAIT_S)
    return [name for name, _ in left]


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def _signal(process: psutil.Process, *, kill: bool) -> None:
    with contextlib.suppress(psutil.Error):  # it went by itself
        process.kill() if kill else process.terminate()
