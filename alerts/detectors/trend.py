"""trend: a resident's nights have been different for days.

Four figures a night (21:00 to 07:00 where they live), from one look a minute at what the bed
tells: mean heart rate and mean breathing rate of the values that count, minutes out of bed
between two times in it, and minutes with movement an hour. Each is compared with the resident's
own nights of before: the median of 14, the last five left out so that a beginning drift is not
its own measure, and the median absolute deviation as a robust standard deviation (Hampel, J. Am.
Stat. Assoc. 69, 1974, 383).

The change-point method is the two-sided CUSUM of Page (*Continuous inspection schemes*,
Biometrika 41, 1954, 100): deviations beyond ``SLACK`` standard deviations add up, night by night,
and ``THRESHOLD`` of them are a drift. It began when its sum was last zero (Page's estimate). A
deviation counts for ``CLIP`` at most, so no single night can raise it. Some time after a change
that stays, the resident's own nights are the new ones, and it is over.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.detector import Detector
from alerts.detectors.news import News
from alerts.detectors.zones import Zones
from domain.directory import Device, Subject
from domain.finding import KINDS, Finding
from domain.quantity import HEART_RATE, IN_BED, RESPIRATION_RATE
from domain.sample import Slots
from domain.time import DAY, HOUR, MINUTE, NEVER, Micros

Figures = NDArray[np.float64]
"""(slots, 4), in the order of ``FIGURES``; NaN where the night does not tell."""

FIGURES = ("heart_rate", "respiration_rate", "time_out_of_bed", "restlessness")
UNITS = ("1/min", "1/min", "min/night", "min/h")

FINEST = np.array([1.0, 0.4, 6.0, 0.5])
"""Standard deviations that are taken to be at least: smaller changes are of no concern."""

RECENT, BASELINE, ENOUGH = 5, 14, 10
"""Nights: left out, compared with, and of these known at least."""

SLACK, THRESHOLD, CLIP = 1.25, 8.0, 3.0
"""In standard deviations. In simulated nights (heavy tails, a correlation of 0.3 from night to
night) 0.84 false drifts a resident-year; of changes by three deviations 94 % are found, half of
them by the fifth night, of changes by two about 65 %."""

OVER = THRESHOLD - 2 * SLACK
"""A drift is over when its sum has fallen below: after three usual nights."""

VALUES_AT_LEAST, ABED_AT_LEAST = 20, 180
"""Without which a night tells nothing: looks that found a value; minutes in bed."""

GAP = 15 * MINUTE
"""A look stands for the time since the one before, but for no longer than that."""

VISIT = 120
"""Minutes; who is out of bed for longer was up."""

NOON = 12
TO_NIGHT = 15 * HOUR
"""From the beginning of the night to the noon at which it is judged."""

TO_MORNING = 5 * HOUR

_STEPS = np.array([0.5, 0.2, 2.0, 0.25])
_SHIFTS = np.array([-160.0, -126.0, -126.0, -126.0])
"""Figures are kept as int8, in these steps from -127 + shift: 16 to 143, 0 to 50, 506, 63."""

_UNKNOWN = -128
_KEPT = RECENT + BASELINE


class Trend(Detector):
    """Memory, one element a subject. ``deadline``: the noon of its judgement; ``next``: when to
    look next; of this night ``heart``, ``breath`` (sums), ``hearts``, ``breaths``, ``abed``,
    ``moved``, ``out`` (minutes), when somebody last ``left`` the bed or ``stirred``; ``nights``:
    past figures, newest first; ``sums`` of the CUSUM up and down, ``run`` nights since each was
    zero, which figures are ``drifting`` and ``since`` when (like the other two in minutes since
    1970); the ``device`` that told."""

    kinds = ("trend",)
    columns = {
        "deadline": (np.int64, NEVER),
        "next": (np.int64, 0),
        "left": (np.int32, 0),
        "stirred": (np.int32, 0),
        "device": (np.int32, -1),
        "heart": (np.float32, 0),
        "breath": (np.float32, 0),
        "out": (np.float32, 0),
        "hearts": (np.int16, 0),
        "breaths": (np.int16, 0),
        "abed": (np.float32, 0),
        "moved": (np.int16, 0),
        "nights": (np.int8, _UNKNOWN, _KEPT, len(FIGURES)),
        "sums": (np.float16, 0, 2, len(FIGURES)),
        "run": (np.int8, 0, 2, len(FIGURES)),
        "drifting": (bool, False, len(FIGURES)),
        "since": (np.int32, 0),
    }

    def __init__(self) -> None:
        super().__init__()
        self._zones = Zones()

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        self._zones.configure(self.subjects, subjects)

    def observe(self, news: News, out: list[Finding]) -> None:
        rows = np.flatnonzero(news.measured_at >= self.memory["next"][news.slot])
        if len(rows):
            self._look(news, rows)
        rows = np.flatnonzero(news.stirs)
        if len(rows):
            self._stir(news, rows)

    def due(self, slots: Slots, out: list[Finding]) -> None:
        """A night is complete: judge it, and begin the next."""
        memory, at = self.memory, self.memory["deadline"][slots]
        figures = self._figures(slots)
        usual, spread = self._usual(slots)
        self._add_up(slots, figures, usual, spread)
        nights = memory["nights"][slots]
        memory["nights"][slots] = np.concatenate((_packed(figures)[:, None], nights[:, :-1]), 1)
        for name in ("heart", "breath", "out", "hearts", "breaths", "abed", "moved"):
            memory[name][slots] = 0
        memory["left"][slots] = 0
        memory["deadline"][slots] = noon = self._zones.next(slots, at, NOON)
        memory["next"][slots] = noon - TO_NIGHT
        self._tell(slots, at.tolist(), usual, out)

    # -- during the night -----------------------------------------------------------------------

    def _look(self, news: News, rows: NDArray[np.intp]) -> None:
        """Take the minute's values of those in bed at night; say when to look again."""
        memory, slots, at = self.memory, news.slot[rows], news.measured_at[rows]
        abed = news.known[rows, IN_BED] == 1
        new = abed & (memory["deadline"][slots] == NEVER)
        if new.any():
            arrival = news.received_at[rows][new]
            memory["deadline"][slots[new]] = self._zones.next(slots[new], arrival, NOON)
        noon = memory["deadline"][slots]
        morning, night = at >= noon - TO_MORNING, at >= noon - TO_NIGHT
        later = np.where(morning, NEVER, np.where(night, at + MINUTE, noon - TO_NIGHT))
        passed = np.minimum(at - memory["next"][slots] + MINUTE, GAP) / MINUTE
        memory["next"][slots] = np.where(noon == NEVER, at + MINUTE, later)
        few = np.flatnonzero(abed & night & ~morning)
        slots, rows = slots[few], rows[few]
        memory["abed"][slots] += passed[few]
        memory["device"][slots] = news.device[rows]
        for name, quantity in (("heart", HEART_RATE), ("breath", RESPIRATION_RATE)):
            value = news.known[rows, quantity]
            good = news.counts[rows] & (value > 0)
            memory[name][slots[good]] += value[good]
            memory[f"{name}s"][slots[good]] += 1

    def _stir(self, news: News, rows: NDArray[np.intp]) -> None:
        """Count minutes with movement in bed, and minutes out of it."""
        memory, slots, at = self.memory, news.slot[rows], news.measured_at[rows]
        noon = memory["deadline"][slots]
        night = (at >= noon - TO_NIGHT) & (at < noon - TO_MORNING)
        if not night.any():
            return
        rows, slots, at = rows[night], slots[night], at[night]
        minute = (at // MINUTE).astype(np.int32)
        moved = (news.known[rows, IN_BED] == 1) & (minute > memory["stirred"][slots])
        memory["moved"][slots[moved]] += 1
        memory["stirred"][slots[moved]] = minute[moved]
        change = news.x[rows, IN_BED] - news.before[rows, IN_BED]
        back, gone = change == 1, change == -1
        away = minute[back] - memory["left"][slots[back]]
        memory["out"][slots[back]] += np.where((away > 0) & (away < VISIT), away, 0)
        memory["left"][slots[back]] = 0
        memory["left"][slots[gone]] = minute[gone]

    # -- the morning after ----------------------------------------------------------------------

    def _figures(self, slots: Slots) -> Figures:
        memory = self.memory
        abed = memory["abed"][slots].astype(float)
        full = abed >= ABED_AT_LEAST
        columns = (
            _ratio(memory["heart"][slots], memory["hearts"][slots], VALUES_AT_LEAST),
            _ratio(memory["breath"][slots], memory["breaths"][slots], VALUES_AT_LEAST),
            np.where(full, memory["out"][slots], np.nan),
            _ratio(60.0 * memory["moved"][slots], np.where(full, abed, 0), ABED_AT_LEAST),
        )
        return np.column_stack(columns)

    def _usual(self, slots: Slots) -> tuple[Figures, Figures]:
        """Median and robust standard deviation of the nights before; NaN where too few."""
        nights = _unpacked(self.memory["nights"][slots][:, RECENT:])
        known = np.count_nonzero(~np.isnan(nights), axis=1) >= ENOUGH
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of nights of which nothing is known
            usual = np.nanmedian(nights, axis=1)
            spread = 1.4826 * np.nanmedian(np.abs(nights - usual[:, None]), axis=1)
        return np.where(known, usual, np.nan), np.maximum(spread, FINEST)

    def _add_up(self, slots: Slots, figures: Figures, usual: Figures, spread: Figures) -> None:
        """One night's step of the CUSUM; a night that does not tell changes nothing."""
        memory = self.memory
        odd = np.clip((figures - usual) / spread, -CLIP, CLIP)
        odd = np.stack((odd, -odd), axis=1)
        sums = memory["sums"][slots].astype(float)
        more = np.clip(sums + odd - SLACK, 0, THRESHOLD + SLACK)
        sums = np.where(np.isnan(odd), sums, more)
        memory["run"][slots] = np.where(sums > 0, np.minimum(memory["run"][slots], 126) + 1, 0)
        memory["sums"][slots] = sums

    def _tell(self, slots: Slots, at: list[Micros], usual: Figures, out: list[Finding]) -> None:
        memory = self.memory
        sums = memory["sums"][slots].max(axis=1)
        before = memory["drifting"][slots]
        drifting = (sums > THRESHOLD) | (before & (sums >= OVER))
        memory["drifting"][slots] = drifting
        ended = slots[(before & ~drifting).any(axis=1)]
        for slot in ended.tolist():
            memory["sums"][slot][:, ~memory["drifting"][slot]] = 0
        joined = (drifting & ~before).any(axis=1)
        over = before.any(axis=1) & ~drifting.any(axis=1)
        for row in np.flatnonzero(joined | over).tolist():
            slot, active = int(slots[row]), bool(joined[row])
            if active and not before[row].any():
                memory["since"][slot] = (at[row] - DAY * self._run(slot)) // MINUTE
            out.append(self._found(slot, at[row], active, usual[row]))

    def _run(self, slot: int) -> int:
        """For how many nights what drifts has drifted."""
        memory = self.memory
        up = np.argmax(memory["sums"][slot], axis=0)
        runs = memory["run"][slot][up, np.arange(len(FIGURES))]
        return int(runs[memory["drifting"][slot]].max())

    def _found(self, slot: int, at: Micros, active: bool, usual: Figures) -> Finding:
        memory = self.memory
        evidence: dict[str, Any] = {"nights_known": self._known(slot)}
        recent = _unpacked(memory["nights"][slot][None, :3])[0]
        for place in np.flatnonzero(memory["drifting"][slot]).tolist():
            known = recent[:, place][~np.isnan(recent[:, place])]
            evidence[FIGURES[place]] = {
                "usual": round(float(usual[place]), 1) if usual[place] == usual[place] else None,
                "last_nights": round(float(known.mean()), 1) if len(known) else None,
                "unit": UNITS[place],
            }
        since, device = int(memory["since"][slot]) * MINUTE, int(memory["device"][slot])
        return Finding(at, slot, device, "trend", active, since, KINDS["trend"].priority, evidence)

    def _known(self, slot: int) -> int:
        return int((self.memory["nights"][slot] != _UNKNOWN).any(axis=1).sum())


def _ratio(total: Any, count: Any, least: int) -> NDArray[np.float64]:
    return np.where(count >= least, total / np.maximum(count, 1.0), np.nan)


def _packed(figures: Figures) -> NDArray[np.int8]:
    steps = np.clip(np.round(figures / _STEPS + _SHIFTS), -127, 127)
    return np.where(np.isnan(steps), _UNKNOWN, steps).astype(np.int8)


def _unpacked(nights: NDArray[np.int8]) -> NDArray[np.float64]:
    figures: NDArray[np.float64] = (nights - _SHIFTS) * _STEPS
    return np.where(nights == _UNKNOWN, np.nan, figures)
