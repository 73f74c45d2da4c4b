"""Who read or changed what about whom: a line for everything, which nobody can alter."""

from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from tests.api.conftest import Asker, World

READS = [
    ("list_residents", "/residents"), ("get_resident", "/residents/anna"),
    ("get_circle", "/residents/anna/circle"), ("list_homes", "/homes"),
    ("get_home", "/homes/home-anna"), ("resident_events", "/residents/anna/events"),
    ("resident_samples", "/residents/anna/samples?quantity=spo2"), ("list_alerts", "/alerts"),
    ("get_alert", "/alerts/alert-anna"), ("get_alert_signal", "/alerts/alert-anna/signal"),
    ("resident_nights", "/residents/anna/nights"),
    ("list_absences", "/residents/anna/absences"),
    ("list_latest", "/latest"), ("list_devices", "/devices"), ("get_device", "/devices/bed-anna"),
]  # fmt: skip
SILENCE = {"resident": "anna", "ends_at": "2026-11-22T08:00Z", "reason": "known"}
CHANGES: list[tuple[str, str, str, dict[str, Any], list[str]]] = [
    ("change_resident", "PATCH", "/residents/anna", {"risks": "falls"}, ["risks"]),
    ("set_circle", "PUT", "/residents/anna/circle", {"items": []}, ["circle"]),
    ("change_home", "PATCH", "/homes/home-anna", {"floor": "1", "notes": ""}, ["floor", "notes"]),
    ("change_device", "PATCH", "/devices/bed-anna", {"place": "bedroom"}, ["place"]),
    ("rotate_device", "POST", "/devices/bed-anna/rotate", {}, ["secret"]),
    ("send_command", "POST", "/devices/bed-anna/commands", {"command": "test"}, ["test"]),
    ("create_silence", "POST", "/silences", SILENCE, ["ends_at", "reason", "resident"]),
    ("end_silence", "DELETE", "/silences/1", {}, []),
    ("create_absence", "POST", "/residents/anna/absences", {"cause": "holiday"}, ["cause"]),
    ("change_absence", "PATCH", "/residents/anna/absences/1", {"note": "far"}, ["note"]),
    ("end_absence", "DELETE", "/residents/anna/absences/1", {}, []),
    ("alert_accepted", "POST", "/alerts/alert-anna/accept", {}, []),
]


def lines(world: World) -> list[tuple[Any, ...]]:
    return world.connection.execute(
        "select who, action, changed, residents, fields from audit order by id"
    ).fetchall()


def test_every_read_leaves_a_line(ask: dict[str, Asker], world: World) -> None:
    world.alert("alert-anna", "anna")
    for _, path in READS:
        assert ask["station"].ask("GET", path).is_success, path
    assert lines(world) == [("station", action, False, ["anna"], []) for action, _ in READS]


def test_who_is_shown_the_same_again_by_an_open_page_has_looked_once(
    ask: dict[str, Asker], world: World
) -> None:
    for _ in range(3):
        ask["family"].get("/residents/anna")
        ask["station"].get("/residents/anna")
    assert [who for who, *_ in lines(world)] == ["family", "station"]
    world.connection.execute("alter table audit disable trigger audit_stays")
    world.connection.execute("update audit set at = at - interval '10 minutes'")
    world.connection.execute("alter table audit enable trigger audit_stays")
    ask["station"].get("/residents/anna")
    assert [who for who, *_ in lines(world)] == ["family", "station", "station"]
    for _ in range(2):
        assert ask["station"].ask("PATCH", "/residents/anna", json={"risks": "falls"}).is_success
    assert len(lines(world)) == 5, "each change is one"


def test_every_change_leaves_a_line_with_its_fields_and_no_values(
    ask: dict[str, Asker], world: World
) -> None:
    world.alert("alert-anna", "anna")
    for _, method, path, body, _ in CHANGES:
        answer = ask["station"].ask(method, path, json=body)
        assert answer.is_success, answer.text
    assert lines(world) == [
        ("station", action, True, ["anna"], fields) for action, _, _, _, fields in CHANGES
    ]
    whole = str(world.connection.execute("select * from audit").fetchall())
    assert "falls" not in whole
    assert "bedroom" not in whole


def test_what_was_refused_leaves_none(ask: dict[str, Asker], world: World) -> None:
    assert ask["family"].ask("GET", "/residents/carl").status_code == 404
    assert ask["station"].ask("PATCH", "/residents/anna", json={"home": "no"}).status_code == 422
    assert lines(world) == []


def test_a_line_tells_from_where(ask: dict[str, Asker], world: World) -> None:
    ask["family"].get("/residents/anna")
    ask["neighbour"].get("/residents/bert")
    told = ask["admin"].get("/audit")["items"]
    assert [line["who"] for line in told] == ["neighbour", "family"]
    assert {line["address"] for line in told} == {"testclient"}
    assert len({line["session"] for line in told}) == 2
    assert all(len(line["session"]) == 12 for line in told)


def test_a_centre_reads_the_lines_about_its_own(ask: dict[str, Asker], world: World) -> None:
    ask["admin"].get("/residents")
    ask["admin"].get("/residents/carl")
    ask["family"].get("/residents/anna")
    told = ask["centre"].get("/audit")["items"]
    assert [(line["who"], line["residents"]) for line in told] == [
        ("family", ["anna"]), ("admin", ["anna", "bert"]),
    ]  # fmt: skip
    assert ask["centre"].get("/audit", resident="carl")["items"] == []
    anna = ask["centre"].get("/audit", resident="anna", who="family")["items"]
    assert [line["action"] for line in anna] == ["get_resident"]
    about = ask["admin"].get("/audit", resident="carl")["items"]
    assert {line["who"] for line in about} == {"admin", "centre"}, "looking into it leaves a line"


def test_lines_come_in_pages_and_by_time(ask: dict[str, Asker], world: World) -> None:
    for path in ("", "/anna", "/anna/circle", "/anna/events", "/anna/nights"):
        ask["family"].get(f"/residents{path}")
    first = ask["admin"].get("/audit", who="family", limit=3)
    rest = ask["admin"].get("/audit", who="family", limit=3, cursor=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)
    at = first["items"][0]["at"]
    assert ask["admin"].get("/audit", who="family", to="2020-01-01T00:00:00Z")["items"] == []
    assert ask["admin"].ask("GET", "/audit", params={"from": at}).is_success


def test_nobody_alters_a_line(ask: dict[str, Asker], world: World) -> None:
    ask["family"].get("/residents/anna")
    for statement in ("update audit set who = 'x'", "delete from audit", "truncate audit"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only added to"):
            world.connection.execute(statement)


def test_a_database_that_takes_nothing_still_shows_the_way_in(
    pool: ConnectionPool[psycopg.Connection], ask: dict[str, Asker]
) -> None:
    """The line is in the log then; a responder before a locked door does not wait for a disk."""
    connections = [pool.getconn() for _ in range(pool.max_size)]
    for connection in connections:
        connection.execute("set default_transaction_read_only = on")
        connection.commit()
        pool.putconn(connection)
    assert ask["station"].get("/homes/home-anna")["key_box_code"] == "0417"
    answer = ask["station"].ask("PATCH", "/homes/home-anna", json={"floor": "1"})
    assert answer.status_code >= 500
