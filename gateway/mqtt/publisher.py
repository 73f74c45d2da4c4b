"""Many device sessions over paho on one thread: each its own login, last will and receipts.

The owner calls :meth:`Publisher.turn` again and again; everything (connecting, reading, writing,
keep-alive, callbacks) happens in there and in :meth:`Publisher.publish`, so nothing needs a
lock. A session that is lost comes back after 1 s, then 2 s, up to 30 s; what it published at
QoS 1 meanwhile waits and is sent then. Connecting blocks for as long as the TCP handshake does.
"""

import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho

from domain.time import stopwatch
from gateway.mqtt.subscriber import address, make_client

_KEEPALIVE_S = 30
_MISC_S = 5.0
_LONGEST_RETRY_S = 30.0
_LONGEST_LOGIN_S = 10.0
_CONNECTS_A_TURN = 20
_WAITING_A_SESSION = 1_000

Heard = Callable[[str, bytes], None]
"""Called with topic and payload of each message that reaches one of the sessions."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a session presents itself. ``will`` is topic and payload, retained, at QoS 1."""

    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    will: tuple[str, bytes] | None = None
    subscriptions: tuple[str, ...] = ()
    subscription_qos: int = 1
    """0 for a session with many: NATS lets it have six at QoS 1."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What all sessions together have done so far."""

    sessions: int
    connected: int
    published: int
    acknowledged: int
    dropped: int
    """Not even queued, because a session that is away had too much waiting already."""
    problem: str | None
    """Why a session last failed to connect, where one did."""


class Publisher:
    """The sessions with one broker, by client id."""

    def __init__(self, url: str, heard: Heard) -> None:
        self._url = url
        self._heard = heard
        self._selector = selectors.DefaultSelector()
        self._sessions: dict[str, _Session] = {}
        self._next_misc = 0.0
        self._published = self._dropped = 0
        self._acknowledged = 0
        self._problem: str | None = None

    def open(self, login: Login) -> None:
        """Add a session; it connects in one of the next turns, and stays."""
        client = make_client(self._url, login.client_id)
        if login.username is not None:
            client.username_pw_set(login.username, login.password)
        if login.will is not None:
            client.will_set(*login.will, qos=1, retain=True)
        client.max_queued_messages_set(_WAITING_A_SESSION)
        session = _Session(client, login)
        self._sessions[login.client_id] = session
        client.on_connect = lambda _c, _d, _f, code, _p: self._connected(session, code)
        client.on_disconnect = lambda *_: self._lost(session)
        client.on_message = lambda _c, _d, m: self._heard(m.topic, bytes(m.payload))
        client.on_publish = lambda *_: self._count_acknowledged()
        client.on_socket_close = lambda _c, _d, sock: self._forget(session, sock)

    def publish(self, name: str, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send at QoS 1 through the session ``name``, or keep it until the session is back."""
        session = self._sessions[name]
        if retain:
            session.retained[topic] = payload
        self._send(session, topic, payload, retain=retain)

    def turn(self, timeout_s: float) -> None:
        """Do what there is to do; return after ``timeout_s`` at the latest."""
        self._connect_some()
        for key, events in self._selector.select(timeout_s):
            session: _Session = key.data
            if events & selectors.EVENT_READ:
                _read(session.client)
            if events & selectors.EVENT_WRITE:
                session.client.loop_write()
            self._watch(session)
        if stopwatch() >= self._next_misc:
            self._next_misc = stopwatch() + _MISC_S
            for session in self._sessions.values():
                session.client.loop_misc()
                self._watch(session)

    def cut(self, name: str) -> None:
        """Let a device die: no farewell, so that the broker sends its will; no return."""
        session = self._sessions[name]
        session.dead = True
        sock: Any = session.client.socket()
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)

    def revive(self, name: str) -> None:
        """Let a session that was cut connect again."""
        session = self._sessions[name]
        session.dead, session.connect_at = False, 0.0

    def traffic(self) -> Traffic:
        connected = sum(session.client.is_connected() for session in self._sessions.values())
        return Traffic(
            len(self._sessions), connected, self._published, self._acknowledged, self._dropped,
            self._problem,
        )  # fmt: skip

    def close(self, seconds: float = 5.0) -> None:
        """Wait for the acknowledgements that are due, then leave; wills are not sent."""
        deadline = stopwatch() + seconds
        while self._acknowledged < self._published and stopwatch() < deadline:
            self.turn(0.05)
        for session in self._sessions.values():
            session.dead = True
            session.client.disconnect()
            session.client.loop_write()
            if (sock := session.client.socket()) is not None:
                self._forget(session, sock)
                sock.close()
        self._selector.close()

    # -- connecting ---------------------------------------------------------------------------

    def _connect_some(self) -> None:
        now = stopwatch()
        due = [s for s in self._sessions.values() if not s.dead and s.connect_at <= now]
        for session in due[:_CONNECTS_A_TURN]:
            session.connect_at = now + _LONGEST_LOGIN_S
            try:
                session.client.connect(*address(self._url), keepalive=_KEEPALIVE_S)
            except OSError as error:
                self._problem = f"The broker cannot be reached: {error}."
                session.retry_later(now)
                for other in due:  # all go to the same place: one attempt answers for all
                    other.connect_at = session.connect_at
                return
            self._watch(session)

    def _connected(self, session: "_Session", code: Any) -> None:
        if code.is_failure:
            self._problem = f"The broker refused the login {session.login.client_id}: {code}."
            return
        session.delay_s = 1.0
        session.connect_at = _NEVER
        for topic in session.login.subscriptions:
            session.client.subscribe(topic, qos=session.login.subscription_qos)
        if session.away:  # the will has replaced what was retained
            for topic, payload in session.retained.items():
                self._send(session, topic, payload, retain=True)
        session.away = False

    def _lost(self, session: "_Session") -> None:
        session.away = True
        session.retry_later(stopwatch())

    # -- one session's socket -----------------------------------------------------------------

    def _send(self, session: "_Session", topic: str, payload: bytes, *, retain: bool) -> None:
        info = session.client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == paho.MQTT_ERR_QUEUE_SIZE:
            self._dropped += 1
            return
        self._published += 1
        self._watch(session)

    def _count_acknowledged(self) -> None:
        self._acknowledged += 1

    def _watch(self, session: "_Session") -> None:
        """Ask the selector for what the session needs now."""
        sock = session.client.socket()
        if sock is None:
            return
        write = selectors.EVENT_WRITE if session.client.want_write() else 0
        events = selectors.EVENT_READ | write
        if session.watched is None:
            self._selector.register(sock, events, session)
        elif session.watched != events:
            self._selector.modify(sock, events, session)
        session.watched = events

    def _forget(self, session: "_Session", sock: Any) -> None:
        if session.watched is not None:
            self._selector.unregister(sock)
            session.watched = None


_NEVER = float("inf")


@dataclass(slots=True)
class _Session:
    client: paho.Client
    login: Login
    connect_at: float = 0.0
    delay_s: float = 1.0
    dead: bool = False
    away: bool = False
    watched: int | None = None
    retained: dict[str, bytes] = field(default_factory=dict)

    def retry_later(self, now: float) -> None:
        self.connect_at = now + self.delay_s
        self.delay_s = min(self.delay_s * 2, _LONGEST_RETRY_S)


def _read(client: paho.Client) -> None:
    client.loop_read()
    # TLS may hold whole packets that the selector cannot see.
    while (sock := client.socket()) is not None and getattr(sock, "pending", int)():
        client.loop_read()
