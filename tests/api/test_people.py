"""Teams and accounts."""

from tests.api.conftest import Asker


def test_the_tree_has_three_levels(ask: dict[str, Asker]) -> None:
    places = [
        ("county", None, 201),
        ("county", "county", 422),
        ("township", "county", 201),
        ("township", None, 422),
        ("township", "village-a", 422),
        ("village", "town", 201),
        ("village", "county", 422),
        ("village", "atlantis", 422),
    ]
    for number, (level, parent, status) in enumerate(places):
        body = {"id": f"new-{number}", "name": "New", "level": level, "parent": parent}
        answer = ask["admin"].ask("POST", "/teams", json=body)
        assert answer.status_code == status, (level, parent)


def test_a_team_moves_within_its_level(ask: dict[str, Asker]) -> None:
    admin = ask["admin"]
    body = {"id": "town-2", "name": "Second", "level": "township", "parent": "county"}
    assert admin.ask("POST", "/teams", json=body).is_success
    moved = admin.ask("PATCH", "/teams/village-a", json={"parent": "town-2"}).json()
    assert (moved["name"], moved["level"], moved["parent"]) == ("Village A", "village", "town-2")
    assert admin.get("/teams/village-a") == moved
    circle = admin.ask("PATCH", "/teams/town", json={"parent": "village-b"})
    assert circle.status_code == 422


def test_a_teams_clock_is_that_of_most_who_live_there(ask: dict[str, Asker]) -> None:
    def clock_of(team: str) -> object:
        return ask["admin"].get(f"/teams/{team}")["timezone"]

    for resident in ("anna", "bert"):
        ask["admin"].ask("PATCH", f"/residents/{resident}", json={"timezone": "Asia/Urumqi"})
    team = ask["admin"].get("/residents/anna")["team"]
    assert (clock_of(team), clock_of("county")) == ("Asia/Urumqi", "Asia/Urumqi")
    ask["admin"].ask("POST", "/teams", json={"id": "new", "name": "New", "level": "county"})
    assert clock_of("new") is None


def test_a_user_is_created_read_and_changed(ask: dict[str, Asker]) -> None:
    admin = ask["admin"]
    body = {"username": "rosa", "password": "12345678", "role": "family", "residents": ["anna"]}
    made = admin.ask("POST", "/users", json=body)
    assert made.status_code == 201
    user = made.json()
    assert "password" not in user
    assert user["residents"] == ["anna"]
    changed = admin.ask(
        "PATCH", f"/users/{user['id']}", json={"residents": ["bert"], "name": "Rosa"}
    )
    assert (changed.json()["residents"], changed.json()["name"]) == (["bert"], "Rosa")
    assert admin.get(f"/users/{user['id']}") == changed.json()
    assert admin.ask("POST", "/users", json=body).status_code == 409


def test_an_account_needs_what_its_role_needs(ask: dict[str, Asker]) -> None:
    body = {"username": "x", "password": "12345678", "role": "station"}
    assert ask["admin"].ask("POST", "/users", json=body).status_code == 422
    short = body | {"password": "1234567", "team": "village-a"}
    answer = ask["admin"].ask("POST", "/users", json=short)
    assert answer.status_code == 422
    assert "1234567" not in answer.text


def test_a_team_that_gains_a_village_sees_it(ask: dict[str, Asker]) -> None:
    assert ask["admin"].ask("PATCH", "/users/3", json={"team": "town"}).is_success
    seen = [resident["id"] for resident in ask["station"].get("/residents")["items"]]
    assert seen == ["anna", "bert"]
