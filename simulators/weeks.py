"""Weeks of a resident's life, told every five minutes, with changes whose truth is known.

Habits and bodies are those of ``days`` and ``residents``; a change bends them from its instant on.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from domain.time import DAY, HOUR, MINUTE, Micros
from simulators.days import IN_BED
from simulators.device import event
from simulators.message import Message, message, milliseconds
from simulators.residents import ON_THEIR_FEET, Resident
from simulators.residents import Activity as Doing

LOOK: Micros = 5 * MINUTE

ChangeKind = Literal["lies_in", "collapses", "heart_rises", "restless"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from ``at`` on.

    ``lies_in``      stays in bed for seven hours, from wherever they are
    ``collapses``    lies on the floor for a day: no sensor sees anything
    ``heart_rises``  half a beat a minute more each night, eight at most
    ``restless``     moves in every third look at the bed, instead of now and then
    """

    at: Micros
    kind: ChangeKind


def weeks(
    name: str, zone: str, begin: Micros, days: int, seed: int, changes: Sequence[Change] = ()
) -> Iterator[Message]:
    """What the bed ``bed-NAME`` and the room sensor ``room-NAME`` say, in order of time."""
    resident = Resident(name, zone, seed)
    random = np.random.default_rng((seed, 1))
    phase = int(random.integers(0, LOOK))
    before: Doing | None = None
    for at in range(begin + phase, begin + days * DAY, LOOK):
        doing = _doing(resident, at, changes)
        yield from _told(resident, name, at, before, doing, changes, random)
        before = doing


def village(people: dict[str, Iterator[Message]]) -> Iterator[Message]:
    """The messages of several residents, in order of time."""
    return heapq.merge(*people.values(), key=lambda each: each.at)


def _doing(resident: Resident, at: Micros, changes: Sequence[Change]) -> Doing:
    for change in changes:
        if change.kind == "collapses" and change.at <= at < change.at + DAY:
            return "floor"
        if change.kind == "lies_in" and change.at <= at < change.at + 7 * HOUR:
            return "light"
    return resident.activity(at)


def _told(
    resident: Resident,
    name: str,
    at: Micros,
    before: Doing | None,
    doing: Doing,
    changes: Sequence[Change],
    random: np.random.Generator,
) -> Iterator[Message]:
    abed = doing in IN_BED
    if abed:
        yield message(at, f"bed-{name}", "sample", _in_bed(resident, at, doing, changes, random))
    elif before in IN_BED:
        yield message(at, f"bed-{name}", "sample", {"t": milliseconds(at), "in_bed": False})
    if doing in ON_THEIR_FEET and random.random() < 0.6:
        yield event(at, f"room-{name}", "motion")
    if before is not None and (before == "out") != (doing == "out") and doing != "floor":
        yield event(at, f"room-{name}", "door_closed", place="front door")


def _in_bed(
    resident: Resident, at: Micros, doing: Doing, changes: Sequence[Change], random: Any
) -> dict[str, Any]:
    moment = resident.lying(at, doing)
    heart, breath = moment.heart_rate or 0.0, moment.respiration_rate or 0.0
    moves = 0.05
    for change in changes:
        if change.kind == "heart_rises" and at >= change.at:
            heart += min(0.5 * (at - change.at) / DAY, 8)
        if change.kind == "restless" and at >= change.at:
            moves = 0.33
    movement = random.uniform(0.12, 0.28) if random.random() < moves else 0.02
    return {
        "t": milliseconds(at),
        "in_bed": True,
        "heart_rate": round(heart),
        "respiration_rate": round(breath, 1),
        "movement": round(float(movement), 2),
    }
