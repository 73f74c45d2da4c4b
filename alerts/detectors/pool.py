"""Memory for series that few devices tell: a row for each that was ever told, none for others.

A series is one quantity of a device. Rows are in the order of ``key`` (the device's slot times
the number of quantities, plus which of them), so that they do not depend on who spoke first.
Behind them is room for those of devices that are yet to come: to grow is to copy everything.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.columns import grown
from alerts.detectors.detector import Column
from domain.sample import Slots

Rows = NDArray[np.intp]

NOWHERE = -1


class Pool:
    """Rows of ``columns`` for up to ``width`` series a device, as arrays in ``memory``."""

    def __init__(
        self, memory: dict[str, NDArray[Any]], columns: Mapping[str, Column], width: int
    ) -> None:
        self.memory = memory
        self._columns = {"key": (np.int64, 0), **columns}
        self._width = width
        self._where: Rows = np.empty((0, width), np.intp)
        self._clear()

    def resize(self, devices: int) -> None:
        """Know of so many devices at least."""
        self._where = grown(self._where, devices, NOWHERE)

    def rows(self, device: Slots, place: NDArray[Any]) -> Rows:
        """Where these series are; makes room for those that are new."""
        where: Rows = self._where[device, place]
        new = np.flatnonzero(where == NOWHERE)
        if not len(new):
            return where
        self._admit(np.unique(device[new].astype(np.int64) * self._width + place[new]))
        where = self._where[device, place]
        return where

    def _admit(self, key: NDArray[np.int64]) -> None:
        at = np.searchsorted(self.memory["key"], key)
        if at[0] == len(self.memory["key"]):
            self._append(key)
        else:
            self._insert(at, key)

    def _append(self, key: NDArray[np.int64]) -> None:
        """Give the next rows to these, as to devices that are new."""
        count = len(self.memory["key"])
        rows = np.arange(count, count + len(key))
        if rows[-1] >= len(self._room["key"]):
            self._make_room(count + len(key))
        self.memory.update({name: array[: rows[-1] + 1] for name, array in self._room.items()})
        self.memory["key"][rows] = key
        self._where[key // self._width, key % self._width] = rows

    def _insert(self, at: Rows, key: NDArray[np.int64]) -> None:
        for name, (_, fill, *_shape) in self._columns.items():
            self.memory[name] = np.insert(self.memory[name], at, fill, axis=0)
        self.memory["key"][at + np.arange(len(at))] = key
        self._room = {name: self.memory[name] for name in self._columns}
        self._find()

    def _make_room(self, rows: int) -> None:
        """For so many, and for some more."""
        self._room = {
            name: grown(self.memory[name], rows + rows // 32, fill)
            for name, (_, fill, *_shape) in self._columns.items()
        }

    def _find(self) -> None:
        """Note anew where each row is."""
        key = self.memory["key"]
        self._where[:] = NOWHERE
        self._where[key // self._width, key % self._width] = np.arange(len(key))

    def of(self, device: int) -> slice:
        """The rows of a device."""
        ends = np.array((device, device + 1)) * self._width
        first, last = np.searchsorted(self.memory["key"], ends).tolist()
        return slice(first, last)

    def place(self, row: int) -> int:
        """Which of its device's series a row is."""
        return int(self.memory["key"][row]) % self._width

    def forget(self, devices: Slots) -> None:
        """Start the rows of these devices afresh."""
        rows = np.flatnonzero(np.isin(self.memory["key"] // self._width, devices))
        for name, (_, fill, *_shape) in self._columns.items():
            if name != "key":
                self.memory[name][rows] = fill

    def load(self, memory: Mapping[str, NDArray[Any]]) -> None:
        """Take back what ``memory`` once held; of other columns, nothing."""
        self._clear()
        mine = {name: self.memory[name] for name in self._columns}
        theirs = {name: memory[name] for name in mine.keys() & memory.keys()}
        if _kinds(theirs) == _kinds(mine):
            self.memory.update({name: array.copy() for name, array in theirs.items()})
            self.resize(int(self.memory["key"].max(initial=-1)) // self._width + 1)
        self._make_room(len(self.memory["key"]))
        self._find()

    def _clear(self) -> None:
        for name, (dtype, fill, *shape) in self._columns.items():
            self.memory[name] = np.full((0, *shape), fill, dtype)
        self._make_room(0)


def _kinds(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    return {name: (array.dtype, array.shape[1:]) for name, array in arrays.items()}
