"""device_silent: nothing was heard of a device for three of its intervals.

A device for emergencies (fall detector, button) is missed after 3 minutes at most, whatever it
promised: what EN 50136-1 asks of category SP4. A device that promises no interval is missed
only after the broker said that its connection broke. None is watched before it was heard of
once: registered is not installed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.columns import grown
from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from domain.directory import EMERGENCY_KINDS, Device, Subject
from domain.event import Event
from domain.finding import KINDS, Finding
from domain.sample import Instants, Slots
from domain.time import MINUTE, NEVER, SECOND, Micros, iso

INTERVALS = 3
"""How many intervals may pass without a word."""

AT_LEAST = MINUTE
"""A network may hiccup for half a minute."""

EMERGENCY = 3 * MINUTE
"""The longest silence of a device for emergencies, and of one whose connection broke."""

_NOBODY = -1
"""The subject of a device that is out of use."""


def allowance(device: Device) -> Micros:
    """How long a device may be silent; NEVER where it promised nothing."""
    emergency = EMERGENCY if device.kind in EMERGENCY_KINDS else NEVER
    if device.interval_s is None:
        return emergency
    return max(min(int(INTERVALS * device.interval_s * SECOND), emergency), AT_LEAST)


class Silence(Detector):
    """Memory, one element a device: ``heard`` last (by arrival), ``deadline``, ``silent``."""

    kinds = ("device_silent",)
    keyed_by = "device"
    events = None
    columns = {
        "heard": (np.int64, NEVER),
        "deadline": (np.int64, NEVER),
        "silent": (bool, False),
    }

    def __init__(self) -> None:
        super().__init__()
        self._allowance: Instants = np.empty(0, np.int64)
        self._subject: Slots = np.empty(0, np.intp)
        self._emergency: NDArray[np.bool_] = np.empty(0, bool)

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._allowance = grown(self._allowance, self.devices, NEVER)
        self._subject = grown(self._subject, self.devices, _NOBODY)
        self._emergency = grown(self._emergency, self.devices, False)
        for device in devices:
            self._allowance[device.slot] = allowance(device)
            self._subject[device.slot] = device.subject
            self._emergency[device.slot] = device.kind in EMERGENCY_KINDS

    def retire(self, devices: Slots) -> None:
        self._allowance[devices] = self.memory["deadline"][devices] = NEVER
        self._subject[devices] = _NOBODY

    def observe(self, news: News, out: list[Finding]) -> None:
        """Any message is a sign, even one whose every value was refused."""
        devices, memory = news.device, self.memory
        silent = memory["silent"][devices]
        if silent.any():
            for row in np.flatnonzero(silent).tolist():
                slot, device = int(news.slot[row]), int(devices[row])
                out.append(self._found(int(news.received_at[row]), slot, device, False))
            memory["silent"][devices] = False
        memory["heard"][devices] = news.received_at
        memory["deadline"][devices] = np.minimum(news.received_at + self._allowance[devices], NEVER)

    def happen(self, event: Event, out: list[Finding]) -> None:
        memory, device, at = self.memory, event.device, event.received_at
        if event.source == "status" and event.event == "offline":
            if not memory["silent"][device]:
                memory["deadline"][device] = min(memory["deadline"][device], at + EMERGENCY)
            return
        if memory["silent"][device]:
            out.append(self._found(at, event.slot, device, False))
            memory["silent"][device] = False
        memory["heard"][device] = at
        memory["deadline"][device] = min(at + int(self._allowance[device]), NEVER)

    def due(self, slots: Slots, out: list[Finding]) -> None:
        memory = self.memory
        for device in slots.tolist():
            at = int(memory["deadline"][device])
            memory["deadline"][device] = NEVER
            if self._subject[device] != _NOBODY:
                memory["silent"][device] = True
                out.append(self._found(at, int(self._subject[device]), device, True))

    def resume(self, now: Micros) -> None:
        """We were deaf, they were not silent: each has its whole allowance again."""
        deadline = self.memory["deadline"]
        again = now + np.where(self._allowance < NEVER, self._allowance, EMERGENCY)
        np.copyto(deadline, np.maximum(deadline, again), where=deadline < NEVER)

    def _found(self, at: Micros, slot: int, device: int, active: bool) -> Finding:
        priority = "medium" if self._emergency[device] else KINDS["device_silent"].priority
        heard, allowed = int(self.memory["heard"][device]), int(self._allowance[device])
        since = min(heard, at)
        evidence: dict[str, Any] = {"last_heard": iso(since) if heard < NEVER else None}
        if allowed < NEVER:
            evidence["allowed_s"] = allowed / SECOND
        return Finding(at, slot, device, "device_silent", active, since, priority, evidence)
