"""Limits chosen on everybody but the person who is judged: what a rule's form is worth, where
its numbers were chosen on the same people."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from carewatch.evaluate.scores import confusion

Day = tuple[str, date]
Rule = tuple[str, bool]
"""A quantity, and whether its limit is an upper one."""
Worst = Mapping[Rule, Mapping[Day, float]]

CHOICES: Mapping[str, Mapping[Rule, Sequence[float]]] = {
    "blood_pressure": {
        ("systolic", True): range(150, 182, 2),
        ("diastolic", True): range(90, 116, 2),
        ("diastolic", False): range(44, 65),
    },
    "pulse": {
        ("heart_rate", True): range(90, 126, 2),
        ("heart_rate", False): range(40, 57),
    },
}
ROUNDS = 2


def found_by_others(
    name: str, days: Sequence[Day], so: set[Day], values: Callable[[Day, str], Sequence[float]]
) -> set[Day]:
    """Patient-days beyond limits that have the best F1 on all other people.

    ``values`` gives a quantity's readings of a day. Each limit is chosen in turn, twice.
    """
    worst: Worst = {
        (quantity, upper): {day: (max if upper else min)(values(day, quantity)) for day in days}
        for quantity, upper in CHOICES[name]
    }
    found: set[Day] = set()
    for person in {day[0] for day in days}:
        limits = _fitted(name, [day for day in days if day[0] != person], so, worst)
        found |= _beyond([day for day in days if day[0] == person], worst, limits)
    return found


def _fitted(name: str, days: Sequence[Day], so: set[Day], worst: Worst) -> dict[Rule, float]:
    choices = CHOICES[name]
    limits = {rule: (max if rule[1] else min)(among) for rule, among in choices.items()}
    for _ in range(ROUNDS):
        for rule, among in choices.items():
            scores = {at: _f1(days, so, _beyond(days, worst, limits | {rule: at})) for at in among}
            limits[rule] = max(scores, key=scores.__getitem__)
    return limits


def _f1(days: Sequence[Day], so: set[Day], found: set[Day]) -> float:
    return confusion([day in so for day in days], [day in found for day in days]).f1 or 0.0


def _beyond(days: Sequence[Day], worst: Worst, limits: Mapping[Rule, float]) -> set[Day]:
    return {
        day
        for day in days
        if any(
            worst[rule][day] >= limit if rule[1] else worst[rule][day] <= limit
            for rule, limit in limits.items()
        )
    }
