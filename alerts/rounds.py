"""Cutting a turn into rounds: the k-th round holds the k-th item of every subject.

Subjects do not depend on one another, so a round can be handled for all of them at once, and
what a subject's detectors see does not depend on how messages were cut into turns.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.event import Event
from domain.sample import Batch

Cut = tuple[Batch, list[Event]]


def rounds(samples: Batch, events: Sequence[Event]) -> Iterator[Cut]:
    """Samples and events of each round, every subject in it once at most.

    A subject's items go by their message, and within a message by the time of measurement.
    """
    slots = samples.slot
    if events:
        slots = np.append(slots, np.array([event.slot for event in events], np.int32))
    if not len(slots):
        return
    if _all_differ(slots):
        yield samples, list(events)
        return
    yield from _ranked(slots, samples, events)


def _all_differ(slots: NDArray[np.int32]) -> bool:
    ordered = np.sort(slots)
    return not bool((ordered[1:] == ordered[:-1]).any())


def _ranked(slots: NDArray[np.int32], samples: Batch, events: Sequence[Event]) -> Iterator[Cut]:
    """Rounds by each item's rank among the items of its subject."""
    count = len(samples)
    order, when = samples.order, samples.measured_at
    if events:
        order = np.append(order, np.array([event.order for event in events], np.int32))
        when = np.append(when, np.array([event.happened_at for event in events], np.int64))
    by_subject = np.lexsort((when, order, slots))
    first = np.flatnonzero(np.diff(slots[by_subject], prepend=-1))
    rank = np.arange(len(slots)) - np.repeat(first, np.diff(np.append(first, len(slots))))
    by_rank = by_subject[np.argsort(rank, kind="stable")]
    ends = np.cumsum(np.bincount(rank))
    for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        items = np.sort(by_rank[start:end])
        happened = [events[item - count] for item in items[items >= count].tolist()]
        yield samples.take(items[items < count]), happened
