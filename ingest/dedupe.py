"""Every message may come twice: what of a turn is new, and what repeats itself."""

from collections import OrderedDict
from collections.abc import Collection, Sequence

import numpy as np

from domain.event import Event
from domain.sample import Batch

EventKey = tuple[int, str]
"""The device's slot and the event's key."""


def fresh(events: Sequence[Event], known: Collection[EventKey]) -> list[Event]:
    """The first telling of each event that is not known yet, in order."""
    seen: set[EventKey] = set()
    news = []
    for event in events:
        key = (event.device, event.key)
        if key not in known and key not in seen:
            seen.add(key)
            news.append(event)
    return news


class RecentEvents:
    """The keys of the latest events, for a replay that has no database to ask."""

    def __init__(self, limit: int = 100_000) -> None:
        self._keys: OrderedDict[EventKey, None] = OrderedDict()
        self._limit = limit

    def fresh(self, events: Sequence[Event]) -> list[Event]:
        """Like :func:`fresh`, and remembers them."""
        news = fresh(events, self._keys)
        for event in news:
            self._keys[event.device, event.key] = None
        while len(self._keys) > self._limit:
            self._keys.popitem(last=False)
        return news


def merged(samples: Batch) -> Batch:
    """One row a device and instant: quantities are joined, and what was said first stays."""
    order = np.lexsort((np.arange(len(samples)), samples.measured_at, samples.device))
    device, at = samples.device[order], samples.measured_at[order]
    first = np.ones(len(order), bool)
    first[1:] = (device[1:] != device[:-1]) | (at[1:] != at[:-1])
    if first.all():
        return samples
    group = np.cumsum(first) - 1
    joined = samples.take(order[first])
    again = np.flatnonzero(~first)
    for row in again:  # few: a repetition within one turn
        into = joined.x[group[row]]
        said = samples.x[order[row]]
        np.copyto(into, said, where=np.isnan(into))
    return joined
