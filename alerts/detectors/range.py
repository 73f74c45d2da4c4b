"""What is usual for one person: a range of their own, from their last weeks and last forty minutes.

Counted values are averaged over spans of two minutes; each span counts once. Two opinions are
formed of them, and of both the same is asked, a middle and an edge:

*The last nights.* For each part of the day the median and the outer 2 % are tracked by
stochastic approximation (Robbins and Monro, Ann. Math. Stat. 22, 1951; for quantiles: Tierney,
SIAM J. Sci. Stat. Comput. 4, 1983): each value moves the estimate of a quantile ``p`` by ``pace``
times ``p`` or ``p - 1``, and an edge by more than the middle (``STEPS``), but never past the
value itself. A step does not depend on how far off the value is, so a fault or a bad hour moves
little; what is beyond the range counts a tenth, so that an illness drags its range along only
slowly; and what is weeks ago is forgotten. Nothing is concluded before ``NIGHTS`` nights with
values.

*The last forty minutes.* Median and extreme of the last ``RECENT`` spans, once there are half as
many without a break: it knows what a heart does in this sleep, by night or by day, and needs no
weeks. Who wakes up has another heart rate, too, but it climbs there: a limit above is at least
``Width.far`` above the mean of the last minutes as well (of values inside the limit), so it asks
for a leap. Below there is a limit only once all ``RECENT`` spans are known: who falls asleep has a
heart that slows down.

A limit of one's own is as far from the middle as ``Width.far`` and as far from the edge as
``Width.leap``, whichever is farther. It only ever makes a limit narrower (``threshold``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Column
from alerts.detectors.news import LONG_AGO, News
from alerts.detectors.zones import Zones
from domain.directory import Subject
from domain.quantity import IN_BED
from domain.sample import Instants, Slots, Values
from domain.time import DAY, HOUR, MINUTE

SPAN = 2 * MINUTE
"""What is averaged to one value: longer than an arousal from sleep, mostly."""

RECENT = 20
"""How many spans are recent."""

FEWEST = 10
"""How many of them must be known for a limit above."""

LATELY = 3 * MINUTE // 2
"""Time constant of the mean of the last minutess, 90 s."""

BREAK = 15
"""Spans without a value after which nothing is recent."""

NIGHTS = 3
"""Nights with values before the last nights have a say."""

UNTIL = np.array([4, 9, 14, 42, 48]) * (HOUR // 2)
"""Where the parts of the day end: three of the night (at 2:00, 4:30, 7:00), the day, the evening
(from 21:00)."""

BY_DAY = 3
"""The part in which the last forty minutes are asked of those alone who are told to be in bed: a
heart that is worn leaps and falls with what its owner does."""

PARTS = len(UNTIL)
EDGE = 1
"""How many of the recent values, on either side, are thought to lie beyond the edge."""
QUANTILES = np.array([0.02, 0.5, 0.98], np.float32)
STEPS = np.array([8.2, 1, 8.2], np.float32)
"""Their steps, in those of the middle: the densities of a normal distribution there, turned over,
so that middle and edges go back over the same time, some ten nights. With equal steps an edge
would know little but its first night."""

SETTLED = 300.0
"""Values of a part of the day until the steps are as small as they get: about three nights."""

BEYOND = np.float32(0.1)
"""How much a value counts that is beyond the range."""

FINE = 8
"""Recent values are kept in eighths."""

SIDES = ("below", "above")
"""Of a range; also the names of the columns with the limits that hold there."""

ORIGINS = ("given", "learned", "recent")
"""Of a limit: absolute or set by a person; from the last nights; from the last forty minutes."""

Memory = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Width:
    """How far beyond the usual is unusual: from its middle, and from its edge.

    ``recent`` is the width for the last forty minutes (None: they are not asked); it may be
    narrower, for they know whether this is sleep.
    """

    far: float
    leap: float
    recent: "Width | None" = None


class Range:
    """Learns the usual of one quantity of each device, in columns of its detector's memory.

    ``below`` and ``above`` are the widths (None: that side has no limit of its own); ``pace`` is
    the step of the quantiles in the quantity's unit.
    """

    def __init__(self, below: Width | None, above: Width | None, pace: float) -> None:
        self._sides = below, above
        self._recent = any(side is not None and side.recent is not None for side in self._sides)
        self._far = above.recent.far if above is not None and above.recent is not None else None
        self._pace = np.float32(pace)
        self._zones = Zones()

    def columns(self) -> dict[str, Column]:
        """What it remembers of each device.

        ``span`` (number of the present one) with ``total`` and ``count`` of its values;
        ``usual`` (quantiles by part of the day) with ``learned`` (how many values), ``nights``
        and ``day`` (the last one counted); ``recent`` (a ring) with ``heard`` (how many);
        ``lately`` (mean of the last minutes) as of ``told``; the limit above as the present span
        began (``narrowest``) and by the last nights alone (``widest``);
        ``below`` and ``above`` (the limits that hold now) and ``source`` (of each: 0 none, 1 the
        last nights, 2 the last forty minutes).
        """
        columns: dict[str, Column] = {
            "span": (np.int32, 0),
            "total": (np.float32, 0),
            "count": (np.int16, 0),
            "usual": (np.float32, 0, PARTS, len(QUANTILES)),
            "learned": (np.int16, 0, PARTS),
            "nights": (np.int8, 0, PARTS),
            "day": (np.int16, 0, PARTS),
            "below": (np.float32, np.nan),
            "above": (np.float32, np.nan),
            "source": (np.int8, 0, 2),
        }
        if self._recent:
            columns |= {
                "recent": (np.int16, 0, RECENT),
                "heard": (np.int8, 0),
                "lately": (np.float32, np.nan),
                "told": (np.int64, LONG_AGO),
                "narrowest": (np.float32, np.nan),
                "widest": (np.float32, np.nan),
            }
        return columns

    def configure(self, size: int, subjects: Sequence[Subject]) -> None:
        """Take these residents' zones."""
        self._zones.configure(size, subjects)

    def take(
        self,
        memory: Memory,
        news: News,
        rows: NDArray[np.intp],
        values: Values,
        frozen: Callable[[Slots], NDArray[np.bool_]],
    ) -> None:
        """Take in the ``values`` of these rows, which count; ``limits`` are then up to date.

        ``frozen`` tells of devices, (n, 2), which limits, below and above, stay what they are.
        """
        device, at = news.device.take(rows), news.measured_at.take(rows)
        span = at // SPAN
        new = (memory["span"].take(device) != span).nonzero()[0]
        if len(new):
            closing = device[new]
            slot = news.slot[rows[new]]
            lies = news.known[rows[new], IN_BED] == 1
            self._close(memory, closing, slot, span[new], frozen(closing), lies)
            memory["span"][device[new]] = span[new]
        memory["total"][device] += values
        memory["count"][device] += 1
        if self._far is not None:
            self._follow(memory, device, values, at, frozen)

    def limits(self, memory: Memory, device: Any, side: int) -> Values:
        """One's own limits that hold now, below (0) or above (1); NaN where there is none."""
        limits: Values = memory[SIDES[side]].take(device)
        return limits

    def _follow(
        self,
        memory: Memory,
        device: Slots,
        value: Values,
        at: Instants,
        frozen: Callable[[Slots], NDArray[np.bool_]],
    ) -> None:
        """Move the mean of the last minutes; what is beyond the limit does not move it."""
        mean = memory["lately"].take(device)
        passed = np.minimum(np.maximum(at - memory["told"].take(device), 0), HOUR)
        move = -np.expm1(-passed.astype(np.float32) / np.float32(LATELY))
        moved = np.where(np.isnan(mean), value, mean + move * (value - mean))
        kept = (value > memory["above"].take(device)) | frozen(device)[:, 1]
        memory["lately"][device] = np.where(kept, mean, moved)
        memory["told"][device] = at
        self._lift(memory, device)

    def _lift(self, memory: Memory, device: Slots) -> None:
        """Keep a limit above that is of the last forty minutes a leap above the last minutes."""
        limit = memory["narrowest"].take(device)
        leap = np.fmax(limit, memory["lately"].take(device) + np.float32(self._far))
        leap = np.fmin(leap, memory["widest"].take(device))
        memory["above"][device] = np.where(memory["source"][device, 1] == 2, leap, limit)

    def origin(self, memory: Memory, device: int, side: int, limit: float) -> str:
        """Where the limit that an alert was decided on comes from."""
        mine = float(self.limits(memory, device, side)) == limit
        return ORIGINS[int(memory["source"][device, side]) if mine else 0]

    def known(self, memory: Memory, device: int) -> list[float | None] | None:
        """What is usual at present, from and to; None where nothing is known yet."""
        sides = [float(self.limits(memory, device, side)) for side in (0, 1)]
        usual = [round(limit, 1) if limit == limit else None for limit in sides]
        return None if usual == [None, None] else usual

    def _close(
        self,
        memory: Memory,
        device: Slots,
        slot: Slots,
        span: Instants,
        frozen: NDArray[np.bool_],
        lies: NDArray[np.bool_],
    ) -> None:
        """End the spans of these devices, and set the limits for those that begin."""
        count, last = memory["count"][device], memory["span"][device]
        full = np.flatnonzero(count > 0)
        if len(full):
            ended = device[full]
            value = (memory["total"][ended] / count[full]).astype(np.float32)
            part, day = self._when(slot[full], last[full].astype(np.int64))
            self._learn(memory, ended, value, part, day)
            if self._recent:
                self._push(memory, ended, value)
        memory["total"][device], memory["count"][device] = 0, 0
        gap = np.abs(span - last) > BREAK
        if self._recent:
            memory["heard"][device[gap]] = 0
        part, _ = self._when(slot, span)
        self._limit(memory, device, part, frozen & ~gap[:, None], lies)

    def _when(self, slot: Slots, span: Instants) -> tuple[NDArray[np.intp], Instants]:
        """The part of the day, and the day since 1970, on the residents' clocks."""
        local = self._zones.locals(slot, span * SPAN)
        return np.searchsorted(UNTIL, local % DAY, side="right"), local // DAY

    def _learn(
        self, memory: Memory, device: Slots, value: Values, part: NDArray[np.intp], day: Instants
    ) -> None:
        """Move the quantiles towards a value; the fewer there were, the further."""
        learned, usual = memory["learned"][device, part], memory["usual"][device, part]
        usual[learned == 0] = value[learned == 0, None]
        own = np.column_stack([memory[name].take(device) for name in SIDES])
        odd = (memory["source"][device] == 1) & (_side(value) * (value[:, None] - own) > 0)
        step = self._pace * np.maximum(np.float32(SETTLED) / (learned + 1), np.float32(1))
        step = np.where(odd.any(axis=1), step * BEYOND, step).astype(np.float32)
        away = value[:, None] - usual
        move = step[:, None] * STEPS * (QUANTILES - (away < 0))
        usual += np.clip(move, np.minimum(away, 0), np.maximum(away, 0))
        memory["usual"][device, part] = usual
        memory["learned"][device, part] = np.minimum(learned + 1, 10_000)
        another = day != memory["day"][device, part]
        nights = memory["nights"][device, part]
        memory["nights"][device, part] = np.minimum(nights + another, 100)
        memory["day"][device, part] = day

    def _push(self, memory: Memory, device: Slots, value: Values) -> None:
        heard = memory["heard"][device]
        memory["recent"][device, heard % RECENT] = np.rint(value * FINE)
        memory["heard"][device] = np.where(heard + 1 < 2 * RECENT, heard + 1, RECENT)

    def _limit(
        self,
        memory: Memory,
        device: Slots,
        part: NDArray[np.intp],
        frozen: NDArray[np.bool_],
        lies: NDArray[np.bool_],
    ) -> None:
        """The narrower of what the two opinions give, where they have one."""
        source = memory["source"][device]
        usual = np.where(
            (memory["nights"][device, part] > NIGHTS)[:, None],
            memory["usual"][device, part],
            np.float32(np.nan),
        )
        recent = self._recently(memory, device, lies | (part != BY_DAY))
        for place, (side, sign) in enumerate(zip(self._sides, (-1, 1), strict=True)):
            if side is None:
                continue
            nights = _beyond(side, sign, usual[:, 1], usual[:, place * 2])
            limit, which = nights, np.where(np.isnan(nights), 0, 1)
            if side.recent is not None and recent is not None:
                now = _beyond(side.recent, sign, recent[:, 1], recent[:, place * 2])
                narrower = (sign * now < sign * nights) | (np.isnan(nights) & ~np.isnan(now))
                limit, which = np.where(narrower, now, nights), np.where(narrower, 2, which)
            limits = {SIDES[place]: limit}
            if self._far is not None and place == 1:
                limits = {"narrowest": limit, "widest": nights}
            for name, value in limits.items():
                memory[name][device] = np.where(frozen[:, place], memory[name][device], value)
            source[:, place] = np.where(frozen[:, place], source[:, place], which)
        memory["source"][device] = source
        if self._far is not None:
            self._lift(memory, device)

    def _recently(self, memory: Memory, device: Slots, asked: NDArray[np.bool_]) -> Values | None:
        """Lower edge, middle and upper edge of the last forty minutes, NaN where not known."""
        if not self._recent:
            return None
        recently = np.full((len(device), 3), np.nan, np.float32)
        heard = memory["heard"].take(device)
        enough = (asked & (heard >= FEWEST)).nonzero()[0]
        if len(enough):
            recently[enough] = _edges(memory["recent"][device[enough]], heard[enough])
        return recently


def _edges(ring: NDArray[np.int16], heard: NDArray[np.int8]) -> Values:
    """Lower edge, middle and upper edge; no lower one before the ring is full."""
    known = np.minimum(heard, RECENT)[:, None]
    values = np.where(np.arange(RECENT) < known, ring / np.float32(FINE), np.float32(np.inf))
    place = np.hstack((np.full_like(known, EDGE), known // 2, known - 1 - EDGE))
    edges: Values = np.take_along_axis(np.sort(values, axis=1), place, axis=1)
    edges[known[:, 0] < RECENT, 0] = np.nan
    return edges


def _beyond(side: Width, sign: int, middle: Values, edge: Values) -> Values:
    """The limit that is far enough from both."""
    far, leap = middle + np.float32(sign * side.far), edge + np.float32(sign * side.leap)
    limit: Values = np.maximum(far, leap) if sign > 0 else np.minimum(far, leap)
    return limit


def _side(value: Values) -> Values:
    """Which way is beyond, below and above, for each value."""
    return np.broadcast_to(np.array([-1, 1], np.float32), (len(value), 2))
