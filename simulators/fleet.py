"""All devices of all homes: their messages in order of time, through the faults on the way.

No clock and no network in here: :meth:`Fleet.until` is told the time. What a live run publishes
and what a recording writes are the same messages.
"""

import heapq
import json
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

import numpy as np

from domain.time import MINUTE, NEVER, SECOND, Micros
from gateway import topics
from simulators.device import Device
from simulators.devices import Ambient, Bed, Button, FallDetector
from simulators.faults import Fault, through
from simulators.message import Message
from simulators.raw_bed import RawBed
from simulators.residents import Incident, Resident
from simulators.scenarios import Home, Scenario

_SIGN_OF_LIFE: Micros = MINUTE
_AMBIENT_LOOK: Micros = 20 * SECOND


class Fleet:
    """Devices that act in turn. Ask for messages in order of time."""

    def __init__(self, devices: Iterable[Device], faults: Sequence[Fault] = ()) -> None:
        self.devices = {device.id: device for device in devices}
        self._faults = faults
        self._order = list(self.devices.values())
        self._acting = [(device.next_at, place) for place, device in enumerate(self._order)]
        heapq.heapify(self._acting)
        self._leaving: list[tuple[Micros, int, Message]] = []
        self._count = 0

    @property
    def next_at(self) -> Micros:
        """When the next device wants to act or the next message leaves."""
        acting = self._acting[0][0] if self._acting else NEVER
        leaving = self._leaving[0][0] if self._leaving else NEVER
        return min(acting, leaving)

    def until(self, now: Micros) -> Iterator[Message]:
        """All messages that leave up to and at ``now``, in order."""
        while self.next_at <= now:
            if self._leaving and self._leaving[0][0] < self._acting[0][0]:
                yield heapq.heappop(self._leaving)[2]
            else:
                self._act()

    def hear(self, topic: str, payload: bytes, now: Micros) -> None:
        """Give a receipt or a command to the device whose topic it is."""
        parsed = topics.parse(topic)
        device = self.devices.get(parsed[0]) if parsed else None
        if parsed is None or device is None:
            return
        try:
            said = json.loads(payload)
        except ValueError:
            return
        if isinstance(said, dict):
            self._send(device.hear(parsed[1], said, now))

    def _act(self) -> None:
        at, place = self._acting[0]
        device = self._order[place]
        self._send(device.act(at))
        heapq.heapreplace(self._acting, (device.next_at, place))

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            for after in through(self._faults, message):
                self._count += 1
                heapq.heappush(self._leaving, (after.at, self._count, after))


def incidents_of(
    story: Scenario, homes: Sequence[Home], begin: Micros, seed: int
) -> list[Incident]:
    """What goes wrong in a story that begins at ``begin``."""
    return story.tell(homes, begin, np.random.default_rng((seed, crc32(story.name.encode()))))


def build(
    homes: Sequence[Home],
    incidents: Sequence[Incident],
    begin: Micros,
    rate: float = 1.0,
    seed: int = 7,
    faults: Sequence[Fault] = (),
    *,
    waves: bool = False,
) -> Fleet:
    """The fleet of these homes. ``rate``: samples a second that each bed sends.

    ``waves``: beds send their raw signal instead.
    """
    fleet: list[Device] = []
    by_resident: dict[str, list[Incident]] = {}
    for incident in incidents:
        by_resident.setdefault(incident.resident, []).append(incident)
    for home in homes:
        troubles = by_resident.get(home.resident, [])
        fleet += _devices(home, troubles, begin, rate, seed, waves)
    return Fleet(fleet, faults)


def make_homes(residents: int, zone: str = "UTC") -> list[Home]:
    """Homes for a broker that knows none of ours: bed, fall detector, button, room sensor."""
    kinds = ("bed", "fall", "button", "ambient")
    numbers = (f"{number:03d}" for number in range(1, residents + 1))
    return [
        Home(f"resident-{number}", zone, tuple((f"{kind}-{number}", kind) for kind in kinds))
        for number in numbers
    ]


def _devices(
    home: Home, troubles: Sequence[Incident], begin: Micros, rate: float, seed: int, waves: bool
) -> Iterator[Device]:
    resident = Resident(home.resident, home.zone, seed, troubles)
    for id_, kind in home.devices:
        if kind == "bed" and waves:
            yield _bed(RawBed(id_, resident, begin, seed), troubles)
        elif kind == "bed":
            yield _bed(Bed(id_, resident, begin, round(SECOND / rate), seed), troubles)
        elif kind == "fall":
            yield _fall(FallDetector(id_, resident, begin, _SIGN_OF_LIFE, seed), troubles)
        elif kind == "button":
            yield _button(Button(id_, resident, begin, _SIGN_OF_LIFE, seed), troubles)
        elif kind == "ambient":
            yield _ambient(Ambient(id_, resident, begin, _AMBIENT_LOOK, seed), troubles)


def _bed(bed: Device, troubles: Sequence[Incident]) -> Device:
    for trouble in troubles:
        if trouble.kind == "device_dies":
            bed.dies(trouble.at, trouble.until)
    return bed


def _fall(detector: FallDetector, troubles: Sequence[Incident]) -> FallDetector:
    for trouble in troubles:
        if trouble.kind in ("fall", "fall_unclear"):
            detector.falls(trouble)
    return detector


def _button(button: Button, troubles: Sequence[Incident]) -> Button:
    for trouble in troubles:
        if trouble.kind == "press":
            button.pressed(trouble.at)
    return button


def _ambient(sensor: Ambient, troubles: Sequence[Incident]) -> Ambient:
    for trouble in troubles:
        if trouble.kind == "smoke":
            sensor.smokes(trouble)
    return sensor
