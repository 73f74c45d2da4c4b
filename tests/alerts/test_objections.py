"""Policies and rotas that are refused."""

from collections.abc import Sequence
from datetime import time
from typing import Any

import pytest

from alerts import arrangements, objections
from alerts.duty import Rota, Shift, Swap
from alerts.muster import policy_of
from alerts.policy import Policy, QuietHours, Step
from domain.time import DAY, MINUTE

TEAMS, PEOPLE = ["village", "town"], ["zhao"]


def refusals(*steps: Step, **more: Any) -> Sequence[str]:
    found = objections.of_policy(Policy(more.pop("priority", "high"), steps, **more), TEAMS, PEOPLE)
    return [*map(str, found)]


END = Step(("centre",), MINUTE)


@pytest.mark.parametrize(
    ("steps", "more", "said"),
    [
        ((), {}, "at least one step"),
        ((Step(("family",), MINUTE),), {}, "must include the centre"),
        ((Step(("team:town",), MINUTE),), {"priority": "medium"}, "must include the centre"),
        ((Step(("family",), None),), {"priority": "low"}, "the station or the centre"),
        ((Step(("centre",), None),), {}, "has no deadline"),
        ((Step((), MINUTE), END), {}, "asks nobody"),
        ((Step(("handover",), MINUTE), END), {}, "cannot accept"),
        ((Step(("family", "family"), MINUTE), END), {}, "twice"),
        ((Step(("family",), 2 * DAY), END), {}, "between 1 second and 24 hours"),
        ((Step(("family",), MINUTE, quiet=True), END), {}, "makes no sound"),
        ((Step(("centre",), None, repeats=1),), {"priority": "low"}, "told again"),
        ((Step(("centre",), MINUTE, repeats=99),), {}, "20 times at most"),
        ((Step(("neighbours",), MINUTE), END), {}, "use one of family"),
        ((Step(("team:moon",), MINUTE), END), {}, "which is no team"),
        ((Step(("person:li",), MINUTE), END), {}, "no open account"),
        ((END,), {"kind": "fal"}, "no kind of alert"),
        ((END,), {"quiet_hours": QuietHours(time(22), time(6))}, "never held back"),
        ((END,) * 21, {}, "20 steps at most"),
        ((END,), {"priority": "medium", "quiet_hours": QuietHours(time(6), time(6))}, "all day"),
    ],
)
def test_a_policy_that_could_end_with_nobody_is_refused(
    steps: tuple[Step, ...], more: dict[str, Any], said: str
) -> None:
    found = refusals(*steps, **more)
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


def test_the_policies_of_a_fresh_database_have_no_objections(county: Any) -> None:
    for row in arrangements.policy_rows(county.connection):
        assert objections.of_policy(policy_of(row), TEAMS, PEOPLE) == []


@pytest.mark.parametrize(
    ("shifts", "said"),
    [
        ((Shift("monday", time(8), time(18), ("stranger",)),), "no open account"),
        ((Shift("monday", time(8), time(18), ()),), "names nobody"),
        (
            (
                Shift("monday", time(8), time(18), ("zhao",)),
                Shift("monday", time(17), time(20), ("zhao",)),
            ),
            "begins before",
        ),
    ],
)  # fmt: skip
def test_a_rota_that_cannot_be_is_refused(shifts: tuple[Shift, ...], said: str) -> None:
    rota = Rota("r", "village", "station", 1, "Rota", "UTC", shifts, (Swap(None, "a", 0, 1),))
    assert any(said in str(why) for why in objections.of_rota(rota, PEOPLE))
