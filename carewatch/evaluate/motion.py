"""Recordings of acceleration, as the data sets have them, and as waves of a device."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from carewatch.evaluate.report import BadDataset
from domain.time import SECOND, Micros
from domain.wave import Wave

SISFALL_RATE = 200.0
SISFALL_SCALE = 32 / 8192
"""g a step of the ADXL345: 13 bits over ±16 g."""
UMAFALL_RATE = 20.0
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


def sisfall(path: Path) -> Iterator[Recording]:
    """SisFall (Sucerquia et al., Sensors 17, 2017, 198): keys ``D01_SA01_R01``, int16 (n, 3)."""
    with _opened(path) as file:
        for name in file.files:
            activity, subject, _ = _parts(path, name, 3)
            yield Recording(
                name,
                subject,
                activity,
                fall=activity.startswith("F"),
                older=subject.startswith(_OLD),
                placement="waist",
                rate=SISFALL_RATE,
                values=(file[name] * SISFALL_SCALE).astype(np.float32),
            )


def umafall(path: Path) -> Iterator[Recording]:
    """UMAFall (Casilari et al., 2017): keys ``01_ADL_Walking_1_WAIST``, float32 (n, 4): ms, g.

    Its steps are uneven (about 50 ms); the values are put on an even grid of 20 a second.
    """
    with _opened(path) as file:
        for name in file.files:
            parts = name.split("_")
            _parts(path, name, 5, at_least=True)
            yield Recording(
                name,
                parts[0],
                "_".join(parts[2:-2]),
                fall=parts[1] == "Fall",
                older=False,
                placement=parts[-1].lower(),
                rate=UMAFALL_RATE,
                values=_even(file[name]),
            )


def _opened(path: Path) -> "np.lib.npyio.NpzFile":
    try:
        file = np.load(path, allow_pickle=False)
    except (OSError, ValueError, BadZipFile) as error:
        raise BadDataset(f"{path} cannot be read as an .npz file: {error}") from None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise BadDataset(f"{path} is one array: an .npz file with an array a recording is needed.")
    return file


def _parts(path: Path, name: str, count: int, at_least: bool = False) -> list[str]:
    parts = name.split("_")
    if len(parts) < count or (len(parts) > count and not at_least):
        raise BadDataset(f"{path}: the recording {name} is not named as in this data set.")
    return parts


def _even(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 4) with milliseconds first to (m, 3) at ``UMAFALL_RATE``."""
    seconds, first = np.unique(table[:, 0].astype(np.float64) / 1000, return_index=True)
    at = np.arange(seconds[0], seconds[-1], 1 / UMAFALL_RATE)
    axes = [np.interp(at, seconds, table[first, axis]) for axis in (1, 2, 3)]
    return np.stack(axes, axis=1).astype(np.float32)
