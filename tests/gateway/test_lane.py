"""The fast lane: what is published goes past paho, everything else through it."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inbox import Packet
from gateway.mqtt.lane import FastLane, acknowledgement, published

PINGRESP = b"\xd0\x00"

Ends = tuple[socket.socket, FastLane, list[Packet]]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The broker's end, ours, and what was delivered."""
    broker, ours = socket.socketpair()
    ours.setblocking(False)
    delivered: list[Packet] = []
    with broker, ours:
        yield broker, FastLane(ours, delivered.extend), delivered


def publish(packet: Packet) -> bytes:
    """The bytes of a PUBLISH (MQTT 3.1.1, section 3.3)."""
    topic = packet.topic.encode()
    body = len(topic).to_bytes(2, "big") + topic
    body += packet.mid.to_bytes(2, "big") if packet.mid else b""
    body += packet.payload
    flags = packet.retained | (2 if packet.mid else 0) | packet.duplicate << 3
    return bytes([0x30 | flags]) + _length(len(body)) + body


def _length(count: int) -> bytes:
    spelled = b""
    while True:
        count, low = divmod(count, 128)
        spelled += bytes([low | (0x80 if count else 0)])
        if not count:
            return spelled


packets = st.builds(
    Packet,
    topic=st.text(min_size=1, max_size=20).filter(lambda t: "\0" not in t),
    payload=st.binary(max_size=300),
    retained=st.booleans(),
    duplicate=st.booleans(),
    mid=st.integers(0, 0xFFFF),
)


@given(st.lists(packets, max_size=5), st.integers(0, 400))
def test_whole_packets_are_read_and_a_cut_one_waits_for_its_rest(
    sent: list[Packet], cut: int
) -> None:
    stream = b"".join(map(publish, sent))
    first, used = published(stream[:cut])
    assert used <= min(cut, len(stream))
    rest, end = published(stream[used:])
    assert (first + rest, used + end) == (sent, len(stream))


@given(st.lists(st.one_of(packets, st.just(PINGRESP)), max_size=6), st.integers(1, 50))
def test_paho_reads_the_others_and_gets_them_in_their_place(
    sent: list[Packet | bytes], piece: int
) -> None:
    broker, ours = socket.socketpair()
    ours.setblocking(False)
    told: list[Packet | bytes] = []
    lane = FastLane(ours, told.extend)
    stream = b"".join(each if isinstance(each, bytes) else publish(each) for each in sent)
    with broker, ours:
        for at in range(0, len(stream), piece):
            broker.sendall(stream[at : at + piece])
            told += _read(lane)
    assert told == sent


def _read(lane: FastLane) -> Iterator[bytes]:
    """As paho reads: a byte at a time, until there is nothing."""
    while True:
        try:
            yield lane.recv(1) + lane.recv(1)
        except BlockingIOError:
            return


def test_paho_does_not_wait_for_the_socket_while_it_has_bytes_to_read(ends: Ends) -> None:
    broker, lane, _ = ends
    broker.sendall(PINGRESP)
    assert lane.recv(1) == PINGRESP[:1]
    assert lane.pending() == 1


def test_the_end_of_the_connection_is_told(ends: Ends) -> None:
    broker, lane, _ = ends
    broker.close()
    assert lane.recv(1) == b""


@pytest.mark.parametrize("stream", [b"\x32\xff\xff\xff\xff\x01", b"\x32\x03\x00\x09a"])
def test_what_is_no_mqtt_ends_the_connection(ends: Ends, stream: bytes) -> None:
    broker, lane, _ = ends
    broker.sendall(stream)
    with pytest.raises(ConnectionError):
        lane.recv(1)


def test_acknowledgements_are_one_string() -> None:
    assert acknowledgement([1, 0xFFFF]) == b"\x40\x02\x00\x01\x40\x02\xff\xff"
