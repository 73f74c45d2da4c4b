"""Recordings of acceleration, as the data sets have them, and as waves of a device."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carewatch.evaluate.arrays import Skip, arrays, silently
from carewatch.evaluate.report import BadDataset
from domain.time import SECOND, Micros
from domain.wave import Wave

SISFALL_RATE = 200.0
SISFALL_SCALE = 32 / 8192
"""g a step of the ADXL345: 13 bits over ±16 g."""
UMAFALL_RATE = 20.0
LONGEST_S = 86_400.0
_OLD = "SE"
START: Micros = 1_600_000_000 * SECOND
"""When the first recording is said to begin; the recordings name no times."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One activity of one person: (n, 3) in g, ``rate`` rows a second."""

    name: str
    subject: str
    activity: str
    fall: bool
    older: bool
    placement: str | None
    rate: float
    values: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        return len(self.values) / self.rate

    def waves(
        self, start: Micros, slot: int, device: int, order: int = 0, message_s: float = 1.0
    ) -> Iterator[Wave]:
        """The recording in messages of ``message_s``, each received when it ends."""
        size = max(round(message_s * self.rate), 1)
        for first in range(0, len(self.values), size):
            part = self.values[first : first + size]
            begin = start + round(first * SECOND / self.rate)
            end = begin + round(len(part) * SECOND / self.rate)
            number = order + first // size
            yield Wave(
                number,
                slot,
                device,
                "acceleration",
                begin,
                end,
                self.rate,
                part,
                self.placement,
            )

    def sampled(self, rate: float, phase: float = 0.0) -> "Recording":
        """As a sensor of another rate would have it, without any filter before it; ``phase`` is
        what part of a step of the new rate is left out at the beginning."""
        at = np.arange(phase / rate, self.seconds - 1 / self.rate, 1 / rate) * self.rate
        whole = np.arange(len(self.values))
        axes = [np.interp(at, whole, self.values[:, axis]) for axis in range(3)]
        return replace(self, rate=rate, values=np.stack(axes, axis=1).astype(np.float32))


def sisfall(path: Path, skip: Skip = silently) -> Iterator[Recording]:
    """SisFall (Sucerquia et al., Sensors 17, 2017, 198): keys ``D01_SA01_R01``, int16 (n, 3)."""
    yield from _recordings(path, "sisfall.npz", _of_sisfall, skip)


def umafall(path: Path, skip: Skip = silently) -> Iterator[Recording]:
    """UMAFall (Casilari et al., 2017): keys ``01_ADL_Walking_1_WAIST``, float32 (n, 4): ms, g.

    Its steps are uneven (about 50 ms); the values are put on an even grid of 20 a second.
    """
    yield from _recordings(path, "umafall.npz", _of_umafall, skip)


def _recordings(
    path: Path, usual: str, made: Callable[[str, NDArray[Any]], Recording], skip: Skip
) -> Iterator[Recording]:
    """What can be used of a file; BadDataset, with the first reason, if that is nothing."""
    used, why = 0, "it is empty."

    def skipped(sentence: str) -> None:
        nonlocal why
        why = sentence if why == "it is empty." else why
        skip(sentence)

    for name, array in arrays(path, usual, skipped):
        try:
            recording = made(name, array)
        except BadDataset as error:
            skipped(f"{name} is skipped: {error}")
            continue
        used += 1
        yield recording
    if not used:
        raise BadDataset(f"{path} holds no recording that can be used: {why}")


def _of_sisfall(name: str, array: NDArray[Any]) -> Recording:
    activity, subject, *_ = _parts(name, 3, 3)
    values = (_table(array, 3) * SISFALL_SCALE).astype(np.float32)
    return Recording(
        name,
        subject,
        activity,
        fall=activity.startswith("F"),
        older=subject.startswith(_OLD),
        placement="waist",
        rate=SISFALL_RATE,
        values=_long_enough(values, SISFALL_RATE),
    )


def _of_umafall(name: str, array: NDArray[Any]) -> Recording:
    parts = _parts(name, 5)
    return Recording(
        name,
        parts[0],
        "_".join(parts[2:-2]),
        fall=parts[1] == "Fall",
        older=False,
        placement=parts[-1].lower(),
        rate=UMAFALL_RATE,
        values=_long_enough(_even(_table(array, 4)), UMAFALL_RATE),
    )


def _parts(name: str, fewest: int, most: int = 99) -> list[str]:
    parts = name.split("_")
    if not fewest <= len(parts) <= most:
        raise BadDataset("it is not named as in this data set.")
    return parts


def _table(array: NDArray[Any], columns: int) -> NDArray[np.float64]:
    """The rows that are numbers throughout."""
    if array.ndim != 2 or array.shape[1] != columns:
        raise BadDataset(f"its shape is {array.shape}, where (n, {columns}) is needed.")
    table = array.astype(np.float64)
    return np.asarray(table[np.isfinite(table).all(axis=1)])


def _long_enough(values: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    if len(values) < rate:
        raise BadDataset(f"it holds {len(values)} values: less than a second.")
    return values


def _even(table: NDArray[np.float64]) -> NDArray[np.float32]:
    """(n, 4) with milliseconds first to (m, 3) at ``UMAFALL_RATE``."""
    seconds, first = np.unique(table[:, 0] / 1000, return_index=True)
    if len(seconds) < 2:
        raise BadDataset("it has no two times (in milliseconds, in the first column).")
    if seconds[-1] - seconds[0] > LONGEST_S:
        raise BadDataset("its times span more than a day: they are to be in milliseconds.")
    at = np.arange(seconds[0], seconds[-1], 1 / UMAFALL_RATE)
    axes = [np.interp(at, seconds, table[first, axis]) for axis in (1, 2, 3)]
    return np.stack(axes, axis=1).astype(np.float32)
