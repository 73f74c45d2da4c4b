"""Logging in: passwords, tokens, and how long they last."""

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg_pool import ConnectionPool

from api import accounts
from api.throttle import PER_ADDRESS, PER_NAME, PER_PAIR, REMEMBERED, WINDOW, Throttle
from domain.errors import CarewatchError
from domain.time import HOUR, MINUTE, SECOND, ManualClock
from tests.api.conftest import NOW, Asker, World

PASSWORD = "correct horse battery"


@pytest.fixture
def rosa(world: World) -> str:
    """An account with a password of its own."""
    accounts.add(world.connection, "rosa", PASSWORD, "family", NOW, residents=["anna"])
    return "rosa"


def _log_in(client: TestClient, username: str, password: str = PASSWORD) -> tuple[int, dict]:
    answer = client.post("/api/v1/session", json={"username": username, "password": password})
    return answer.status_code, answer.json()


def test_a_login_lasts_twelve_hours(client: TestClient, rosa: str, clock: ManualClock) -> None:
    status, session = _log_in(client, rosa)
    assert status == 200
    assert session["expires_at"] == "2026-11-21T20:30:00.000Z"
    asker = Asker(client, session["token"])
    assert asker.get("/me")["residents"] == ["anna"]
    clock.advance(12 * HOUR - 1)
    assert asker.ask("GET", "/me").status_code == 200
    clock.advance(1)
    assert asker.ask("GET", "/me").status_code == 401


def test_logging_out_ends_this_login_only(client: TestClient, rosa: str) -> None:
    here, there = (Asker(client, _log_in(client, rosa)[1]["token"]) for _ in range(2))
    assert here.ask("DELETE", "/session").status_code == 204
    assert here.ask("GET", "/me").status_code == 401
    assert there.ask("GET", "/me").status_code == 200


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(
    client: TestClient, rosa: str
) -> None:
    assert _log_in(client, rosa, "wrong") == _log_in(client, "nobody", "wrong")
    assert _log_in(client, rosa, "wrong")[0] == 401


def test_the_database_holds_neither_password_nor_token(
    client: TestClient, rosa: str, connection: psycopg.Connection
) -> None:
    token = _log_in(client, rosa)[1]["token"]
    rows = connection.execute(
        "select a::text, s::text from account a join session s on s.account_id = a.id"
        " where username = 'rosa'"
    ).fetchall()
    assert rows
    assert PASSWORD not in str(rows)
    assert token not in str(rows)
    assert "argon2id" in str(rows)


def test_a_new_password_or_a_disabled_account_ends_every_login(
    client: TestClient, rosa: str, ask: dict[str, Asker]
) -> None:
    before = Asker(client, _log_in(client, rosa)[1]["token"])
    user = before.get("/me")["id"]
    changed = ask["admin"].ask("PATCH", f"/users/{user}", json={"password": "another one"})
    assert changed.status_code == 200
    assert before.ask("GET", "/me").status_code == 401
    assert _log_in(client, rosa)[0] == 401
    after = Asker(client, _log_in(client, rosa, "another one")[1]["token"])
    assert ask["admin"].ask("PATCH", f"/users/{user}", json={"disabled": True}).is_success
    assert after.ask("GET", "/me").status_code == 401
    assert _log_in(client, rosa, "another one")[0] == 401


def test_guessing_is_slowed_down(client: TestClient, rosa: str, clock: ManualClock) -> None:
    for _ in range(PER_PAIR):
        assert _log_in(client, rosa, "wrong")[0] == 401
    answer = client.post("/api/v1/session", json={"username": rosa, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == WINDOW // SECOND
    clock.advance(WINDOW)
    assert _log_in(client, rosa)[0] == 200


def test_throttle_counts_by_pair_by_address_and_by_name() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS):
        throttle.failed(f"user-{number}", "here", NOW)
    assert throttle.wait_s("anybody", "here", NOW) == 600
    assert throttle.wait_s("anybody", "elsewhere", NOW) == 0
    for number in range(PER_NAME):
        throttle.failed("rosa", f"address-{number}", NOW + MINUTE)
    assert throttle.wait_s("rosa", "a new address", NOW + MINUTE) == 600
    assert throttle.wait_s("anybody", "here", NOW + WINDOW) == 0


def test_throttle_remembers_a_bounded_number() -> None:
    throttle = Throttle()
    for number in range(REMEMBERED):
        throttle.failed(f"user-{number}", f"address-{number}", NOW)
    assert len(throttle._failures) == REMEMBERED


@pytest.mark.parametrize(
    ("role", "own"),
    [
        ("station", {}),
        ("vendor", {}),
        ("family", {"residents": ["nobody"]}),
        ("vendor", {"vendor": "acme", "residents": ["anna"]}),
        ("centre", {"team": "atlantis"}),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_with_the_reason(
    world: World, role: accounts.Role, own: dict
) -> None:
    with pytest.raises(CarewatchError, match=r"\.$|give|create"):
        accounts.add(world.connection, "x", PASSWORD, role, NOW, **own)


def test_passwords_are_checked_without_holding_a_connection(
    pool: ConnectionPool[psycopg.Connection], client: TestClient, rosa: str
) -> None:
    assert _log_in(client, rosa)[0] == 200
    assert pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"]
