"""What the pump must not forget: the engine's state, and when each device was last heard.

The engine is saved now and then, as of an instant. After a restart it is loaded and shown what
was stored since, in the order of its arrival: a checkpoint and a replay of the rest.

No turn waits for that: the state is copied, which is soon done, and compressed and written by a
thread of its own, which for 10,000 beds takes as long as a hundred turns.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import structlog
from numpy.typing import NDArray

from alerts import testing
from alerts.engine import Engine
from carewatch.steady import AWAY
from domain.directory import Snapshot
from domain.event import Event
from domain.sample import Batch
from domain.time import Micros, stopwatch
from ingest import store, waveforms
from ingest.signals import Signals

log = structlog.get_logger()

_CHUNK = 5000
"""Samples that the engine is shown at once while it catches up."""


class Memory:
    """Saves and recovers the engine, and keeps the last contact of each device.

    ``connect`` opens a database connection in autocommit mode.
    """

    def __init__(
        self, engine: Engine, signals: Signals, connect: Callable[[], psycopg.Connection]
    ) -> None:
        self._engine = engine
        self._signals = signals
        self._connect = connect
        self._writer: threading.Thread | None = None
        self._heard_at = np.zeros(0, np.int64)
        self._unsaved = np.zeros(0, np.bool_)

    def know(self, directory: Snapshot) -> None:
        """Take a new snapshot of people and devices."""
        self._engine.know(directory)
        room = max(directory.size - len(self._heard_at), 0)
        self._heard_at = np.append(self._heard_at, np.zeros(room, np.int64))
        self._unsaved = np.append(self._unsaved, np.zeros(room, np.bool_))

    def hear(self, samples: Batch, events: Sequence[Event]) -> None:
        """Note the devices that spoke."""
        told = [event for event in events if event.event != "offline"]
        devices = np.append(samples.device, np.array([e.device for e in told], np.int32))
        arrived = np.append(samples.received_at, np.array([e.received_at for e in told], np.int64))
        self._heard_at[devices] = arrived
        self._unsaved[devices] = True

    def save(self, connection: psycopg.Connection, as_of: Micros) -> None:
        """Store all, after the last turn."""
        if self._writer:
            self._writer.join()
        self.save_contacts(connection)
        if as_of:
            store.save_checkpoint(connection, as_of, self._state())

    def save_contacts(self, connection: psycopg.Connection) -> None:
        """Store when devices were last heard, of those that were since the last time."""
        devices = np.flatnonzero(self._unsaved).astype(np.int32)
        with connection.transaction():
            store.keep_heard(connection, devices, self._heard_at[devices])
        self._unsaved[devices] = False

    def save_soon(self, as_of: Micros) -> None:
        """Have the engine's state as of the last turn that was stored written beside the turns.

        Left out while the one before is still being written.
        """
        if as_of and not (self._writer and self._writer.is_alive()):
            state = {name: array.copy() for name, array in self._state().items()}
            self._writer = threading.Thread(target=self._write, args=(as_of, state), daemon=True)
            self._writer.start()

    def _write(self, as_of: Micros, state: dict[str, NDArray[Any]]) -> None:
        try:
            with closing(self._connect()) as connection:
                store.save_checkpoint(connection, as_of, state)
        except AWAY as error:
            reason = type(error).__name__
            log.warning("the engine's state was not saved; it is tried again", reason=reason)

    def _state(self) -> dict[str, NDArray[Any]]:
        return self._engine.state() | self._signals.state()

    def recover(self, connection: psycopg.Connection, directory: Snapshot, now: Micros) -> None:
        """The engine as it was, after all that was stored; nobody is silent for our absence.

        Findings on the way are dropped: they were stored together with the readings they came
        from.
        """
        started = stopwatch()
        saved = store.load_checkpoint(connection)
        if saved is not None:
            as_of, arrays = saved
            self._engine.load(arrays)
            self._signals.load(arrays)
            self._engine.know(directory)
            count = self._catch_up(connection, as_of)
            log.info("engine recovered", items=count, seconds=round(stopwatch() - started, 2))
        self._engine.resume(now)

    def _catch_up(self, connection: psycopg.Connection, after: Micros) -> int:
        samples = store.samples_since(connection, after)
        told = store.events_since(connection, after)
        told = testing.judged(told, testing.among(connection, told))
        events = [*told, *self._impacts(connection, after)]
        count = len(samples) + len(events)
        for part, happened in _chunks(samples, events):
            arrivals = [*part.received_at.tolist(), *(event.received_at for event in happened)]
            self._engine.step(max(arrivals), part, happened)
        return count

    def _impacts(self, connection: psycopg.Connection, after: Micros) -> list[Event]:
        """What waveforms told since; the samples among it are stored like all others."""
        waves = waveforms.since(connection, after)
        return [event for wave in waves for event in self._signals.take([wave]).events]


def one_by_one(samples: Batch, events: Sequence[Event]) -> Iterator[tuple[Batch, list[Event]]]:
    """The messages of a turn, each by itself, in order of arrival."""
    orders = sorted({*samples.order.tolist(), *(event.order for event in events)})
    for order in orders:
        rows = np.flatnonzero(samples.order == order)
        yield samples.take(rows), [event for event in events if event.order == order]


def _chunks(samples: Batch, events: Sequence[Event]) -> Iterator[tuple[Batch, list[Event]]]:
    """Both together in order of arrival, cut into chunks between messages."""
    happened = np.array([event.received_at for event in events], np.int64)
    arrivals = np.unique(np.append(samples.received_at, happened))
    for start in range(0, len(arrivals), _CHUNK):
        span = arrivals[start : start + _CHUNK]
        rows = np.flatnonzero((samples.received_at >= span[0]) & (samples.received_at <= span[-1]))
        order = np.searchsorted(span, samples.received_at[rows]).astype(np.int32)
        yield (
            replace(samples.take(rows), order=order),
            [
                replace(event, order=int(np.searchsorted(span, event.received_at)))
                for event in events
                if span[0] <= event.received_at <= span[-1]
            ],
        )
