"""Findings become changes: the same for any cutting into turns, and once each."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Change
from alerts.policies import Policies
from alerts.react import Book, react
from domain.directory import Device, Snapshot, Subject
from domain.finding import KINDS, Finding
from domain.time import MINUTE, SECOND

POLICY = Policies.default()
Make = Callable[..., Finding]


def names(changes: list[Change]) -> list[str]:
    return [change.change for change in changes]


@pytest.fixture
def tell(directory: Snapshot) -> Callable[..., list[str]]:
    """Tells a book findings, and answers with the names of the changes."""
    book = Book()

    def tell(*findings: Finding) -> list[str]:
        return names(book.react(findings, directory, POLICY, findings[-1].at))

    return tell


def test_a_finding_raises_an_alert_that_says_why(directory: Snapshot, finding: Make) -> None:
    told = finding("spo2_low", "bed-1", since=7, evidence={"value": 82})
    (change,) = react([told], {}, directory, POLICY, told.at)
    assert (change.change, change.at, change.since) == ("raised", told.at, 7)
    assert (change.subject, change.kind, change.evidence) == ("anna", "spo2_low", {"value": 82})
    assert change.reason == "Told by bed-1."
    assert change.raised is not None
    assert (change.raised.device_id, change.raised.team_id) == ("bed-1", "village")


def test_its_name_is_derived_and_does_not_depend_on_the_turn(
    directory: Snapshot, finding: Make
) -> None:
    told = finding("sos", key="p1")
    ids = {react([told], {}, directory, POLICY, now)[0].alert_id for now in (told.at, told.at + 9)}
    assert len(ids) == 1
    other = finding("sos", key="p2")
    assert react([other], {}, directory, POLICY, told.at)[0].alert_id not in ids


def test_another_press_repeats_and_the_same_press_does_not(tell: Any, finding: Make) -> None:
    assert tell(finding(key="p1"), finding(key="p1"), finding(key="p2")) == ["raised", "repeated"]


def test_a_condition_that_is_told_of_again_is_no_news(tell: Any, finding: Make) -> None:
    fast = finding("heart_rate_high", "bed-1")
    assert tell(fast, fast) == ["raised"]


def test_becoming_worse_raises_the_priority_once(tell: Any, finding: Make) -> None:
    fast = finding("heart_rate_high", "bed-1")
    worse = finding("heart_rate_high", "bed-1", priority="high", at=fast.at + 1, since=fast.since)
    assert tell(fast, worse, worse, fast) == ["raised", "priority_raised"]


def test_it_is_over_when_the_last_smoke_detector_says_so(tell: Any, finding: Make) -> None:
    smoke = [finding("smoke", name) for name in ("smoke-1", "smoke-2")]
    clear = [finding("smoke", name, active=False) for name in ("smoke-1", "smoke-2")]
    assert tell(*smoke) == ["raised", "repeated"]
    assert tell(clear[0]) == ["repeated"]
    assert tell(clear[0]) == []
    assert tell(clear[1]) == ["cleared"]


def test_a_residents_condition_is_over_whichever_device_tells(tell: Any, finding: Make) -> None:
    assert tell(finding("bed_exit_long", "bed-1"), finding("bed_exit_long", active=False)) == [
        "raised",
        "cleared",
    ]


def test_what_latches_stays_unless_it_was_taken_back(tell: Any, finding: Make) -> None:
    assert tell(finding("fall_suspected"), finding("fall_suspected", active=False)) == ["raised"]
    assert tell(finding("fall_suspected", active=False, over=True)) == ["cleared"]


def test_a_clearing_from_before_is_no_clearing_of_now(tell: Any, finding: Make) -> None:
    late = finding("smoke", "smoke-1", active=False)
    assert tell(finding("smoke", "smoke-1", at=late.at + SECOND), late) == ["raised"]


@pytest.mark.parametrize("louder", ["sos", "fall", "smoke"])
def test_nobody_is_told_of_an_empty_bed_beside_an_emergency(
    directory: Snapshot, finding: Make, louder: str
) -> None:
    exit_long = finding("bed_exit_long", "bed-1")
    told = Book().react([finding(louder), exit_long, exit_long], directory, POLICY, 0)
    assert [(change.kind, change.change) for change in told] == [
        (louder, "raised"),
        (louder, "repeated"),
    ]
    assert told[-1].reason == "bed_exit_long is held back while this is open."


def test_what_begins_beside_smoke_is_raised_when_that_is_over_and_it_still_holds(
    directory: Snapshot, finding: Make
) -> None:
    at = finding().at
    told = Book().react(
        [
            finding("smoke", "smoke-1"),
            finding("bed_exit_long", "bed-1", at=at + 1, since=at),
            finding("inactivity", "bed-1", at=at + 2),
            finding("inactivity", "bed-1", at=at + 3, active=False),
            finding("smoke", "smoke-1", at=at + 4, active=False),
            finding("bed_exit_long", "bed-1", at=at + 5, active=False),
        ],
        directory, POLICY, at + 5,
    )  # fmt: skip
    assert [(change.kind, change.change) for change in told] == [
        ("smoke", "raised"), ("smoke", "repeated"), ("smoke", "repeated"), ("smoke", "repeated"),
        ("smoke", "cleared"), ("bed_exit_long", "raised"), ("bed_exit_long", "cleared"),
    ]  # fmt: skip
    assert (told[5].at, told[5].since) == (at + 4, at)
    assert told[5].reason == "Told by bed-1, and held back while smoke was open."


def test_each_resident_has_alerts_of_their_own(tell: Any, finding: Make) -> None:
    assert tell(finding("fall", "bed-1"), finding("fall", "bed-2")) == ["raised", "raised"]


def test_who_is_in_no_directory_any_more_has_no_alert(tell: Any) -> None:
    gone = Finding(at=1, slot=99, device=99, kind="device_silent", active=True, since=0,
                   priority="low")  # fmt: skip
    assert tell(gone) == []


def test_telling_everything_again_changes_nothing(tell: Any, finding: Make) -> None:
    story = [
        finding("smoke", "smoke-1"),
        finding("smoke", "smoke-2", at=finding().at + 1),
        finding("smoke", "smoke-1", at=finding().at + 2, active=False),
        finding("smoke", "smoke-2", at=finding().at + 3, active=False),
        finding("smoke", "smoke-1", at=finding().at + 4),
    ]
    assert tell(*story) == ["raised", "repeated", "repeated", "cleared", "raised"]
    assert tell(*story) == []


STREET = Snapshot(
    [Subject("anna", 0, "anna"), Subject("ben", 1, "ben")],
    [Device("a1", 2, 0), Device("a2", 3, 0), Device("b1", 4, 1)],
)
_WHO = st.sampled_from([(0, 2), (0, 3), (1, 4)])
_FINDING = st.tuples(
    _WHO,
    st.sampled_from(["sos", "smoke", "spo2_low", "bed_exit_long", "fall_suspected"]),
    st.booleans(),
    st.sampled_from(["medium", "high"]),
    st.integers(0, 3),
    st.sampled_from(["", "p1", "p2"]),
    st.booleans(),
)


def _findings(drawn: list[Any]) -> list[Finding]:
    return [
        Finding(at=10 * MINUTE + n, slot=who[0], device=who[1], kind=kind, active=active,
                since=since, priority=priority, key=key, over=over)
        for n, (who, kind, active, priority, since, key, over) in enumerate(drawn)
    ]  # fmt: skip


@given(st.lists(_FINDING, max_size=30), st.integers(1, 30))
def test_any_cutting_into_turns_gives_the_same_changes(drawn: list[Any], size: int) -> None:
    findings = _findings(drawn)
    whole = Book().react(findings, STREET, POLICY, 0)
    book, pieces = Book(), []
    for start in range(0, len(findings), size):
        pieces += book.react(findings[start : start + size], STREET, POLICY, 0)
    assert pieces == whole


@given(st.lists(_FINDING, max_size=30), st.integers(0, 30))
def test_going_over_the_latest_again_changes_nothing(drawn: list[Any], since: int) -> None:
    """As after a restart from a checkpoint."""
    findings = _findings(drawn)
    book = Book()
    book.react(findings, STREET, POLICY, 0)
    before = dict(book.open)
    again = book.react(findings[since:], STREET, POLICY, 0)
    assert [c.change for c in again if c.change == "raised"] == []
    assert {key: alert.priority for key, alert in book.open.items()} == {
        key: alert.priority for key, alert in before.items()
    }


@given(st.lists(_FINDING, max_size=30))
def test_there_is_never_more_than_one_open_alert_of_a_kind(drawn: list[Any]) -> None:
    openings: dict[tuple[str, str], int] = {}
    for change in Book().react(_findings(drawn), STREET, POLICY, 0):
        key = change.subject, change.kind
        openings[key] = openings.get(key, 0) + {"raised": 1, "cleared": -1}.get(change.change, 0)
        assert openings[key] in (0, 1)
        assert KINDS[change.kind]
