"""How residents are at this moment."""

from api.schemas.fields import Page
from api.schemas.readings import Latest
from tests.api.conftest import Asker, World


def test_each_quantity_as_it_was_told_last(ask: dict[str, Asker], world: World) -> None:
    world.sample("bed-anna", 3, heart_rate=70.0, respiration_rate=14.5)
    world.sample("bed-anna", 2, heart_rate=61.0, in_bed=True)
    world.sample("bed-anna", 1, movement=0.5)
    (anna,) = ask["station"].get("/latest")["items"]
    assert anna == {
        "resident": "anna", "name": "Anna", "team": "village-a", "heard_at": None,
        "measured_at": "2026-11-21T08:29:00Z", "heart_rate": 61.0, "respiration_rate": 14.5,
        "spo2": None, "in_bed": True, "movement": 0.5, "presence": None,
        "open_alerts": 0, "priority": None, "absence": None,
    }  # fmt: skip


def test_the_answer_is_what_its_model_promises(ask: dict[str, Asker], world: World) -> None:
    world.sample("bed-anna", 3, heart_rate=70.0, in_bed=True)
    answer = ask["centre"].get("/latest")
    assert Page[Latest].model_validate(answer, strict=True).model_dump(mode="json") == answer


def test_what_is_a_day_old_is_no_present_state(ask: dict[str, Asker], world: World) -> None:
    world.sample("bed-anna", 25 * 60, heart_rate=70.0)
    (anna,) = ask["station"].get("/latest")["items"]
    assert (anna["measured_at"], anna["heart_rate"]) == (None, None)


def test_what_a_device_told_of_somebody_else_is_not_shown(
    ask: dict[str, Asker], world: World
) -> None:
    world.sample("bed-anna", 1, heart_rate=70.0)
    world.connection.execute("update device set resident_id = 'bert' where id = 'bed-anna'")
    found = {item["resident"]: item for item in ask["centre"].get("/latest")["items"]}
    assert found["bert"]["heart_rate"] is None


def test_open_alerts_are_counted(ask: dict[str, Asker], world: World) -> None:
    world.alert("one", "anna")
    world.alert("two", "anna", kind="bed_exit_long")
    world.connection.execute("update alert set priority = 'low' where id = 'two'")
    (anna,) = ask["family"].get("/latest")["items"]
    assert (anna["open_alerts"], anna["priority"]) == (2, "high")


def test_who_is_away_is_told_with_the_cause(ask: dict[str, Asker], world: World) -> None:
    ask["family"].ask("POST", "/residents/anna/absences", json={"cause": "hospital"})
    (anna,) = ask["family"].get("/latest")["items"]
    assert anna["absence"] == "hospital"


def test_a_team_has_those_below_it(ask: dict[str, Asker]) -> None:
    def shown(asker: str, **how: str) -> list[str]:
        return [item["resident"] for item in ask[asker].get("/latest", **how)["items"]]

    assert shown("centre") == ["anna", "bert"]
    assert shown("centre", team="village-b") == ["bert"]
    assert shown("centre", team="county") == ["anna", "bert"]
    assert shown("centre", team="abroad") == []


def test_one_resident_alone(ask: dict[str, Asker]) -> None:
    assert [
        item["resident"] for item in ask["centre"].get("/latest", resident="bert")["items"]
    ] == ["bert"]
    assert ask["family"].get("/latest", resident="bert")["items"] == []


def test_pages_follow_each_other(ask: dict[str, Asker]) -> None:
    first = ask["centre"].get("/latest", limit="1")
    rest = ask["centre"].get("/latest", limit="1", cursor=first["next"])
    assert [page["items"][0]["resident"] for page in (first, rest)] == ["anna", "bert"]
    assert rest["next"] is None
