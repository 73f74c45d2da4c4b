"""What people do with an alert, over the API."""

import threading
from typing import Any

import numpy as np

from alerts import deadlines
from domain.time import MINUTE
from tests.api.conftest import NOW, Asker, World


def _act(asker: Asker, alert: str, act: str, **body: Any) -> Any:
    return asker.ask("POST", f"/alerts/{alert}/{act}", json=body)


def test_from_open_to_resolved(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    station = ask["station"]
    taken = _act(station, "a1", "accept").json()
    assert (taken["state"], taken["accepted_by"]) == ("accepted", "station")
    assert taken["deadline"] == "2026-11-21T08:35:00.000Z"
    assert _act(station, "a1", "on-the-way").json()["state"] == "responding"
    assert _act(station, "a1", "arrive", note="at the door").json()["state"] == "on_site"
    ended = _act(station, "a1", "resolve", outcome="real", note="bruised knee").json()
    assert (ended["state"], ended["outcome"], ended["note"]) == ("resolved", "real", "bruised knee")
    assert ended["deadline"] is None
    history = station.get("/alerts/a1")["history"]
    assert [change["change"] for change in history] == [
        "raised", "accepted", "on_the_way", "arrived", "resolved",
    ]  # fmt: skip
    assert {change["by"] for change in history[1:]} == {"station"}
    assert all(change["reason"] for change in history)


def test_who_comes_second_is_told_who_was_first(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    assert _act(ask["family"], "a1", "accept").is_success
    late = _act(ask["station"], "a1", "accept")
    assert late.status_code == 409
    assert "family" in late.json()["detail"]
    assert _act(ask["family"], "a1", "accept").is_success, "the same person may say it twice"


def test_of_two_at_once_one_gets_it(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    answers: list[int] = []
    start = threading.Barrier(2)

    def accept(account: str) -> None:
        start.wait()
        answers.append(_act(ask[account], "a1", "accept").status_code)

    threads = [threading.Thread(target=accept, args=(name,)) for name in ("family", "station")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]


def test_what_the_life_of_an_alert_does_not_permit(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    answer = _act(ask["family"], "a1", "arrive")
    assert answer.status_code == 409
    assert "accept" in answer.json()["detail"]
    assert [c["change"] for c in ask["family"].get("/alerts/a1")["history"]] == ["raised"]


def test_a_rejected_alert_stays_open_for_the_next(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    assert _act(ask["family"], "a1", "reject", note="I am away").json()["state"] == "open"
    assert _act(ask["station"], "a1", "accept").is_success
    assert _act(ask["station"], "a1", "withdraw").json()["accepted_by"] is None


def test_acts_take_an_empty_object_or_nothing(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    assert ask["family"].ask("POST", "/alerts/a1/accept").is_success
    assert ask["family"].ask("POST", "/alerts/a1/resolve").status_code == 422
    wrong = _act(ask["family"], "a1", "resolve", outcome="whatever")
    assert wrong.status_code == 422
    assert "outcome" in wrong.json()["detail"]


def test_a_false_alarm_says_whose_mistake_it_was(ask: dict[str, Asker], world: World) -> None:
    world.alert("a1", "anna")
    real = _act(ask["station"], "a1", "resolve", outcome="real", mistake="device")
    assert (real.status_code, "belongs to a false_alarm" in real.text) == (422, True)
    assert _act(ask["station"], "a1", "resolve", outcome="false_alarm", mistake="person").is_success
    last = ask["station"].get("/alerts/a1")["history"][-1]
    assert (last["change"], last["evidence"]) == ("resolved", {"mistake": "person"})


def test_the_list_is_narrowed_and_paged(ask: dict[str, Asker], world: World) -> None:
    for number, kind in enumerate(("sos", "fall", "smoke")):
        world.alert(f"a{number}", "anna", kind)
    world.alert("b1", "bert")
    _act(ask["family"], "a0", "accept")
    _act(ask["family"], "a0", "resolve", outcome="test")
    centre = ask["centre"]

    def found(**params: Any) -> list[str]:
        return sorted(alert["id"] for alert in centre.get("/alerts", **params)["items"])

    assert found() == ["a0", "a1", "a2", "b1"]
    assert found(state="open") == ["a1", "a2", "b1"]
    assert found(state="resolved") == ["a0"]
    assert found(resident="bert") == ["b1"]
    assert found(kind="fall", resident="anna") == ["a1"]
    first = centre.get("/alerts", limit=3)
    rest = centre.get("/alerts", limit=3, cursor=first["next"])
    assert rest["next"] is None
    walked = [alert["id"] for alert in first["items"] + rest["items"]]
    assert sorted(walked) == ["a0", "a1", "a2", "b1"]


def test_what_ended_by_itself_before_anybody_took_it_is_found(
    ask: dict[str, Asker], world: World
) -> None:
    for number, kind in enumerate(("smoke", "gas", "sos")):
        world.alert(f"a{number}", "anna", kind)
    _act(ask["family"], "a1", "accept")
    _act(ask["family"], "a1", "withdraw")
    for alert in ("a0", "a1"):
        _clear(world, alert)
    _act(ask["family"], "a2", "resolve", outcome="real")
    family, since = ask["family"], "2026-11-20T20:30:00Z"
    (ended,) = family.get("/alerts", untaken_since=since)["items"]
    assert (ended["id"], ended["state"], ended["outcome"]) == ("a0", "resolved", None)
    assert family.get("/alerts", untaken_since="2026-11-21T08:31:00Z")["items"] == []
    assert ask["neighbour"].get("/alerts", untaken_since=since)["items"] == []
    no_zone = family.ask("GET", "/alerts", params={"untaken_since": "2026-11-20T20:30:00"})
    assert no_zone.status_code == 422


def _clear(world: World, alert: str) -> None:
    world.connection.execute(
        "update alert set state = 'resolved', resolved_at = '2026-11-21T08:30:00Z',"
        " deadline = null, held_by = null where id = %s",
        (alert,),
    )


def test_who_took_it_and_went_silent_is_told_with_the_alert(
    ask: dict[str, Asker], world: World
) -> None:
    world.connection.execute("update account set name = 'Wang Fang' where username = 'station'")
    world.alert("a1", "anna")
    assert _act(ask["station"], "a1", "accept").json()["went_silent"] is None
    with world.connection.transaction():
        deadlines.escalate(world.connection, NOW + 5 * MINUTE)
    (open_again,) = ask["family"].get("/alerts")["items"]
    assert open_again["went_silent"] == {"person": "station", "since": "2026-11-21T08:30:00.000Z"}
    assert open_again["names"]["station"] == "Wang Fang"
    assert ask["family"].get("/alerts/a1")["went_silent"] == open_again["went_silent"]
    assert _act(ask["family"], "a1", "accept").json()["went_silent"] is None


def _keep_signal(world: World, alert: str) -> None:
    content = np.array([[1, 0, 0], [0.5, -0.25, np.nan]], "<f4").tobytes()
    world.connection.execute(
        "insert into alert_signal values"
        " (%s, 1, '2026-11-21T08:30:00Z', 50, 'acceleration', 'waist', 3, %s)",
        (alert, content),
    )


def test_the_signal_of_a_fall_is_for_those_who_see_the_alert(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("f1", "anna", kind="fall")
    _keep_signal(world, "f1")
    (part,) = ask["family"].get("/alerts/f1/signal")["items"]
    assert (part["t"], part["rate"], part["unit"], part["placement"]) == (
        1_795_249_800_000, 50, "g", "waist",
    )  # fmt: skip
    assert (part["x"], part["y"], part["z"]) == ([1, 0.5], [0, -0.25], [0, None])
    assert ask["neighbour"].ask("GET", "/alerts/f1/signal").status_code == 404
    assert ask["family"].ask("GET", "/alerts/none/signal").status_code == 404


def test_an_alert_that_no_waveform_told_of_has_no_signal(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna")
    assert ask["family"].get("/alerts/a1/signal") == {"items": []}


def test_the_alerts_of_one_incident_are_shown_together(ask: dict[str, Asker], world: World) -> None:
    for name, incident in (("a1", "i1"), ("a2", "i1"), ("a3", "i3")):
        world.alert(name, "anna", kind={"a1": "sos", "a2": "fall", "a3": "gas"}[name])
        world.connection.execute(
            "update alert set incident_id = %s where id = %s", (incident, name)
        )
    items = ask["family"].get("/alerts", incident="i1")["items"]
    assert {item["id"] for item in items} == {"a1", "a2"}
    assert ask["neighbour"].get("/alerts", incident="i1")["items"] == []


def test_why_is_told_as_codes_and_people_by_their_names(
    ask: dict[str, Asker], world: World
) -> None:
    world.connection.execute("update account set name = 'Wang Fang' where username = 'station'")
    world.alert("a1", "anna")
    taken = _act(ask["station"], "a1", "accept", note="two minutes").json()
    assert (taken["accepted_by"], taken["names"]) == ("station", {"station": "Wang Fang"})
    assert ask["family"].get("/alerts")["items"][0]["names"] == {"station": "Wang Fang"}
    whole = ask["family"].get("/alerts/a1")
    assert whole["names"] == {"station": "Wang Fang"}
    old, accepted = whole["history"]
    assert (old["reason"], old["reasons"]) == ("because", None), "written before there were codes"
    assert accepted["reason"] == "Accepted by station: two minutes"
    assert accepted["reasons"] == [
        {"code": "accepted", "values": {"person": "station", "note": "two minutes"}}
    ]


def test_who_has_set_no_name_is_told_by_user_name_alone(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("a1", "anna")
    assert _act(ask["station"], "a1", "accept").json()["names"] == {}
