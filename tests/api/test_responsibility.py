"""Offers over the API: who is asked, who was first, and who takes over."""

from typing import Any

import pytest

from tests.api.conftest import Asker, World


def _act(asker: Asker, act: str, **body: Any) -> Any:
    return asker.ask("POST", f"/alerts/a1/{act}", json=body)


def _offer(world: World, *people: tuple[str, str]) -> None:
    for account, name in people:
        world.connection.execute(
            "insert into offer (alert_id, sequence, person, name, username, party, step, round,"
            " offered_at, deadline) values ('a1', 1, %s, %s, %s, 'responders', 0, 0, now(),"
            " '2026-11-21T09:30:00Z')",
            (account, name, name),
        )


def test_of_two_who_were_asked_the_second_is_told_who_was_first(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna")
    _offer(world, ("7", "responder"), ("8", "volunteer"))
    assert ask["responder"].get("/alerts/a1")["offers"][0]["name"] == "responder"
    assert _act(ask["responder"], "accept").is_success
    late = _act(ask["volunteer"], "accept")
    assert late.status_code == 409
    assert late.json()["reasons"] == [{"code": "taken", "values": {"holder": "responder"}}]
    assert ask["volunteer"].ask("GET", "/alerts/a1").status_code == 404
    assert _act(ask["volunteer"], "join").json()["helpers"] == ["volunteer"]
    assert ask["volunteer"].get("/alerts/a1")["accepted_by"] == "responder"


def test_a_hand_over_opens_the_alert_to_the_one_who_is_asked(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna")
    world.connection.execute("update account set name = 'Vera' where username = 'volunteer'")
    assert _act(ask["station"], "accept").is_success
    assert ask["volunteer"].ask("GET", "/alerts/a1").status_code == 404
    offered = _act(ask["station"], "hand-over", to="volunteer", note="Two at once")
    assert offered.json()["accepted_by"] == "station"
    asked = ask["volunteer"].get("/alerts/a1")["offers"][-1]
    assert (asked["name"], asked["handed_by"], asked["answer"]) == ("Vera", "station", None)
    assert _act(ask["volunteer"], "accept").json()["accepted_by"] == "volunteer"
    assert _act(ask["station"], "arrive").status_code == 409
    history = ask["station"].get("/alerts/a1")["history"]
    assert [(line["change"], line["by"]) for line in history[2:]] == [
        ("hand_over_offered", "station"), ("taken_over", "volunteer"),
    ]  # fmt: skip
    assert "Two at once" in history[2]["reason"]


def test_what_is_asked_of_me_is_told_until_i_have_answered(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna")
    _offer(world, ("7", "responder"))
    (asked,) = ask["responder"].get("/me/offers")["items"]
    assert (asked["alert"], asked["party"], asked["handed_by"]) == ("a1", "responders", None)
    assert ask["volunteer"].get("/me/offers")["items"] == []
    assert _act(ask["responder"], "reject").is_success
    assert ask["responder"].get("/me/offers")["items"] == []


def test_those_who_can_take_over_are_named_and_oneself_is_not(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna")
    assert _act(ask["station"], "accept").is_success
    takers = [one["username"] for one in ask["station"].get("/alerts/a1/takers")["items"]]
    assert {"family", "centre", "volunteer"} <= set(takers)
    assert not {"station", "neighbour", "vendor"} & set(takers)
    for taker in takers:
        assert _act(ask["station"], "hand-over", to=taker).is_success


@pytest.mark.parametrize(("minutes", "deadline"), [(12, "08:47"), (30, "09:05")])
def test_the_deadline_follows_the_estimate(
    ask: dict[str, Asker], world: World, minutes: int, deadline: str
) -> None:
    world.alert("a1", "anna")
    assert _act(ask["family"], "accept").is_success
    on_the_way = _act(ask["family"], "on-the-way", minutes=minutes).json()
    assert on_the_way["deadline"] == f"2026-11-21T{deadline}:00.000Z"
    assert on_the_way["expected_at"] is not None
    assert _act(ask["family"], "on-the-way", minutes=0).status_code == 422


def test_others_help_and_leave(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    assert _act(ask["station"], "accept").is_success
    assert _act(ask["family"], "join").json()["helpers"] == ["family"]
    assert _act(ask["family"], "leave", note="Back home").json()["helpers"] == []
    assert _act(ask["neighbour"], "join").status_code == 404
