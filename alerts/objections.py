"""What is wrong with a policy or a rota, in sentences: pure, and asked before it is stored.

A policy is refused that could end with nobody: each step has a deadline, and the last one asks
the centre, which is there even where nobody has an account. Low alerts are a list that is gone
through in the morning; the centre holds theirs where there is no station.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from zoneinfo import available_timezones

from alerts.duty import Rota
from alerts.hours import stretch, zone_of
from alerts.policy import Policy, Step
from alerts.roster import PARTIES, PERSON, TEAM
from domain.finding import KINDS
from domain.time import DAY, SECOND, to_datetime

SHORTEST, LONGEST = SECOND, DAY
MOST_STEPS, MOST_REPEATS, MOST_SHIFTS = 20, 20, 500

_NEVER_EMPTY = "centre"


def of_policy(policy: Policy, teams: Collection[str], people: Collection[str]) -> list[str]:
    """Why a policy cannot be; empty where nothing is wrong.

    ``teams`` and ``people`` (user names of open accounts) are those that it may name.
    """
    found = [*_of_whole(policy), *_of_end(policy)]
    for number, step in enumerate(policy.steps, start=1):
        found += [f"Step {number} {reason}" for reason in _of_step(step, policy.priority)]
        for party in step.parties:
            found += [f"Step {number} {reason}" for reason in _of_party(party, teams, people)]
    return found


def of_rota(rota: Rota, people: Collection[str]) -> list[str]:
    """Why a rota cannot be; ``people`` are the user names of those who may be on duty."""
    found = []
    if rota.timezone not in available_timezones():
        found.append(f"{rota.timezone} is no time zone: use a name such as Asia/Shanghai.")
    if len(rota.shifts) > MOST_SHIFTS:
        found.append(f"A rota has {MOST_SHIFTS} shifts at most: make a layer of its own.")
    strangers = {one for shift in rota.shifts for one in shift.people} - set(people)
    if strangers:
        found.append(
            f"{', '.join(sorted(strangers))}: no open account of this team or one above or below "
            "it; correct the user name, or make the account first."
        )
    found += [
        f"The shift of {shift.day} at {shift.starts:%H:%M} names nobody: take it out, or name them."
        for shift in rota.shifts
        if not shift.people
    ]
    return [*found, *_twice_begun(rota)]


def _of_whole(policy: Policy) -> Iterator[str]:
    if policy.kind is not None and policy.kind not in KINDS:
        yield f"There is no kind of alert {policy.kind!r}: use one of {', '.join(KINDS)}."
    if not policy.steps:
        yield "A policy without steps asks nobody: give at least one step."
    if len(policy.steps) > MOST_STEPS:
        yield f"A policy has {MOST_STEPS} steps at most: the last must still come in time."
    if policy.quiet_hours and policy.priority == "high":
        yield "What is high is never held back: take the quiet hours away."
    if policy.quiet_hours and policy.quiet_hours.starts == policy.quiet_hours.ends:
        yield "Quiet hours that end when they begin would last all day: end them earlier."


def _of_end(policy: Policy) -> Iterator[str]:
    last = policy.steps[-1].parties if policy.steps else (_NEVER_EMPTY,)
    if policy.priority == "low":
        if not {_NEVER_EMPTY, "station"} & set(last):
            yield "The last step must include the station or the centre, or it ends with nobody."
    elif _NEVER_EMPTY not in last:
        yield (
            "The last step must include the centre, which is never empty: "
            f"{', '.join(last)} may have nobody, and the alert would end with nobody."
        )


def _of_step(step: Step, priority: str) -> Iterator[str]:
    if not step.parties:
        yield "asks nobody: name at least one party."
    elif set(step.parties) == {"handover"}:
        yield "asks the emergency service alone, which cannot accept: name somebody beside it."
    if len(set(step.parties)) < len(step.parties):
        yield "names a party twice: name each once."
    if step.hold is None and priority != "low":
        yield "has no deadline: say after how many seconds the next is asked."
    if step.hold is not None and not SHORTEST <= step.hold <= LONGEST:
        yield "must wait between 1 second and 24 hours for an answer."
    if step.quiet and priority != "low":
        yield f"makes no sound, and {priority} alerts need one: leave `quiet` out."
    if not 0 <= step.repeats <= MOST_REPEATS:
        yield f"can be told again {MOST_REPEATS} times at most."
    if step.repeats and (step.quiet or step.hold is None):
        yield "is a list, or waits until morning: it cannot be told again, leave `repeats` out."


def _of_party(party: str, teams: Collection[str], people: Collection[str]) -> Iterator[str]:
    if party.startswith(TEAM):
        if party.removeprefix(TEAM) not in teams:
            yield f"names {party}, which is no team: GET /api/v1/teams lists them."
    elif party.startswith(PERSON):
        if party.removeprefix(PERSON) not in people:
            yield f"names {party}, who has no open account: correct the user name."
    elif party not in (*PARTIES, "handover"):
        known = ", ".join((*PARTIES, "handover"))
        yield f"names {party!r}: use one of {known}, team:ID or person:USERNAME."


def _twice_begun(rota: Rota) -> Iterator[str]:
    """Shifts of a day that overlap: who is on duty must not depend on the order of a list."""
    for day in dict.fromkeys(shift.day for shift in rota.shifts):
        spans = sorted(_minutes(rota, day))
        for (_, end, first), (start, _, second) in pairwise(spans):
            if start < end:
                yield (
                    f"On {day} the shift at {second} begins before the one at {first} is over: "
                    "give both people one shift, or put one of them into another layer."
                )


def _minutes(rota: Rota, day: str) -> Iterable[tuple[int, int, str]]:
    # Any day without a change of clocks will do to compare local times.
    epoch = to_datetime(0).date()
    for shift in rota.shifts:
        if shift.day == day:
            start, end = stretch(epoch, shift.starts, shift.ends, zone_of("UTC"))
            yield start, end, f"{shift.starts:%H:%M}"
