"""Devices: secrets shown once, places, commands, and what was refused."""

import base64

from gateway import registry
from tests.api.conftest import Asker, World


def test_the_secret_is_shown_once_and_opens_the_door(ask: dict[str, Asker], world: World) -> None:
    body = {"id": "button-1", "kind": "button", "resident": "anna", "vendor": "acme"}
    made = ask["station"].ask("POST", "/devices", json=body)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert registry.verify(world.connection, "button-1", secret)
    assert "secret" not in ask["station"].get("/devices/button-1")
    assert ask["station"].ask("POST", "/devices", json=body).status_code == 409
    other = ask["station"].ask("POST", "/devices/button-1/rotate").json()["secret"]
    assert not registry.verify(world.connection, "button-1", secret)
    assert registry.verify(world.connection, "button-1", other)


def test_a_removed_device_is_gone(ask: dict[str, Asker], world: World) -> None:
    assert ask["station"].ask("DELETE", "/devices/bed-anna").status_code == 204
    assert ask["station"].ask("GET", "/devices/bed-anna").status_code == 404
    assert ask["station"].ask("DELETE", "/devices/bed-anna").status_code == 404
    assert ask["family"].get("/residents/anna")["devices"] == []


def test_a_vendor_registers_its_own_and_a_station_places_it(ask: dict[str, Asker]) -> None:
    made = ask["vendor"].ask("POST", "/devices", json={"id": "new", "kind": "fall", "model": "F1"})
    assert made.json()["vendor"] == "acme"
    placed = ask["centre"].ask("PATCH", "/devices/new", json={"resident": "anna", "place": "bed"})
    assert placed.json()["resident"] == "anna"
    assert ask["family"].get("/devices/new")["model"] == "F1"
    back = ask["station"].ask("PATCH", "/devices/new", json={"resident": None})
    assert back.status_code == 422, "it would be nobody's: the station names its team"
    back = ask["station"].ask("PATCH", "/devices/new", json={"resident": None, "team": "village-a"})
    assert (back.json()["resident"], back.json()["team"]) == (None, "village-a")


def test_what_was_last_heard_of_a_device(ask: dict[str, Asker], world: World) -> None:
    world.connection.execute(
        "insert into device_status select slot, '2026-11-21T08:29:00Z', true, '1.2', 83.5, 4"
        " from device where id = 'bed-anna'"
    )
    found = ask["family"].get("/devices/bed-anna")
    assert found.items() >= {
        "heard_at": "2026-11-21T08:29:00.000Z", "online": True, "firmware": "1.2",
        "battery": 83.5, "unknown_fields": 4,
    }.items()  # fmt: skip


def test_a_command_goes_down_once_and_its_result_comes_back(
    ask: dict[str, Asker], world: World
) -> None:
    body = {"command": "configure", "arguments": {"interval": 5}}
    made = ask["vendor"].ask("POST", "/devices/bed-anna/commands", json=body)
    assert made.status_code == 201
    command = made.json()["id"]
    sent = world.connection.execute("select device_id, topic, payload from downlink").fetchall()
    payload = {"id": command, "command": "configure", "arguments": {"interval": 5}}
    assert sent == [("bed-anna", "cw/v1/bed-anna/command", payload)]
    assert made.json()["ok"] is None
    world.connection.execute(
        "update command set ok = true, finished_at = now() where id = %s", (command,)
    )
    world.connection.execute("update account set name = 'Acme support' where username = 'vendor'")
    (found,) = ask["vendor"].get("/devices/bed-anna/commands")["items"]
    assert (found["ok"], found["created_by"]) == (True, "vendor")
    assert found["names"] == {"vendor": "Acme support"}
    (noted,) = ask["admin"].get("/audit", who="vendor")["items"]
    assert (noted["action"], noted["names"]) == ("send_command", {"vendor": "Acme support"})


def test_commands_come_in_pages_the_latest_first(ask: dict[str, Asker], clock) -> None:
    made = []
    for _ in range(5):
        clock.advance(1_000_000)
        answer = ask["admin"].ask("POST", "/devices/spare/commands", json={"command": "test"})
        made.append(answer.json()["id"])
    first = ask["admin"].get("/devices/spare/commands", limit=3)
    rest = ask["admin"].get("/devices/spare/commands", limit=3, cursor=first["next"])
    assert [c["id"] for c in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


def test_the_list_counts_what_was_refused_within_a_day(ask: dict[str, Asker], world: World) -> None:
    def counts(account: str) -> dict[str, int]:
        return {one["id"]: one["refused_day"] for one in ask[account].get("/devices")["items"]}

    before = counts("vendor")
    assert (before["bed-anna"], counts("station")["spare"]) == (2, 0)
    world.connection.execute("update quarantine set at = at - interval '1 day'")
    assert counts("vendor")["bed-anna"] == 0


def test_quarantine_answers_why(ask: dict[str, Asker]) -> None:
    latest, first = ask["vendor"].get("/quarantine", device="bed-anna")["items"]
    assert first == {
        "at": "2026-11-21T08:00:00.000Z", "device": "bed-anna", "topic": "cw/v1/bed-anna/sample",
        "code": "not_json", "reason": "no JSON", "size": 3, "payload": "abc",
    }  # fmt: skip
    assert latest["payload"] == {"base64": base64.b64encode(b"\xff\x00").decode()}
    assert ask["vendor"].get("/quarantine", device="bed-carl")["items"] == []
    page = ask["admin"].get("/quarantine", limit=3)
    rest = ask["admin"].get("/quarantine", limit=3, cursor=page["next"])
    assert len(page["items"]) + len(rest["items"]) == 4
