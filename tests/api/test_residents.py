"""Residents, their samples thinned to a chart, and their events."""

import base64
from datetime import timedelta
from typing import Any

import numpy as np

from domain.time import SECOND, to_datetime
from tests.api.conftest import NOW, Asker, World


def test_a_resident_is_created_read_and_changed(ask: dict[str, Asker]) -> None:
    body = {
        "id": "dora", "name": "Dora", "team": "village-a", "timezone": "Asia/Shanghai",
        "contacts": [{"name": "Rosa", "phone": "+86 10", "relation": "daughter"}],
    }  # fmt: skip
    rosa = {"name": "Rosa", "phones": ["+86 10"], "relation": "daughter", "holds_key": False}
    made = ask["station"].ask("POST", "/residents", json=body)
    assert made.status_code == 201
    assert ask["station"].get("/residents/dora")["contacts"] == [rosa | {"note": None}]
    changed = ask["station"].ask("PATCH", "/residents/dora", json={"risks": "falls"}).json()
    assert (changed["risks"], changed["name"]) == ("falls", "Dora")
    assert changed["phone"] is None
    phoned = ask["station"].ask("PATCH", "/residents/dora", json={"phone": "0371 654321"}).json()
    assert phoned["phone"] == ask["station"].get("/residents/dora")["phone"] == "0371 654321"
    assert ask["station"].ask("POST", "/residents", json=body).status_code == 409


def test_without_an_id_one_is_made(ask: dict[str, Asker]) -> None:
    made = ask["admin"].ask("POST", "/residents", json={"name": "Emil"}).json()
    assert ask["admin"].get(f"/residents/{made['id']}")["name"] == "Emil"


def test_a_wrong_field_is_named(ask: dict[str, Asker]) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": "X", "timezone": "Mars/Olympus"}, "timezone"),
        ({"name": "X", "nmae": "X"}, "nmae"),
        ({"name": "X", "id": "a b"}, "id"),
        ({}, "name"),
        ({"name": "a\0b"}, "character"),
    ]
    for body, named in wrong:
        answer = ask["admin"].ask("POST", "/residents", json=body)
        assert answer.status_code == 422
        assert named in answer.json()["detail"]


def test_samples_of_a_quantity_in_order(ask: dict[str, Asker], world: World) -> None:
    world.sample("bed-anna", 2, heart_rate=61.0, respiration_rate=14.5)
    world.sample("bed-anna", 1, heart_rate=None, respiration_rate=14.1)
    world.sample("bed-anna", 25 * 60, heart_rate=50.0)
    found = ask["family"].get("/residents/anna/samples", quantity="heart_rate")
    assert found == {
        "quantity": "heart_rate", "unit": "1/min", "points": [[NOW // 1000 - 120_000, 61.0]],
        "level": "raw", "low": None, "high": None,
    }  # fmt: skip
    breath = ask["family"].get("/residents/anna/samples", quantity="respiration_rate")
    assert [value for _, value in breath["points"]] == [14.5, 14.1]


def test_true_and_false_are_one_and_zero(ask: dict[str, Asker], world: World) -> None:
    world.sample("bed-anna", 2, in_bed=True)
    world.sample("bed-anna", 1, in_bed=False)
    found = ask["family"].get("/residents/anna/samples", quantity="in_bed")
    assert [value for _, value in found["points"]] == [1, 0]


def test_rare_quantities_come_from_their_own_table(ask: dict[str, Asker], world: World) -> None:
    world.connection.execute(
        "insert into measurement select d.slot, r.slot, %s, %s, 'weight', 61.5"
        " from device d join resident r on r.id = d.resident_id where d.id = 'bed-anna'",
        (to_datetime(NOW - SECOND), to_datetime(NOW)),
    )
    found = ask["family"].get("/residents/anna/samples", quantity="weight")
    assert found["points"] == [[NOW // 1000 - 1000, 61.5]]


def test_thinning_keeps_every_peak_and_the_span(ask: dict[str, Asker], world: World) -> None:
    """A day at one sample in 10 s, with one beat that matters."""
    count = 8640
    rates = 60 + 5 * np.sin(np.arange(count) / 300)
    rates[5000], rates[7000] = 171.0, 31.0
    slots = world.connection.execute(
        "select d.slot, r.slot from device d, resident r where d.id = 'bed-anna' and r.id = 'anna'"
    ).fetchone()
    begin = to_datetime(NOW) - timedelta(days=1)
    with world.connection.cursor().copy(
        "copy sample (device, subject, measured_at, received_at, heart_rate) from stdin"
    ) as copy:
        for place, rate in enumerate(rates):
            at = begin + timedelta(seconds=10 * place)
            copy.write_row((*slots, at, at, float(rate)))
    found = ask["family"].get("/residents/anna/samples", quantity="heart_rate", points=200)
    times, values = zip(*found["points"], strict=True)
    assert 100 <= len(values) <= 200
    assert (max(values), min(values)) == (171.0, 31.0)
    assert times[values.index(171.0)] == NOW // 1000 - 86_400_000 + 50_000_000
    assert list(times) == sorted(set(times))
    assert times[-1] - times[0] > 86_400_000 * 0.98


def test_a_question_that_makes_no_sense_is_refused(ask: dict[str, Asker]) -> None:
    for params in (
        {"quantity": "happiness"},
        {"quantity": "spo2", "points": 1},
        {"quantity": "spo2", "from": "2026-11-21T08:00:00"},
        {"quantity": "spo2", "from": "2026-11-21T08:00:00Z", "to": "2026-11-21T07:00:00Z"},
        {"quantity": "spo2", "to": "0001-01-01T00:00:00+14:00"},
        {"quantity": "spo2", "to": "0001-01-01T00:00:00Z"},
        {},
    ):
        answer = ask["family"].ask("GET", "/residents/anna/samples", params=params)
        assert answer.status_code == 422, params
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_events_come_in_pages_the_latest_first(ask: dict[str, Asker], world: World) -> None:
    for minutes in range(7):
        world.event("bed-anna", minutes, "bed_exit" if minutes % 2 else "bed_entry")
    world.event("bed-bert", 0, "motion")
    seen, cursor = [], {}
    while True:
        page = ask["family"].get(
            "/residents/anna/events", limit=3, to="2026-11-21T09:00:00Z", **cursor
        )
        seen += [item["at"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


def test_events_of_one_kind(ask: dict[str, Asker], world: World) -> None:
    for minutes in range(4):
        world.event("bed-anna", minutes, "bed_exit" if minutes % 2 else "bed_entry")
    page = ask["family"].get("/residents/anna/events", event="bed_exit", to="2026-11-21T09:00:00Z")
    assert [item["event"] for item in page["items"]] == ["bed_exit", "bed_exit"]


def test_a_strange_cursor_is_refused(ask: dict[str, Asker]) -> None:
    for path in ("/residents", "/alerts", "/devices", "/residents/anna/events", "/quarantine"):
        for place in (b"nonsense", b"[1]", b"null", b"[]", b"{}", b'[1e400, "x"]', b"\xff\xff"):
            for cursor in (place.decode("latin-1"), base64.urlsafe_b64encode(place).decode()):
                answer = ask["admin"].ask("GET", path, params={"cursor": cursor})
                fits = path == "/quarantine" and place == b"[1]" and cursor != "[1]"
                assert answer.status_code == (200 if fits else 422), (path, cursor)


def test_lists_are_walked_page_by_page(ask: dict[str, Asker]) -> None:
    for path, key in (("/residents", "id"), ("/devices", "id"), ("/users", "username")):
        whole = [item[key] for item in ask["admin"].get(path)["items"]]
        walked, cursor = [], {}
        while True:
            page = ask["admin"].get(path, limit=2, **cursor)
            walked += [item[key] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert walked == whole
        assert len(walked) > 2
