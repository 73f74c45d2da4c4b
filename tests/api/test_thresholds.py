"""Own values in place of detectors' defaults: set by people, and what the detectors are told."""

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from gateway.directory import load_directory
from tests.api.conftest import Asker, World

OWNERS = [
    ("PATCH", "/residents/anna", "/residents/anna"),
    ("PATCH", "/teams/village-a", "/teams/village-a"),
    ("PUT", "/models/mat-2/thresholds", "/models/mat-2/thresholds"),
]


def _told(connection: psycopg.Connection) -> dict[str, Mapping[str, float]]:
    """What the pump hands to the detectors, by resident."""
    return {each.id: each.thresholds for each in load_directory(connection).subjects()}


@pytest.mark.parametrize(("method", "path", "shown"), OWNERS)
def test_it_is_set_shown_changed_and_taken_away(
    ask: dict[str, Asker], method: str, path: str, shown: str
) -> None:
    admin = ask["admin"]
    assert admin.get(shown)["thresholds"] == {}
    for said in ({"spo2_low": 88, "battery_low": 5}, {"spo2_low": 90.5, "battery_low": None}):
        answer = admin.ask(method, path, json={"thresholds": said})
        assert answer.status_code == 200, answer.text
        wanted = {name: value for name, value in said.items() if value is not None}
        assert answer.json()["thresholds"] == admin.get(shown)["thresholds"] == wanted


def test_what_is_left_out_stays_but_for_a_model(ask: dict[str, Asker]) -> None:
    for method, path, shown in OWNERS:
        for said in ({"spo2_low": 88}, {"battery_low": 5}):
            assert ask["admin"].ask(method, path, json={"thresholds": said}).is_success
        kept = {"battery_low": 5} if method == "PUT" else {"spo2_low": 88, "battery_low": 5}
        assert ask["admin"].get(shown)["thresholds"] == kept
    renamed = ask["station"].ask("PATCH", "/residents/anna", json={"name": "Anna B"}).json()
    assert renamed["thresholds"] == {"spo2_low": 88, "battery_low": 5}


def test_a_new_resident_and_a_new_team_may_bring_theirs(ask: dict[str, Asker]) -> None:
    own = {"thresholds": {"bed_exit_long": 45, "spo2_low": None}}
    team = {"id": "c", "name": "C", "level": "county"}
    for path, body in (("/teams", team), ("/residents", {"id": "dora", "name": "Dora"})):
        made = ask["admin"].ask("POST", path, json=body | own)
        assert made.status_code == 201
        assert made.json()["thresholds"] == {"bed_exit_long": 45}


def test_the_detectors_are_told_the_nearest_and_of_every_change(
    ask: dict[str, Asker], world: World
) -> None:
    version = load_directory(world.connection).version
    steps: list[tuple[str, str, dict[str, Any], float | None]] = [
        ("PUT", "/models/mat%201%2Fa/thresholds", {"spo2_low": 86}, 86),
        ("PATCH", "/teams/town", {"spo2_low": 87}, 87),
        ("PATCH", "/residents/anna", {"spo2_low": 88}, 88),
        ("PATCH", "/residents/anna", {"spo2_low": None}, 87),
        ("PATCH", "/teams/town", {"spo2_low": None}, 86),
        ("PUT", "/models/mat%201%2Fa/thresholds", {}, None),
    ]
    for method, path, said, wanted in steps:
        assert ask["admin"].ask(method, path, json={"thresholds": said}).is_success
        assert _told(world.connection)["anna"].get("spo2_low") == wanted
        assert _told(world.connection)["carl"] == {}
        newer = load_directory(world.connection).version
        assert newer > version
        version = newer


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"sp02_low": 88}, "'spo2_low'"),
        ({"heart_rate": 110}, "'heart_rate_"),
        ({"": 1}, "nearest name"),
        ({"spo2_low": "low"}, "spo2_low"),
        ({"spo2_low": 1e300}, "spo2_low"),
    ],
)
def test_what_no_detector_looks_for_is_refused_with_the_nearest_name(
    ask: dict[str, Asker], said: dict[str, Any], named: str
) -> None:
    for method, path, shown in OWNERS:
        answer = ask["admin"].ask(method, path, json={"thresholds": {"battery_low": 5} | said})
        assert answer.status_code == 422
        assert named in answer.json()["detail"]
        assert ask["admin"].get(shown)["thresholds"] == {}, "nothing of it is kept"


def test_a_model_that_no_device_has_is_not_there(ask: dict[str, Asker]) -> None:
    answer = ask["admin"].ask("PUT", "/models/mat-9/thresholds", json={"thresholds": {}})
    assert answer.status_code == 404
    assert "model 'mat-9'" in answer.json()["detail"]
