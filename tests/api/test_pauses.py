"""Silences and absences over the API: who may make which, how they are shown, and how they end."""

from typing import Any

import pytest

from domain.time import DAY, HOUR, ManualClock, iso
from tests.api.conftest import NOW, Asker, World

SOON = iso(NOW + 4 * HOUR)


def silence(asker: Asker, **said: Any) -> Any:
    body = {"resident": "anna", "ends_at": SOON, "reason": "The battery is ordered.", **said}
    return asker.ask("POST", "/silences", json={k: v for k, v in body.items() if v is not None})


def absence(asker: Asker, resident: str = "anna", **said: Any) -> Any:
    return asker.ask("POST", f"/residents/{resident}/absences", json={"cause": "hospital", **said})


def alert(asker: Asker) -> Any:
    return asker.get("/alerts/alert-anna")


def test_a_silence_is_shown_with_the_alerts_that_it_holds_and_ended(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("alert-anna", "anna", kind="inactivity")
    world.connection.execute("update alert set priority = 'medium'")
    made = silence(ask["station"]).json()
    assert (made["made_by"], made["holds"], made["ends_at"]) == ("station", 1, SOON)
    held = alert(ask["family"])
    assert (held["held_back"], held["held_by"], held["deadline"]) == (
        True, f"silence:{made['id']}", SOON,
    )  # fmt: skip
    assert "station has silenced it" in held["history"][-1]["reason"]
    (listed,) = ask["family"].get("/silences", resident="anna")["items"]
    assert listed == made
    assert ask["neighbour"].get("/silences")["items"] == []
    assert ask["family"].ask("DELETE", f"/silences/{made['id']}").status_code == 204
    assert alert(ask["family"])["held_back"] is False
    assert ask["family"].get("/silences")["items"] == []
    (over,) = ask["family"].get("/silences", old=True)["items"]
    assert (over["ended_by"], over["holds"]) == ("family", 0)
    assert ask["family"].ask("DELETE", f"/silences/{made['id']}").status_code == 409


@pytest.mark.parametrize(
    ("who", "said", "sentence"),
    [
        ("station", {"kinds": ["battery_low", "smoke"]}, "Nothing silences smoke"),
        ("station", {"priorities": ["high"]}, "priorities"),
        ("station", {"device": "bed-anna"}, "one of them only"),
        ("station", {"resident": None}, "one of them only"),
        ("station", {"ends_at": iso(NOW + 8 * DAY)}, "7 days at most"),
        ("family", {"ends_at": iso(NOW + 2 * DAY)}, "1 days at most"),
        ("station", {"ends_at": iso(NOW)}, "lie ahead"),
        ("station", {"reason": ""}, "reason"),
        ("family", {"resident": None, "team": "village-a"}, "your own area"),
        ("station", {"resident": "carl"}, "carl"),
    ],
)
def test_a_silence_that_cannot_be_is_refused_with_a_sentence(
    ask: dict[str, Asker], who: str, said: dict[str, Any], sentence: str
) -> None:
    answer = silence(ask[who], **said)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_what_is_silenced_from_above_is_seen_below(ask: dict[str, Asker]) -> None:
    made = silence(ask["centre"], resident=None, team="county", kinds=["device_silent"])
    assert made.status_code == 201
    for who in ("family", "station"):
        assert [one["team"] for one in ask[who].get("/silences")["items"]] == ["county"]
    assert silence(ask["station"], resident=None, team="county").status_code == 422


def test_an_absence_without_an_end_holds_for_a_week_each_time_it_is_confirmed(
    ask: dict[str, Asker], world: World, clock: ManualClock
) -> None:
    for who in ("family", "station"):
        world.log_in(who, NOW + 30 * DAY)
    made = absence(ask["family"], note="Ward 3").json()
    assert (made["open"], made["ends_at"]) == (True, iso(NOW + 7 * DAY))
    path = f"/residents/anna/absences/{made['id']}"
    clock.advance(6 * DAY)
    confirmed = ask["station"].ask("PATCH", path, json={"ends_at": None}).json()
    assert (confirmed["ends_at"], confirmed["note"]) == (iso(NOW + 13 * DAY), "Ward 3")
    known = ask["station"].ask("PATCH", path, json={"ends_at": iso(NOW + 8 * DAY)}).json()
    assert (known["open"], known["ends_at"]) == (False, iso(NOW + 8 * DAY))
    clock.advance(3 * DAY)
    assert ask["family"].get("/residents/anna/absences")["items"] == []
    assert ask["station"].ask("PATCH", path, json={"ends_at": None}).status_code == 409
    assert ask["station"].ask("DELETE", path).status_code == 409
    assert len(ask["family"].get("/residents/anna/absences", old=True)["items"]) == 1


def test_an_absence_is_ended_when_the_resident_is_back(ask: dict[str, Asker], world: World) -> None:
    world.alert("alert-anna", "anna", kind="inactivity")
    world.connection.execute("update alert set priority = 'medium'")
    made = absence(ask["family"], starts_at=iso(NOW - DAY), ends_at=SOON).json()
    assert alert(ask["station"])["held_by"] == f"absence:{made['id']}"
    path = f"/residents/anna/absences/{made['id']}"
    assert ask["station"].ask("DELETE", path).status_code == 204
    assert alert(ask["station"])["held_back"] is False


def test_one_absence_at_a_time_and_three_months_at_most(ask: dict[str, Asker]) -> None:
    assert absence(ask["family"]).status_code == 201
    assert absence(ask["station"], cause="holiday").status_code == 409
    later = {"starts_at": iso(NOW + 10 * DAY), "ends_at": iso(NOW + 20 * DAY)}
    assert absence(ask["station"], cause="holiday", **later).status_code == 201
    answer = absence(ask["station"], "bert", ends_at=iso(NOW + 93 * DAY))
    assert answer.status_code == 404
    answer = absence(ask["centre"], "bert", ends_at=iso(NOW + 93 * DAY))
    assert "92 days at most" in answer.json()["detail"]
    assert absence(ask["neighbour"]).status_code == 404
