"""Who is asked about an alert, in which order, and how long each may take to answer.

A *policy* is the steps for alerts of one priority, of a team or of all, of one kind or of all.
Responsibility for an alert is always with somebody: with the parties of a step of its policy,
and from its acceptance with a person. Each has a deadline. A step whose parties have nobody
falls through to the next; past the last step it goes round again, and the centre is told.

Which policy holds for an alert is told by :mod:`alerts.policies`, and which are refused is decided
in :mod:`alerts.objections`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import time

from alerts.alert import QUIET_HOURS, AlertRow, ChangeName, Duty, Hold
from alerts.hours import next_working_morning, within, zone_of
from alerts.reasons import Party, Reason, Reasons, because
from domain.finding import RANK, Priority
from domain.time import HOUR, MINUTE, Micros, iso

HOLDER_OF_LAST_RESORT = "centre"
"""Who holds an alert where nobody is registered that could be asked."""

TIME_TO_SET_OUT: Micros = 5 * MINUTE
TIME_TO_ARRIVE: Micros = 20 * MINUTE
"""The 20-minute circle: help at the door within 20 minutes."""
TIME_TO_FINISH: Micros = 2 * HOUR
LATER_THAN_EXPECTED: Micros = 5 * MINUTE
"""How long after the time that they named themselves somebody on the way is waited for."""

_HOLDS_OF_A_PERSON: Mapping[str, Micros] = {
    "accepted": TIME_TO_SET_OUT,
    "taken_over": TIME_TO_SET_OUT,
    "on_the_way": TIME_TO_ARRIVE,
    "arrived": TIME_TO_FINISH,
}


@dataclass(frozen=True, slots=True)
class Step:
    """``parties`` are asked together; after ``hold`` the next step is, or in the morning.

    ``hold`` None means the next working morning. A ``quiet`` step is a list, not a sound.
    ``repeats`` is how often the step is told again, each time for another ``hold``.
    """

    parties: tuple[str, ...]
    hold: Micros | None
    quiet: bool = False
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Daily hours, on the clock of whoever they are for, in which nothing makes a sound."""

    starts: time
    ends: time

    def until(self, now: Micros, timezone: str) -> Micros | None:
        """When the quiet hours that it is now are over; None where it is none."""
        return within(now, self.starts, self.ends, zone_of(timezone))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A duty with its reasons and the parties that are to be told of it."""

    duty: Duty
    tell: tuple[str, ...]
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Situation:
    """What an assignment depends on besides the alert: who there is, when, and where.

    ``why`` says of a party why it is these people, where that is worth a word; ``hold`` is what
    holds the alert back, where it is anything but the hour.
    """

    present: Collection[str]
    now: Micros
    timezone: str = "UTC"
    why: Mapping[str, Reasons] = field(default_factory=dict)
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The steps for alerts of a priority, in order, round and round until somebody takes it.

    ``team`` and ``kind`` None stand for all. ``quiet_hours`` are on the resident's clock.
    ``id`` is the version; None where it comes from no database.
    """

    priority: Priority
    steps: tuple[Step, ...]
    team: str | None = None
    kind: str | None = None
    quiet_hours: QuietHours | None = None
    id: int | None = None

    def parties(self) -> frozenset[str]:
        """All that any step asks."""
        return frozenset(party for step in self.steps for party in step.parties)

    def first(self, situation: Situation) -> Assignment:
        """Who is asked about a new alert."""
        return self._from(0, 0, situation)

    def after(
        self,
        alert: AlertRow,
        change: ChangeName,
        by: str,
        situation: Situation,
        expected_at: Micros | None = None,
    ) -> Assignment | None:
        """Who is answerable after a change of ``alert``; None where nothing moves.

        ``alert`` is as it was before; ``by`` is the user name of the one who did it, who may
        expect to be there at ``expected_at``.
        """
        if change in _HOLDS_OF_A_PERSON:
            return _person(alert, change, by, situation.now, expected_at)
        if change == "no_answer" and alert.state == "on_site":
            return _still_on_site(alert, situation.now)
        if change == "held_back":
            return self._from(alert.step, alert.round, situation)
        if change == "asked":
            # What waited for the morning has waited; a pause may end in the middle of the night.
            return self._from(alert.step, alert.round, situation, may_wait=alert.is_paused)
        if change == "no_answer" and self._is_repeated(alert):
            return self._from(alert.step, alert.round, situation, times=alert.asked + 1)
        if change in ("rejected", "withdrawn", "no_answer"):
            return self._from(alert.step + 1, alert.round, situation)
        return None

    def raised_to(self, alert: AlertRow, situation: Situation) -> Assignment | None:
        """Who is asked when an alert that nobody has taken becomes as urgent as this policy."""
        if alert.state != "open" or RANK[self.priority] <= RANK[alert.priority]:
            return None
        new = self._from(0, alert.round, situation)
        deadline = min(new.duty.deadline, alert.deadline or new.duty.deadline)
        return replace(new, duty=replace(new.duty, deadline=deadline))

    def hastened(self, alert: AlertRow, now: Micros) -> Duty | None:
        """The shorter deadline of an alert beside which one of this policy is raised, if any."""
        hold = self.steps[0].hold
        if alert.state != "open" or RANK[self.priority] <= RANK[alert.priority] or hold is None:
            return None
        if alert.is_paused or (alert.deadline is not None and alert.deadline <= now + hold):
            return None
        return alert.duty_until(now + hold)

    def _is_repeated(self, alert: AlertRow) -> bool:
        step = self.steps[alert.step % len(self.steps)]
        return alert.state == "open" and alert.asked <= step.repeats

    def _from(
        self, place: int, turn: int, situation: Situation, *, times: int = 1, may_wait: bool = True
    ) -> Assignment:
        """The first step at or after ``place`` that has somebody, going round where none has.

        ``times`` counts how often the step at ``place`` is told with this; ``may_wait`` whether
        quiet hours hold it back; a pause always does. What is held back keeps its place, since
        others may be there when it is told.
        """
        steps = [
            self._asking(place + ahead, turn, situation, 1 if ahead else times)
            for ahead in range(len(self.steps))
        ]
        asking = next((each for each in steps if each.persons), steps[0])
        hold = situation.hold
        if hold is None and may_wait and not asking.step.quiet:
            hold = self._quiet(situation)
        if hold is None:
            return asking.assignment()
        return replace(steps[0], persons=asking.persons).held(hold)

    def _quiet(self, situation: Situation) -> Hold | None:
        hours = self.quiet_hours
        until = hours.until(situation.now, situation.timezone) if hours else None
        if until is None:
            return None
        return Hold(until, QUIET_HOURS, because("quiet_hours", until=iso(until)))

    def _asking(self, place: int, turn: int, situation: Situation, times: int) -> "_Asking":
        rounds, number = divmod(place, len(self.steps))
        step = self.steps[number]
        present = [party for party in step.parties if party in situation.present]
        persons = tuple(party for party in present if party != "handover")
        return _Asking(self, step, (number, turn + rounds), persons, rounds > 0, times, situation)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A step that is to be asked.

    ``place`` is its number and the round; ``persons`` its parties that have people; ``again``
    where a round has ended; ``times`` how often it is told with this.
    """

    policy: Policy
    step: Step
    place: tuple[int, int]
    persons: tuple[str, ...]
    again: bool
    times: int
    situation: Situation

    def assignment(self) -> Assignment:
        now, timezone, hold = self.situation.now, self.situation.timezone, self.step.hold
        deadline = next_working_morning(now, timezone) if hold is None else now + hold
        duty = self._duty(deadline, self.times)
        return Assignment(duty, self._told(), (*self._round_over(), self._asked(deadline)))

    def held(self, hold: Hold) -> Assignment:
        """Nobody is told before that is over."""
        told = ("centre",) if self.again and hold.by == QUIET_HOURS else ()
        over = self._round_over() if told else ()
        return Assignment(self._duty(hold.until, 0, hold.by), told, (*over, hold.why))

    def _duty(self, deadline: Micros, asked: int, held_by: str | None = None) -> Duty:
        responsible = ", ".join(self.persons) or HOLDER_OF_LAST_RESORT
        return Duty(*self.place, responsible, deadline, asked, self.policy.id, held_by)

    def _told(self) -> tuple[str, ...]:
        # Whether a hand-over address is set is known where messages are delivered, not here.
        told = [p for p in self.step.parties if p in self.persons or p == "handover"]
        if self.step.quiet:
            told = []
        if self.again and "centre" not in told:
            told.append("centre")
        return tuple(told)

    def _asked(self, deadline: Micros) -> Reason:
        if not self.persons:
            return because("nobody_registered")
        parties = tuple(Party(each, self.situation.why.get(each, ())) for each in self.persons)
        if self.step.quiet:
            return because("listed", parties=parties, until=iso(deadline))
        if self.times > 1:
            times = self.step.repeats + 1
            return because("asked_again", parties=parties, time=self.times, times=times)
        return because("asked_now", parties=parties)

    def _round_over(self) -> Reasons:
        return (because("round_over"),) if self.again else ()


def _person(
    alert: AlertRow, change: str, by: str, now: Micros, expected_at: Micros | None
) -> Assignment:
    deadline = now + _HOLDS_OF_A_PERSON[change]
    if expected_at is not None:
        deadline = max(expected_at, now) + LATER_THAN_EXPECTED
    return Assignment(Duty(alert.step, alert.round, by, deadline), (), ())


def _still_on_site(alert: AlertRow, now: Micros) -> Assignment:
    duty = Duty(alert.step, alert.round, alert.responsible, now + TIME_TO_FINISH)
    return Assignment(duty, ("centre",), (because("stays_on_site"),))
