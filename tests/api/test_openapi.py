"""The document says what the API does, and the API does what the document says."""

import re
from typing import Any

import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.document import document
from api.problems import MEDIA_TYPE
from api.site import HERE
from tests.api.conftest import Asker, World

PUBLIC = {"log_in", "log_in_console", "get_stay", "healthz", "readyz", "metrics"}


def _operations(app: FastAPI) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation | {"method": method, "path": path}
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_call_is_described(app: FastAPI) -> None:
    for name, operation in _operations(app).items():
        statuses = operation["responses"].keys()
        assert any(status.startswith("2") for status in statuses), name
        if name in PUBLIC:
            assert "security" not in operation, name
            continue
        assert operation["security"] == [{"HTTPBearer": []}], name
        assert {"401", "500", "503"} <= statuses, name
        assert ("404" in statuses) == ("{" in operation["path"]), name
        assert ("422" in statuses) == bool(
            operation.get("parameters") or operation.get("requestBody")
        ), name


def test_the_console_knows_the_api_as_it_is() -> None:
    kept = (HERE / "console" / "openapi.json").read_text("utf-8")
    assert kept == document(), "The API has changed: run `make types`, and commit what it wrote."


def test_every_problem_is_a_problem(app: FastAPI) -> None:
    for name, operation in _operations(app).items():
        for status, response in operation["responses"].items():
            if status.startswith("2") or name == "readyz":
                continue
            assert list(response["content"]) == [MEDIA_TYPE], (name, status)


def test_the_document_is_served_and_valid_by_its_own_references(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [ref for value in node.values() for ref in references(value)]
        return (
            [ref for value in node for ref in references(value)] if isinstance(node, list) else []
        )

    schemas = document["components"]["schemas"]
    assert {ref.rpartition("/")[2] for ref in references(document)} <= schemas.keys()
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


ROTA: dict[str, Any] = {
    "team": "town", "name": "Rota", "timezone": "Europe/Berlin",
    "shifts": [{"day": "monday", "starts": "08:00", "ends": "18:00", "people": ["centre"]}],
}  # fmt: skip
SWAP: dict[str, Any] = {
    "giver": "centre", "taker": "station",
    "starts_at": "2026-11-23T08:00:00+01:00", "ends_at": "2026-11-23T12:00:00+01:00",
}  # fmt: skip
POLICY: dict[str, Any] = {
    "team": "town", "priority": "medium", "steps": [{"parties": ["centre"], "hold_s": 60}],
    "quiet_hours": {"starts": "22:00", "ends": "06:00"},
}  # fmt: skip
SILENCE: dict[str, Any] = {
    "resident": "anna", "kinds": ["battery_low"], "priorities": ["low"], "reason": "ordered",
    "ends_at": "2026-11-22T12:00:00Z",
}  # fmt: skip
CALLS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("who_am_i", {}, {}),
    ("change_me", {}, {"json": {"phone": "01632 960001"}}),
    ("change_me", {}, {"json": {"phone": "none"}}),
    ("list_alerts", {}, {}),
    ("get_alert", {"alert": "a1"}, {}),
    ("get_alert", {"alert": "nothing"}, {}),
    ("get_alert_signal", {"alert": "a1"}, {}),
    ("get_alert_signal", {"alert": "nothing"}, {}),
    ("accept_alert", {"alert": "a1"}, {"json": {}}),
    ("accept_alert", {"alert": "nothing"}, {"json": {}}),
    ("alert_on_the_way", {"alert": "a1"}, {}),
    ("alert_arrive", {"alert": "a1"}, {}),
    ("alert_arrive", {"alert": "a1"}, {"json": {"wrong": 1}}),
    ("hand_over_alert", {"alert": "a1"}, {"json": {"to": "family", "note": "too far"}}),
    ("hand_over_alert", {"alert": "a1"}, {"json": {"to": "nobody"}}),
    ("join_alert", {"alert": "a1"}, {}),
    ("leave_alert", {"alert": "a1"}, {"json": {}}),
    ("withdraw_alert", {"alert": "a1"}, {}),
    ("reject_alert", {"alert": "a1"}, {}),
    ("resolve_alert", {"alert": "a1"}, {"json": {"outcome": "real"}}),
    ("resolve_alert", {"alert": "a1"}, {"json": {}}),
    ("list_residents", {}, {}),
    ("list_latest", {}, {}),
    ("create_resident", {}, {"json": {"id": "new", "name": "New"}}),
    ("create_resident", {}, {"json": {"id": "new", "name": "New"}}),
    ("get_resident", {"resident": "anna"}, {}),
    ("change_resident", {"resident": "anna"}, {"json": {"risks": "falls"}}),
    ("change_resident", {"resident": "anna"}, {"json": {}, "headers": {"If-Match": '"1"'}}),
    ("get_circle", {"resident": "anna"}, {}),
    ("set_circle", {"resident": "anna"}, {"json": {"items": [{"user": "family"}]}}),
    ("set_circle", {"resident": "anna"}, {"json": {"items": [{"user": "nobody"}]}}),
    ("list_homes", {}, {}),
    ("create_home", {}, {"json": {"id": "new", "latitude": 34.5, "longitude": 113.2}}),
    ("create_home", {}, {"json": {"id": "new"}}),
    ("create_home", {}, {"json": {"latitude": 34.5}}),
    ("get_home", {"home": "home-anna"}, {}),
    ("change_home", {"home": "home-anna"}, {"json": {"notes": "a dog"}}),
    ("resident_samples", {"resident": "anna"}, {"params": {"quantity": "heart_rate"}}),
    ("resident_samples", {"resident": "anna"}, {}),
    ("resident_events", {"resident": "anna"}, {}),
    ("resident_nights", {"resident": "anna"}, {}),
    ("list_devices", {}, {}),
    ("create_device", {}, {"json": {"id": "new", "kind": "bed"}}),
    ("create_device", {}, {"json": {"id": "new", "kind": "bed"}}),
    ("get_device", {"device": "bed-anna"}, {}),
    ("change_device", {"device": "bed-anna"}, {"json": {"place": "bedroom"}}),
    ("rotate_device", {"device": "bed-anna"}, {}),
    ("send_command", {"device": "bed-anna"}, {"json": {"command": "identify"}}),
    ("list_commands", {"device": "bed-anna"}, {}),
    ("remove_device", {"device": "bed-anna"}, {}),
    ("remove_device", {"device": "bed-anna"}, {}),
    ("list_quarantine", {}, {}),
    ("list_users", {}, {}),
    ("get_user", {"user": "1"}, {}),
    ("create_user", {}, {"json": {"username": "u", "password": "12345678", "role": "admin"}}),
    ("create_user", {}, {"json": {"username": "u", "password": "12345678", "role": "admin"}}),
    ("change_user", {"user": "1"}, {"json": {"name": "New"}}),
    ("list_teams", {}, {}),
    ("get_team", {"team": "town"}, {}),
    ("team_members", {"team": "village-a"}, {}),
    ("list_audit", {}, {"params": {"resident": "anna"}}),
    ("create_team", {}, {"json": {"id": "c2", "name": "C", "level": "county"}}),
    ("create_team", {}, {"json": {"id": "c2", "name": "C", "level": "county"}}),
    ("create_team", {}, {"json": {"id": "c3", "name": "C", "level": "village"}}),
    ("change_team", {"team": "town"}, {"json": {"name": "New"}}),
    ("change_team", {"team": "town"}, {"json": {"thresholds": {"spo2_low": 88, "pulse": 1}}}),
    ("set_model_thresholds", {"model": "mat-2"}, {"json": {"thresholds": {"spo2_low": 88}}}),
    ("set_model_thresholds", {"model": "mat-9"}, {"json": {"thresholds": {}}}),
    ("model_thresholds", {"model": "mat-2"}, {}),
    ("put_rota", {"rota": "r"}, {"json": ROTA}),
    ("put_rota", {"rota": "r"}, {"json": ROTA | {"team": "village-a"}}),
    ("put_rota", {"rota": "r"}, {"json": ROTA, "headers": {"If-Match": "9"}}),
    ("put_rota", {"rota": "s"}, {"json": ROTA | {"timezone": "Mars"}}),
    ("try_rota", {}, {"json": ROTA | {"id": "r"}}),
    ("try_rota", {}, {"json": ROTA}),
    ("try_rota", {}, {"json": ROTA | {"timezone": "Mars"}}),
    ("create_rota", {}, {"json": ROTA | {"layer": 2}}),
    ("create_rota", {}, {"json": ROTA | {"layer": 2}}),
    ("get_rota", {"rota": "r"}, {}),
    ("list_rotas", {}, {}),
    ("show_duty", {}, {"params": {"team": "town"}}),
    ("list_gaps", {}, {}),
    ("list_my_duties", {}, {}),
    ("my_duties", {}, {}),
    ("create_swap", {"rota": "r"}, {"json": SWAP}),
    ("create_swap", {"rota": "r"}, {"json": SWAP | {"taker": "nobody"}}),
    ("list_swaps", {"rota": "r"}, {}),
    ("withdraw_swap", {"rota": "r", "swap": "1"}, {}),
    ("withdraw_swap", {"rota": "r", "swap": "1"}, {}),
    ("drop_rota", {"rota": "r"}, {}),
    ("put_holiday", {"team": "town", "day": "2027-01-01"}, {"json": {"name": "New Year"}}),
    ("list_holidays", {}, {"params": {"team": "town"}}),
    ("drop_holiday", {"team": "town", "day": "2027-01-01"}, {}),
    ("drop_holiday", {"team": "town", "day": "2027-01-01"}, {}),
    ("put_policy", {}, {"json": POLICY}),
    ("put_policy", {}, {"json": POLICY | {"steps": [{"parties": ["family"], "hold_s": 9}]}}),
    ("list_policies", {}, {"params": {"team": "village-a", "old": True}}),
    ("get_policy", {"version": "4"}, {}),
    ("try_policy", {}, {"json": {"resident": "anna", "kind": "sos"}}),
    ("try_policy", {}, {"json": {"resident": "nobody", "kind": "sos"}}),
    ("end_policy", {"version": "4"}, {}),
    ("end_policy", {"version": "4"}, {}),
    ("end_policy", {"version": "999"}, {}),
    ("create_silence", {}, {"json": SILENCE}),
    ("create_silence", {}, {"json": SILENCE | {"kinds": ["sos"]}}),
    ("create_silence", {}, {"json": SILENCE | {"resident": "nobody"}}),
    ("list_silences", {}, {"params": {"resident": "anna", "old": True}}),
    ("end_silence", {"silence": "1"}, {}),
    ("end_silence", {"silence": "1"}, {}),
    ("end_silence", {"silence": "9"}, {}),
    ("create_absence", {"resident": "anna"}, {"json": {"cause": "hospital", "note": "knee"}}),
    ("create_absence", {"resident": "anna"}, {"json": {"cause": "holiday"}}),
    ("list_absences", {"resident": "anna"}, {}),
    ("change_absence", {"resident": "anna", "absence": "1"}, {"json": {"ends_at": None}}),
    ("change_absence", {"resident": "anna", "absence": "9"}, {"json": {}}),
    ("end_absence", {"resident": "anna", "absence": "1"}, {}),
    ("end_absence", {"resident": "anna", "absence": "1"}, {}),
    ("change_device", {"device": "spare"}, {"json": {"resident": "anna"}}),
    ("announce_test", {"device": "spare"}, {}),
    ("announce_test", {"device": "spare"}, {"json": {"minutes": 60}}),
    ("announce_test", {"device": "bed-anna"}, {}),
    ("list_tests", {}, {"params": {"team": "county", "overdue": False}}),
    ("set_quiet_hours", {}, {"json": {"starts": "22:00", "ends": "06:00", "timezone": "UTC"}}),
    ("get_quiet_hours", {}, {}),
    ("drop_quiet_hours", {}, {}),
    (
        "set_channels",
        {},
        {"json": {"language": "en", "items": [{"kind": "sms", "address": "+8613812345678"}]}},
    ),
    ("get_channels", {}, {}),
    ("confirm_channel", {"channel": "0"}, {"json": {"code": "123456"}}),
    ("send_code", {"channel": "0"}, {}),
    ("push_key", {}, {}),
    (
        "add_push",
        {},
        {
            "json": {
                "endpoint": "https://push.example.org/1",
                "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
            }
        },
    ),
    ("get_handover", {"alert": "a1"}, {}),
    ("list_takers", {"alert": "a1"}, {}),
    ("list_takers", {"alert": "none"}, {}),
    ("my_offers", {}, {}),
    ("get_figures", {}, {"params": {"period": "2026-11", "compare": True}}),
    ("get_figures", {}, {"params": {"from": "2026-11-01", "to": "2026-11-21T09:00:00Z"}}),
    ("get_figures", {}, {"params": {"period": "2026-13"}}),
    ("figures_csv", {}, {"params": {"team": "village-a", "period": "2026-H2"}}),
    ("log_in", {}, {"json": {"username": "nobody", "password": "wrong"}}),
    ("log_in", {}, {"content": b"{not json"}),
    ("log_in_console", {}, {"json": {"username": "nobody", "password": "wrong"}}),
    ("get_stay", {}, {}),
    ("healthz", {}, {}),
    ("readyz", {}, {}),
    ("log_out", {}, {}),
    ("who_am_i", {}, {}),
]


def test_real_answers_are_as_described(
    app: FastAPI, client: TestClient, ask: dict[str, Asker], world: World
) -> None:
    """A walk through all calls by an admin, with some mistakes on the way."""
    world.alert("a1", "anna")
    world.event("bed-anna", 5, "bed_exit")
    world.sample("bed-anna", 5, heart_rate=61.0)
    document, operations = app.openapi(), _operations(app)
    walked = {name for name, _, _ in CALLS}
    assert operations.keys() - walked == {"follow_feed", "follow_messages", "metrics"}
    for name, path, how in CALLS:
        operation = operations[name]
        headers = {"Authorization": f"Bearer {ask['admin'].token}"} | how.get("headers", {})
        answer = client.request(
            operation["method"], operation["path"].format(**path), **how | {"headers": headers}
        )
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, (name, answer.status_code, answer.text)
        assert answer.status_code < 500, (name, answer.text)
        if answer.status_code == 204:
            continue
        media = answer.headers["Content-Type"].partition(";")[0]
        if media in ("text/calendar", "text/csv"):
            continue
        schema = described["content"][media]["schema"] | {"components": document["components"]}
        validator = jsonschema.Draft202012Validator(schema)
        errors = [error.message for error in validator.iter_errors(answer.json())]
        assert errors == [], name


@pytest.mark.parametrize("role", ["family", "vendor"])
def test_roles_other_than_admin_get_what_is_described_too(
    app: FastAPI, ask: dict[str, Asker], role: str
) -> None:
    for name, operation in _operations(app).items():
        if operation["method"] != "get" or name in {*PUBLIC, "follow_feed", "follow_messages"}:
            continue
        path = operation["path"].removeprefix("/api/v1")
        path = re.sub(r"\{\w+\}", "x", path)
        status = ask[role].ask("GET", path).status_code
        assert str(status) in operation["responses"], (name, status)
