"""The pump's MQTT session: persistent, QoS 1, acknowledged by hand after the commit."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, cast
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from domain.errors import Unavailable
from domain.time import stopwatch
from gateway import topics
from gateway.inbox import Message, Packet
from gateway.mqtt.lane import FastLane, acknowledgement

log = structlog.get_logger()

_PUBACK = 0x40


class Sink(Protocol):
    """Takes messages in, in the receiving thread."""

    def put(self, packets: Sequence[Packet], session: int) -> None: ...

    def resume(self) -> None: ...


class Subscriber:
    """One session with the broker, for receiving everything and for telling devices.

    Packet identifiers mean something within one connection only: after a reconnect the broker
    sends what was not acknowledged again, and an acknowledgement that belongs to an earlier
    connection is left out.
    """

    def __init__(
        self,
        url: str,
        sink: Sink,
        client_id: str = "carewatch-pump",
        topic: str = topics.EVERYTHING,
    ) -> None:
        self._sink = sink
        self._topic = topic
        self._connections = 0
        self._session = 0
        self._changing = threading.Lock()
        self._up = threading.Event()
        self._client = _LaneClient(url, client_id, self._connected_by)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._address = address(url)

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    def start(self) -> None:
        """Connect, and stay connected until :meth:`stop`."""
        self._client.connect_async(*self._address, keepalive=30)
        self._client.loop_start()

    def wait(self, seconds: float) -> None:
        """Return once connected; raise :class:`Unavailable` where that takes longer."""
        if not self._up.wait(seconds):
            host, port = self._address
            raise Unavailable(f"No MQTT broker answers at {host}:{port}: is it running?")

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """PUBACK these messages, as far as they are of the present connection."""
        with self._changing:
            session = self._session
            mids = [message.mid for message in messages if message.session == session]
            self._client.puback([mid for mid in mids if mid])

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> paho.MQTTMessageInfo:
        """Send to a device at QoS 1; the answer tells when the broker has it.

        Without a connection it is kept, and sent once there is one again.
        """
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == paho.MQTT_ERR_NO_CONN:  # paho keeps it, but would call it a failure for ever
            info.rc = paho.MQTT_ERR_SUCCESS
        return info

    # -- paho's thread ------------------------------------------------------------------------

    def _connected_by(self, connection: socket.socket) -> FastLane:
        """The fast lane of a new connection, which is a new session."""
        with self._changing:
            self._connections += 1
            self._session = session = self._connections
        return FastLane(connection, lambda packets: self._sink.put(packets, session))

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            log.error("broker refused the login", reason=str(code))
            return
        client.subscribe(self._topic, qos=1)

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, codes: Any, _p: Any) -> None:
        if any(code.is_failure for code in codes):
            log.error("the broker refuses the subscription: may this login read cw/v1/#?")
            return
        self._sink.resume()
        self._up.set()
        log.info("receiving from the broker", session=self._session)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        with self._changing:
            self._session = 0
        self._up.clear()
        log.warning("disconnected from the broker", reason=str(code))


class _LaneClient(paho.Client):
    """paho with a fast lane; the two places where it is joined to paho's inside."""

    def __init__(
        self, url: str, client_id: str, enter: Callable[[socket.socket], FastLane]
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        _set_up(self, url)
        self.reconnect_delay_set(min_delay=1, max_delay=1)  # who presses meanwhile waits for us
        self._enter = enter

    def puback(self, mids: Sequence[int]) -> None:
        """Acknowledge packets in one write."""
        if mids:
            self._packet_queue(_PUBACK, acknowledgement(mids), 0, 0)

    def _create_socket(self) -> Any:
        return self._enter(cast(socket.socket, super()._create_socket()))


def all_taken(messages: Iterable[paho.MQTTMessageInfo], within_s: float) -> bool:
    """Whether the broker has all of these messages, in so many seconds at most."""
    until = stopwatch() + within_s
    waiting = [info for info in messages if not info.is_published()]
    for info in waiting:
        info.wait_for_publish(max(until - stopwatch(), 0))
    return all(info.is_published() for info in waiting)


def make_client(
    url: str, client_id: str, *, clean_session: bool = True, manual_ack: bool = False
) -> paho.Client:
    """A paho client for ``mqtt://user:password@host:port`` (``mqtts`` for TLS), not connected."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean_session,
        manual_ack=manual_ack,
    )
    _set_up(client, url)
    return client


def address(url: str) -> tuple[str, int]:
    """Host and port of an MQTT address."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or (8883 if parts.scheme == "mqtts" else 1883)


def _set_up(client: paho.Client, url: str) -> None:
    parts = urlsplit(url)
    client.max_queued_messages_set(0)
    client.reconnect_delay_set(min_delay=1, max_delay=5)
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set_context(ssl.create_default_context())
