"""Makes guessing passwords slow.

Failures are counted in this process: the counts are worth nothing an hour later, a flood of
guesses must not become a flood of writes, and with several API processes a guesser gains no
more than their number. What is remembered is bounded; the oldest is forgotten first.
"""

import threading
from collections import OrderedDict, deque

from domain.time import MINUTE, SECOND, Micros

WINDOW: Micros = 10 * MINUTE
PER_PAIR = 8
"""Failures of one name from one address: a person who tries their passwords through."""
PER_ADDRESS = 40
"""Failures from one address: a household or a station behind one router."""
PER_NAME = 60
"""Failures of one name from anywhere; high, so that a stranger does not lock a caregiver out."""
REMEMBERED = 10_000


class Throttle:
    """Counts failed logins by name, by address and by both; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], deque[Micros]] = OrderedDict()

    def wait_s(self, username: str, address: str, now: Micros) -> int:
        """Seconds until another try is heard; 0 where it is heard now."""
        with self._lock:
            waits = [
                self._free_at(key, most, now) - now for key, most in _limits(username, address)
            ]
        return -(-max(waits) // SECOND)

    def failed(self, username: str, address: str, now: Micros) -> None:
        with self._lock:
            for key, most in _limits(username, address):
                times = self._failures.setdefault(key, deque(maxlen=most))
                times.append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        with self._lock:
            self._failures.pop((username, address), None)

    def _free_at(self, key: tuple[str, str], most: int, now: Micros) -> Micros:
        times = self._failures.get(key)
        return max(times[0] + WINDOW, now) if times and len(times) == most else now


def _limits(username: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    return ((username, address), PER_PAIR), (("", address), PER_ADDRESS), ((username, ""), PER_NAME)
