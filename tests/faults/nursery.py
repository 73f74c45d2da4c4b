"""Forks carewatch processes out of one that has everything imported: a start costs no second.

Reads one JSON object a line (``service``, ``settings``, ``log``) and answers with the process id.
What it has forked is killed when its input ends.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from carewatch import escalator, keeper, pump, server
from carewatch.commands.services import stop_on_signals
from carewatch.settings import Settings

SERVICES: dict[str, Callable[..., None]] = {
    "pump": pump.run,
    "escalator": escalator.run,
    "keeper": keeper.run,
    "api": server.run,
}


def be(service: str, settings: dict[str, Any], log: str) -> NoReturn:
    """The child: this service, until it is told to stop."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(log, "ab") as output:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
    code = 1
    try:
        SERVICES[service](Settings(**settings), stop_on_signals())
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits: the dead are gone at once
    born = []
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            be(**asked)
        born.append(pid)
        print(pid, flush=True)
    for pid in born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
