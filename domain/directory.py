"""Who has which device: a frozen snapshot that decoding and detecting look things up in.

Residents and devices draw their ``slot`` from one sequence, so a device that is placed with
nobody is simply its own subject.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

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
        """One more than the largest slot."""
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

    def subjects(self) -> Iterable[Subject]: ...

    def devices(self) -> Iterable[Device]: ...


class Snapshot:
    """A directory that does not change."""

    def __init__(self, subjects: Iterable[Subject], devices: Iterable[Device], version: int = 0):
        self._subjects = {subject.slot: subject for subject in subjects}
        self._devices = {device.id: device for device in devices}
        self._by_slot = {device.slot: device for device in self._devices.values()}
        self.version = version
        self.size = max((*self._subjects, *self._by_slot), default=-1) + 1

    def device(self, device_id: str) -> Device | None:
        return self._devices.get(device_id)

    def subject(self, slot: int) -> Subject:
        return self._subjects[slot]

    def device_at(self, slot: int) -> Device:
        return self._by_slot[slot]

    def subjects(self) -> Iterable[Subject]:
        return self._subjects.values()

    def devices(self) -> Iterable[Device]:
        return self._devices.values()
