"""Limits with dwell and hysteresis: the base of the detectors that judge vital values.

For each rule a device is in one of three conditions: *inside*, *beyond* a limit since some
instant, or *raised*. A value beyond the limit for the dwell raises; a value inside by the
margin for ``CALM`` ends it; what lies between keeps things as they are. Values that do not
count (``News.counts``) do nothing at all: they neither break a dwell nor extend it. Spans are
reckoned in the device's own time, and begin again after a gap longer than ``GAP``.

A rule may have a limit of the resident's own, learned (``range``), which is never wider than the
rule's. While its alert is on, it stays what it was when the alert was raised.

Nearly all values of nearly all batches are inside and nothing is going on: ``observe`` finds
the few others in a handful of numpy calls, and only those are judged.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.columns import Own
from alerts.detectors.detector import Detector
from alerts.detectors.news import LONG_AGO, News
from alerts.detectors.range import ORIGINS, Range, Width
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.quantity import QUANTITIES
from domain.sample import Instants, Slots, Values
from domain.time import MINUTE, NEVER, SECOND, Micros

GAP = 10 * MINUTE
"""Two values further apart than this do not tell what was in between."""

CALM = MINUTE
"""How long a value must be inside by the margin before the condition is over."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit of a quantity, and the more extreme one beyond it, which makes it high.

    A subject's own value of the name ``kind`` (or ``kind`` + ``_extreme``) replaces the limit,
    but where ``absolute`` never beyond what is given here. ``own`` says how a narrower limit is
    learned.
    """

    kind: str
    above: bool
    limit: float
    extreme: float | None = None
    margin: float = 0.0
    absolute: bool = True
    dwell: Micros = MINUTE
    extreme_dwell: Micros = 15 * SECOND
    calm: Micros = CALM
    own: Width | None = None

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The names of a subject's own values for it."""
        return (self.kind,) if self.extreme is None else (self.kind, f"{self.kind}_extreme")

    @property
    def endless(self) -> float:
        """A limit that no value is beyond."""
        return math.inf if self.above else -math.inf

    def limits(self, given: Mapping[str, float]) -> tuple[float, float]:
        """The two limits that hold for a subject with these own values."""
        limit = self._own(given, self.kind, self.limit)
        if self.extreme is None:
            return limit, self.endless
        extreme = self._own(given, f"{self.kind}_extreme", self.extreme)
        return limit, max(limit, extreme) if self.above else min(limit, extreme)

    def _own(self, given: Mapping[str, float], name: str, default: float) -> float:
        own = given.get(name, default)
        if not math.isfinite(own):
            return default
        if self.absolute:
            return min(own, default) if self.above else max(own, default)
        return own

    def beyond(self, values: Values, limits: Values) -> NDArray[np.bool_]:
        return values > limits if self.above else values < limits

    def inside(self, values: Values, limits: Values) -> NDArray[np.bool_]:
        """By the margin."""
        if self.above:
            return values <= limits - self.margin
        return values >= limits + self.margin


class Threshold(Detector):
    """Judges one quantity of each device by ``rules``; the finding's slot is the subject's.

    Memory, one row a device and one column a rule: ``busy`` (whether a rule has an eye on the
    device; all others are simply inside), ``start`` (when values went beyond the limit
    and the extreme one), ``calm`` (since when inside by the margin), ``since`` and ``until``
    (the span of the last condition raised), ``level`` (0 inside, 1 raised, 2 raised as extreme).
    """

    quantity: ClassVar[int]
    rules: ClassVar[tuple[Rule, ...]]
    pace: ClassVar[float] = 0.0
    """How fast the usual is learned, as in ``Range``."""
    keyed_by = "device"

    def __init_subclass__(cls) -> None:
        count = len(cls.rules)
        cls.kinds = tuple(rule.kind for rule in cls.rules)
        cls.thresholds = tuple(name for rule in cls.rules for name in rule.thresholds)
        cls.columns = {
            "busy": (bool, False, count),
            "last": (np.int64, LONG_AGO),
            "start": (np.int64, NEVER, count, 2),
            "calm": (np.int64, NEVER, count),
            "since": (np.int64, NEVER, count),
            "until": (np.int64, NEVER, count),
            "level": (np.int8, 0, count),
        }

    def __init__(self, late: bool = False) -> None:
        widths = {rule.above: rule.own for rule in self.rules if rule.own}
        self._range = None
        if widths and not late:
            self._range = Range(widths.get(False), widths.get(True), self.pace)
            self.columns = {**self.columns, **self._range.columns()}
        super().__init__()
        self.late = late
        self._own = Own(self._given)
        self._widest: Values = np.empty((len(self.rules), 0), np.float32)

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._own.configure(self.subjects, subjects)
        self._widest = np.ascontiguousarray(self.limits[:, :, 0].T)
        if self._range is not None:
            self._range.configure(self.subjects, subjects)

    @property
    def limits(self) -> Values:
        """The limits given to each subject, (subjects, rules, 2)."""
        return self._own.values

    def _given(self, own: Mapping[str, float]) -> list[tuple[float, float]]:
        return [rule.limits(own) for rule in self.rules]

    def counts(self, news: News, rows: Rows) -> NDArray[np.bool_]:
        """Which of these rows, whose values count, are worth judging."""
        return np.ones(len(rows), bool)

    def observe(self, news: News, out: list[Finding]) -> None:
        if not news.told[self.quantity]:
            return
        values = news.x[:, self.quantity]
        rows = (news.counts & (values == values)).nonzero()[0]
        if not len(rows):
            return
        values = values.take(rows)
        if self._range is not None:
            self._range.take(self.memory, news, rows, values, self._frozen)
        odd = self._odd(news, rows, values)
        few = np.flatnonzero(odd.any(axis=0))
        if len(few):
            few = few[self.counts(news, rows[few])]
        if len(few):
            self._judge(news, rows[few], odd[:, few], out)

    def _odd(self, news: News, rows: Rows, values: Values) -> NDArray[np.bool_]:
        """Of each rule, (rules, rows), what is beyond a limit, or has an eye on it."""
        device, slot = news.device.take(rows), news.slot.take(rows)
        odd = self.memory["busy"].take(device, axis=0).T
        for place, rule in enumerate(self.rules):
            odd[place] |= rule.beyond(values, self._widest[place].take(slot))
            if self._range is not None and rule.own:
                own = self._range.limits(self.memory, device, int(rule.above))
                odd[place] |= rule.beyond(values, own)
        return odd

    def held(self, finding: Finding) -> tuple[Micros, Micros]:
        place = finding.device, self.kinds.index(finding.kind)
        since, until = int(self.memory["since"][place]), int(self.memory["until"][place])
        return since, NEVER if self.memory["level"][place] else until

    # -- what is a resident's own ----------------------------------------------------------------

    def _frozen(self, device: Slots) -> NDArray[np.bool_]:
        """Which limits, below and above, stay what they are: an alert was decided on them."""
        frozen = np.zeros((len(device), 2), bool)
        level = self.memory["level"].take(device, axis=0)
        if level.any():
            for place, rule in enumerate(self.rules):
                frozen[:, int(rule.above)] |= level[:, place] > 0
        return frozen

    def _limits(self, place: int, device: Any, slot: Any) -> Values:
        """The limits that hold for a rule, (rows, 2): the narrower of given and learned."""
        limits: Values = self.limits[slot, place].copy()
        rule = self.rules[place]
        if self._range is not None and rule.own is not None:
            own = self._range.limits(self.memory, device, int(rule.above))
            narrower = np.fmin if rule.above else np.fmax
            limits[..., 0] = narrower(limits[..., 0], own)
        return limits

    def _origin(self, place: int, device: int, limit: float) -> str:
        if self._range is None:
            return ORIGINS[0]
        return self._range.origin(self.memory, device, int(self.rules[place].above), limit)

    def _own_range(self, device: int) -> dict[str, list[float | None]]:
        own = self._range and self._range.known(self.memory, device)
        return {"own_range": own} if own else {}

    # -- the few that are not simply inside -----------------------------------------------------

    def _judge(self, news: News, rows: Rows, odd: NDArray[np.bool_], out: list[Finding]) -> None:
        device, at = news.device[rows], news.measured_at[rows]
        gap = np.abs(at - self.memory["last"][device]) > GAP
        self.memory["last"][device] = at
        for place, mine in enumerate(odd):
            if mine.any():
                self._apply(place, news, rows[mine], gap[mine], out)

    def _apply(
        self, place: int, news: News, rows: Rows, gap: NDArray[np.bool_], out: list[Finding]
    ) -> None:
        """Move one rule on."""
        rule, memory, device = self.rules[place], self.memory, news.device[rows]
        value, limits = news.x[rows, self.quantity], self._limits(place, device, news.slot[rows])
        level = memory["level"][device, place]
        start = memory["start"][device, place]
        beyond = rule.beyond(value[:, None], limits)
        at = news.measured_at[rows]
        start = _running(beyond, start, at[:, None], gap[:, None])
        memory["start"][device, place] = start
        long = beyond & (at[:, None] - start >= (rule.dwell, rule.extreme_dwell))
        reached = np.where(long[:, 1], 2, long[:, 0]).astype(np.int8)
        over = level > 0
        if over.any():
            over = self._calm(place, device, at, gap, over & rule.inside(value, limits[:, 0]))
        since = memory["since"][device, place]
        since = np.where((level == 0) & (reached > 0), start[:, 0], since)
        memory["since"][device, place] = since
        memory["until"][device[over], place] = at[over]
        memory["level"][device, place] = now = np.where(over, 0, np.maximum(level, reached))
        out += [
            self._found(place, news, int(rows[few]), int(since[few]), int(now[few]))
            for few in np.flatnonzero((reached > level) | over).tolist()
        ]
        memory["busy"][device, place] = (start[:, 0] != NEVER) | (now > 0)

    def _calm(
        self, place: int, device: Any, at: Instants, gap: NDArray[np.bool_], inside: Any
    ) -> NDArray[np.bool_]:
        """Which conditions are over: inside by the margin for long enough."""
        calm = _running(inside, self.memory["calm"][device, place], at, gap)
        over: NDArray[np.bool_] = inside & (at - calm >= self.rules[place].calm)
        self.memory["calm"][device, place] = np.where(over, NEVER, calm)
        return over

    def _found(self, place: int, news: News, row: int, since: Micros, level: int) -> Finding:
        rule, slot = self.rules[place], int(news.slot[row])
        quantity = QUANTITIES[self.quantity]
        device = int(news.device[row])
        limit, extreme = self._limits(place, device, slot).tolist()
        evidence: dict[str, Any] = {
            "quantity": quantity.name,
            "value": round(float(news.x[row, self.quantity]), 3),
            "unit": quantity.unit,
            "limit": round(extreme if level == 2 else limit, 3),
            "dwell_s": (rule.calm, rule.dwell, rule.extreme_dwell)[level] / SECOND,
        }
        if rule.own:
            evidence["limit_is"] = self._origin(place, device, limit) if level < 2 else ORIGINS[0]
            evidence |= self._own_range(device)
        return Finding(
            at=int(news.received_at[row]),
            slot=slot,
            device=device,
            kind=rule.kind,
            active=level > 0,
            since=since,
            priority="high" if level == 2 else KINDS[rule.kind].priority,
            evidence=evidence | {"late": True} if self.late else evidence,
        )


def _running(
    holds: NDArray[np.bool_], start: Instants, at: Instants, gap: NDArray[np.bool_]
) -> Instants:
    """Since when something holds without a gap; NEVER where it does not."""
    return np.where(holds, np.where((start == NEVER) | gap, at, start), NEVER)
