"""The life of an alert follows one table; whatever is not in it changes nothing."""

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alerts.alert import Actor, AlertRow, Change, ChangeName, Duty, State, change_of
from alerts.lifecycle import TRANSITIONS, advance, next_state, page
from alerts.reasons import because
from domain.errors import NotAllowed
from domain.refusals import Refusal, refused

DOCUMENT = Path(__file__).parents[2] / "docs" / "alert-lifecycle.md"
PERSON = Actor("a-li", "li", "family")
NEW = AlertRow(
    id="x", subject="anna", resident_id="anna", device_id=None, team_id=None, kind="smoke",
    priority="high", latching=False, state="open", since=0, raised_at=0, evidence={},
    sources=("d",), incident_id="x", step=0, round=0, responsible="family", deadline=1,
    occurrences=("x",), heard_at=0,
)  # fmt: skip
NEEDS_A_DUTY = (
    "accepted", "rejected", "withdrawn", "no_answer", "on_the_way", "arrived",
    "taken_over",
)  # fmt: skip


def change(alert: AlertRow, name: ChangeName, at: int = 1) -> Change:
    duty = Duty(0, 0, "li" if name in ("accepted", "taken_over") else "centre", at + 1)
    more: dict[str, Any] = {"duty": duty} if name in NEEDS_A_DUTY else {}
    return change_of(alert, name, at, because(name, person="li"), by=PERSON, outcome="real", **more)


def test_the_documentation_is_printed_from_the_table() -> None:
    assert DOCUMENT.read_text() == page(), (
        "run `python -m alerts.lifecycle > docs/alert-lifecycle.md`"
    )


@pytest.mark.parametrize("state", ["new", *get_args(State)])
@pytest.mark.parametrize("name", get_args(ChangeName))
def test_what_the_table_does_not_allow_is_refused(state: Any, name: Any) -> None:
    if (state, name) in TRANSITIONS:
        assert next_state(state, name) == TRANSITIONS[state, name]
    else:
        with pytest.raises(NotAllowed):
            next_state(state, name)


@pytest.mark.parametrize(
    ("state", "name", "why"),
    [
        ("open", "arrived", refused("alert_untaken")),
        ("resolved", "accepted", refused("alert_over")),
        ("on_site", "rejected", refused("alert_unfit", state="on_site", change="rejected")),
    ],
)
def test_a_refusal_tells_why_as_a_code(state: Any, name: Any, why: Refusal) -> None:
    with pytest.raises(NotAllowed) as refusal:
        next_state(state, name)
    assert refusal.value.why == (why,)
    assert str(refusal.value) == str(why)


def test_every_state_but_the_last_has_a_way_out() -> None:
    left = {before for before, _ in TRANSITIONS}
    assert left == {"new", *get_args(State)} - {"resolved"}


def test_every_state_of_an_unresolved_alert_answers_a_missed_deadline() -> None:
    for state in set(get_args(State)) - {"resolved"}:
        assert (state, "no_answer") in TRANSITIONS


class Life(RuleBasedStateMachine):
    """Whatever happens to an alert, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.alert = NEW
        self.at = 0

    @rule(name=st.sampled_from(get_args(ChangeName)))
    def happens(self, name: Any) -> None:
        self.at += 1
        before = self.alert
        try:
            self.alert = advance(before, change(before, name, self.at))
        except NotAllowed:
            assert (before.state, name) not in TRANSITIONS
        else:
            assert self.alert.state == TRANSITIONS[before.state, name]

    @invariant()
    def somebody_answers_for_it_until_it_is_resolved(self) -> None:
        assert (self.alert.deadline is None) == (self.alert.state == "resolved")
        assert self.alert.responsible

    @invariant()
    def a_person_has_it_exactly_in_the_states_of_a_person(self) -> None:
        has = self.alert.state in ("accepted", "responding", "on_site")
        assert (self.alert.accepted_by is not None) == has or self.alert.state == "resolved"

    @invariant()
    def its_end_is_dated_exactly_once_it_has_ended(self) -> None:
        assert (self.alert.resolved_at is not None) == (self.alert.state == "resolved")


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
