"""Offered, answered, handed over, helped with: by name, and always with a deadline."""

from typing import Any

import pytest

from alerts import deadlines, store
from alerts.deeds import Taken
from domain.errors import NotAllowed
from domain.time import MINUTE, SECOND, Micros


def act(county: Any, change: Any, who: Any, at: Micros = 0, **more: Any) -> Any:
    alert = county.alerts()[0]
    return store.act(county.connection, alert.id, change, who, county.noon + at, **more)


def escalate(county: Any, at: Micros) -> int:
    with county.connection.transaction():
        return len(deadlines.escalate(county.connection, county.noon + at))


def answers(county: Any) -> list[tuple[str, str | None]]:
    """Name and answer of each offer, in order."""
    alert = county.alerts()[0]
    return [(each["name"], each["answer"]) for each in store.offered(county.connection, alert.id)]


def changes(county: Any) -> list[str]:
    alert = county.alerts()[0]
    return [row["change"] for row in store.history(county.connection, alert.id)]


def test_an_alert_is_offered_to_persons_by_name_and_until_when(county: Any) -> None:
    alert = county.raise_one("sos")
    found = store.offered(county.connection, alert.id)
    assert [(each["name"], each["party"]) for each in found] == [
        ("Li", "family"), ("Mei", "family"), ("Station", "station"),
    ]  # fmt: skip
    assert {each["deadline"] for each in found} == {"2026-11-21T12:01:00.000Z"}
    assert {each["answer"] for each in found} == {None}


def test_no_answer_redirects_to_the_next_by_name(county: Any) -> None:
    county.raise_one("sos")
    escalate(county, MINUTE)
    assert answers(county) == [
        ("Li", "no_answer"), ("Mei", "no_answer"), ("Station", "no_answer"), ("Centre", None),
    ]  # fmt: skip


def test_a_rejection_redirects_at_once_and_says_why(county: Any) -> None:
    alert = county.raise_one("sos")
    act(county, "rejected", county.li, note="I am abroad")
    assert answers(county) == [
        ("Li", "rejected"), ("Mei", "redirected"), ("Station", "redirected"), ("Centre", None),
    ]  # fmt: skip
    assert store.offered(county.connection, alert.id)[0]["why"] == "I am abroad"


def test_who_declines_without_being_asked_takes_no_time_from_who_is(county: Any) -> None:
    county.raise_one("sos")
    act(county, "rejected", county.li)
    after = act(county, "rejected", county.mei, SECOND)
    assert (after.step, after.responsible) == (1, "centre")
    assert after.deadline == county.noon + 120 * SECOND
    assert changes(county) == ["raised", "rejected", "declined"]
    assert answers(county)[-2:] == [("Centre", None), ("mei", "rejected")]


def test_who_accepts_takes_the_offer_from_the_others(county: Any) -> None:
    county.raise_one("sos")
    act(county, "accepted", county.mei)
    assert answers(county) == [("Li", "taken"), ("Mei", "accepted"), ("Station", "taken")]


def test_who_accepts_without_being_asked_is_in_the_books_too(county: Any) -> None:
    county.raise_one("sos")
    act(county, "accepted", county.centre)
    assert answers(county)[-1] == ("centre", "accepted")


def test_a_hand_over_needs_the_consent_of_the_other(county: Any) -> None:
    county.raise_one("sos")
    act(county, "accepted", county.li)
    after = act(county, "hand_over_offered", county.li, SECOND, to="station", note="Too far")
    assert (after.state, after.holder) == ("accepted", "li")
    assert county.outbox()[-1] == ("hand_over_offered", "a-station")
    after = act(county, "accepted", county.station, 2 * SECOND)
    assert (after.state, after.holder, after.responsible) == (
        "accepted", "station", "station",
    )  # fmt: skip
    assert after.deadline == county.noon + 2 * SECOND + 5 * MINUTE
    assert changes(county)[-2:] == ["hand_over_offered", "taken_over"]
    assert county.outbox()[-1] == ("taken_over", "a-li")


def test_a_hand_over_that_is_declined_or_not_answered_leaves_it_where_it_is(county: Any) -> None:
    county.raise_one("sos")
    act(county, "accepted", county.li)
    act(county, "hand_over_offered", county.li, to="station")
    after = act(county, "rejected", county.station, SECOND)
    assert (after.holder, after.state) == ("li", "accepted")
    act(county, "hand_over_offered", county.li, 2 * SECOND, to="centre")
    assert escalate(county, 2 * SECOND + 2 * MINUTE) == 1
    assert changes(county)[-3:] == ["hand_over_rejected", "hand_over_offered", "hand_over_lapsed"]
    assert county.alerts()[0].holder == "li"
    assert county.outbox()[-1] == ("hand_over_lapsed", "a-li")
    assert escalate(county, 5 * MINUTE) == 1
    assert county.alerts()[0].state == "open"


def test_a_hand_over_waits_no_longer_than_the_alert(county: Any) -> None:
    alert = county.raise_one("sos")
    act(county, "accepted", county.li)
    act(county, "hand_over_offered", county.li, 4 * MINUTE, to="station")
    asked = store.offered(county.connection, alert.id)[-1]
    assert asked["deadline"] == "2026-11-21T12:05:00.000Z"
    assert escalate(county, 5 * MINUTE) == 1
    assert ("Station", "no_answer") in answers(county) or ("station", "no_answer") in answers(
        county
    )


def test_nobody_can_be_given_what_they_have_nothing_to_do_with(county: Any) -> None:
    county.connection.execute(
        "insert into account (id, username, password_hash, role)"
        " values ('a-eve', 'eve', '', 'family')"
    )
    county.raise_one("sos")
    act(county, "accepted", county.li)
    for stranger in ("eve", "nobody"):
        with pytest.raises(NotAllowed, match="family, nor of their team"):
            act(county, "hand_over_offered", county.li, to=stranger)
    with pytest.raises(NotAllowed, match="somebody else"):
        act(county, "hand_over_offered", county.li, to="li")
    with pytest.raises(Taken):
        act(county, "hand_over_offered", county.mei, to="station")


def test_a_withdrawal_redirects_at_once(county: Any) -> None:
    county.raise_one("sos")
    act(county, "accepted", county.li)
    act(county, "hand_over_offered", county.li, to="mei")
    after = act(county, "withdrawn", county.li, SECOND)
    assert (after.state, after.responsible, after.accepted_by) == ("open", "centre", None)
    assert answers(county)[-2:] == [("Mei", "redirected"), ("Centre", None)]


def test_the_deadline_follows_the_estimate(county: Any) -> None:
    county.raise_one("sos")
    act(county, "accepted", county.li)
    after = act(county, "on_the_way", county.li, expected_at=county.noon + 12 * MINUTE)
    assert after.expected_at == county.noon + 12 * MINUTE
    assert after.deadline == county.noon + 17 * MINUTE
    later = act(county, "on_the_way", county.li, MINUTE, expected_at=county.noon + 30 * MINUTE)
    assert later.deadline == county.noon + 35 * MINUTE
    assert escalate(county, 34 * MINUTE) == 0
    assert escalate(county, 35 * MINUTE) == 1
    after = county.alerts()[0]
    assert (after.state, after.expected_at) == ("open", None)


def test_several_help_and_one_answers_for_it(county: Any) -> None:
    county.raise_one("sos")
    with pytest.raises(NotAllowed, match="accept"):
        act(county, "joined", county.mei)
    act(county, "accepted", county.station)
    for who in (county.li, county.mei, county.li):
        act(county, "joined", who)
    after = act(county, "left", county.li, note="Mei is nearer")
    assert (after.helpers, after.responsible) == (("mei",), "station")
    with pytest.raises(NotAllowed, match="yourself"):
        act(county, "joined", county.station)
    act(county, "hand_over_offered", county.station, to="mei")
    after = act(county, "accepted", county.mei, SECOND)
    assert (after.helpers, after.holder) == ((), "mei")


def test_a_step_that_is_more_urgent_is_offered_anew(county: Any) -> None:
    county.raise_one("heart_rate_high", device="bed-1")
    county.tell(
        county.finding("heart_rate_high", "bed-1", at=county.noon + SECOND, priority="high")
    )
    assert answers(county) == [
        ("Li", "redirected"), ("Mei", "redirected"),
        ("Li", None), ("Mei", None), ("Station", None),
    ]  # fmt: skip


def test_an_end_ends_all_offers(county: Any) -> None:
    county.raise_one("sos")
    act(county, "resolved", county.centre, outcome="test")
    assert {answer for _, answer in answers(county)} == {"over"}
    live = county.connection.execute("select count(*) from offer where live").fetchone()
    assert live == (0,)
