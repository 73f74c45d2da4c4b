"""The console's login: a cookie that no script can read and no other site can use."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import accounts
from api.cookie import PROOF
from domain.time import HOUR, ManualClock
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
