"""Who is asked about an alert, in which order, and how long each may take to answer.

Responsibility for an alert is always with somebody: with the parties of a step of its policy,
and from its acceptance with a person. Each has a deadline. A step whose parties have nobody
falls through to the next; past the last step it goes round again, and the centre is told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

from alerts.alert import AlertRow, ChangeName, Duty
from domain.finding import RANK, Priority
from domain.time import HOUR, MINUTE, SECOND, Micros, from_datetime, to_datetime

HOLDER_OF_LAST_RESORT = "centre"
"""Who holds an alert where nobody is registered that could be asked."""

EVERYBODY: frozenset[str] = frozenset({"family", "station", "centre", "contacts", "handover"})

TIME_TO_SET_OUT: Micros = 5 * MINUTE
TIME_TO_ARRIVE: Micros = 20 * MINUTE
"""The 20-minute circle: help at the door within 20 minutes."""
TIME_TO_FINISH: Micros = 2 * HOUR

_HOLDS_OF_A_PERSON: Mapping[str, Micros] = {
    "accepted": TIME_TO_SET_OUT,
    "on_the_way": TIME_TO_ARRIVE,
    "arrived": TIME_TO_FINISH,
}
_MORNING = time_of_day(9)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Step:
    """``parties`` are asked together; after ``hold`` the next step is, or in the morning.

    ``hold`` None means the next working morning. A ``quiet`` step is a list, not a sound.
    """

    parties: tuple[str, ...]
    hold: Micros | None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """A duty with its reason and the parties that are to be told of it."""

    duty: Duty
    tell: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What an assignment depends on besides the alert: who there is, when, and where."""

    present: Collection[str]
    now: Micros
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Policy:
    """The steps of each priority, in order."""

    steps: Mapping[str, tuple[Step, ...]]

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> "Policy":
        """A policy of the rows of ``policy_step``; the default's for a priority without any."""
        steps: dict[str, list[Step]] = {}
        for row in sorted(rows, key=lambda row: int(row["step"])):
            hold = None if row["hold_s"] is None else int(row["hold_s"]) * SECOND
            steps.setdefault(row["priority"], []).append(
                Step(tuple(row["parties"]), hold, row["quiet"])
            )
        given = {priority: tuple(each) for priority, each in steps.items()}
        return cls({**cls.default().steps, **given})

    @classmethod
    def default(cls) -> "Policy":
        """The policy that a fresh database has."""
        return cls(
            {
                "high": (
                    Step(("family", "station"), 60 * SECOND),
                    Step(("centre",), 120 * SECOND),
                    Step(("family", "station", "centre", "contacts", "handover"), 120 * SECOND),
                ),
                "medium": (
                    Step(("family",), 3 * MINUTE),
                    Step(("station",), 7 * MINUTE),
                    Step(("centre",), 10 * MINUTE),
                ),
                "low": (Step(("station",), None, quiet=True),),
            }
        )

    def first(self, priority: Priority, situation: Situation) -> Assignment:
        """Who is asked about a new alert."""
        return self._from(priority, 0, 0, situation)

    def after(
        self, alert: AlertRow, change: ChangeName, by: str, situation: Situation
    ) -> Assignment | None:
        """Who is answerable after a change of ``alert``; None where nothing moves.

        ``alert`` is as it was before; ``by`` is the user name of the one who did it.
        """
        if change in _HOLDS_OF_A_PERSON:
            return _person(alert, change, by, situation.now)
        if change == "no_answer" and alert.state == "on_site":
            return _still_on_site(alert, situation.now)
        if change in ("rejected", "withdrawn", "no_answer"):
            return self._from(alert.priority, alert.step + 1, alert.round, situation)
        return None

    def raised_to(
        self, alert: AlertRow, priority: Priority, situation: Situation
    ) -> Assignment | None:
        """Who is asked when an alert that nobody has taken becomes more urgent."""
        if alert.state != "open" or RANK[priority] <= RANK[alert.priority]:
            return None
        new = self._from(priority, 0, alert.round, situation)
        deadline = min(new.duty.deadline, alert.deadline or new.duty.deadline)
        duty = Duty(new.duty.step, new.duty.round, new.duty.responsible, deadline)
        return Assignment(duty, new.tell, new.reason)

    def hastened(self, alert: AlertRow, by: Priority, now: Micros) -> Duty | None:
        """The shorter deadline of an alert beside which a more urgent one is raised, if any."""
        hold = self.steps[by][0].hold
        if alert.state != "open" or RANK[by] <= RANK[alert.priority] or hold is None:
            return None
        if alert.deadline is not None and alert.deadline <= now + hold:
            return None
        return Duty(alert.step, alert.round, alert.responsible, now + hold)

    def _from(self, priority: Priority, place: int, turn: int, situation: Situation) -> Assignment:
        """The first step at or after ``place`` that has somebody, going round where none has."""
        steps = self.steps[priority]
        for ahead in range(len(steps)):
            rounds, step = divmod(place + ahead, len(steps))
            asked = [party for party in steps[step].parties if _is_there(party, situation.present)]
            if any(party != "handover" for party in asked):
                return _asking(steps[step], (step, turn + rounds), asked, rounds > 0, situation)
        rounds, step = divmod(place, len(steps))
        return _asking(steps[step], (step, turn + rounds), [], rounds > 0, situation)


def next_working_morning(now: Micros, timezone: str) -> Micros:
    """09:00 of the next Monday to Friday in the zone, after ``now``.

    >>> from domain.time import iso
    >>> friday_evening = from_datetime(datetime.fromisoformat("2026-11-20T18:00+08:00"))
    >>> iso(next_working_morning(friday_evening, "Asia/Shanghai"))
    '2026-11-23T01:00:00.000Z'
    """
    zone = _zone(timezone)
    local = to_datetime(now).astimezone(zone)
    day = local.date()
    while True:
        morning = datetime.combine(day, _MORNING, zone)
        if day.weekday() < _SATURDAY and from_datetime(morning) > now:
            return from_datetime(morning)
        day += timedelta(days=1)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a name that no zone has: better UTC than no deadline
        return ZoneInfo("UTC")


def _is_there(party: str, present: Collection[str]) -> bool:
    # Whether a hand-over address is set is known where messages are delivered, not here.
    return party == "handover" or party in present


def _asking(
    step: Step, place: tuple[int, int], asked: list[str], again: bool, situation: Situation
) -> Assignment:
    """``place`` is the step's number and the round; ``again`` where a round has ended."""
    persons = [party for party in asked if party != "handover"]
    deadline = (
        next_working_morning(situation.now, situation.timezone)
        if step.hold is None
        else situation.now + step.hold
    )
    told = () if step.quiet else tuple(asked or [p for p in step.parties if p == "handover"])
    reason = (
        f"Asked now: {', '.join(persons)}."
        if persons
        else "Nobody is registered who could be asked; it stays with the centre."
    )
    if again:
        told = (*told, "centre") if "centre" not in told else told
        reason = f"All have been asked and nobody has answered; the centre is told. {reason}"
    responsible = ", ".join(persons) or HOLDER_OF_LAST_RESORT
    return Assignment(Duty(*place, responsible, deadline), told, reason)


def _person(alert: AlertRow, change: str, by: str, now: Micros) -> Assignment:
    duty = Duty(alert.step, alert.round, by, now + _HOLDS_OF_A_PERSON[change])
    return Assignment(duty, (), "")


def _still_on_site(alert: AlertRow, now: Micros) -> Assignment:
    duty = Duty(alert.step, alert.round, alert.responsible, now + TIME_TO_FINISH)
    return Assignment(duty, ("centre",), "It stays with who is on site; the centre is told.")
