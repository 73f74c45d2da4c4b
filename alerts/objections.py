"""What is wrong with a policy or a rota: pure, and asked before it is stored.

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
from domain.refusals import Refusal, refused
from domain.time import DAY, SECOND, to_datetime

SHORTEST, LONGEST = SECOND, DAY
MOST_STEPS, MOST_REPEATS, MOST_SHIFTS = 20, 20, 500

_NEVER_EMPTY = "centre"


def of_policy(policy: Policy, teams: Collection[str], people: Collection[str]) -> list[Refusal]:
    """Why a policy cannot be; empty where nothing is wrong.

    ``teams`` and ``people`` (user names of open accounts) are those that it may name.
    """
    found = [*_of_whole(policy), *_of_end(policy)]
    for number, step in enumerate(policy.steps, start=1):
        found += _of_step(number, step, policy.priority)
        for party in step.parties:
            found += _of_party(number, party, teams, people)
    return found


def of_rota(rota: Rota, people: Collection[str]) -> list[Refusal]:
    """Why a rota cannot be; ``people`` are the user names of those who may be on duty."""
    found = []
    if rota.timezone not in available_timezones():
        found.append(refused("zone_unknown", zone=rota.timezone))
    if len(rota.shifts) > MOST_SHIFTS:
        found.append(refused("shifts_many", most=MOST_SHIFTS))
    strangers = {one for shift in rota.shifts for one in shift.people} - set(people)
    if strangers:
        found.append(refused("shift_of_strangers", person=sorted(strangers)))
    found += [
        refused("shift_of_nobody", day=shift.day, at=f"{shift.starts:%H:%M}")
        for shift in rota.shifts
        if not shift.people
    ]
    return [*found, *_twice_begun(rota)]


def _of_whole(policy: Policy) -> Iterator[Refusal]:
    if policy.kind is not None and policy.kind not in KINDS:
        yield refused("kind_unknown", kind=policy.kind, known=list(KINDS))
    if not policy.steps:
        yield refused("steps_none")
    if len(policy.steps) > MOST_STEPS:
        yield refused("steps_many", most=MOST_STEPS)
    if policy.quiet_hours and policy.priority == "high":
        yield refused("high_held_back")
    if policy.quiet_hours and policy.quiet_hours.starts == policy.quiet_hours.ends:
        yield refused("quiet_all_day")


def _of_end(policy: Policy) -> Iterator[Refusal]:
    last = policy.steps[-1].parties if policy.steps else (_NEVER_EMPTY,)
    if policy.priority == "low":
        if not {_NEVER_EMPTY, "station"} & set(last):
            yield refused("last_step_low")
    elif _NEVER_EMPTY not in last:
        yield refused("last_step")


def _of_step(number: int, step: Step, priority: str) -> Iterator[Refusal]:
    if not step.parties:
        yield refused("step_of_nobody", step=number)
    elif set(step.parties) == {"handover"}:
        yield refused("step_of_handover", step=number)
    if len(set(step.parties)) < len(step.parties):
        yield refused("step_twice", step=number)
    if step.hold is None and priority != "low":
        yield refused("step_endless", step=number)
    if step.hold is not None and not SHORTEST <= step.hold <= LONGEST:
        yield refused("step_wait", step=number)
    if step.quiet and priority != "low":
        yield refused("step_silent", step=number, priority=priority)
    if not 0 <= step.repeats <= MOST_REPEATS:
        yield refused("step_repeats_many", step=number, most=MOST_REPEATS)
    if step.repeats and (step.quiet or step.hold is None):
        yield refused("step_repeats_list", step=number)


def _of_party(
    number: int, party: str, teams: Collection[str], people: Collection[str]
) -> Iterator[Refusal]:
    if party.startswith(TEAM):
        team = party.removeprefix(TEAM)
        if team not in teams:
            yield refused("step_team", step=number, team=team)
    elif party.startswith(PERSON):
        person = party.removeprefix(PERSON)
        if person not in people:
            yield refused("step_person", step=number, person=person)
    elif party not in (*PARTIES, "handover"):
        yield refused("step_party", step=number, party=party, known=[*PARTIES, "handover"])


def _twice_begun(rota: Rota) -> Iterator[Refusal]:
    """Shifts of a day that overlap: who is on duty must not depend on the order of a list."""
    for day in dict.fromkeys(shift.day for shift in rota.shifts):
        spans = sorted(_minutes(rota, day))
        for (_, end, first), (start, _, second) in pairwise(spans):
            if start < end:
                yield refused("shifts_overlap", day=day, at=second, earlier=first)


def _minutes(rota: Rota, day: str) -> Iterable[tuple[int, int, str]]:
    # Any day without a change of clocks will do to compare local times.
    epoch = to_datetime(0).date()
    for shift in rota.shifts:
        if shift.day == day:
            start, end = stretch(epoch, shift.starts, shift.ends, zone_of("UTC"))
            yield start, end, f"{shift.starts:%H:%M}"
