"""Nobody waits because one device tells much at once.

The engine judges the samples of one device one after the other. A device that sends hours of
stored readings in a few messages would hold up everybody's alarms, so of each device only so
many samples are judged in one turn; the others wait for the next turns, in their order. They are
stored at once like all samples: what waits here is only their judgement. Events do not wait.
"""

from dataclasses import replace

import numpy as np
import structlog
from numpy.typing import NDArray
from prometheus_client import Counter

from domain.sample import Batch
from domain.time import Micros

log = structlog.get_logger()

AT_ONCE = 32
"""Samples of one device that are judged in one turn; a judged sample costs about a millisecond
where a device is alone, and a turn's samples of different devices are judged together."""
HELD = 20_000
"""Samples of one device that may wait; of more, the oldest are stored and not judged."""

UNJUDGED = Counter("carewatch_unjudged_total", "Samples stored and not judged: too many at once")


class FairShare:
    """Samples on their way to the engine, so many of each device a turn."""

    def __init__(self, at_once: int = AT_ONCE, held: int = HELD) -> None:
        self._at_once = at_once
        self._limit = held
        self._held = Batch.empty()

    @property
    def busy(self) -> bool:
        """Whether samples wait: the next turn should come soon."""
        return len(self._held) > 0

    def settled(self, now: Micros) -> Micros:
        """Everything that arrived until this instant has been judged; ``now`` where all has."""
        return int(self._held.received_at.min()) - 1 if self.busy else now

    def admit(self, now: Micros, samples: Batch) -> Batch:
        """What is to be judged now, of these samples and of those that wait.

        What has waited counts as received ``now``: that is when the engine hears of it.
        """
        if not self.busy and not self._too_many(samples):
            return samples
        waited = len(self._held)
        pool = Batch.join([_before(self._held), samples])
        rank = _rank(pool)
        admitted = np.flatnonzero(rank < self._at_once)
        self._hold(pool.take(np.flatnonzero(rank >= self._at_once)))
        received_at = np.where(admitted < waited, now, pool.received_at[admitted])
        return replace(pool.take(admitted), received_at=received_at)

    def _too_many(self, samples: Batch) -> bool:
        if len(samples) <= self._at_once:
            return False
        return bool(np.bincount(samples.device).max() > self._at_once)

    def _hold(self, rest: Batch) -> None:
        """Keep what waits, the latest of each device."""
        if len(rest) > self._limit:
            places = _rank(rest)
            count = np.bincount(rest.device)[rest.device]
            kept = np.flatnonzero(count - places <= self._limit)
            if len(kept) < len(rest):
                UNJUDGED.inc(len(rest) - len(kept))
                log.warning("the oldest of too many samples are not judged", samples=len(rest))
            rest = rest.take(kept)
        self._held = rest


def _before(held: Batch) -> Batch:
    """The same, numbered to stand before a turn's own messages (which begin at 0)."""
    order = np.arange(-len(held), 0, dtype=np.int32)
    return replace(held, order=order)


def _rank(samples: Batch) -> NDArray[np.intp]:
    """Each row's place among those of its device: by message, then by time of measurement."""
    by_device = np.lexsort((samples.measured_at, samples.order, samples.device))
    device = samples.device[by_device]
    first = np.flatnonzero(np.diff(device, prepend=-1))
    rank = np.empty(len(samples), np.intp)
    rank[by_device] = np.arange(len(samples)) - np.repeat(
        first, np.diff(np.append(first, len(samples)))
    )
    return rank
