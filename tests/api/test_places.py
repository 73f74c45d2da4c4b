"""Homes, couples, circles, and changes that do not overwrite each other."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import Asker, World


def test_a_couple_shares_a_home(ask: dict[str, Asker]) -> None:
    station = ask["station"]
    body = {"name": "Adam", "id": "adam", "team": "village-a", "home": "home-anna"}
    made = station.ask("POST", "/residents", json=body).json()
    assert (made["home"], made["address"]) == ("home-anna", "Mill Lane 1")
    assert station.get("/homes/home-anna")["residents"] == ["adam", "anna"]
    assert ask["family"].get("/homes/home-anna")["residents"] == ["anna"]
    assert station.ask("PATCH", "/residents/adam", json={"way_in": "ring twice"}).is_success
    assert ask["family"].get("/residents/anna")["way_in"] == "ring twice"


def test_an_address_alone_makes_a_home(ask: dict[str, Asker]) -> None:
    body = {"name": "Dora", "id": "dora", "team": "village-a", "address": "Mill Lane 2"}
    made = ask["station"].ask("POST", "/residents", json=body).json()
    home = ask["station"].get(f"/homes/{made['home']}")
    assert (home["address"], home["team"], home["residents"]) == (
        "Mill Lane 2", "village-a", ["dora"],
    )  # fmt: skip


def test_the_whole_file_is_kept(ask: dict[str, Asker]) -> None:
    file = {
        "living": "empty_nest",
        "abilities": {"level": 2, "score": 58, "assessed_on": "2026-03-02", "by": "Li"},
        "medication": "warfarin", "languages": ["zh", "yue"],
        "doctor": {"name": "Shen", "practice": "Town clinic", "phone": "0371 1234"},
        "consents": [{"what": "monitoring", "given_on": "2026-03-02", "by": "Anna",
                      "withdrawn_on": None, "note": None}],
        "contacts": [{"name": "Rosa", "relation": "daughter", "phones": ["1234", "5678"],
                      "holds_key": True, "note": None}],
    }  # fmt: skip
    changed = ask["station"].ask("PATCH", "/residents/anna", json=file)
    assert changed.status_code == 200, changed.text
    assert ask["family"].get("/residents/anna").items() >= file.items()
    cleared = ask["station"].ask("PATCH", "/residents/anna", json={"abilities": None}).json()
    assert (cleared["abilities"], cleared["medication"]) == (None, "warfarin")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"abilities": {"level": 5}}, "abilities.level"),
        ({"abilities": {"score": 50}}, "abilities.level"),
        ({"living": "castle"}, "living"),
        ({"contacts": [{"name": "Rosa", "phones": ["call me"]}]}, "contacts.0.phones.0"),
        ({"contacts": [{"nmae": "Rosa"}]}, "contacts.0.nmae"),
        ({"consents": [{"what": "monitoring"}]}, "consents.0.given_on"),
        ({"languages": ["Chinese"]}, "languages.0"),
        ({"home": "home-nowhere"}, "home-nowhere"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    ask: dict[str, Asker], said: dict[str, Any], named: str
) -> None:
    answer = ask["station"].ask("PATCH", "/residents/anna", json=said)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]


def test_a_home_has_both_coordinates_or_none(ask: dict[str, Asker]) -> None:
    one = ask["station"].ask("PATCH", "/homes/home-anna", json={"latitude": 34.5})
    assert one.status_code == 422
    both = {"latitude": 34.5, "longitude": 113.2}
    assert ask["station"].ask("PATCH", "/homes/home-anna", json=both).is_success


@pytest.mark.parametrize("path", ["/residents/anna", "/homes/home-anna"])
def test_who_has_read_an_older_version_is_told(ask: dict[str, Asker], path: str) -> None:
    said = {"way_in": "round the back"}
    read = ask["station"].ask("GET", path)
    version = read.headers["ETag"]
    assert version == f'"{read.json()["version"]}"'
    first = ask["centre"].ask(
        "PATCH", path, json={"address": "Mill Lane 3"}, headers={"If-Match": version}
    )
    assert first.status_code == 200
    second = ask["station"].ask("PATCH", path, json=said, headers={"If-Match": version})
    assert second.status_code == 412
    assert "read it again" in second.json()["detail"]
    newest = {"If-Match": ask["station"].ask("GET", path).headers["ETag"]}
    assert ask["station"].ask("PATCH", path, json=said, headers=newest).is_success


def test_changes_of_different_fields_at_once_are_all_kept(ask: dict[str, Asker]) -> None:
    fields = {"risks": "falls", "medication": "none", "living": "alone", "birth_year": 1940}

    def change(said: dict[str, Any]) -> int:
        return ask["station"].ask("PATCH", "/residents/anna", json=said).status_code

    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(change, [{name: value} for name, value in fields.items()]))
    assert told == [200] * 4
    assert ask["family"].get("/residents/anna").items() >= fields.items()


def test_the_circle_is_asked_in_its_order(ask: dict[str, Asker], world: World) -> None:
    circle = {"items": [{"user": "neighbour", "relation": "friend"}, {"user": "family"}]}
    assert ask["station"].ask("PUT", "/residents/anna/circle", json=circle).is_success
    seen = ask["neighbour"].get("/residents/anna/circle")["items"]
    assert [(each["user"], each["relation"]) for each in seen] == [
        ("neighbour", "friend"), ("family", None),
    ]  # fmt: skip
    for users in (["nobody"], ["vendor"], ["family", "family"]):
        body = {"items": [{"user": user} for user in users]}
        assert ask["station"].ask("PUT", "/residents/anna/circle", json=body).status_code == 422
    assert len(ask["family"].get("/residents/anna/circle")["items"]) == 2


def test_the_family_gives_its_own_telephone_to_whoever_goes_there(
    ask: dict[str, Asker], world: World
) -> None:
    assert ask["family"].get("/me")["phone"] is None
    mine = ask["family"].ask("PATCH", "/me", json={"phone": "+86 138 0000 0000"})
    assert mine.json()["phone"] == ask["family"].get("/me")["phone"] == "+86 138 0000 0000"
    assert ask["family"].ask("PATCH", "/me", json={"phone": "ask her"}).status_code == 422
    assert ask["vendor"].ask("PATCH", "/me", json={"phone": None}).status_code == 403
    world.alert("alert-anna", "anna")
    world.connection.execute(
        "update alert set state = 'accepted', accepted_by = (select id from account"
        " where username = 'responder') where id = 'alert-anna'"
    )
    for who in ("station", "responder"):
        (daughter,) = ask[who].get("/residents/anna/circle")["items"]
        assert (daughter["user"], daughter["phone"]) == ("family", "+86 138 0000 0000")
    assert ask["family"].ask("PATCH", "/me", json={"phone": None}).json()["phone"] is None


def test_a_team_stands_below_the_next_level_whoever_writes_it(world: World) -> None:
    for statement in (
        "insert into team values ('x', 'X', 'village', 'county')",
        "update team set parent_id = 'town' where id = 'county'",
        "update team set level = 'county' where id = 'town'",
    ):
        with pytest.raises(Exception, match="does not stand below the next higher level"):
            world.connection.execute(statement)
