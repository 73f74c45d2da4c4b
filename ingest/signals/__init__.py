"""Raw waveforms become quantities and candidates of events, once, with state across messages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from domain.event import Event
from domain.sample import Batch
from domain.wave import Wave
from ingest.signals.acceleration import Acceleration
from ingest.signals.bed import Bed
from ingest.signals.derived import Derived
from ingest.signals.pace import Pace

__all__ = ["Derived", "Signal", "Signals", "standard"]


class Signal(Protocol):
    """One kind of waveform: what it tells, and what must be remembered for it.

    ``take`` sees the waves of one device after the other as they arrived, each wave once or
    more often; cutting the same waves into other turns tells the same.
    """

    name: str

    def take(self, wave: Wave) -> Derived | None:
        """What this wave tells, together with those before it of the same device."""
        ...

    def state(self) -> Mapping[str, NDArray[Any]]:
        """All memory, as a flat dict of arrays."""
        ...

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave."""
        ...


class Signals:
    """All kinds of waveforms, and whether the rate that each declares is right."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self._signals = {signal.name: signal for signal in signals}
        self._paces = {signal.name: Pace() for signal in signals}

    def take(self, waves: Iterable[Wave]) -> Derived:
        """What the waves of a turn tell, in their order."""
        samples: list[Batch] = []
        events: list[Event] = []
        for wave in waves:
            if wave.signal not in self._signals:
                continue
            if (fault := self._paces[wave.signal].take(wave)) is not None:
                events.append(fault)
            if (derived := self._signals[wave.signal].take(wave)) is not None:
                events += derived.events
                if len(derived.samples):
                    samples.append(derived.samples)
        return Derived(Batch.join(samples) if samples else Batch.empty(), events)

    def state(self) -> dict[str, NDArray[Any]]:
        """All memory, as a flat dict of arrays."""
        return {
            f"{part}/{kind}/{name}": array
            for part, kinds in self._parts().items()
            for kind, each in kinds.items()
            for name, array in each.state().items()
        }

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; others' arrays are passed over."""
        for part, kinds in self._parts().items():
            for kind, each in kinds.items():
                prefix = f"{part}/{kind}/"
                mine = {
                    n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)
                }
                if mine:
                    each.load(mine)

    def _parts(self) -> Mapping[str, Mapping[str, Signal | Pace]]:
        return {"signal": self._signals, "pace": self._paces}


def standard() -> Signals:
    """A fresh set of all kinds."""
    return Signals([Acceleration(), Bed()])
