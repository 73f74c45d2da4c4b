"""The life of an alert: one table of transitions, and the fold over it.

Whatever is not in the table is refused and changes nothing. ``python -m alerts.lifecycle``
prints the diagram and the table for the documentation.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, Literal

from alerts.alert import AlertRow, Change, ChangeName, State
from domain.errors import NotAllowed
from domain.refusals import refused

Before = State | Literal["new"]

TRANSITIONS: Mapping[tuple[Before, ChangeName], State] = {
    ("new", "raised"): "open",
    ("open", "repeated"): "open",
    ("open", "priority_raised"): "open",
    ("open", "hastened"): "open",
    ("open", "held_back"): "open",
    ("open", "restored"): "open",
    ("open", "rejected"): "open",
    ("open", "declined"): "open",
    ("open", "no_answer"): "open",
    ("open", "asked"): "open",
    ("open", "left"): "open",
    ("open", "accepted"): "accepted",
    ("open", "cleared"): "resolved",
    ("open", "resolved"): "resolved",
    ("accepted", "repeated"): "accepted",
    ("accepted", "priority_raised"): "accepted",
    ("accepted", "restored"): "accepted",
    ("accepted", "cleared"): "accepted",
    ("accepted", "withdrawn"): "open",
    ("accepted", "no_answer"): "open",
    ("accepted", "on_the_way"): "responding",
    ("accepted", "arrived"): "on_site",
    ("accepted", "hand_over_offered"): "accepted",
    ("accepted", "hand_over_rejected"): "accepted",
    ("accepted", "hand_over_lapsed"): "accepted",
    ("accepted", "taken_over"): "accepted",
    ("accepted", "joined"): "accepted",
    ("accepted", "left"): "accepted",
    ("accepted", "resolved"): "resolved",
    ("responding", "repeated"): "responding",
    ("responding", "priority_raised"): "responding",
    ("responding", "restored"): "responding",
    ("responding", "cleared"): "responding",
    ("responding", "withdrawn"): "open",
    ("responding", "no_answer"): "open",
    ("responding", "on_the_way"): "responding",
    ("responding", "arrived"): "on_site",
    ("responding", "hand_over_offered"): "responding",
    ("responding", "hand_over_rejected"): "responding",
    ("responding", "hand_over_lapsed"): "responding",
    ("responding", "taken_over"): "accepted",
    ("responding", "joined"): "responding",
    ("responding", "left"): "responding",
    ("responding", "resolved"): "resolved",
    ("on_site", "repeated"): "on_site",
    ("on_site", "priority_raised"): "on_site",
    ("on_site", "restored"): "on_site",
    ("on_site", "cleared"): "on_site",
    ("on_site", "withdrawn"): "open",
    ("on_site", "no_answer"): "on_site",
    ("on_site", "hand_over_offered"): "on_site",
    ("on_site", "hand_over_rejected"): "on_site",
    ("on_site", "hand_over_lapsed"): "on_site",
    ("on_site", "taken_over"): "accepted",
    ("on_site", "joined"): "on_site",
    ("on_site", "left"): "on_site",
    ("on_site", "resolved"): "resolved",
}
"""State before and change → state after.

An alert that clears while nobody has it is resolved; once a person has it, that person resolves
it. Whoever resolves an alert that nobody has accepted answers for it by name, and whoever
arrives need not have said that they set out. Whoever is on site and silent stays answerable
(the centre is told): nobody knows more.

Whoever declines without being asked at that moment moves nothing. A hand-over leaves the alert
with the one who has it until the other has taken it. On the way can be said again, with a new
estimate.
"""

_WHY_NOT: Mapping[Before, str] = {"open": "alert_untaken", "resolved": "alert_over"}


def next_state(state: Before, change: ChangeName) -> State:
    """What the table says; NotAllowed, with what is to be done instead, where it says nothing."""
    try:
        return TRANSITIONS[state, change]
    except KeyError:
        code = _WHY_NOT.get(state)
        why = refused(code) if code else refused("alert_unfit", state=state, change=change)
        raise NotAllowed(why) from None


def advance(alert: AlertRow | None, change: Change) -> AlertRow:
    """The alert after the change. ``alert`` is None where the change raises it."""
    state = next_state(alert.state if alert else "new", change.change)
    if alert is None:
        if change.raised is None:
            raise ValueError("a change that raises an alert carries it")
        return _with_duty(change.raised, change)
    after = replace(alert, state=state, priority=change.priority, note=change.note or alert.note)
    return _with_person(_with_duty(_with_findings(after, change), change), alert, change)


def _with_findings(alert: AlertRow, change: Change) -> AlertRow:
    """What devices told. Only a rise in priority replaces what the alert was decided on."""
    if change.change == "priority_raised":
        alert = replace(alert, evidence=change.evidence)
    if change.sources is None:
        return alert
    told = alert.occurrences
    if change.occurrence is not None and change.occurrence not in told:
        told = (*told, change.occurrence)[-_REMEMBERED:]
    heard_at = max(alert.heard_at, change.at)
    inhibited = alert.inhibited if change.inhibited is None else change.inhibited
    return replace(
        alert, sources=change.sources, occurrences=told, heard_at=heard_at, inhibited=inhibited
    )


def _with_duty(alert: AlertRow, change: Change) -> AlertRow:
    duty = change.duty
    if duty is None:
        return alert
    return replace(
        alert,
        step=duty.step,
        round=duty.round,
        responsible=duty.responsible,
        deadline=duty.deadline,
        asked=duty.asked,
        held_by=duty.held_by,
        policy_id=alert.policy_id if duty.policy_id is None else duty.policy_id,
    )


def _with_person(alert: AlertRow, before: AlertRow, change: Change) -> AlertRow:
    """Who has it, and how it ended."""
    more: dict[str, Any] = {}
    if change.change in ("accepted", "taken_over") and change.by:
        name = change.by.username
        more = {"accepted_by": change.by.id, "holder": name, "accepted_at": change.at}
        more["helpers"] = _without(before.helpers, name)
    elif alert.state == "open" != before.state:
        more = {"accepted_by": None, "holder": None, "accepted_at": None}
    elif alert.state == "resolved":
        more = {"deadline": None, "resolved_at": change.at, "outcome": change.outcome}
        more["held_by"] = None
    elif change.change in ("joined", "left") and change.by:
        name = change.by.username
        helpers = _without(before.helpers, name)
        more = {"helpers": (*helpers, name) if change.change == "joined" else helpers}
    on_the_way = change.expected_at if change.change == "on_the_way" else alert.expected_at
    expected_at = on_the_way if alert.state == "responding" else None
    return replace(alert, **more, expected_at=expected_at)


def _without(helpers: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in helpers if each != name)


_REMEMBERED = 200
"""Occurrences that an alert remembers: more presses than a restart has to go back over."""


# -- for the documentation ---------------------------------------------------------------------


def diagram() -> str:
    """A Mermaid state diagram of the table; changes that leave the state alone are left out."""
    lines = ["stateDiagram-v2"]
    for (before, after), changes in _arrows().items():
        start = "[*]" if before == "new" else before
        lines.append(f"    {start} --> {after}: {', '.join(changes)}")
    return "\n".join([*lines, "    resolved --> [*]"])


def table() -> str:
    """The whole table in Markdown."""
    lines = ["| state | change | state after |", "|---|---|---|"]
    for before, rows in groupby(TRANSITIONS.items(), key=lambda row: row[0][0]):
        lines += [f"| {before} | {change} | {after} |" for (_, change), after in rows]
    return "\n".join(lines)


def page() -> str:
    """The documentation's page about the life of an alert."""
    return (
        "# The life of an alert\n\n"
        "Printed by `python -m alerts.lifecycle`; change the table in `alerts/lifecycle.py`.\n\n"
        f"```mermaid\n{diagram()}\n```\n\n{table()}\n\n"
        "What is not in the table is refused, and changes nothing.\n"
    )


def _arrows() -> dict[tuple[Before, State], list[ChangeName]]:
    arrows: dict[tuple[Before, State], list[ChangeName]] = {}
    for (before, change), after in TRANSITIONS.items():
        if before != after:
            arrows.setdefault((before, after), []).append(change)
    return arrows


if __name__ == "__main__":
    sys.stdout.write(page())
