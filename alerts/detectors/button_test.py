"""button_test_overdue: a button or a fall detector was not tested for longer than it may be.

Nobody knows that an alarm works but who has tried it. A test is a ``button_test``, or whatever
the device tells while a test of it is announced (:mod:`alerts.testing`). A device that was never
tested counts from when it came to its resident; where nothing says when that was, as in a replay
without a directory, it is watched from its first test on. One that is nobody's is in a drawer.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from alerts.detectors.columns import grown
from alerts.detectors.detector import Detector
from alerts.detectors.news import LONG_AGO
from domain.directory import EMERGENCY_KINDS, Device, Subject
from domain.event import TESTS, Event
from domain.finding import KINDS, Finding
from domain.sample import Instants, Slots
from domain.time import DAY, NEVER, Micros, iso

INTERVAL_DAYS = 7.0
"""A device's or a subject's own: ``test_interval_days``; 0 where none is asked for."""

GRACE: Micros = DAY
"""Who tests every Saturday does not do it by the minute."""


class ButtonTest(Detector):
    """Told again after each further interval, in case a person has ended the alert untested.

    Memory, one element a device: ``tested`` last, by arrival; ``since`` when it was found overdue
    (NEVER where it is not), ``deadline``.
    """

    kinds = ("button_test_overdue",)
    thresholds = ("test_interval_days",)
    keyed_by = "device"
    events = TESTS
    columns = {
        "tested": (np.int64, LONG_AGO),
        "since": (np.int64, NEVER),
        "deadline": (np.int64, NEVER),
    }

    def __init__(self) -> None:
        super().__init__()
        self._devices: dict[int, Device] = {}
        self._interval: Instants = np.empty(0, np.int64)
        self._placed: Instants = np.empty(0, np.int64)

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        own = {each.slot: each.thresholds for each in subjects if each.resident_id is not None}
        self._interval = grown(self._interval, self.devices, NEVER)
        self._placed = grown(self._placed, self.devices, LONG_AGO)
        for device in devices:
            if device.kind in EMERGENCY_KINDS and device.subject in own:
                self._watch(device, own[device.subject])
            else:
                self._forgo(device.slot)

    def retire(self, devices: Slots) -> None:
        for device in devices.tolist():
            self._forgo(device)

    def happen(self, event: Event, out: list[Finding]) -> None:
        device, at = event.device, event.received_at
        if self._interval[device] == NEVER:
            return
        since = int(self.memory["since"][device])
        self.memory["tested"][device], self.memory["since"][device] = at, NEVER
        self._set_timer(device)
        if since != NEVER:
            out.append(self._found(at, device, since, active=False))

    def due(self, slots: Slots, out: list[Finding]) -> None:
        for device in slots.tolist():
            at = int(self.memory["deadline"][device])
            self.memory["since"][device] = at
            self.memory["deadline"][device] = at + int(self._interval[device])
            out.append(self._found(at, device, at, active=True))

    def resume(self, now: Micros) -> None:
        """Nobody could be told before; a deadline that has passed meanwhile is now."""
        deadline = self.memory["deadline"]
        np.copyto(deadline, np.maximum(deadline, now), where=deadline < NEVER)

    def _watch(self, device: Device, own: Mapping[str, float]) -> None:
        slot, tested = device.slot, self.memory["tested"]
        self._devices[slot] = device
        self._interval[slot] = _interval(device, own)
        self._placed[slot] = LONG_AGO if device.placed_at is None else device.placed_at
        if device.tested_at is not None:
            tested[slot] = max(tested[slot], device.tested_at)
        self._set_timer(slot)

    def _forgo(self, device: int) -> None:
        """Ask it for no test."""
        self._devices.pop(device, None)
        self._interval[device], self._placed[device] = NEVER, LONG_AGO
        self._set_timer(device)

    def _set_timer(self, device: int) -> None:
        """Anew, where it is not overdue: the interval may be another one by now."""
        memory, interval = self.memory, int(self._interval[device])
        start = max(int(memory["tested"][device]), int(self._placed[device]))
        if interval == NEVER or start == LONG_AGO:
            memory["deadline"][device] = NEVER
        elif memory["since"][device] == NEVER:
            memory["deadline"][device] = start + interval + GRACE

    def _found(self, at: Micros, device: int, since: Micros, active: bool) -> Finding:
        tested, placed = int(self.memory["tested"][device]), int(self._placed[device])
        evidence: dict[str, Any] = {
            "last_test": iso(tested) if tested > LONG_AGO else None,
            "interval_days": round(int(self._interval[device]) / DAY, 3),
        }
        if placed > LONG_AGO:
            evidence["placed_at"] = iso(placed)
        priority = KINDS["button_test_overdue"].priority
        slot = self._devices[device].subject
        return Finding(at, slot, device, "button_test_overdue", active, since, priority, evidence)


def _interval(device: Device, own: Mapping[str, float]) -> Micros:
    days = device.test_interval_days
    if days is None:
        days = own.get("test_interval_days", INTERVAL_DAYS)
    return round(days * DAY) if math.isfinite(days) and 0 < days <= 3660 else NEVER
