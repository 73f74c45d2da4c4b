"""A bed's raw signal becomes heart rate, breathing, presence and movement, every two seconds.

The signal is cut at whole even seconds of UTC, and each cut gives one sample of that time
(:mod:`ingest.signals.sleeper` says what is in it). So the same signal gives the same samples,
however it was cut into messages, and a sample that is worked out twice is the same sample to
whoever keeps it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.sample import Batch
from domain.time import Micros
from domain.wave import Wave
from ingest.signals.derived import Derived
from ingest.signals.late import Late
from ingest.signals.limit import SPAN, Limit, spans
from ingest.signals.presence import Presence
from ingest.signals.sleeper import HOP, Sleeper, judge
from ingest.signals.steady import FASTEST, SLOWEST, STEP, Steady, follow

Floats = NDArray[np.float64]
Row = tuple[Micros, Floats]


@dataclass(slots=True)
class _Stream:
    """What is remembered of one bed: its signal, its limits, whether it is empty, and who lies in
    it.

    ``pending``  (HOP,), the present two seconds as far as they have come: ``filled`` of them
    """

    steady: Steady = field(default_factory=Steady)
    limit: Limit = field(default_factory=Limit)
    presence: Presence = field(default_factory=Presence)
    sleeper: Sleeper = field(default_factory=Sleeper)
    pending: Floats = field(default_factory=lambda: np.zeros(HOP))
    filled: int = 0


class Bed:
    """All beds that send their raw signal: one :class:`_Stream` a device that did."""

    name = "bed"

    def __init__(self) -> None:
        self._streams: dict[int, _Stream] = {}
        self._late = Late()

    def take(self, wave: Wave) -> Derived | None:
        """A sample for each two seconds that this wave completes."""
        if not SLOWEST <= wave.rate <= FASTEST:
            return None
        stream = self._streams.setdefault(wave.device, _Stream())
        rows: list[Row] = []
        for ready in self._late.take(wave):
            rows += _heard(stream, replace(ready, received_at=wave.received_at))
        return Derived(_batch(wave, rows), ()) if rows else None

    def state(self) -> Mapping[str, NDArray[Any]]:
        """One row a device, of each field; ``device`` says whose."""
        streams = list(self._streams.values())
        told: dict[str, NDArray[Any]] = {"device": np.array(list(self._streams), np.int64)}
        for part, name in _columns():
            told[name] = np.array([getattr(_part(s, part), name) for s in streams])
        return told | {f"late/{name}": array for name, array in self._late.state().items()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; of another shape, nothing."""
        self._streams, self._late = {}, Late()
        if not all(_fits(arrays.get(name), part, name) for part, name in _columns()):
            return
        for row, device in enumerate(arrays["device"].tolist()):
            self._streams[device] = stream = _Stream()
            for part, name in _columns():
                value = arrays[name][row]
                setattr(_part(stream, part), name, value.copy() if value.ndim else value.item())
        mine = {n.removeprefix("late/"): a for n, a in arrays.items() if n.startswith("late/")}
        self._late.load(mine)


# -- from waves to hops ----------------------------------------------------------------------------


def _heard(stream: _Stream, wave: Wave) -> Iterator[Row]:
    """Time and values of each sample that a wave completes."""
    steady, limit = stream.steady, stream.limit
    values, raw, anew = follow(steady, wave)
    of = spans(steady.begin, steady.rate, steady.count - len(raw), len(raw))
    tick = steady.next - len(values)
    if anew and len(values):
        stream.filled = tick % HOP
        stream.pending[: stream.filled] = values[0]
        stream.sleeper.begin(float(values[0]))
    while len(values):
        room = HOP - stream.filled
        part, values = values[:room], values[room:]
        stream.pending[stream.filled : stream.filled + len(part)] = part
        stream.filled += len(part)
        tick += len(part)
        if stream.filled == HOP:
            stream.filled = 0
            span = tick * STEP // SPAN - 1
            known = int(np.searchsorted(of, span, side="right"))
            limit.add(of[:known], raw[:known])
            of, raw = of[known:], raw[known:]
            cut = limit.share(span)
            yield tick * STEP, judge(stream.sleeper, stream.presence, stream.pending, cut)
    limit.add(of, raw)


def _batch(wave: Wave, rows: list[Row]) -> Batch:
    at = np.array([row[0] for row in rows], np.int64)
    count = len(rows)
    return Batch(
        order=np.full(count, wave.order, np.int32),
        slot=np.full(count, wave.slot, np.int32),
        device=np.full(count, wave.device, np.int32),
        measured_at=at,
        received_at=np.full(count, wave.received_at, np.int64),
        x=np.array([row[1] for row in rows], np.float32),
        implausible=np.zeros(count, np.int16),
        offset=at - wave.received_at,
    )


# -- state -----------------------------------------------------------------------------------------


def _columns() -> Iterator[tuple[str | None, str]]:
    """Every field that is remembered: the part of a stream it is in (None: its own), its name."""
    yield from ((None, "pending"), (None, "filled"))
    parts = {"steady": Steady, "limit": Limit, "presence": Presence, "sleeper": Sleeper}
    for part, kind in parts.items():
        yield from ((part, each.name) for each in fields(kind))


def _part(stream: _Stream, part: str | None) -> Any:
    return getattr(stream, part) if part else stream


def _fits(column: NDArray[Any] | None, part: str | None, name: str) -> bool:
    wanted = np.shape(getattr(_part(_Stream(), part), name))
    return column is not None and column.shape[1:] == wanted
