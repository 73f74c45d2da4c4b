"""Duty and policies over the API: a station keeps its own rota, and knows its gaps."""

from typing import Any

import pytest
from icalendar import Calendar

from tests.api.conftest import Asker, World

SHIFTS = [
    {"day": day, "starts": starts, "ends": ends, "people": [who]}
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for starts, ends, who in (("06:00", "22:00", "station"), ("22:00", "06:00", "night"))
]
ROTA = {"team": "village-a", "name": "Round the clock", "timezone": "UTC", "shifts": SHIFTS}


@pytest.fixture
def staffed(world: World) -> World:
    """A second person at the station of village A."""
    world.connection.execute(
        "insert into account (id, username, name, password_hash, role, team_id)"
        " values ('night', 'night', 'Night watch', 'x', 'station', 'village-a')"
    )
    return world


def put(asker: Asker, rota: str = "rota-a", **changed: Any) -> Any:
    return asker.ask("PUT", f"/rotas/{rota}", json={**ROTA, **changed})


def test_a_station_sees_who_is_on_duty_and_who_is_next(
    ask: dict[str, Asker], staffed: World
) -> None:
    assert put(ask["station"]).status_code == 200
    (station,) = ask["station"].get("/duty", team="village-a", at="2026-11-21T12:00Z")["parties"]
    assert [one["username"] for one in station["now"]["people"]] == ["station"]
    assert (station["now"]["from"], station["now"]["until"]) == (
        "2026-11-21T06:00:00.000Z", "2026-11-21T22:00:00.000Z",
    )  # fmt: skip
    assert station["next"]["people"] == [{"username": "night", "name": "Night watch"}]
    assert station["gaps"] == []


def test_a_gap_is_listed_with_who_is_asked_instead_until_somebody_takes_it(
    ask: dict[str, Asker], staffed: World
) -> None:
    put(ask["station"], shifts=SHIFTS[:-1])  # Sunday's night is missing
    (gap,) = ask["centre"].get("/duty/gaps", days=3)["items"]
    assert (gap["from"], gap["until"]) == ("2026-11-22T22:00:00.000Z", "2026-11-23T06:00:00.000Z")
    assert not gap["goes_on"]
    assert gap["answers"]["people"] == [{"username": "centre", "name": "centre"}]
    assert "the centre stands in" in gap["answers"]["why"]
    taken = ask["station"].ask(
        "POST", "/rotas/rota-a/swaps",
        json={"taker": "night", "starts_at": gap["from"], "ends_at": gap["until"], "note": "ok"},
    )  # fmt: skip
    assert (taken.status_code, taken.json()["noted_by"]) == (201, "station")
    assert ask["centre"].get("/duty/gaps", days=3)["items"] == []
    swap = taken.json()["id"]
    assert ask["centre"].ask("DELETE", f"/rotas/rota-a/swaps/{swap}").status_code == 204
    assert len(ask["centre"].get("/duty/gaps", days=3)["items"]) == 1
    (kept,) = ask["station"].get("/rotas/rota-a/swaps")["items"]
    assert (kept["withdrawn_by"], kept["taker"]) == ("centre", "night")


def test_a_gap_of_weeks_and_its_filling_are_seen_to_their_end(
    ask: dict[str, Asker], staffed: World
) -> None:
    monday = {"day": "monday", "starts": "06:00", "ends": "22:00", "people": ["station"]}
    put(ask["station"], shifts=[monday])
    for day in ("2026-11-30", "2026-12-07"):  # two Mondays that are holidays
        ask["centre"].ask("PUT", f"/holidays/county/{day}", json={"name": "Founding"})
    asked = {"team": "village-a", "at": "2026-11-27T12:00Z"}
    (party,) = ask["station"].get("/duty", **asked)["parties"]
    assert (party["now"]["people"], party["now"]["from"], party["now"]["until"]) == (
        [], "2026-11-23T22:00:00.000Z", "2026-12-14T06:00:00.000Z",
    )  # fmt: skip
    ask["station"].ask(
        "POST", "/rotas/rota-a/swaps",
        json={"taker": "night", "starts_at": "2026-12-10T00:00Z", "ends_at": "2026-12-11T00:00Z"},
    )  # fmt: skip
    (party,) = ask["station"].get("/duty", **asked)["parties"]
    assert party["now"]["until"] == "2026-12-10T00:00:00.000Z"
    assert party["next"]["until"] == "2026-12-11T00:00:00.000Z"


def test_a_duty_without_an_end_has_none(ask: dict[str, Asker], staffed: World) -> None:
    whole = [{**SHIFTS[0], "day": each["day"], "starts": "00:00", "ends": "00:00"}
             for each in SHIFTS[::2]]  # fmt: skip
    put(ask["station"], shifts=whole)
    (party,) = ask["station"].get("/duty", team="village-a")["parties"]
    assert (party["now"]["from"], party["now"]["until"], party["next"]) == (None, None, None)


def test_a_holiday_of_the_county_holds_in_the_village(
    ask: dict[str, Asker], staffed: World
) -> None:
    put(ask["station"])
    told = ask["centre"].ask("PUT", "/holidays/county/2026-11-25", json={"name": "Founding"})
    assert told.status_code == 200
    (listed,) = ask["station"].get("/holidays", team="village-a")["items"]
    assert (listed["team"], listed["date"], listed["name"]) == ("county", "2026-11-25", "Founding")
    (gap,) = ask["station"].get("/duty/gaps")["items"]
    assert (gap["from"], gap["until"]) == ("2026-11-25T06:00:00.000Z", "2026-11-26T06:00:00.000Z")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "time zone"),
        ({"shifts": [{**SHIFTS[0], "people": ["vendor"]}]}, "vendor: no open account"),
        ({"shifts": [{**SHIFTS[0], "people": []}]}, "people"),
        ({"shifts": [{**SHIFTS[0], "starts": "24:00"}]}, "starts"),
        ({"shifts": [SHIFTS[0], SHIFTS[0]]}, "begins before"),
        ({"team": "abroad"}, "your own area"),
    ],
)
def test_a_rota_that_cannot_be_is_refused_with_a_sentence(
    ask: dict[str, Asker], staffed: World, changed: dict[str, Any], said: str
) -> None:
    answer = put(ask["station"], **changed)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_nobodys_change_of_a_rota_is_lost(ask: dict[str, Asker], staffed: World) -> None:
    assert put(ask["station"]).headers["ETag"] == '"1"'
    assert put(ask["centre"], name="New").json()["version"] == 2
    late = ask["station"].ask(
        "PUT", "/rotas/rota-a", json={**ROTA, "name": "Mine"}, headers={"If-Match": '"1"'}
    )
    assert late.status_code == 412
    assert put(ask["station"], rota="other").status_code == 409, "the layer is taken"
    assert put(ask["station"], rota="other", layer=2).status_code == 200
    assert ask["station"].ask("DELETE", "/rotas/other").status_code == 204


def test_a_rota_is_made_without_a_name_of_its_own_for_machines(
    ask: dict[str, Asker], staffed: World
) -> None:
    made = ask["station"].ask("POST", "/rotas", json=ROTA)
    assert made.status_code == 201
    assert made.json()["id"].startswith("village-a-station-")
    assert ask["station"].ask("POST", "/rotas", json=ROTA).status_code == 409, "the layer is taken"
    (kept,) = ask["station"].get("/rotas")["items"]
    assert kept == made.json()
    assert kept["names"]["night"] == "Night watch"


def test_a_rotas_gaps_are_seen_before_it_is_saved(ask: dict[str, Asker], staffed: World) -> None:
    def gaps_of(**changed: Any) -> list[str]:
        answer = ask["station"].ask("POST", "/rotas/try", json={**ROTA, **changed})
        return [gap["from"] for gap in answer.json()["items"]]

    sunday_night = ["2026-11-22T22:00:00.000Z"]
    assert gaps_of() == []
    assert gaps_of(shifts=SHIFTS[:-1]) == sunday_night
    assert ask["station"].get("/rotas")["items"] == [], "nothing is kept"

    put(ask["station"], shifts=SHIFTS[:-1])
    assert gaps_of(id="rota-a") == [], "in the place of the rota that is there"
    assert gaps_of(layer=2, shifts=[SHIFTS[0]]) == sunday_night, "beside it"
    assert ask["station"].get("/rotas/rota-a")["version"] == 1


def test_a_giver_must_be_on_duty(ask: dict[str, Asker], staffed: World) -> None:
    put(ask["station"])
    swap = {
        "giver": "night", "taker": "station",
        "starts_at": "2026-11-22T08:00Z", "ends_at": "2026-11-22T12:00Z",
    }  # fmt: skip
    answer = ask["station"].ask("POST", "/rotas/rota-a/swaps", json=swap)
    assert answer.status_code == 422
    assert "night is not on duty in this span" in answer.json()["detail"]


def test_ones_own_duties_go_into_ones_own_calendar(ask: dict[str, Asker], staffed: World) -> None:
    put(ask["station"])
    answer = ask["station"].ask("GET", "/me/duties.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    events = list(Calendar.from_ical(answer.content).walk("VEVENT"))
    assert str(events[0]["summary"]) == "Village A: Round the clock"
    assert events[1]["dtstart"].dt.isoformat() == "2026-11-22T06:00:00+00:00"
    assert len(events) == 61
    assert len({str(event["uid"]) for event in events}) == 61
    listed = ask["station"].get("/me/duties")["items"]
    assert len(listed) == 61
    assert (listed[1]["team_name"], listed[1]["name"]) == ("Village A", "Round the clock")
    assert listed[1]["from"] == "2026-11-22T06:00:00.000Z"


# -- policies ----------------------------------------------------------------------------------

CENTRE = {"parties": ["centre"], "hold_s": 60}


def test_a_teams_own_policy_holds_until_it_is_ended(ask: dict[str, Asker], staffed: World) -> None:
    first = {"parties": ["person:night"], "hold_s": 30, "repeats": 1}
    body = {"team": "village-a", "priority": "high", "kind": "fall", "steps": [first, CENTRE]}
    made = ask["station"].ask("POST", "/policies", json=body)
    assert made.status_code == 201
    trial = {"resident": "anna", "kind": "fall", "at": "2026-11-21T03:00Z", "hours": 0.02}

    def told() -> list[tuple[str, list[str]]]:
        answer = ask["station"].ask("POST", "/policies/try", json=trial).json()
        return [(line["at"][11:19], [one["name"] for one in line["told"]])
                for line in answer["lines"]]  # fmt: skip

    assert told() == [
        ("03:00:00", ["Night watch"]),
        ("03:00:30", ["Night watch"]),
        ("03:01:00", ["centre"]),
    ]
    stranger = ask["station"].ask("POST", "/policies/try", json=trial | {"device": "no-such"})
    assert (stranger.status_code, "anna has no device 'no-such'" in stranger.text) == (422, True)
    version = made.json()["id"]
    assert ask["station"].ask("DELETE", f"/policies/{version}").status_code == 204
    assert told()[0] == ("03:00:00", ["family", "Night watch", "station"])
    assert ask["station"].get(f"/policies/{version}")["ended_by"] == "station"


def test_the_dry_run_says_whom_no_channel_reaches(ask: dict[str, Asker], staffed: World) -> None:
    confirmed = ("family", "{high}"), ("station", "{low}")
    for username, priorities in confirmed:
        staffed.connection.execute(
            "insert into person_channel (account_id, place, kind, address, priorities, created_at,"
            " confirmed_at) select id, 0, 'sms', '+861', %s, now(), now() from account"
            " where username = %s",
            (priorities, username),
        )
    trial = {"resident": "anna", "kind": "fall", "hours": 0.01}
    lines = ask["station"].ask("POST", "/policies/try", json=trial).json()["lines"]
    reachable = {one["username"]: one["reachable"] for one in lines[0]["told"]}
    assert (reachable["family"], reachable["station"]) == (True, False)


def test_a_policy_says_where_it_is_from_and_all_that_is_wrong_with_it(
    ask: dict[str, Asker], staffed: World
) -> None:
    listed = ask["station"].get("/policies", team="village-a")["items"]
    assert [(one["team"], one["priority"]) for one in listed] == [
        (None, "high"), (None, "low"), (None, "medium"),
    ]  # fmt: skip
    wrong = {
        "team": "village-a", "priority": "high",
        "quiet_hours": {"starts": "22:00", "ends": "06:00"},
        "steps": [{"parties": ["neighbours"], "hold_s": None}],
    }  # fmt: skip
    refused = ask["station"].ask("POST", "/policies", json=wrong)
    assert refused.status_code == 422
    for said in ("never held back", "must include the centre", "no deadline", "use one of family"):
        assert said in refused.json()["detail"]


def test_the_policy_for_all_teams_cannot_be_ended(ask: dict[str, Asker], staffed: World) -> None:
    version = ask["admin"].get("/policies")["items"][0]["id"]
    assert ask["admin"].ask("DELETE", f"/policies/{version}").status_code == 409
    assert ask["centre"].ask("DELETE", f"/policies/{version}").status_code == 403


def test_own_quiet_hours(ask: dict[str, Asker], staffed: World) -> None:
    hours = {"starts": "22:00", "ends": "06:00", "timezone": "Asia/Shanghai"}
    assert ask["family"].get("/me/quiet-hours") == {"quiet_hours": None}
    assert ask["family"].ask("PUT", "/me/quiet-hours", json=hours).status_code == 200
    assert ask["family"].get("/me/quiet-hours") == {"quiet_hours": hours}
    assert ask["family"].ask("DELETE", "/me/quiet-hours").status_code == 204
    lines = ask["admin"].get("/audit", who="family")["items"]
    assert [line["action"] for line in lines[:2]] == ["drop_quiet_hours", "set_quiet_hours"]
    all_day = hours | {"ends": "22:00"}
    assert ask["family"].ask("PUT", "/me/quiet-hours", json=all_day).status_code == 422
