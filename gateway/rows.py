"""Rows of a batch that are gathered one by one, and spread over its columns in one numpy call."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from domain.directory import Device
from domain.quantity import COLUMN, WIDTH
from domain.sample import Batch
from domain.time import Micros


class Rows:
    """What devices told, as (row, column, value) triples."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int, int, int]] = []
        self._row_at: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []

    def add(
        self,
        order: int,
        device: Device,
        measured_at: Micros,
        received_at: Micros,
        implausible: int = 0,
        offset: Micros = 0,
    ) -> None:
        """A row that says nothing yet but that the device is there."""
        self._rows.append(
            (order, device.subject, device.slot, measured_at, received_at, implausible, offset)
        )

    def fill(self, sample: Mapping[str, Any]) -> int:
        """Put values into the last row; how many fields are none of ours."""
        row = len(self._rows) - 1
        unknown = 0
        for name, value in sample.items():
            column = COLUMN.get(name)
            if column is None:
                unknown += name not in ("t", "seq")
            elif value is not None:
                self._row_at.append(row)
                self._columns.append(column)
                self._values.append(value)
        return unknown

    def batch(self) -> Batch:
        if not self._rows:
            return Batch.empty()
        table = np.array(self._rows, np.int64)
        x = np.full((len(table), WIDTH), np.nan, np.float32)
        x[self._row_at, self._columns] = self._values
        return Batch(
            order=table[:, 0].astype(np.int32),
            slot=table[:, 1].astype(np.int32),
            device=table[:, 2].astype(np.int32),
            measured_at=table[:, 3].copy(),
            received_at=table[:, 4].copy(),
            x=x,
            implausible=table[:, 5].astype(np.int16),
            offset=table[:, 6].copy(),
        )
