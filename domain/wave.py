"""A raw waveform: consecutive values at a steady rate."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.time import Micros


@dataclass(frozen=True, slots=True)
class Wave:
    """Part of a waveform, as one message brought it.

    ``values`` is float32: (n, 3) in g for ``acceleration``, (n, 1) in counts for ``bed``;
    ``start`` is the time of the first row, ``rate`` is in values a second.
    """

    order: int
    slot: int
    device: int
    signal: Literal["acceleration", "bed"]
    start: Micros
    received_at: Micros
    rate: float
    values: NDArray[np.float32]
    placement: str | None = None
