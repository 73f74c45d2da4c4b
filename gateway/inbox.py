"""Where messages come from, and the turns that they are taken in."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from domain.time import SECOND, Clock, Micros

MAX_BYTES = 256 * 1024
"""Largest payload of a message that the contract allows."""
QUARANTINED_BYTES = 4096
"""How much of a refused payload is kept."""


class Packet(NamedTuple):
    """What a broker sent: ``mid`` is the packet id by which it is acknowledged, 0 for none.

    ``duplicate`` says that the broker sends it again.
    """

    topic: str
    payload: bytes
    retained: bool = False
    duplicate: bool = False
    mid: int = 0


class Message(NamedTuple):
    """One message as it arrived: a tuple, because there are many.

    ``payload`` is cut to the first 4 KiB where ``size`` is over what the contract allows.
    ``session`` says on which connection it came, the rest is as in :class:`Packet`.
    """

    received_at: Micros
    topic: str
    payload: bytes
    size: int
    retained: bool = False
    duplicate: bool = False
    session: int = 0
    mid: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What arrived, and what time it is: nothing that arrives later is from before ``now``.

    ``resumed`` says that for a while nothing could arrive, until just now.
    """

    now: Micros
    messages: Sequence[Message]
    resumed: bool = False


class Inbox(Protocol):
    """A source of turns."""

    def take(self, until: Micros) -> Turn:
        """The next turn; without messages once it is ``until``."""
        ...

    def ack(self, turn: Turn) -> None:
        """The turn is kept; its messages need not be sent again."""
        ...


class Mailbox:
    """Messages on their way from a receiving thread to the pump, bounded in bytes.

    ``put`` waits while more than ``limit_bytes`` are held: the receiving thread then stops
    reading its socket, and the broker keeps the rest. Arrival times are whole microseconds,
    each later than the one before, so they also number the messages.
    """

    def __init__(
        self,
        clock: Clock,
        limit_bytes: int = 64 * 1024 * 1024,
        turn_messages: int = 4000,
        linger_s: float = 0.01,
    ) -> None:
        self._clock = clock
        self.acknowledge: Callable[[Sequence[Message]], None] = lambda _: None
        """Tells the broker; to be set by whoever connects it."""
        self._limit_bytes = limit_bytes
        self._turn_messages = turn_messages
        self._linger_s = linger_s
        self._waiting: deque[Message] = deque()
        self._held_bytes = 0
        self._unacknowledged: set[int] = set()
        self._session = 0
        self._latest: Micros = 0
        self._resumed = False
        self._closed = False
        lock = threading.RLock()
        self._arrived = threading.Condition(lock)
        self._sleeping = False
        self._room = threading.Condition(lock)

    def put(self, packets: Sequence[Packet], session: int) -> None:
        """Hold packets for the pump; waits for room. Called by the receiving thread.

        ``session`` counts connections: the first packets of a new one say that messages can
        arrive again.
        """
        with self._arrived:
            if session != self._session:
                self._session, self._resumed = session, True
                self._unacknowledged.clear()
            while self._held_bytes > self._limit_bytes and not self._closed:
                self._room.wait(1)
            at = max(self._latest, self._clock.now() - 1)
            for topic, payload, retained, duplicate, mid in packets:
                if duplicate and mid in self._unacknowledged:
                    continue  # sent again within a connection, while it only waits to be kept
                if mid:
                    self._unacknowledged.add(mid)
                at, size = at + 1, len(payload)
                kept = payload if size <= MAX_BYTES else payload[:QUARANTINED_BYTES]
                self._held_bytes += len(kept)
                self._waiting.append(
                    Message(at, topic, kept, size, retained, duplicate, session, mid)
                )
            self._latest = at
            if self._sleeping:
                self._arrived.notify()

    def resume(self) -> None:
        """Say that messages can arrive again, after a time in which they could not."""
        with self._arrived:
            self._resumed = True
            self._arrived.notify()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
            self._room.notify_all()

    def take(self, until: Micros) -> Turn:
        """The next turn: what has arrived, gathered for a few milliseconds."""
        with self._arrived:
            self._await(until)
            if self._waiting and len(self._waiting) < self._turn_messages:
                self._arrived.wait_for(self._full, self._linger_s)
            count = min(len(self._waiting), self._turn_messages)
            messages = [self._waiting.popleft() for _ in range(count)]
            self._held_bytes -= sum(len(message.payload) for message in messages)
            self._room.notify()
            resumed, self._resumed = self._resumed, False
            return Turn(self._turn_time(messages), messages, resumed)

    def ack(self, turn: Turn) -> None:
        with self._arrived:
            self._unacknowledged.difference_update(message.mid for message in turn.messages)
        self.acknowledge(turn.messages)

    def _await(self, until: Micros) -> None:
        """Wait for a message or the time; a second at most, so that the pump can look around."""
        self._sleeping = True
        while not self._waiting and not self._resumed and not self._closed:
            left = min(until - self._clock.now(), SECOND)
            if left <= 0 or not self._arrived.wait(left / SECOND):
                break
        self._sleeping = False

    def _full(self) -> bool:
        return len(self._waiting) >= self._turn_messages

    def _turn_time(self, messages: Sequence[Message]) -> Micros:
        """The last message's arrival; the clock where none is left behind it."""
        if messages:
            return messages[-1].received_at
        self._latest = max(self._latest, self._clock.now())
        return self._latest
