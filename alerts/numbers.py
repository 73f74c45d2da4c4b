"""The engine's own numbers of subjects and devices, without gaps.

Residents and devices draw their slots from one sequence, so the slots of the ones have gaps
where those of the others are. In the engine subjects are counted by themselves and devices by
themselves, in the order in which they became known, so that no array has an element that nobody
uses. What goes in and comes out is renumbered at its border; detectors know nothing of it. The
numbers are ``intp``: an index of any other type numpy would convert anew at every look.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.directory import Changes, Device, Snapshot, Subject
from domain.event import Event
from domain.finding import Finding
from domain.sample import Batch, Slots

NOBODY = -1
"""The number of slots that the directory never named."""


class Numbers:
    """Renumbers what goes into the engine, and back what comes out of it.

    A device that is placed with nobody is a subject too, and has a number as either.
    """

    def __init__(self) -> None:
        self.subjects = _Count()
        self.devices = _Count()

    def know(self, changes: Changes) -> tuple[list[Subject], list[Device], Slots]:
        """Give numbers to those who are new.

        All that is to be told, with numbers for slots: the subjects, those who are gone being
        nobody in particular; the devices; and which devices are gone.
        """
        self.subjects.admit(subject.slot for subject in changes.subjects)
        self.devices.admit(device.slot for device in changes.devices)
        subject, device = self.subjects.number, self.devices.number
        return (
            [replace(each, slot=subject(each.slot)) for each in changes.subjects]
            + [_nobody(subject(slot)) for slot in changes.gone_subjects],
            [replace(d, slot=device(d.slot), subject=subject(d.subject)) for d in changes.devices],
            self.devices.numbers(np.array(changes.gone_devices, np.intp)),
        )

    def directory(self) -> Snapshot:
        """Who has a number, as if nothing else were known of them."""
        devices = self.devices.slots.tolist()
        return Snapshot(
            [_nobody(slot) for slot in self.subjects.slots.tolist()],
            [Device(f"slot {slot}", slot, NOBODY) for slot in devices],
        )

    def state(self) -> dict[str, NDArray[Any]]:
        return {"subjects": self.subjects.slots, "devices": self.devices.slots}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; a state of before had an element a slot."""
        every_slot = np.arange(len(arrays["subject_of"]))
        self.subjects.load(arrays.get("subjects", every_slot))
        self.devices.load(arrays.get("devices", every_slot))

    def samples(self, batch: Batch) -> Batch:
        """The samples of those who are known; of others nobody could be told."""
        subject, device = self.subjects.numbers(batch.slot), self.devices.numbers(batch.device)
        batch = batch.of(subject, device)
        either = subject | device  # negative where one of them is NOBODY
        return batch if either.min(initial=0) >= 0 else batch.take(np.flatnonzero(either >= 0))

    def events(self, events: Sequence[Event]) -> list[Event]:
        """The events of those who are known."""
        subject, device = self.subjects.number, self.devices.number
        numbered = [replace(e, slot=subject(e.slot), device=device(e.device)) for e in events]
        return [event for event in numbered if NOBODY not in (event.slot, event.device)]

    def outward(self, finding: Finding) -> Finding:
        """A finding with the slots that all others know."""
        subject, device = self.subjects.slots[finding.slot], self.devices.slots[finding.device]
        return replace(finding, slot=int(subject), device=int(device))


class _Count:
    """Numbers of slots; a number, once given, stays. ``slots``: int32, the slot of each."""

    def __init__(self) -> None:
        self.load(np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.slots)

    def admit(self, slots: Iterable[int]) -> None:
        """Give numbers to those that have none, in ascending order."""
        asked = np.unique(np.fromiter(slots, np.int32))
        new = asked[self.numbers(asked) == NOBODY]
        if len(new):
            self.load(np.append(self.slots, new))

    def load(self, slots: NDArray[Any]) -> None:
        """Take these slots, numbered from 0."""
        self.slots: Slots = slots.astype(np.int32)
        self._numbers = np.full(int(self.slots.max(initial=-1)) + 2, NOBODY, np.intp)
        self._numbers[self.slots] = np.arange(len(self.slots))

    def numbers(self, slots: Slots) -> Slots:
        """Their numbers, NOBODY where there is none."""
        return self._numbers.take(slots, mode="clip")

    def number(self, slot: int) -> int:
        return int(self._numbers.take(slot, mode="clip"))


def _nobody(slot: int) -> Subject:
    return Subject(f"slot {slot}", slot, None)
