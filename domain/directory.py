"""Who has which device: a frozen snapshot that decoding and detecting look things up in.

Residents and devices draw their ``slot`` from one sequence, so a device that is placed with
nobody is simply its own subject.

A county's directory is large and changes by one row at a time. So a snapshot is revised at the
cost of copying its dictionaries, shares all else with the one before, and can say what is
different between the two.
"""

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from domain.time import Micros

DeviceKind = Literal["bed", "fall", "button", "ambient", "bridge", "display"]

EMERGENCY_KINDS: frozenset[str] = frozenset({"fall", "button"})
"""Devices whose silence is itself an emergency in the making."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom readings are about: a resident, or a device that is placed with none."""

    id: str
    slot: int
    resident_id: str | None
    team_id: str | None = None
    timezone: str = "UTC"
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Own values that replace a detector's defaults, by the names in ``docs/detectors.md``."""


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device, and the slot of the subject that its readings are about."""

    id: str
    slot: int
    subject: int
    kind: DeviceKind = "bed"
    interval_s: float | None = None
    """Expected seconds between signs of life; None where the device promises none."""
    model: str | None = None
    place: str | None = None
    placed_at: Micros | None = None
    """When it came to its resident; None where that is unknown, or it is placed with nobody."""
    tested_at: Micros | None = None
    """When it was last tested, as far as the snapshot knows."""
    test_interval_days: float | None = None
    """In how many days it is to be tested again, by the device, resident, team or model."""


class Directory(Protocol):
    """What the way of a reading asks of a snapshot."""

    @property
    def size(self) -> int:
        """More than any slot."""
        ...

    def device(self, device_id: str) -> Device | None:
        """The device of that name, or None where nobody registered it."""
        ...

    def subject(self, slot: int) -> Subject:
        """Whom a subject's slot stands for; KeyError where it stands for none."""
        ...

    def device_at(self, slot: int) -> Device:
        """The device with that slot of its own; KeyError where there is none."""
        ...

    def subjects(self) -> Collection[Subject]: ...

    def devices(self) -> Collection[Device]: ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different in a directory.

    ``subjects`` and ``devices`` are new or not what they were; the devices of such a subject are
    among them, and the subject of such a device. Who is not there any more is named by slot.
    """

    subjects: list[Subject]
    devices: list[Device]
    gone_subjects: list[int]
    gone_devices: list[int]


class Snapshot:
    """A directory that does not change."""

    def __init__(self, subjects: Iterable[Subject], devices: Iterable[Device], version: int = 0):
        self._subjects = {subject.slot: subject for subject in subjects}
        self._devices = {device.slot: device for device in devices}
        self._by_id = {device.id: device for device in self._devices.values()}
        self.version = version
        self.size = max((*self._subjects, *self._devices), default=-1) + 1

    def device(self, device_id: str) -> Device | None:
        return self._by_id.get(device_id)

    def subject(self, slot: int) -> Subject:
        return self._subjects[slot]

    def device_at(self, slot: int) -> Device:
        return self._devices[slot]

    def find(self, slot: int) -> Device | None:
        """The device with that slot, or None where there is none."""
        return self._devices.get(slot)

    def subjects(self) -> Collection[Subject]:
        return self._subjects.values()

    def devices(self) -> Collection[Device]:
        return self._devices.values()

    def revised(
        self,
        subjects: Mapping[int, Subject | None],
        devices: Mapping[int, Device | None],
        version: int = 0,
    ) -> "Snapshot":
        """A snapshot with these in the place of who had their slots; None where nobody has."""
        new = copy(self)
        new._subjects = _revised(self._subjects, subjects)
        new._devices = _revised(self._devices, devices)
        names: dict[str, Device | None] = dict.fromkeys(
            self._devices[slot].id for slot in devices if slot in self._devices
        )
        names |= {device.id: device for device in devices.values() if device is not None}
        new._by_id = _revised(self._by_id, names)
        new.version = version
        new.size = max((self.size - 1, *subjects, *devices)) + 1
        return new

    def since(self, before: "Snapshot") -> Changes:
        """What is different from an earlier one."""
        subjects = _different(before._subjects, self._subjects)
        devices = _different(before._devices, self._devices)
        if subjects:
            devices |= {each.slot: each for each in self.devices() if each.subject in subjects}
        owners = {device.subject for device in devices.values()}
        subjects |= {slot: self._subjects[slot] for slot in owners & self._subjects.keys()}
        return Changes(
            list(subjects.values()),
            list(devices.values()),
            [slot for slot in before._subjects if slot not in self._subjects],
            [slot for slot in before._devices if slot not in self._devices],
        )


Key = TypeVar("Key")
Value = TypeVar("Value")


def _revised(before: Mapping[Key, Value], changes: Mapping[Key, Value | None]) -> dict[Key, Value]:
    after = dict(before)
    for key, value in changes.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return after


def _different(before: Mapping[int, Value], now: Mapping[int, Value]) -> dict[int, Value]:
    """Nearly all are the very same object, which is told at a glance."""
    found = ((slot, each) for slot, each in now.items() if before.get(slot) is not each)
    return {slot: each for slot, each in found if before.get(slot) != each}
