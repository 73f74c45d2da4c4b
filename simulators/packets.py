"""The three packets of MQTT 3.1.1 that a load generator needs: CONNECT, PUBLISH, PUBACK.

:mod:`simulators.load` says why they are written here. Section numbers are those of the standard
(OASIS, MQTT Version 3.1.1): 2.2.3 remaining length, 3.1 CONNECT, 3.3 PUBLISH, 3.4 PUBACK.
"""

from collections.abc import Sequence

import numpy as np

from domain.errors import Unavailable

PACKET_IDS = 65_535


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
        self._waiting = np.zeros(PACKET_IDS + 1, bool)
        self._rest = b""

    def free(self, first_id: int, count: int) -> int:
        """How many consecutive ids from ``first_id`` on may be used, ``count`` at most."""
        block = self._waiting[first_id : min(first_id + count, PACKET_IDS + 1)]
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


def connect_packet(client_id: str, username: str | None, password: str | None) -> bytes:
    flags = 0x02 | (0x80 if username else 0) | (0x40 if password else 0)
    body = _text("MQTT") + bytes((4, flags, 0, 0)) + _text(client_id)
    body += b"".join(_text(word) for word in (username, password) if word)
    return b"\x10" + length(len(body)) + body


def _publish_head(topic: str, payload: int) -> bytes:
    """A QoS 1 PUBLISH up to where the packet id stands."""
    return b"\x32" + length(2 + len(topic.encode()) + 2 + payload) + _text(topic)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def length(size: int) -> bytes:
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
