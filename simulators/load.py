"""A load generator: paced QoS 1 samples of many devices through one bridge login.

``python -m simulators.load --fleet FILE --mqtt URL --rate 10000 --seconds 60`` prints one JSON
object: ``sent``, ``acked``, ``seconds`` (first message to last PUBACK), ``rate`` (acked a
second), ``late_s`` (the furthest behind its schedule that a message went out: a full window
waits), ``cpu_s`` (of this process).

Why not paho: the generator shares its cores with what is measured, and paho was measured at
330 microseconds of CPU a QoS 1 message on two cores (queues, locks, a system call for each).
Of MQTT 3.1.1 a generator needs three packets, so they are written here: CONNECT once, PUBLISH from
ready-made pieces in which only packet id and time change, PUBACK as four bytes that are counted
by the thousand. It looks at its socket every few milliseconds and not at every arrival, which
makes one system call serve many messages: 6 microseconds of CPU each at 10,000 a second, 2 in
bursts.

A keep-alive of 0 spares the pings; the session is clean and subscribes to nothing, so all that
the broker has to say after CONNACK is PUBACK.
"""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from domain.errors import Unavailable
from domain.time import SystemClock, stopwatch
from simulators.packets import PACKET_IDS, Acknowledgements, Packets, connect_packet

TICK_S = 0.008
_ROOM = 1 << 18
"""Bytes read at once: every acknowledgement that can be under way."""

_AT_ONCE = 2_000
"""Messages of one tick at most, so that acknowledgements are read in between."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: ``total`` messages, ``rate`` a second (0: as fast as the window lets)."""

    total: int
    rate: float
    window: int = 4_000
    grace_s: float = 10.0
    """How long to wait for acknowledgements once all should have been sent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    sent: int
    acked: int
    seconds: float
    rate: float
    late_s: float
    cpu_s: float


class Generator:
    """Sends a load over one connection, tick by tick."""

    def __init__(self, connection: socket.socket, packets: Packets, load: Load) -> None:
        self._socket = connection
        self._packets = packets
        self._load = load
        self._acks = Acknowledgements()
        self._clock = SystemClock()
        self._unsent = b""
        self._next_id = 1
        self.sent = 0
        self.late_s = 0.0

    @property
    def acked(self) -> int:
        return self._acks.acked

    def run(self, stop: threading.Event, progress: Callable[[int, int, int], None]) -> Outcome:
        """Send everything and wait for the acknowledgements, or until ``stop`` is set."""
        self._socket.setblocking(False)
        began, second = stopwatch(), 0
        planned = self._load.total / self._load.rate if self._load.rate else 0.0
        ended, heard, latest = began, 0, 0.0
        while not stop.is_set():
            self._receive()
            spent = stopwatch() - began
            ended = began + spent
            self._send(spent)
            if spent > second + 1:
                second += 1
                progress(second, self.sent, self.acked)
            if self.acked > heard:
                heard, latest = self.acked, spent
            waited = spent - max(latest, planned)
            if self.acked >= self._load.total or waited > self._load.grace_s:
                break
            stop.wait(TICK_S)
        seconds = ended - began
        rate = self.acked / seconds if seconds else 0.0
        cpu = sum(os.times()[:2])
        return Outcome(self.sent, self.acked, round(seconds, 3), rate, self.late_s, cpu)

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_ROOM)
        except BlockingIOError:
            return
        if not data:
            raise Unavailable("The broker closed the connection; its log says why.")
        self._acks.read(data)

    def _send(self, spent: float) -> None:
        due = int(spent * self._load.rate) + 1 if self._load.rate else self._load.total
        due = min(due, self._load.total)
        while not self._unsent and (count := self._sendable(due)):
            self._acks.expect(self._next_id, count)
            now_ms = self._clock.now() // 1000
            self._unsent = self._packets.take(count, self._next_id, now_ms)
            self.sent += count
            self._next_id = (self._next_id + count - 1) % PACKET_IDS + 1
            self._flush()
        if self._load.rate:
            self.late_s = max(self.late_s, (due - self.sent) / self._load.rate)
        self._flush()

    def _sendable(self, due: int) -> int:
        room = self._load.window - (self.sent - self.acked)
        count = min(due - self.sent, room, _AT_ONCE)
        return self._acks.free(self._next_id, count) if count > 0 else 0

    def _flush(self) -> None:
        if not self._unsent:
            return
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            return


def connect(url: str, username: str | None = None, password: str | None = None) -> socket.socket:
    """A connection on which the broker has accepted our login; Unavailable where it does not.

    ``url`` is ``mqtt://host:port`` and may carry the login.
    """
    parts = urlsplit(url)
    username = username or (unquote(parts.username) if parts.username else None)
    password = password or (unquote(parts.password) if parts.password else None)
    address = (parts.hostname or "127.0.0.1", parts.port or 1883)
    try:
        connection = socket.create_connection(address, timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(connect_packet(f"load-{os.getpid()}", username, password))
        answer = connection.recv(4)
    except OSError as error:
        raise Unavailable(f"The broker at {address[0]}:{address[1]}: {error}.") from error
    if len(answer) < 4 or answer[3]:
        raise Unavailable("The broker refused the login; check the bridge's name and password.")
    return connection


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.load", description=__doc__)
    parser.add_argument("--mqtt", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--fleet", type=Path, help="the file of `carewatch fleet create`")
    parser.add_argument("--username")
    parser.add_argument("--password")
    parser.add_argument("--beds", type=int, help="use only so many devices of the fleet")
    parser.add_argument("--rate", type=float, default=10_000, help="a second; 0: no pacing")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--messages", type=int, help="how many, in place of --seconds")
    parser.add_argument("--window", type=int, default=4_000)
    parser.add_argument("--grace", type=float, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--progress", action="store_true", help="a JSON line a second on stderr")
    return parser.parse_args(argv)


def _devices(options: argparse.Namespace) -> tuple[list[str], str | None, str | None]:
    """Device ids, and the login of the bridge that may publish for them."""
    if options.fleet is None:
        beds = range(1, (options.beds or 100) + 1)
        return [f"bed-{n:05d}" for n in beds], options.username, options.password
    fleet: dict[str, Any] = json.loads(options.fleet.read_text("utf-8"))
    bridge = fleet["bridge"]
    return fleet["devices"][: options.beds], bridge["username"], bridge["password"]


def _progress(second: int, sent: int, acked: int) -> None:
    line = {"second": second, "sent": sent, "acked": acked}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 0 where everything was acknowledged, 1 where not, 3 without a broker."""
    options = _arguments(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    devices, username, password = _devices(options)
    total = options.messages or int(options.rate * options.seconds)
    load = Load(total, options.rate, options.window, options.grace)
    try:
        with connect(options.mqtt, username, password) as connection:
            generator = Generator(connection, Packets(devices, options.seed), load)
            progress = _progress if options.progress else lambda *_: None
            outcome = generator.run(stop, progress)
    except (Unavailable, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    names = ("sent", "acked", "seconds", "rate", "late_s", "cpu_s")
    said = {name: round(getattr(outcome, name), 3) for name in names}
    sys.stdout.write(json.dumps(said) + "\n")
    return 0 if outcome.acked == outcome.sent else 1


if __name__ == "__main__":
    sys.exit(main())
