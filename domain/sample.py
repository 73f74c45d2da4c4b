"""Samples in columns: one row a sample, one column a quantity, NaN where nothing was said."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.quantity import WIDTH

Slots = NDArray[np.signedinteger[Any]]
Instants = NDArray[np.int64]
Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """The samples of a turn, in the order of their arrival.

    All arrays share their first axis, of length n:

    ``order``        int32, position of the message in the turn; several samples may share it
    ``slot``         int32, whose sample it is: the resident's slot, or the device's if unplaced
    ``device``       int32, the device's own slot; in the engine these two are intp
    ``measured_at``  int64, microseconds since 1970: when it was so
    ``received_at``  int64, microseconds since 1970: when we heard of it
    ``x``            float32, (n, WIDTH): values in the units of ``domain.quantity``
    ``implausible``  int16, how many values of the sample were refused as out of range
    ``offset``       int64, microseconds that the device's clock claimed ahead of arrival
    """

    order: Slots
    slot: Slots
    device: Slots
    measured_at: Instants
    received_at: Instants
    x: Values
    implausible: NDArray[np.int16]
    offset: Instants

    def __len__(self) -> int:
        return len(self.slot)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Batch":
        """The given rows, copied."""
        return Batch(
            self.order[rows],
            self.slot[rows],
            self.device[rows],
            self.measured_at[rows],
            self.received_at[rows],
            self.x[rows],
            self.implausible[rows],
            self.offset[rows],
        )

    def of(self, slot: Slots, device: Slots) -> "Batch":
        """The same samples under other numbers of subjects and devices."""
        return Batch(
            self.order,
            slot,
            device,
            self.measured_at,
            self.received_at,
            self.x,
            self.implausible,
            self.offset,
        )

    @staticmethod
    def join(batches: Sequence["Batch"]) -> "Batch":
        """The rows of all, one batch after the other."""
        if len(batches) == 1:
            return batches[0]
        return Batch(
            *(np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(Batch))
        )

    @staticmethod
    def empty() -> "Batch":
        whole = np.empty(0, np.int32)
        instants = np.empty(0, np.int64)
        values = np.empty((0, WIDTH), np.float32)
        counts = np.empty(0, np.int16)
        return Batch(whole, whole, whole, instants, instants, values, counts, instants)
