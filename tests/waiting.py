"""Waiting for what must happen, with a deadline instead of a sleep."""

import threading
from collections.abc import Callable
from typing import TypeVar

from domain.time import stopwatch

T = TypeVar("T")


def eventually(look: Callable[[], T], what: str = "it", seconds: float = 20) -> T:
    """The first true answer of ``look``; fails where none comes in time."""
    deadline = stopwatch() + seconds
    while not (answer := look()):
        assert stopwatch() < deadline, f"{what} did not happen within {seconds:g} s"
        threading.Event().wait(0.02)
    return answer
