"""People who are several things, and helpers who see what an incident needs and no more."""

from tests.api.conftest import Asker, World


def ask_for(world: World, alert: str, party: str) -> None:
    """As the policy's step would: the alert waits for this party's answer."""
    world.connection.execute("update alert set responsible = %s where id = %s", (party, alert))


def residents(asker: Asker) -> list[str]:
    return [each["id"] for each in asker.get("/residents")["items"]]


def alerts(asker: Asker) -> list[str]:
    return [each["id"] for each in asker.get("/alerts")["items"]]


def test_a_responder_sees_the_alert_when_asked_and_the_home_when_taken(
    ask: dict[str, Asker], world: World
) -> None:
    responder = ask["responder"]
    world.alert("alert-anna", "anna")
    world.alert("alert-bert", "bert")
    world.alert("alert-carl", "carl")
    assert alerts(responder) == []
    for name in ("anna", "bert", "carl"):
        ask_for(world, f"alert-{name}", "centre, responders")
    assert sorted(alerts(responder)) == ["alert-anna", "alert-bert"], "of its own county"
    assert residents(responder) == []
    assert responder.ask("GET", "/homes/home-anna").status_code == 404
    assert responder.ask("POST", "/alerts/alert-anna/accept").is_success
    assert residents(responder) == ["anna"]
    assert responder.get("/homes/home-anna")["key_box_code"] == "0417"
    assert responder.ask("GET", "/residents/anna/samples?quantity=spo2").is_success
    assert responder.ask("PATCH", "/homes/home-anna", json={"notes": "x"}).status_code == 403
    done = responder.ask("POST", "/alerts/alert-anna/resolve", json={"outcome": "real"})
    assert done.is_success
    assert residents(responder) == []
    assert responder.ask("GET", "/homes/home-anna").status_code == 404
    assert responder.ask("GET", "/residents/anna/events").status_code == 404


def test_once_another_has_taken_it_the_others_see_it_no_more(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("alert-anna", "anna")
    ask_for(world, "alert-anna", "volunteers, responders")
    assert alerts(ask["responder"]) == alerts(ask["volunteer"]) == ["alert-anna"]
    assert ask["volunteer"].ask("POST", "/alerts/alert-anna/accept").is_success
    assert alerts(ask["responder"]) == []
    assert ask["responder"].ask("GET", "/alerts/alert-anna").status_code == 404


def test_a_volunteer_learns_the_way_in_and_no_medicine(ask: dict[str, Asker], world: World) -> None:
    file = {"medication": "warfarin", "risks": "falls", "abilities": {"level": 1}}
    assert ask["station"].ask("PATCH", "/residents/anna", json=file).is_success
    world.alert("alert-anna", "anna")
    world.connection.execute("update alert set accepted_by = '8', state = 'accepted'")
    seen = ask["volunteer"].get("/residents/anna")
    assert (seen["address"], seen["risks"]) == ("Mill Lane 1", "falls")
    assert (seen["medication"], seen["abilities"], seen["consents"]) == (None, None, [])
    world.connection.execute("update alert set accepted_by = '7'")
    assert ask["responder"].get("/residents/anna")["medication"] == "warfarin"


def test_somebody_of_the_station_may_be_a_daughter_elsewhere(
    ask: dict[str, Asker], world: World
) -> None:
    station = ask["station"]
    assert ask["admin"].ask("PATCH", "/users/3", json={"residents": ["bert"]}).is_success
    assert residents(station) == ["anna", "bert"]
    assert station.ask("PATCH", "/residents/anna", json={"risks": "falls"}).is_success
    assert station.ask("PATCH", "/residents/bert", json={"risks": "falls"}).status_code == 404
    assert station.ask("PUT", "/residents/bert/circle", json={"items": []}).status_code == 404
    assert station.ask("POST", "/residents/bert", json={}).status_code in (404, 405)


def test_a_person_may_have_several_memberships(ask: dict[str, Asker]) -> None:
    also = {"memberships": [{"team": "village-b", "role": "station"},
                            {"team": "village-a", "role": "station"},
                            {"team": "town", "role": "volunteer"}]}  # fmt: skip
    changed = ask["admin"].ask("PATCH", "/users/3", json=also).json()
    assert sorted((each["team"], each["role"]) for each in changed["memberships"]) == [
        ("town", "volunteer"), ("village-a", "station"), ("village-b", "station"),
    ]  # fmt: skip
    assert residents(ask["station"]) == ["anna", "bert"]
    assert len(ask["station"].get("/me")["memberships"]) == 3
    members = ask["centre"].get("/teams/village-b/members")["items"]
    assert members == [{"user": "station", "name": "", "role": "station"}]
    moved = ask["admin"].ask("PATCH", "/users/3", json={"team": "town"}).json()
    assert {"team": "town", "role": "station"} in moved["memberships"]
    assert {"team": "village-a", "role": "station"} not in moved["memberships"]
    none = ask["admin"].ask("PATCH", "/users/3", json={"team": "village-a", "memberships": []})
    assert len(none.json()["memberships"]) == 1


def test_a_vendor_is_nothing_besides(ask: dict[str, Asker]) -> None:
    for said in ({"residents": ["anna"]}, {"memberships": [{"team": "town", "role": "station"}]}):
        assert ask["admin"].ask("PATCH", "/users/5", json=said).status_code == 422
