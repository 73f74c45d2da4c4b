"""What all simulated devices share: pure, told the time, answering with messages.

A device names the instant at which it wants to act (``next_at``); whoever runs it calls
:meth:`Device.act` then, and :meth:`Device.hear` when a receipt or command arrives.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from domain.time import MINUTE, NEVER, Micros
from simulators.message import MILLISECOND, Message, message, milliseconds
from simulators.residents import Resident

Line = Callable[[Micros], Message | None]
"""Says something, told the time; or finds that there is nothing left to say."""


class Device:
    """What all devices share: status and will, a rhythm, commands, a death and a return.

    ``period``: microseconds between two calls of ``_rhythm``; the first comes within one period
    after ``begin``, so that devices do not all speak at once.
    """

    firmware = "1.4.2"

    def __init__(
        self, id_: str, resident: Resident, begin: Micros, period: Micros, seed: int = 7
    ) -> None:
        self.id = id_
        self.resident = resident
        self.random = np.random.default_rng((seed, crc32(id_.encode())))
        self.period = period
        self._battery = self.random.uniform(60, 100)
        self._begin = begin
        self._beat = begin + int(self.random.integers(period)) // MILLISECOND * MILLISECOND
        self._script: list[tuple[Micros, int, Line]] = []
        self._lines = 0
        self._dead_until: Micros | None = None
        self.plan([(begin, self._status)])

    @property
    def will(self) -> tuple[str, bytes]:
        """Topic and payload that the broker sends when the device falls silent."""
        return f"cw/v1/{self.id}/status", b'{"online":false}'

    @property
    def next_at(self) -> Micros:
        """When it wants to act."""
        planned = self._script[0][0] if self._script else NEVER
        return min(self._beat, planned)

    def act(self, now: Micros) -> list[Message]:
        """Everything that it says at ``now``, which is not before ``next_at``."""
        said: list[Message] = []
        while self._script and self._script[0][0] <= now:
            if (line := heapq.heappop(self._script)[2](now)) is not None:
                said.append(line)
        if self._beat <= now:
            self._beat += self.period
            said += self._rhythm(now)
        return self._unless_dead(said, now)

    def hear(self, what: str, said: Mapping[str, Any], now: Micros) -> list[Message]:
        """Answer a receipt or a command; anything else is passed over."""
        if what != "command" or not isinstance(said.get("id"), str):
            return []
        ok = said.get("command") in ("identify", "test", "configure")
        return [message(now, self.id, "result", {"id": said["id"], "ok": ok})]

    def plan(self, script: Iterable[tuple[Micros, Line]]) -> None:
        """Say these things at their time."""
        for at, line in script:
            self._lines += 1
            heapq.heappush(self._script, (at, self._lines, line))

    def dies(self, at: Micros, until: Micros) -> None:
        """Fall silent without a farewell, and come back at ``until``."""
        self.plan([(at, partial(self._die, until=until)), (until, self._return)])

    def _rhythm(self, now: Micros) -> list[Message]:
        raise NotImplementedError

    def _sign_of_life(self, now: Micros) -> Message:
        said = {
            "t": milliseconds(now),
            "battery": self._charge(now),
            "rssi": int(self.random.integers(-75, -55)),
        }
        return message(now, self.id, "sample", said)

    def _charge(self, now: Micros) -> int:
        """Percent left; half a percent a day is used up."""
        return max(round(self._battery - 0.5 * (now - self._begin) / (24 * 60 * MINUTE)), 20)

    def _status(self, now: Micros) -> Message:
        said = {"online": True, "firmware": self.firmware, "battery": self._charge(now)}
        return message(now, self.id, "status", said, retain=True)

    def _die(self, now: Micros, until: Micros) -> Message:
        self._dead_until = until
        topic, payload = self.will
        return Message(now, self.id, topic, payload, retain=True, will=True)

    def _return(self, now: Micros) -> Message:
        self._dead_until = None
        return self._status(now)

    def _unless_dead(self, said: list[Message], now: Micros) -> list[Message]:
        dead = self._dead_until is not None and now < self._dead_until
        return [each for each in said if each.will] if dead else said


def event(
    now: Micros, device: str, what: str, happened: Micros | None = None, **more: Any
) -> Message:
    """An event message; its id follows from its time, so that a resent one is recognised."""
    at = milliseconds(now if happened is None else happened)
    said = {"t": at, "id": f"{what}-{at}", "event": what, **more}
    return message(now, device, "event", said)
