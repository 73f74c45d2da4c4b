"""Stories with ground truth: what goes wrong, with whom, when, and what must ring for it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

import numpy as np

from domain.errors import CarewatchError
from domain.time import HOUR, MINUTE, SECOND, Micros, to_datetime
from simulators.residents import Incident, IncidentKind

RINGS: Mapping[IncidentKind, tuple[str, ...]] = {
    "press": ("sos",),
    "fall": ("fall",),
    "fall_unclear": ("fall_suspected", "fall"),
    "breathing_stops": ("breathing_stopped",),
    "fast_heart": ("heart_rate_high",),
    "slow_heart": ("heart_rate_low",),
    "low_spo2": ("spo2_low",),
    "bed_exit": ("bed_exit_long",),
    "smoke": ("smoke",),
    "device_dies": ("device_silent",),
}
"""The kinds of alert that each kind of incident must raise."""

NEEDS: Mapping[IncidentKind, str] = {
    "press": "button",
    "fall": "fall",
    "fall_unclear": "fall",
    "smoke": "ambient",
}
"""The kind of device that notices it; a bed where nothing is said."""

LASTS: Mapping[IncidentKind, Micros] = {
    "press": SECOND,
    "fall": 15 * MINUTE,
    "fall_unclear": 10 * MINUTE,
    "breathing_stops": 45 * SECOND,
    "fast_heart": 4 * MINUTE,
    "slow_heart": 4 * MINUTE,
    "low_spo2": 4 * MINUTE,
    "bed_exit": 40 * MINUTE,
    "smoke": 2 * MINUTE,
    "device_dies": 25 * MINUTE,
}


class UnknownScenario(CarewatchError):
    """There is no story of that name."""


@dataclass(frozen=True, slots=True)
class Home:
    """A resident, their zone, and their devices as (id, kind)."""

    resident: str
    zone: str
    devices: tuple[tuple[str, str], ...]

    def has(self, kind: str) -> bool:
        return any(kind == each for _, each in self.devices)


@dataclass(frozen=True, slots=True)
class Truth:
    """An alert that must come: its kind, whose, and when its cause began."""

    at: Micros
    resident: str
    kind: str


Tell = Callable[[Sequence[Home], Micros, np.random.Generator], list[Incident]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story. ``starts`` is the local time at which a recording of it begins."""

    name: str
    about: str
    starts: time
    lasts: Micros
    tell: Tell


def scenario(name: str) -> Scenario:
    """The story of that name; UnknownScenario with all names where there is none."""
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    if key not in SCENARIOS:
        raise UnknownScenario(f"No scenario {name!r}; there are: {', '.join(SCENARIOS)}.")
    return SCENARIOS[key]


def truth(incidents: Sequence[Incident], homes: Sequence[Home]) -> list[Truth]:
    """What must ring, in order of time. Leaving the bed rings at night only."""
    zones = {home.resident: home.zone for home in homes}
    return sorted(
        (
            Truth(incident.at, incident.resident, kind)
            for incident in incidents
            for kind in RINGS[incident.kind]
            if incident.kind != "bed_exit" or is_night(incident.at, zones[incident.resident])
        ),
        key=lambda each: (each.at, each.resident, each.kind),
    )


def is_night(at: Micros, zone: str) -> bool:
    """Whether it is between 21:00 and 07:00 there."""
    hour = to_datetime(at).astimezone(ZoneInfo(zone)).hour
    return hour >= 21 or hour < 7


# -- the stories -------------------------------------------------------------------------------


def _one(kind: IncidentKind, after: Micros = 5 * MINUTE) -> Tell:
    def tell(homes: Sequence[Home], begin: Micros, random: np.random.Generator) -> list[Incident]:
        able = [home for home in homes if home.has(NEEDS.get(kind, "bed"))]
        if not able:
            return []
        home = able[int(random.integers(len(able)))]
        return [_incident(begin + after, home, kind)]

    return tell


def _nothing(homes: Sequence[Home], begin: Micros, random: np.random.Generator) -> list[Incident]:
    return []


_DEMO_OPENING: tuple[tuple[Micros, IncidentKind], ...] = (
    (3 * SECOND, "press"),
    (50 * SECOND, "fall"),
    (2 * MINUTE, "fast_heart"),
    (5 * MINUTE, "smoke"),
    (8 * MINUTE, "breathing_stops"),
    (12 * MINUTE, "low_spo2"),
    (17 * MINUTE, "fall_unclear"),
    (24 * MINUTE, "device_dies"),
)
_DEMO_LATER: tuple[IncidentKind, ...] = (
    "press", "press", "press", "fall", "fall", "fall_unclear", "fast_heart", "slow_heart",
    "breathing_stops", "low_spo2", "bed_exit", "bed_exit", "smoke", "device_dies",
)  # fmt: skip
_DEMO_DAYS: Micros = 72 * HOUR


def _demo(homes: Sequence[Home], begin: Micros, random: np.random.Generator) -> list[Incident]:
    """A lively half hour with the first homes, then something every 8 to 20 minutes."""
    busy: dict[str, Micros] = {}
    found: list[Incident] = []
    for after, kind in _demo_course(random):
        able = _able(begin + after, kind, homes, busy)
        if not able:
            continue
        opening = after <= _DEMO_OPENING[-1][0]
        home = able[0 if opening else int(random.integers(len(able)))]
        incident = _incident(begin + after, home, kind)
        busy[incident.resident] = incident.until + 30 * MINUTE
        found.append(incident)
    return found


def _demo_course(random: np.random.Generator) -> Iterator[tuple[Micros, IncidentKind]]:
    yield from _DEMO_OPENING
    at = _DEMO_OPENING[-1][0]
    while (at := at + int(random.integers(8 * 60, 20 * 60)) * SECOND) < _DEMO_DAYS:
        yield at, _DEMO_LATER[int(random.integers(len(_DEMO_LATER)))]


def _able(
    at: Micros, kind: IncidentKind, homes: Sequence[Home], busy: Mapping[str, Micros]
) -> list[Home]:
    """Who has the device for it, and no other trouble at the time."""
    return [
        home
        for home in homes
        if busy.get(home.resident, 0) < at
        and home.has(NEEDS.get(kind, "bed"))
        and (kind != "bed_exit" or is_night(at, home.zone))
    ]


def _incident(at: Micros, home: Home, kind: IncidentKind) -> Incident:
    return Incident(at, at + LASTS[kind], home.resident, kind)


_NIGHT = time(2, 0)

SCENARIOS: Mapping[str, Scenario] = {
    story.name: story
    for story in (
        Scenario("fall_at_night", "falls on the way to the toilet, stays on the floor",
                 _NIGHT, 30 * MINUTE, _one("fall")),
        Scenario("fall_unclear", "a suspected fall, and no movement after it",
                 _NIGHT, 30 * MINUTE, _one("fall_unclear")),
        Scenario("breathing_stops", "no breath for 45 s in bed",
                 _NIGHT, 15 * MINUTE, _one("breathing_stops")),
        Scenario("fast_heart", "a heart rate of 130 for 4 minutes at rest",
                 _NIGHT, 20 * MINUTE, _one("fast_heart")),
        Scenario("slow_heart", "a heart rate of 38 for 4 minutes at rest",
                 _NIGHT, 20 * MINUTE, _one("slow_heart")),
        Scenario("low_spo2", "oxygen at 87 % for 4 minutes",
                 _NIGHT, 20 * MINUTE, _one("low_spo2")),
        Scenario("device_dies", "a bed falls silent for 25 minutes",
                 _NIGHT, 40 * MINUTE, _one("device_dies")),
        Scenario("button_press", "the emergency button is pressed",
                 time(15, 0), 5 * MINUTE, _one("press", 3 * SECOND)),
        Scenario("bed_exit", "leaves the bed at night and does not come back for 40 minutes",
                 _NIGHT, 60 * MINUTE, _one("bed_exit")),
        Scenario("smoke", "smoke for 2 minutes",
                 time(11, 0), 10 * MINUTE, _one("smoke", 10 * SECOND)),
        Scenario("quiet_day", "a day and a night on which nothing may ring",
                 time(12, 0), 24 * HOUR, _nothing),
        Scenario("demo", "a press after 3 s, more over the next minutes, then at a gentle pace",
                 time(22, 30), 60 * MINUTE, _demo),
    )
}  # fmt: skip
