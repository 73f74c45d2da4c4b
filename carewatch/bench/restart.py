"""How long a pump that was killed is away, with many residents, and what it then claims."""

import signal
import threading
from pathlib import Path
from typing import Any

from rich.console import Console

from carewatch.bench.stack import Stack, stack, until
from carewatch.steady import RECEIVING
from domain.time import stopwatch

_HELD = "select 1 from pg_locks where locktype = 'advisory' and objid = %s and granted"


def measure(beds: int = 10_000, rate: float = 5_000, before_s: float = 45) -> dict[str, Any]:
    """Seconds from the kill (-9) to receiving again, and false ``device_silent`` afterwards.

    Samples go on all the while; the kill falls before the second checkpoint, so that the
    engine has to catch up on most of what it had heard.
    """
    console = Console(stderr=True)
    with stack() as whole, console.status("registering beds") as status:
        fleet = whole.fleet(beds)
        _start(whole)
        status.update("samples go on; the pump is killed in their midst")
        load = threading.Thread(target=_load, args=(whole, fleet, rate, before_s + 30))
        load.start()
        threading.Event().wait(before_s)
        began = stopwatch()
        whole.processes["gateway"].send_signal(signal.SIGKILL)
        whole.processes.pop("gateway").wait()
        until(lambda: not _receives(whole), 30, "The end of the old pump's session")
        _start(whole)
        away = stopwatch() - began
        load.join()
        return {"beds": beds, "ready_s": round(away, 2), "false_silent": _silent(whole)}


def _start(whole: Stack) -> None:
    whole.start("gateway", "carewatch", "gateway")
    until(lambda: _receives(whole), 120, "Receiving")


def _receives(whole: Stack) -> bool:
    with whole.connect() as connection:
        return connection.execute(_HELD, (RECEIVING,)).fetchone() is not None


def _load(whole: Stack, fleet: Path, rate: float, seconds: float) -> None:
    whole.load(fleet, "--rate", str(rate), "--seconds", str(seconds))


def _silent(whole: Stack) -> int:
    with whole.connect() as connection:
        row = connection.execute("select count(*) from alert where kind = 'device_silent'")
        (count,) = row.fetchone() or (0,)
    return int(count)
