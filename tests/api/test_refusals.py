"""Whoever is refused is told why as codes with values: a console says them in any language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from domain.refusals import SENTENCES
from domain.time import DAY, iso
from tests.api.conftest import NOW, Asker, World

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: ast.parse(path.read_text("utf-8"))
    for package in ("domain", "gateway", "ingest", "alerts", "api", "carewatch")
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
}

Told = dict[str, dict[str, Any]]
"""Codes with their values."""


def why(answer: httpx.Response, status: int) -> Told:
    """Why it was refused; the sentence says the same."""
    problem = answer.json()
    assert answer.status_code == status, problem
    return {reason["code"]: reason["values"] for reason in problem["reasons"]}


def test_each_refusal_in_the_life_of_an_alert_arrives_with_its_code(
    ask: dict[str, Asker], world: World
) -> None:
    def act(who: str, deed: str, **body: Any) -> httpx.Response:
        return ask[who].ask("POST", f"/alerts/a1/{deed}", json=body)

    world.alert("a1", "anna")
    assert why(act("station", "arrive"), 409) == {"alert_untaken": {}}
    assert why(act("station", "join"), 409) == {"alert_untaken": {}}
    assert act("station", "accept").is_success
    for deed in ("accept", "reject", "on-the-way"):
        assert why(act("family", deed), 409) == {"taken": {"holder": "station"}}
    assert why(act("station", "join"), 409) == {"own_alert": {}}
    assert why(act("station", "hand-over", to="station"), 409) == {"hand_over_to_self": {}}
    assert why(act("station", "hand-over", to="neighbour"), 409) == {
        "hand_over_to_stranger": {"person": "neighbour"}
    }
    assert why(act("station", "on-the-way", minutes=0), 422) == {
        "fields_wrong": {"field": ["minutes"]}
    }
    unfit = act("station", "resolve", outcome="real", mistake="device")
    assert why(unfit, 422) == {"mistake_unfit": {}}
    assert act("station", "resolve", outcome="real").is_success
    assert why(act("family", "accept"), 409) == {"alert_over": {}}


REFUSED: list[tuple[str, str, str, dict[str, Any], int, Told]] = [
    ("family", "POST", "/silences",
     {"resident": "anna", "ends_at": iso(NOW + 3 * DAY), "reason": "Away"}, 422,
     {"span_long": {"days": 1}}),
    ("station", "POST", "/silences",
     {"team": "county", "ends_at": iso(NOW + DAY), "reason": "Work"}, 422,
     {"team_not_yours": {}}),
    ("station", "POST", "/silences",
     {"device": "bed-anna", "kinds": ["smoke"], "ends_at": iso(NOW + DAY), "reason": "Work"}, 422,
     {"never_silenced": {"kind": ["smoke"]}}),
    ("family", "PUT", "/me/channels",
     {"language": "zh",
      "items": [{"kind": "sms", "address": "+8613800000000", "priorities": ["low"]}]}, 422,
     {"no_channel_for_high": {}}),
    ("family", "PUT", "/me/quiet-hours",
     {"starts": "22:00", "ends": "22:00", "timezone": "Asia/Shanghai"}, 422,
     {"quiet_all_day": {}}),
    ("admin", "POST", "/users",
     {"username": "family", "password": "a long one", "role": "family", "residents": ["anna"]}, 409,
     {"username_taken": {"username": "family"}}),
    ("admin", "POST", "/users",
     {"username": "u", "password": "short", "role": "family"}, 422,
     {"fields_wrong": {"field": ["password"]}}),
    ("admin", "POST", "/teams", {"id": "county", "name": "Again", "level": "county"}, 409,
     {"team_taken": {"team": "county"}}),
    ("station", "POST", "/residents", {"id": "anna", "name": "Anna", "team": "village-a"}, 409,
     {"resident_taken": {"resident": "anna"}}),
    ("station", "POST", "/devices", {"id": "spare", "kind": "button", "team": "village-a"}, 409,
     {"device_taken": {"device": "spare"}}),
    ("station", "POST", "/devices/bed-anna/test", {}, 409, {"not_tested": {}}),
    ("station", "PUT", "/rotas/new",
     {"team": "village-a", "name": "Week", "timezone": "Asia/Shanghai",
      "shifts": [{"day": "monday", "starts": "08:00", "ends": "12:00", "people": ["vendor"]}]}, 422,
     {"shift_of_strangers": {"person": ["vendor"]}}),
    ("station", "POST", "/policies",
     {"team": "village-a", "priority": "high",
      "steps": [{"parties": ["person:nobody"], "hold_s": None}]}, 422,
     {"last_step": {}, "step_endless": {"step": 1},
      "step_person": {"step": 1, "person": "nobody"}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status", "told"),
    REFUSED,
    ids=[f"{path} {'+'.join(told)}" for _, _, path, _, _, told in REFUSED],
)
def test_what_people_set_up_is_refused_with_codes(
    ask: dict[str, Asker],
    who: str,
    method: str,
    path: str,
    body: dict[str, Any],
    status: int,
    told: Told,
) -> None:
    assert why(ask[who].ask(method, path, json=body), status) == told


def test_a_wrong_field_has_its_own_code(ask: dict[str, Asker]) -> None:
    wrong = {"id": "", "username": "u" * 65, "password": "short", "role": "family", "age": 5}
    problem = ask["admin"].ask("POST", "/users", json=wrong).json()
    told = {each["field"]: each["reasons"] for each in problem["errors"]}
    assert told["password"] == [{"code": "field_short", "values": {"least": 8}}]
    assert told["age"] == [{"code": "field_unknown", "values": {}}]


def test_who_cannot_log_in_is_told_why(client: TestClient, world: World) -> None:
    def log_in(username: str) -> httpx.Response:
        login = {"username": username, "password": "wrong"}
        return client.post("/api/v1/session", json=login)

    assert why(log_in("guessed"), 401) == {"login_wrong": {}}
    for _ in range(7):
        log_in("guessed")
    assert why(log_in("guessed"), 429) == {"login_wait": {"minutes": 10}}


def test_a_code_is_raised_with_all_that_its_sentence_tells() -> None:
    raised = dict(_raised())
    assert len(raised) > 60
    assert {code: names for code, names in raised.items() if names != _holes(code)} == {}


def test_no_code_is_never_raised() -> None:
    said = {
        node.value
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and path.name != "refusals.py"
    }
    assert SENTENCES.keys() - said == set()


def _raised() -> Iterator[tuple[str, set[str | None]]]:
    """Each code that is written at its place, with the names of the values it is given."""
    for tree in SOURCES.values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Name("refused"), [ast.Constant(str(code))], keywords):
                    yield code, {keyword.arg for keyword in keywords}


def _holes(code: str) -> set[str]:
    return set(re.findall(r"\{(\w+)(?:!r)?\}", SENTENCES[code]))
