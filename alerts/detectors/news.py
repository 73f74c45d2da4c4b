"""News: one sample at most of every subject, with what its device had told before.

What makes a reading worth judging is decided here, once for all detectors: bad signal, a moving
body and an empty bed make numbers that say nothing about the person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.columns import grown
from domain.quantity import IN_BED, MOVEMENT, SIGNAL_QUALITY, WIDTH
from domain.sample import Batch, Instants, Slots, Values
from domain.time import MINUTE, NEVER

REMEMBERED = SIGNAL_QUALITY + 1
"""How many leading quantities are remembered: heart_rate to signal_quality."""

GOOD_SIGNAL = 0.5
"""A signal quality below this is bad."""

MOVING = 0.3
"""More movement than this disturbs what a bed measures."""

STIRRING = 0.1
"""More movement than this is a sign of life."""

STALE = MINUTE
"""Signal quality and movement told longer ago than this say nothing about now."""

OUTDATED = 10 * MINUTE
"""After so long without news of a device, its older readings are its present: its clock was set
back, or it has nothing newer."""

Rows = NDArray[np.intp]

LONG_AGO = -NEVER
"""An instant before all others."""


@dataclass(frozen=True, slots=True)
class News(Batch):
    """A batch of news in which each subject, and so each device, appears once at most.

    ``before``  float32, (n, REMEMBERED): what the device last told before, NaN where nothing
    ``known``   float32, (n, REMEMBERED): what it last told, this sample included
    ``counts``  bool, whether the vital values of the sample are worth judging
    ``stirs``   bool, whether somebody moves: movement, or in or out of bed
    ``turned``  the rows that tell of another ``in_bed`` than their device did before
    ``told``    a bool a quantity: whether any sample of the batch tells it
    """

    before: Values
    known: Values
    counts: NDArray[np.bool_]
    stirs: NDArray[np.bool_]
    turned: Rows
    told: Sequence[bool]


class Known:
    """What each device last told of each quantity, and the instant that it told it of.

    ``at``       int64, (slots, WIDTH): time of measurement, LONG_AGO where nothing was told
    ``value``    float32, (slots, REMEMBERED)
    ``arrived``  int64, (slots,): when the last news arrived
    """

    def __init__(self) -> None:
        self.at: Instants = np.empty((0, WIDTH), np.int64)
        self.value: Values = np.empty((0, REMEMBERED), np.float32)
        self.arrived: Instants = np.empty(0, np.int64)

    def resize(self, size: int) -> None:
        """Make room for slots below ``size``."""
        self.at = grown(self.at, size, LONG_AGO)
        self.value = grown(self.value, size, np.nan)
        self.arrived = grown(self.arrived, size, LONG_AGO)

    def forget(self, devices: Slots) -> None:
        self.at[devices] = LONG_AGO
        self.value[devices] = np.nan
        self.arrived[devices] = LONG_AGO

    def state(self) -> dict[str, NDArray[Any]]:
        return {"at": self.at, "value": self.value, "arrived": self.arrived}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back copies of what :meth:`state` gave; of another set of quantities, nothing."""
        size = len(arrays["at"])
        self.at, self.value, self.arrived = self.at[:0], self.value[:0], self.arrived[:0]
        self.resize(size)
        if arrays["at"].shape == self.at.shape and arrays["value"].shape == self.value.shape:
            self.at, self.value = arrays["at"].copy(), arrays["value"].copy()
            self.arrived = arrays["arrived"].copy()

    def behind(self, batch: Batch) -> NDArray[np.bool_]:
        """Which rows are older than something that their device told."""
        behind: NDArray[np.bool_] = batch.measured_at < self.at[batch.device].max(axis=1)
        return behind

    def hear(self, batch: Batch) -> tuple[News, Batch | None]:
        """The news of a batch, and those values that are older than what was told before.

        A value that was told already (the same device, quantity and instant) is in neither.
        The batch's devices appear once each.
        """
        at = self.at.take(batch.device, axis=0)
        instant = batch.measured_at[:, None]
        said = batch.x == batch.x
        fresh = (instant > at) & said
        old = None
        x = batch.x
        missed = said & ~fresh
        if missed.any():
            rows = _few(missed)
            stale = said[rows] & (instant[rows] < at[rows])
            if self._outdated(batch, rows[stale.any(axis=1)]):
                return self.hear(batch)
            old = _only(batch, rows, stale)
            x = x.copy()
            x[missed] = np.nan
        by_quantity = fresh.T.copy()
        news = by_quantity.any(axis=0)
        self.arrived[batch.device[news]] = batch.received_at[news]
        at = np.where(fresh, instant, at)
        self.at[batch.device] = at
        before = self.value.take(batch.device, axis=0)
        now = x[:, :REMEMBERED].copy()
        known = np.where(fresh[:, :REMEMBERED].copy(), now, before)
        self.value[batch.device] = known
        told = by_quantity.any(axis=1).tolist()
        return _news(batch, x, before, known, at, told), old

    def _outdated(self, batch: Batch, stale: Rows) -> bool:
        """Forget what devices told that have nothing but old readings; whether there were any."""
        device = batch.device[stale]
        outdated = device[batch.received_at[stale] - self.arrived[device] > OUTDATED]
        self.forget(outdated)
        return len(outdated) > 0


def _few(values: NDArray[np.bool_]) -> Rows:
    """The rows that have any of these values, where nearly none has."""
    has = np.zeros(len(values), bool)
    has[np.flatnonzero(values) // values.shape[1]] = True
    return has.nonzero()[0]


def _only(batch: Batch, rows: Rows, values: NDArray[np.bool_]) -> Batch | None:
    """Those of the rows that have any of these values, the others blanked; None if none has."""
    any_ = values.any(axis=1)
    if not any_.any():
        return None
    few = batch.take(rows[any_])
    return replace(few, x=np.where(values[any_], few.x, np.float32(np.nan)))


def _news(
    batch: Batch, x: Values, before: Values, known: Values, at: Instants, told: Sequence[bool]
) -> News:
    in_bed, was_in_bed = x[:, IN_BED], before[:, IN_BED]
    return News(
        batch.order,
        batch.slot,
        batch.device,
        batch.measured_at,
        batch.received_at,
        x,
        batch.implausible,
        batch.offset,
        before,
        known,
        counts=_counts(batch.measured_at, known, at),
        stirs=(x[:, MOVEMENT] > STIRRING) | (in_bed + was_in_bed == 1),
        turned=((in_bed == in_bed) & (in_bed != was_in_bed)).nonzero()[0],
        told=told,
    )


def _counts(measured_at: Instants, known: Values, at: Instants) -> NDArray[np.bool_]:
    """Good signal (or none told), no movement, and not known to be out of bed.

    A vendor may send one quantity a message, so the gates use what the device told last.
    """
    counts: NDArray[np.bool_] = known[:, IN_BED] != 0
    bad, moving = known[:, SIGNAL_QUALITY] < GOOD_SIGNAL, known[:, MOVEMENT] > MOVING
    for quantity, disturbed in ((SIGNAL_QUALITY, bad), (MOVEMENT, moving)):
        rows = disturbed.nonzero()[0]
        counts[rows[measured_at[rows] - at[rows, quantity] <= STALE]] = False
    return counts
