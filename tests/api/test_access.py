"""Who may do what: every call of the API, by every role, with its own things and with another's.

Columns are what the role gets with its own thing / with what belongs to others: `+` it is done,
`404` there is no such thing, `403` no use of the call, `422` not in an area of its own.
"""

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.access import MAY
from tests.api.conftest import Asker, World

OWN = {
    "alert": "alert-anna", "resident": "anna", "device": "bed-anna", "spare": "spare",
    "team": "village-a", "vendor": "acme", "model": "mat 1/a", "home": "home-anna",
}  # fmt: skip
OTHERS = {
    "alert": "alert-carl", "resident": "carl", "device": "bed-carl", "spare": "spare-abroad",
    "team": "abroad", "vendor": "other", "model": "mat-2", "home": "home-carl",
}  # fmt: skip
BODIES = {
    "steps": '[{"parties": ["centre"], "hold_s": 9}]',
    "soon": '"ends_at": "2026-11-21T20:00Z", "reason": "known"',
    "empty": '"name": "R", "timezone": "UTC", "shifts": []',
}

TABLE = """
call                                         |family |station|centre |responder|vendor |admin
GET /alerts/{alert}                          |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/accept                  |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/reject                  |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/withdraw                |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/on-the-way              |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/arrive                  |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/hand-over {"to": "admin"} |+/404|+/404|+/404|404/404|403    |+/+
GET /alerts/{alert}/takers                   |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/join                    |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/leave                   |+/404  |+/404  |+/404  |404/404|403    |+/+
POST /alerts/{alert}/resolve {"outcome": "real"} |+/404  |+/404  |+/404  |404/404|403    |+/+
GET /residents/{resident}                    |+/404  |+/404  |+/404  |404/404|403    |+/+
GET /residents/{resident}/samples?quantity=spo2 |+/404  |+/404  |+/404  |404/404|403    |+/+
GET /residents/{resident}/nights             |+/404  |+/404  |+/404  |404/404|403    |+/+
GET /residents/{resident}/events             |+/404  |+/404  |+/404  |404/404|403    |+/+
PATCH /residents/{resident} {"risks": "falls"} |403    |+/404  |+/404  |403    |403    |+/+
PATCH /residents/{resident} {"thresholds": {"spo2_low": 88}} |403|+/404|+/404|403|403|+/+
PATCH /residents/{resident} {"team": "{team}"} |403    |+/422  |+/422  |403    |403    |+/+
POST /residents {"name": "New", "team": "{team}"} |403    |+/422  |+/422  |403    |403    |+/+
GET /residents/{resident}/circle             |+/404  |+/404  |+/404  |404/404|403    |+/+
PUT /residents/{resident}/circle {"items": []} |403    |+/404  |+/404  |403    |403    |+/+
PATCH /residents/{resident} {"home": "{home}"} |403    |+/404  |+/404  |403    |403    |+/+
PATCH /residents/anna {"home": "{home}"}     |403    |+/422  |+/422  |403    |403    |+/+
GET /homes/{home}                            |+/404  |+/404  |+/404  |404/404|403    |+/+
PATCH /homes/{home} {"notes": "two steps"}   |403    |+/404  |+/404  |403    |403    |+/+
PATCH /homes/home-anna {"team": "{team}"}    |403    |+/422  |+/422  |403    |403    |+/+
POST /homes {"address": "New", "team": "{team}"} |403    |+/422  |+/422  |403    |403    |+/+
GET /homes                                   |403    |+      |+      |403    |403    |+
GET /teams/{team}/members                    |403    |+/404  |+/404  |403    |403    |+/+
GET /audit                                   |403    |403    |+      |403    |403    |+
GET /devices/{device}                        |+/404  |+/404  |+/404  |404/404|+/404  |+/+
GET /devices/{spare}                         |404/404|+/404  |+/404  |404/404|+/404  |+/+
PATCH /devices/{device} {"place": "bedroom"} |403    |+/404  |+/404  |403    |403    |+/+
PATCH /devices/spare {"resident": "{resident}"} |403    |+/422  |+/422  |403    |403    |+/+
PATCH /devices/spare {"team": "{team}"}      |403    |+/422  |+/422  |403    |403    |+/+
POST /devices/{spare}/rotate                 |403    |+/404  |+/404  |403    |+/404  |+/+
GET /devices/{device}/commands               |403    |+/404  |+/404  |403    |+/404  |+/+
POST /devices/{device}/commands {"command": "test"} |403    |+/404  |+/404  |403    |+/404  |+/+
DELETE /devices/{spare}                      |403    |+/404  |+/404  |403    |+/404  |+/+
GET /teams/{team}                            |403    |+/404  |+/404  |403    |403    |+/+
PATCH /teams/{team} {"name": "New"}          |403    |403    |403    |403    |403    |+/+
PATCH /teams/{team} {"thresholds": {"spo2_low": 88}} |403    |403    |403    |403    |403    |+/+
GET /models/{model}/thresholds               |403    |403    |403    |403    |403    |+/+
PUT /models/{model}/thresholds {"thresholds": {"spo2_low": 88}} |403|403|403|403|403|+/+
GET /users                                   |403    |403    |403    |403    |403    |+/+
GET /users/1                                 |403    |403    |403    |403    |403    |+/+
PATCH /users/1 {"name": "New"}               |403    |403    |403    |403    |403    |+/+
GET /alerts                                  |+      |+      |+      |+      |403    |+
GET /residents                               |+      |+      |+      |+      |403    |+
GET /latest                                  |+      |+      |+      |+      |403    |+
GET /devices                                 |+      |+      |+      |+      |+      |+
GET /quarantine                              |403    |+      |+      |403    |+      |+
GET /teams                                   |403    |+      |+      |403    |403    |+
POST /teams {"id": "c", "name": "C", "level": "county"} |403    |403    |403    |403    |403    |+
POST /users {"username": "u", "password": "12345678", "role": "admin"} |403|403|403|403|403|+
POST /devices {"id": "d", "kind": "bed", "resident": "{resident}"} |403|+/422|+/422|403|422|+/+
POST /devices {"id": "d", "kind": "bed", "vendor": "{vendor}"} |403|422|+/+|403|+/422|+/+
GET /me                                      |+      |+      |+      |+      |+      |+
DELETE /session                              |+      |+      |+      |+      |+      |+
GET /duty?team={team}                        |403    |+/422  |+/422  |403    |403    |+/+
GET /duty/gaps                               |403    |+      |+      |403    |403    |+
GET /me/duties                               |+      |+      |+      |+      |403    |+
GET /me/duties.ics                           |+      |+      |+      |+      |403    |+
GET /rotas                                   |403    |+      |+      |403    |403    |+
POST /rotas {"team": "{team}", {empty}} |403|+/422|+/422|403|403|+/+
POST /rotas/try {"team": "{team}", {empty}} |403|+/422|+/422|403|403|+/+
PUT /rotas/r {"team": "{team}", {empty}} |403|+/422|+/422|403|403|+/+
GET /holidays?team={team}                    |403    |+/422  |+/422  |403    |403    |+/+
PUT /holidays/{team}/2027-01-01 {"name": "New Year"} |403    |+/404  |+/404  |403    |403    |+/+
GET /policies?team={team}                    |403    |+/422  |+/422  |403    |403    |+/+
POST /policies {"team": "{team}", "priority": "high", "steps": {steps}} |403|+/422|+/422|403|403|+/+
POST /policies {"priority": "high", "steps": {steps}} |403    |403    |403    |403    |403    |+
POST /policies/try {"resident": "{resident}", "kind": "sos"} |403|+/422|+/422|403|403|+/+
GET /me/quiet-hours                          |+      |+      |+      |+      |403    |+
GET /me/channels                             |+      |+      |+      |+      |403    |+
PUT /me/channels {"language": "zh", "items": []} |+      |+      |+      |+      |403    |+
GET /me/push                                 |+      |+      |+      |+      |403    |+
GET /silences                                |+      |+      |+      |403    |403    |+
POST /silences {"resident": "{resident}", {soon}} |+/422|+/422|+/422|403|403|+/+
POST /silences {"device": "{device}", {soon}} |+/422|+/422|+/422|403|403|+/+
POST /silences {"team": "{team}", {soon}}    |422    |+/422  |+/422  |403    |403    |+/+
GET /residents/{resident}/absences           |+/404  |+/404  |+/404  |403    |403    |+/+
POST /residents/{resident}/absences {"cause": "hospital"} |+/404|+/404|+/404|403|403|+/+
GET /tests                                   |+      |+      |+      |403    |403    |+
POST /devices/{device}/test                  |+/404  |+/404  |+/404  |403    |403    |+/+
GET /alerts/{alert}/handover                 |+/404  |+/404  |+/404  |404/404|403    |+/+
GET /figures?team={team}                     |403    |+/422  |+/422  |403    |403    |+/+
GET /figures/report.csv?team={team}          |403    |+/422  |+/422  |403    |403    |+/+
GET /figures                                 |403    |+      |+      |403    |403    |+
"""


Row = tuple[str, dict[str, list[str]]]


def _rows() -> list[Row]:
    head, *lines = [line.split("|") for line in TABLE.strip().splitlines()]
    roles = [role.strip() for role in head[1:]]
    return [
        (
            call.strip(),
            dict(zip(roles, [cell.strip().split("/") for cell in cells], strict=True)),
        )
        for call, *cells in lines
    ]


def _ask(asker: Asker, call: str, things: dict[str, str]) -> str:
    for thing, name in (things | BODIES).items():
        call = call.replace("{" + thing + "}", name)
    call = call.replace("mat 1/a", "mat%201%2Fa")
    method, path, *body = call.split(" ", 2)
    how = {"json": json.loads(body[0])} if body else {}
    answer = asker.ask(method, path, **how)
    # An act that the state of an alert does not permit any more was permitted to the role.
    done = answer.is_success or answer.status_code == 409
    return "+" if done else str(answer.status_code)


def test_each_role_reaches_its_own_and_nothing_else(
    ask: dict[str, Asker], world: World, subtests: pytest.Subtests
) -> None:
    for call, wanted in _rows():
        got: dict[str, list[str]] = {}
        for role, cells in wanted.items():
            got[role] = []
            for things in (OWN, OTHERS)[: len(cells)]:
                world.restore()
                world.alert("alert-anna", "anna")
                world.alert("alert-carl", "carl")
                got[role].append(_ask(ask[role], call, things))
        with subtests.test(call):
            assert got == wanted


def test_every_call_is_in_the_matrix(app: FastAPI) -> None:
    paths = app.openapi()["paths"].values()
    calls = {operation["operationId"] for path in paths for operation in path.values()}
    public = {"log_in", "log_in_console", "get_stay", "healthz", "readyz", "metrics"}
    assert calls - MAY.keys() == public
    assert MAY.keys() <= calls


def test_nobody_gets_anything_without_a_login(client: TestClient, world: World) -> None:
    for path in ("alerts", "residents", "devices", "users", "feed", "me"):
        for header in (None, "Bearer nonsense", "Basic YTpi", "Bearer"):
            headers = {"Authorization": header} if header else {}
            answer = client.get(f"/api/v1/{path}", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/alerts/{}", "/residents/{}", "/residents/{}/samples"])
def test_what_is_anothers_looks_like_what_does_not_exist(
    ask: dict[str, Asker], world: World, path: str
) -> None:
    world.alert("carl", "carl")
    params = {"quantity": "spo2"}
    others = ask["family"].ask("GET", path.format("carl"), params=params)
    nobodys = ask["family"].ask("GET", path.format("zzzz"), params=params)
    assert others.status_code == nobodys.status_code == 404
    assert others.text.replace("carl", "zzzz") == nobodys.text


def test_lists_hold_the_callers_own_only(ask: dict[str, Asker], world: World) -> None:
    for name in ("anna", "bert", "carl"):
        world.alert(f"alert-{name}", name)

    def seen(account: str, path: str, key: str) -> set[str]:
        return {item[key] for item in ask[account].get(path)["items"]}

    assert seen("family", "/residents", "id") == {"anna"}
    assert seen("neighbour", "/residents", "id") == {"bert"}
    assert seen("station", "/residents", "id") == {"anna"}
    assert seen("centre", "/residents", "id") == {"anna", "bert"}
    assert seen("responder", "/residents", "id") == seen("volunteer", "/residents", "id") == set()
    assert seen("responder", "/alerts", "id") == seen("volunteer", "/alerts", "id") == set()
    assert seen("admin", "/residents", "id") == {"anna", "bert", "carl"}
    assert seen("family", "/alerts", "id") == {"alert-anna"}
    assert seen("station", "/alerts", "id") == {"alert-anna"}
    assert seen("centre", "/alerts", "id") == {"alert-anna", "alert-bert"}
    assert seen("admin", "/alerts", "id") == {"alert-anna", "alert-bert", "alert-carl"}
    assert seen("family", "/devices", "id") == {"bed-anna"}
    assert seen("station", "/devices", "id") == {"bed-anna", "spare"}
    assert seen("vendor", "/devices", "id") == {"bed-anna", "bed-bert", "spare"}
    assert seen("station", "/teams", "id") == {"village-a"}
    assert seen("centre", "/teams", "id") == {"county", "town", "village-a", "village-b"}
    assert seen("vendor", "/quarantine", "device") == {"bed-anna"}
    assert seen("admin", "/quarantine", "device") == {"bed-anna", "bed-carl", "nobody"}


def test_the_centre_answers_for_what_belongs_to_no_team(
    ask: dict[str, Asker], world: World
) -> None:
    world.connection.execute("insert into resident (id, name) values ('lost', 'Nobody knows')")
    world.alert("alert-lost", "lost")
    assert ask["centre"].get("/alerts")["items"][0]["id"] == "alert-lost"
    assert ask["centre"].get("/residents/lost")["team"] is None
    assert ask["station"].ask("GET", "/alerts/alert-lost").status_code == 404


def test_a_vendor_learns_nothing_about_residents(ask: dict[str, Asker], world: World) -> None:
    placed = ask["vendor"].get("/devices/bed-anna")
    assert (placed["resident"], placed["team"], placed["place"]) == (None, None, None)
    filtered = ask["vendor"].get("/devices", resident="carl")["items"]
    assert len(filtered) == 3, "the filter must not tell where a device is placed"


def test_a_vendor_does_not_put_out_a_device_that_somebody_relies_on(
    ask: dict[str, Asker],
) -> None:
    assert ask["vendor"].ask("DELETE", "/devices/bed-anna").status_code == 409
    assert ask["vendor"].ask("POST", "/devices/bed-anna/rotate").status_code == 409
    assert ask["vendor"].ask("DELETE", "/devices/spare").status_code == 204


def test_a_removed_device_is_not_anothers_to_take_over(ask: dict[str, Asker], world: World) -> None:
    assert ask["admin"].ask("DELETE", "/devices/spare-abroad").status_code == 204
    taken = ask["vendor"].ask("POST", "/devices", json={"id": "spare-abroad", "kind": "button"})
    assert taken.status_code == 409
