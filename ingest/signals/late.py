"""Waves that come a little late are waited for, so that a stream is heard in its order.

A wave that leaves a hole before it is held back until what fills the hole has come, or for
``PATIENCE`` of received time, judged when the device's next wave comes. Where nothing is late,
nothing waits.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.time import SECOND, Micros
from domain.wave import Wave

PATIENCE: Micros = 3 * SECOND
"""How long a wave waits for those before it."""
HOLE: Micros = SECOND // 2
"""What is missing before a wave that waits, at least; less is bridged."""


class Late:
    """The streams of one kind of signal, values (n, 1): by device, when each goes on, and which
    waves wait, in order of their start."""

    def __init__(self) -> None:
        self._next: dict[int, Micros] = {}
        self._held: dict[int, list[Wave]] = {}

    def take(self, wave: Wave) -> Iterator[Wave]:
        """The waves that may be heard now that this one is here, in their order."""
        held = self._held.setdefault(wave.device, [])
        if all(wave.start != other.start for other in held):
            held.append(wave)
            held.sort(key=lambda each: each.start)
        while held and self._ready(held, wave.received_at):
            yield self._released(held.pop(0))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """All memory, as a flat dict of arrays."""
        held = [wave for waves in self._held.values() for wave in waves]
        return {
            "next": np.array(list(self._next.items()), np.int64).reshape(-1, 2),
            "waves": np.array(
                [(w.slot, w.device, w.start, w.received_at, len(w.values)) for w in held], np.int64
            ).reshape(-1, 5),
            "rates": np.array([w.rate for w in held], np.float64),
            "values": np.concatenate([np.zeros(0, np.float32), *(w.values[:, 0] for w in held)]),
        }

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; nothing where it is not all there."""
        self._next, self._held = {}, {}
        if not {"next", "waves", "rates", "values"} <= arrays.keys():
            return
        self._next = dict(arrays["next"].tolist())
        ends = np.cumsum(arrays["waves"][:, 4])
        parts = np.split(arrays["values"], ends[:-1]) if len(ends) else []
        rows = zip(arrays["waves"].tolist(), arrays["rates"].tolist(), parts, strict=True)
        for (slot, device, start, arrived, _), rate, part in rows:
            wave = Wave(0, slot, device, "bed", start, arrived, rate, part[:, None].copy())
            self._held.setdefault(device, []).append(wave)

    def _ready(self, held: list[Wave], now: Micros) -> bool:
        """Whether the first goes on from what was heard, or any has waited long enough."""
        first = held[0]
        expected = self._next.get(first.device)
        fits = expected is None or first.start - expected <= HOLE
        return fits or any(now - wave.received_at >= PATIENCE for wave in held)

    def _released(self, wave: Wave) -> Wave:
        end = wave.start + round(len(wave.values) * SECOND / wave.rate)
        self._next[wave.device] = max(end, self._next.get(wave.device, end))
        return wave
