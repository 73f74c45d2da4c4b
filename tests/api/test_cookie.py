"""The console's login: a cookie that no script can read and no other site can use."""

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg_pool import ConnectionPool

from api import accounts
from api.app import create_app
from api.cookie import PROOF
from domain.time import DAY, HOUR, SECOND, ManualClock
from tests.api.conftest import NOW, World

LOGIN = {"username": "rosa", "password": "correct horse battery"}
OURS = {PROOF: "1"}


@pytest.fixture(autouse=True)
def rosa(world: World) -> None:
    accounts.add(
        world.connection, LOGIN["username"], LOGIN["password"], "family", NOW, residents=["anna"]
    )


def _log_in(browser: TestClient) -> str:
    """Log in as our page does; what the browser is told to keep."""
    answer = browser.post("/api/v1/session/cookie", json=LOGIN, headers=OURS)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"expires_at": "2026-11-21T20:30:00.000Z"}
    return answer.headers["set-cookie"]


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    kept = _log_in(client)
    assert kept.startswith("carewatch=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(kept.split("; "))
    assert "Domain" not in kept
    assert client.get("/api/v1/me").json()["username"] == "rosa"


def test_over_tls_it_belongs_to_this_host_alone(app: FastAPI) -> None:
    browser = TestClient(app, base_url="https://testserver")
    kept = _log_in(browser)
    assert kept.startswith("__Host-carewatch=")
    assert "Secure" in kept
    assert browser.get("/api/v1/me").status_code == 200


def test_over_tls_a_cookie_that_another_host_could_have_set_is_not_ours(
    app: FastAPI, world: World
) -> None:
    browser = TestClient(app, base_url="https://testserver")
    browser.cookies.set("carewatch", world.log_in("family"))
    assert browser.get("/api/v1/me").status_code == 401


def test_another_page_changes_nothing_and_logs_nobody_in(client: TestClient, world: World) -> None:
    world.alert("a1", "anna")
    assert client.post("/api/v1/session/cookie", json=LOGIN).status_code == 403
    _log_in(client)
    refused = client.post("/api/v1/alerts/a1/accept", json={})
    assert refused.status_code == 403
    assert PROOF in refused.json()["detail"]
    assert client.post("/api/v1/alerts/a1/accept", json={}, headers=OURS).status_code == 200


def test_a_token_in_the_header_needs_no_more_than_it_did(client: TestClient, world: World) -> None:
    world.alert("a1", "anna")
    _log_in(client)
    bearer = {"Authorization": f"Bearer {world.log_in('station')}"}
    taken = client.post("/api/v1/alerts/a1/accept", json={}, headers=bearer)
    assert taken.json()["accepted_by"] == "station"


def test_logging_out_ends_the_session_and_takes_the_cookie_back(client: TestClient) -> None:
    token = _log_in(client).removeprefix("carewatch=").partition(";")[0]
    assert client.delete("/api/v1/session", headers=OURS).status_code == 204
    assert "carewatch" not in client.cookies
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_a_login_by_cookie_lasts_as_long_as_any(client: TestClient, clock: ManualClock) -> None:
    assert "Max-Age=43200" in _log_in(client)
    clock.advance(12 * HOUR)
    assert client.get("/api/v1/me").status_code == 401


# -- a device that stays logged in -------------------------------------------------------------


@pytest.fixture
def phone(pool: ConnectionPool[psycopg.Connection], clock: ManualClock) -> TestClient:
    """A browser at a carewatch that lets devices stay logged in for 30 days."""
    return TestClient(create_app(pool, clock, stay=30 * DAY))


def _stay(browser: TestClient, username: str = "rosa") -> str:
    body = LOGIN | {"username": username, "stay": True}
    answer = browser.post("/api/v1/session/cookie", json=body, headers=OURS)
    assert answer.status_code == 200, answer.text
    return answer.headers["set-cookie"]


def test_a_device_that_stays_logged_in_begins_its_days_anew_with_each_day_of_use(
    phone: TestClient, clock: ManualClock
) -> None:
    assert phone.get("/api/v1/session/stay").json() == {"days": 30}
    assert f"Max-Age={30 * DAY // SECOND}" in _stay(phone)
    clock.advance(HOUR)
    assert "set-cookie" not in phone.get("/api/v1/me").headers, "once a day is enough"
    clock.advance(29 * DAY)
    assert f"Max-Age={30 * DAY // SECOND}" in phone.get("/api/v1/me").headers["set-cookie"]
    clock.advance(30 * DAY - 1)
    answer = phone.get("/api/v1/alerts")
    assert answer.status_code == 200
    clock.advance(1)
    assert phone.get("/api/v1/me").status_code == 401


def test_logging_out_or_a_new_password_ends_it_at_once(phone: TestClient, world: World) -> None:
    _stay(phone)
    assert phone.delete("/api/v1/session", headers=OURS).status_code == 204
    assert phone.get("/api/v1/me").status_code == 401
    _stay(phone)
    accounts.set_password(world.connection, "rosa", "another one")
    assert phone.get("/api/v1/me").status_code == 401


def test_a_vendor_does_not_stay_and_nobody_where_it_is_off(
    phone: TestClient, client: TestClient, world: World
) -> None:
    accounts.add(world.connection, "acme-1", LOGIN["password"], "vendor", NOW, vendor="acme")
    assert "Max-Age=43200" in _stay(phone, "acme-1")
    assert client.get("/api/v1/session/stay").json() == {"days": 0}
    assert "Max-Age=43200" in _stay(client)
