"""Raw waveforms become quantities and candidates of events, once, with state across messages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from domain.sample import Batch
from domain.wave import Wave
from ingest.signals.acceleration import Acceleration
from ingest.signals.bed import Bed
from ingest.signals.derived import Derived

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
    """All kinds of waveforms."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self._signals = {signal.name: signal for signal in signals}

    def take(self, waves: Iterable[Wave]) -> Derived:
        """What the waves of a turn tell, in their order."""
        told = []
        for wave in waves:
            signal = self._signals.get(wave.signal)
            derived = signal.take(wave) if signal else None
            if derived is not None:
                told.append(derived)
        samples = [derived.samples for derived in told if len(derived.samples)]
        return Derived(
            Batch.join(samples) if samples else Batch.empty(),
            [event for derived in told for event in derived.events],
        )

    def state(self) -> dict[str, NDArray[Any]]:
        """All memory, as a flat dict of arrays."""
        return {
            f"signal/{signal.name}/{name}": array
            for signal in self._signals.values()
            for name, array in signal.state().items()
        }

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; others' arrays are passed over."""
        for signal in self._signals.values():
            prefix = f"signal/{signal.name}/"
            mine = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
            if mine:
                signal.load(mine)


def standard() -> Signals:
    """A fresh set of all kinds."""
    return Signals([Acceleration(), Bed()])
