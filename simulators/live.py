"""A fleet against a real broker, in real time or faster."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.time import NEVER, SECOND, Clock, Micros
from gateway import topics
from gateway.mqtt.publisher import Login, Publisher, Traffic
from simulators.devices import Button
from simulators.fleet import Fleet
from simulators.message import MILLISECOND, Message

_LONGEST_TURN_S = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """Story time against the wall: ``speed`` times faster, and never ahead of it.

    A story told faster begins in the past (:func:`pace`), catches up with the present and goes
    on with it, because a reading from the future would not be believed.
    """

    begin: Micros
    started: Micros
    speed: float

    def story(self, wall: Micros) -> Micros:
        """Story time at a wall-clock instant."""
        told = self.begin + round((wall - self.started) * self.speed)
        return min(told, wall) if self.speed > 1 else told

    def wait_s(self, until: Micros, wall: Micros) -> float:
        """Seconds on the wall until the story reaches ``until``."""
        return max(until - self.story(wall), 0) / self.speed / SECOND


def pace(now: Micros, speed: float, lasts: Micros) -> Pace:
    """A pace at which a story of length ``lasts``, started now, ends in the present."""
    behind = round(lasts * (1 - 1 / speed)) if speed > 1 else 0
    begin = (now - behind) // MILLISECOND * MILLISECOND
    return Pace(begin, now, speed)


@dataclass(frozen=True, slots=True)
class Access:
    """How the devices log in: each with its own secret, or all through one account.

    Behind an account, buttons hear their receipts and nobody takes commands.
    """

    secrets: Mapping[str, str]
    account: tuple[str, str] | None = None


class Live:
    """Publishes what the fleet says when it is due, and gives it what it is told."""

    def __init__(
        self, fleet: Fleet, url: str, access: Access, clock: Clock, clock_pace: Pace
    ) -> None:
        self._fleet = fleet
        self._access = access
        self._clock = clock
        self._pace = clock_pace
        self._publisher = Publisher(url, self._hear)
        for login in _logins(fleet, access):
            self._publisher.open(login)

    def run(
        self, stop: threading.Event, ends: Micros = NEVER, told: Callable[[], None] | None = None
    ) -> Traffic:
        """Go on until story time ``ends`` or ``stop``; ``told`` is called every turn."""
        try:
            while not stop.is_set():
                wall = self._clock.now()
                now = min(self._pace.story(wall), ends)
                for message in self._fleet.until(now):
                    self._say(message)
                if now >= ends:
                    break
                if told is not None:
                    told()
                wait = self._pace.wait_s(self._fleet.next_at, wall)
                self._publisher.turn(min(wait, _LONGEST_TURN_S))
        finally:
            self._publisher.close()
        return self._publisher.traffic()

    def traffic(self) -> Traffic:
        return self._publisher.traffic()

    def _say(self, message: Message) -> None:
        own = message.device in self._access.secrets
        session = message.device if own else _TOGETHER
        if message.will and own:
            self._publisher.cut(session)
            return
        if own and message.topic.endswith("/status"):
            self._publisher.revive(session)
        self._publisher.publish(session, message.topic, message.payload, retain=message.retain)

    def _hear(self, topic: str, payload: bytes) -> None:
        self._fleet.hear(topic, payload, self._pace.story(self._clock.now()))


_TOGETHER = f"simulated-homes-{os.getpid()}"
"""Client id of the session that all devices without a login of their own share."""


def _logins(fleet: Fleet, access: Access) -> list[Login]:
    alone = [device for device in fleet.devices.values() if device.id in access.secrets]
    logins = [
        Login(device.id, device.id, access.secrets[device.id], device.will, _downlinks(device.id))
        for device in alone
    ]
    together = [device for device in fleet.devices.values() if device.id not in access.secrets]
    if together:
        name, password = access.account or (None, None)
        # A missed receipt costs a button one more press, so QoS 0 will do.
        receipts = tuple(
            topics.downlink(device.id, "receipt")
            for device in together
            if isinstance(device, Button)
        )
        logins.append(Login(_TOGETHER, name, password, None, receipts, subscription_qos=0))
    return logins


def _downlinks(device: str) -> tuple[str, ...]:
    return topics.downlink(device, "receipt"), topics.downlink(device, "command")
