"""A resident: what they do and how heart, breath and body go, moment by moment."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

from domain.time import HOUR, MINUTE, SECOND, Micros
from simulators.days import IN_BED, Days, Habits
from simulators.days import Activity as PlannedActivity
from simulators.signals import MANNERS, Drift, circadian

IncidentKind = Literal[
    "press", "fall", "fall_unclear", "breathing_stops", "fast_heart", "slow_heart", "low_spo2",
    "bed_exit", "smoke", "device_dies",
]  # fmt: skip

Activity = PlannedActivity | Literal["floor"]

ON_THEIR_FEET: frozenset[str] = frozenset({"toilet", "up", "meal"})
"""Activities in which a motion sensor sees somebody."""

_LYING: frozenset[str] = frozenset({"breathing_stops", "fast_heart", "slow_heart", "low_spo2"})
_LEAD_IN: Micros = 2 * MINUTE
_ON_FEET_BEFORE_FALL: Micros = 40 * SECOND
_REST_AFTER: Micros = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that goes wrong with a resident (or their device) from ``at`` to ``until``."""

    at: Micros
    until: Micros
    resident: str
    kind: IncidentKind


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to measure. Heart and breath are None where nobody lies in the bed."""

    activity: Activity
    in_bed: bool
    heart_rate: float | None
    respiration_rate: float | None
    spo2: float
    movement: float
    signal_quality: float
    breathless_s: float
    """For how long there has been no breath."""


class Resident:
    """One simulated person; ask for moments in order of time.

    ``activity`` is a function of person, seed and instant, so any sensor may ask for it.
    ``moment`` draws random numbers, and belongs to the bed alone: what one device asks never
    changes what another sees.
    """

    def __init__(self, id_: str, zone: str, seed: int, incidents: Iterable[Incident] = ()) -> None:
        self.id = id_
        person = (seed, crc32(id_.encode()))
        random = np.random.default_rng(person)
        self.days = Days(Habits.of(random), zone, person)
        self._incidents = deque(sorted(incidents, key=lambda incident: incident.at))
        self._body = _Body(random)

    def activity(self, at: Micros) -> Activity:
        """What they do: the day's plan, unless an incident has it otherwise."""
        planned = self.days.activity(at)
        for incident in self._near(at):
            if (instead := _instead(incident, at, planned)) is not None:
                return instead
        return planned

    def incident(self, at: Micros) -> Incident | None:
        """What is going wrong with their body at this instant."""
        for incident in self._near(at):
            if incident.kind in _LYING and incident.at <= at < incident.until:
                return incident
        return None

    def moment(self, at: Micros) -> Moment:
        """Heart, breath and body at an instant, none earlier than the one before."""
        return self._body.at(at, self.activity(at), self.days.hour(at), self.incident(at))

    def lying(self, at: Micros, activity: Activity) -> Moment:
        """The same, whatever the plan: lying still in bed, as in that activity."""
        return self._body.at(at, activity, self.days.hour(at), None, still=True)

    def _near(self, at: Micros) -> list[Incident]:
        while self._incidents and self._incidents[0].until + HOUR < at:
            self._incidents.popleft()
        return [i for i in self._incidents if i.at - HOUR <= at <= i.until + HOUR]


def _instead(incident: Incident, at: Micros, planned: Activity) -> Activity | None:
    """What an incident makes of the plan at an instant, or None where it leaves it alone."""
    lying: Activity = planned if planned in IN_BED else "awake"
    began, ended = incident.at, incident.until
    if incident.kind in _LYING:
        return lying if began - _LEAD_IN <= at < ended + _LEAD_IN else None
    if incident.kind not in ("fall", "fall_unclear", "bed_exit"):
        return None
    if began <= at < ended:
        return "floor"
    if ended <= at < ended + _REST_AFTER:
        return lying
    if incident.kind == "bed_exit":
        return lying if began - _LEAD_IN <= at < began else None
    return "up" if began - _ON_FEET_BEFORE_FALL <= at < began else None


class _Body:
    """Heart, breath and movement with their memory.

    Resting values are those of older people: heart 62 to 76, breath 13.5 to 17 a minute and
    oxygen 95.5 to 97.5 % (Rodriguez-Molinero et al., J. Am. Geriatr. Soc. 61, 2013, 2238).
    Their sinus arrhythmia is small (Hrushesky et al., Science 224, 1984, 1001).
    """

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._heart_at_rest = random.uniform(62, 76)
        self._breath_at_rest = random.uniform(13.5, 17)
        self._spo2_at_rest = random.uniform(95.5, 97.5)
        self._arrhythmia = random.uniform(0.6, 1.8)
        self._slow, self._fast = Drift(60, 1.8), Drift(8, 1.0)
        self._breath, self._oxygen = Drift(20, 1.0), Drift(120, 0.5)
        self._phase = 0.0
        self._turn: tuple[Micros, float, float] = (0, 0.0, 1.0)  # until, strength, artefact
        self._pause: tuple[Micros, Micros] = (0, 0)
        self._at: Micros | None = None

    def at(
        self,
        now: Micros,
        activity: Activity,
        hour: float,
        incident: Incident | None,
        *,
        still: bool = False,
    ) -> Moment:
        passed = 0 if self._at is None else now - self._at
        self._at = now
        spo2 = self._spo2(now, activity)
        if activity not in IN_BED:
            return Moment(activity, False, None, None, spo2, 0.0, 0.0, 0.0)
        self._move(now, passed, activity, quiet=still or incident is not None)
        breath = self._breathe(now, passed, activity)
        heart = self._beat(now, activity, hour, breath, passed)
        breathless = (now - self._pause[0]) / SECOND if now < self._pause[1] else 0.0
        until, strength, artefact = self._turn
        turning = now < until
        base = abs(0.03 * self._random.standard_normal())
        quality = self._random.uniform(0.15, 0.45) if turning else self._random.uniform(0.8, 0.97)
        moment = Moment(
            activity, True, heart * artefact if turning else heart, breath, spo2,
            min(strength + base, 1.0) if turning else base, quality, breathless,
        )  # fmt: skip
        return moment if incident is None else _ill(moment, incident, now)

    def _beat(
        self, now: Micros, activity: Activity, hour: float, breath: float, passed: Micros
    ) -> float:
        self._phase += 2 * math.pi * breath / 60 * passed / SECOND
        wandering = self._slow.at(now, self._random) + self._fast.at(now, self._random)
        arrhythmia = self._arrhythmia * math.sin(self._phase)
        manner = MANNERS[activity]
        return self._heart_at_rest + manner.heart + 4 * circadian(hour) + wandering + arrhythmia

    def _breathe(self, now: Micros, passed: Micros, activity: Activity) -> float:
        """Breaths a minute; now and then, asleep, none for 5 to 9 seconds."""
        manner = MANNERS[activity]
        rate = self._breath_at_rest + manner.breath
        rate += manner.breath_spread * self._breath.at(now, self._random)
        if activity in ("light", "rem") and self._happens(1.0, passed):
            self._pause = (now, now + round(self._random.uniform(5, 9) * SECOND))
        return min(max(rate, 9.5), 22.5)

    def _spo2(self, now: Micros, activity: Activity) -> float:
        value = self._spo2_at_rest + self._oxygen.at(now, self._random)
        return min(max(value - 0.5 * (activity == "rem"), 92.5), 99.0)

    def _move(self, now: Micros, passed: Micros, activity: Activity, *, quiet: bool) -> None:
        """Perhaps turn over: 3 to 8 seconds in which the bed miscounts the heart, or not."""
        if quiet:
            self._turn = (0, 0.0, 1.0)
        elif now >= self._turn[0] and self._happens(MANNERS[activity].turns_per_hour, passed):
            lasts = round(self._random.uniform(3, 8) * SECOND)
            artefact = float(self._random.choice((1.0, 1.0, 0.5, 1.7, 2.0)))
            self._turn = (now + lasts, self._random.uniform(0.4, 0.9), artefact)

    def _happens(self, per_hour: float, passed: Micros) -> bool:
        return bool(self._random.random() < 1 - math.exp(-per_hour * passed / HOUR))


def _ill(moment: Moment, incident: Incident, now: Micros) -> Moment:
    """The same moment in somebody whose heart, breath or oxygen goes wrong, within 10 s."""
    since = (now - incident.at) / SECOND
    grip = min(since / 10, 1.0)
    heart, breath = moment.heart_rate or 0.0, moment.respiration_rate
    spo2, breathless = moment.spo2, 0.0
    if incident.kind == "fast_heart":
        heart += grip * (138 - heart) * 0.9
    elif incident.kind == "slow_heart":
        heart += grip * (36.9 - heart) * 0.95
    elif incident.kind == "low_spo2":
        spo2 += grip * (86.5 - spo2) * 0.9
    elif incident.kind == "breathing_stops":
        breathless = since + 0.1
        heart -= min(since / 4, 15)
        breath = 0.0
    return Moment(
        moment.activity, True, heart, breath, spo2, min(moment.movement, 0.05),
        max(moment.signal_quality, 0.8), breathless,
    )  # fmt: skip
