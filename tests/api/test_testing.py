"""The ledger of tests over the API: announced, recorded, due, overdue."""

from typing import Any

import pytest

from domain.time import DAY, MINUTE, ManualClock, iso, to_datetime
from tests.api.conftest import NOW, Asker, World


@pytest.fixture
def tested(ask: dict[str, Asker], world: World) -> World:
    """Anna has a button since ten days, and a fall detector since two; Bert has a button too."""
    for device, kind, resident, days in (
        ("button-anna", "button", "anna", 10), ("fall-anna", "fall", "anna", 2),
        ("button-bert", "button", "bert", 20),
    ):  # fmt: skip
        world.connection.execute(
            "insert into device (id, kind, model, resident_id, secret_hash, placed_at)"
            " values (%s, %s, 'press-1', %s, 'x', %s)",
            (device, kind, resident, to_datetime(NOW - days * DAY)),
        )
    return world


def record(world: World, device: str, days_ago: float, by: str | None = None) -> None:
    world.connection.execute(
        "insert into device_test (device, key, at, event, announced_by)"
        " select slot, %s, %s, %s, %s from device where id = %s",
        (str(days_ago), to_datetime(NOW - round(days_ago * DAY)),
         "button_pressed" if by else "button_test", by, device),
    )  # fmt: skip


def devices(asker: Asker, **params: Any) -> dict[str, Any]:
    return {item["device"]: item for item in asker.get("/tests", **params)["items"]}


def test_the_station_sees_what_is_due_and_who_tested_it(
    ask: dict[str, Asker], tested: World
) -> None:
    assert [*devices(ask["station"])] == ["button-anna", "fall-anna"]
    assert [*devices(ask["station"], overdue=True)] == ["button-anna"]
    assert [*devices(ask["centre"], team="village-b")] == ["button-bert"]
    assert [*devices(ask["centre"], resident="anna", overdue=False)] == ["fall-anna"]
    record(tested, "button-anna", 12)
    never = devices(ask["family"])["button-anna"]
    assert (never["tested_at"], never["overdue"]) == (None, True), "that was in another home"
    assert never["due_at"] == iso(NOW - 3 * DAY)
    record(tested, "button-anna", 3, by="family")
    after = devices(ask["station"])["button-anna"]
    assert (after["tested_at"], after["event"], after["announced_by"]) == (
        iso(NOW - 3 * DAY), "button_pressed", "family",
    )  # fmt: skip
    assert (after["due_at"], after["overdue"]) == (iso(NOW + 4 * DAY), False)


@pytest.mark.parametrize(
    ("path", "days"),
    [("/residents/anna", 30), ("/teams/town", 14), ("/teams/village-a", 3), ("/models/press-1", 5)],
)
def test_the_interval_is_the_residents_the_teams_or_the_models(
    ask: dict[str, Asker], tested: World, path: str, days: int
) -> None:
    body = {"thresholds": {"test_interval_days": days}}
    method, path = ("PUT", f"{path}/thresholds") if "models" in path else ("PATCH", path)
    assert ask["admin"].ask(method, path, json=body).status_code == 200
    assert devices(ask["station"])["button-anna"]["interval_days"] == days


def test_a_device_has_an_interval_of_its_own_or_none(ask: dict[str, Asker], tested: World) -> None:
    answer = ask["station"].ask("PATCH", "/devices/button-anna", json={"test_interval_days": 0})
    assert answer.json()["test_interval_days"] == 0
    never = devices(ask["station"])["button-anna"]
    assert (never["due_at"], never["overdue"]) == (None, False)


def test_a_test_is_announced_for_some_minutes(
    ask: dict[str, Asker], tested: World, clock: ManualClock
) -> None:
    path = "/devices/button-anna/test"
    answer = ask["family"].ask("POST", path)
    assert (answer.status_code, answer.json()["announced_until"]) == (201, iso(NOW + 5 * MINUTE))
    assert ask["family"].ask("POST", path, json={"minutes": 16}).status_code == 422
    clock.advance(5 * MINUTE)
    assert devices(ask["family"])["button-anna"]["announced_until"] is None
    assert ask["neighbour"].ask("POST", path).status_code == 404
    assert ask["station"].ask("POST", "/devices/bed-anna/test").status_code == 409
    assert ask["station"].ask("POST", "/devices/spare/test").status_code == 409
    (line,) = tested.connection.execute(
        "select who, residents from audit where action = 'announce_test'"
    ).fetchall()
    assert line == ("family", ["anna"])


def test_a_device_is_placed_since_it_came_to_its_resident(ask: dict[str, Asker]) -> None:
    station = ask["station"]
    assert station.get("/devices/spare")["placed_at"] is None
    placed = station.ask("PATCH", "/devices/spare", json={"resident": "anna"}).json()["placed_at"]
    assert placed is not None
    moved = station.ask("PATCH", "/devices/spare", json={"place": "hall"}).json()["placed_at"]
    assert moved == placed
    taken = station.ask("PATCH", "/devices/spare", json={"resident": None, "team": "village-a"})
    assert taken.json()["placed_at"] is None
