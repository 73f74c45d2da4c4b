"""A load generator: paced QoS 1 samples of many devices through one bridge login.

``python -m simulators.load --fleet FILE --mqtt URL --rate 10000 --seconds 60`` prints one JSON
object: ``sent``, ``acked``, ``seconds`` (first message to last PUBACK), ``rate`` (acked a
second), ``late_s`` (the furthest behind its schedule that a message went out: a full window
waits), ``cpu_s`` (of this process).

Why not paho: the generator shares its cores with what is measured, and paho spends 50 to 100
microseconds on a QoS 1 message (a queue, a lock, a dict and a system call for each). Of MQTT
3.1.1 a generator needs three packets, so they are written here: CONNECT once, PUBLISH from
ready-made pieces in which only packet id and time change, PUBACK as four bytes that are counted
by the thousand. It looks at its socket every few milliseconds and not at every arrival, which
makes one system call serve many messages: 2 to 4 microseconds a message in all.

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

import numpy as np

from domain.errors import Unavailable
from domain.time import SystemClock, stopwatch

TICK_S = 0.008
_PACKET_IDS = 65_535
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


class Packets:
    """Ready-made PUBLISH packets, device after device, round and round.

    All payloads have one length, so a device's header fits each of them. Two messages of one
    device never share a ``t``: they would be one sample.
    """

    def __init__(self, devices: Sequence[str], seed: int = 7) -> None:
        values = _values(seed)
        size = len(b'{"t":' + b"0" * 13 + values[0])
        self._heads = [_publish_head(f"cw/v1/{device}/sample", size) for device in devices]
        self._values = values
        self._said = [0] * len(devices)
        self._next = 0

    def take(self, count: int, first_id: int, now_ms: int) -> bytes:
        """The next ``count`` packets with consecutive ids from ``first_id``, as one string."""
        heads, said, values, place = self._heads, self._said, self._values, self._next
        pieces: list[bytes] = []
        for number in range(first_id, first_id + count):
            device = place % len(heads)
            at = said[device] = max(now_ms, said[device] + 1)
            pieces += (
                heads[device],
                number.to_bytes(2, "big"),
                b'{"t":%d' % at,
                values[place % len(values)],
            )
            place += 1
        self._next = place
        return b"".join(pieces)


class Acknowledgements:
    """Which packet ids are still waiting for their PUBACK."""

    def __init__(self) -> None:
        self.acked = 0
        self._waiting = np.zeros(_PACKET_IDS + 1, bool)
        self._rest = b""

    def free(self, first_id: int, count: int) -> int:
        """How many consecutive ids from ``first_id`` on may be used, ``count`` at most."""
        block = self._waiting[first_id : min(first_id + count, _PACKET_IDS + 1)]
        return int(block.argmax()) if block.any() else len(block)

    def expect(self, first_id: int, count: int) -> None:
        self._waiting[first_id : first_id + count] = True

    def read(self, data: bytes) -> None:
        """Take bytes as they came from the broker, cut anywhere."""
        data = self._rest + data
        whole = len(data) // 4 * 4
        self._rest = data[whole:]
        words = np.frombuffer(data[:whole], ">u2").reshape(-1, 2)
        if (words[:, 0] != 0x4002).any():
            raise Unavailable("The broker sent something that is no PUBACK; is it MQTT 3.1.1?")
        self._waiting[words[:, 1]] = False
        self.acked += len(words)


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
            self._next_id = (self._next_id + count - 1) % _PACKET_IDS + 1
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
        connection.sendall(_connect_packet(f"load-{os.getpid()}", username, password))
        answer = connection.recv(4)
    except OSError as error:
        raise Unavailable(f"The broker at {address[0]}:{address[1]}: {error}.") from error
    if len(answer) < 4 or answer[3]:
        raise Unavailable("The broker refused the login; check the bridge's name and password.")
    return connection


def _connect_packet(client_id: str, username: str | None, password: str | None) -> bytes:
    flags = 0x02 | (0x80 if username else 0) | (0x40 if password else 0)
    body = _text("MQTT") + bytes((4, flags, 0, 0)) + _text(client_id)
    body += b"".join(_text(word) for word in (username, password) if word)
    return b"\x10" + _length(len(body)) + body


def _publish_head(topic: str, payload: int) -> bytes:
    """A QoS 1 PUBLISH up to where the packet id stands."""
    return b"\x32" + _length(2 + len(topic.encode()) + 2 + payload) + _text(topic)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(size: int) -> bytes:
    """MQTT's variable length: seven bits a byte, the lowest first."""
    out = bytearray()
    while True:
        size, low = divmod(size, 128)
        out.append(low | (0x80 if size else 0))
        if not size:
            return bytes(out)


def _values(seed: int, variety: int = 997) -> list[bytes]:
    """Ends of payloads, all equally long: four plausible quantities each."""
    random = np.random.default_rng(seed)
    heart = random.integers(55, 90, variety)
    breath = random.uniform(11.0, 19.0, variety)
    movement = random.uniform(0.0, 0.25, variety)
    return [
        b',"heart_rate":%d,"respiration_rate":%.1f,"movement":%.2f,"in_bed":true}' % each
        for each in zip(heart.tolist(), breath.tolist(), movement.tolist(), strict=True)
    ]


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
