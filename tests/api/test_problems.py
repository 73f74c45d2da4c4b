"""Every refusal is a problem with a sentence that helps."""

from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import MOST_BYTES
from tests.api.conftest import Asker, World

REFUSED: list[tuple[int, str, str, dict[str, Any]]] = [
    (404, "GET", "/nowhere", {}),
    (404, "GET", "/api/v1/nowhere", {}),
    (405, "PUT", "/api/v1/alerts", {}),
    (401, "GET", "/api/v1/alerts", {}),
    (422, "POST", "/api/v1/session", {"json": {}}),
    (422, "POST", "/api/v1/session", {"content": b"{"}),
    (422, "POST", "/api/v1/session", {"content": b"\xff"}),
    (422, "POST", "/api/v1/session", {"json": {"username": "a\0", "password": "x"}}),
    (413, "POST", "/api/v1/session", {"content": b"x" * (MOST_BYTES + 1)}),
    (413, "POST", "/api/v1/session", {"content": iter([b"x" * MOST_BYTES, b"x"])}),
    (404, "GET", "/console/../../pyproject.toml", {}),
    (404, "GET", "/console/%2e%2e/app.py", {}),
]


def test_errors_are_problems(client: TestClient, world: World, subtests: pytest.Subtests) -> None:
    for status, method, path, how in REFUSED:
        with subtests.test(f"{method} {path} {status}"):
            answer = client.request(method, path, **how)
            assert answer.status_code == status
            assert answer.headers["Content-Type"] == "application/problem+json"
            problem = answer.json()
            assert problem["status"] == status
            assert problem["title"]
            assert len(problem["detail"]) > 20


def test_a_password_is_not_repeated(client: TestClient, world: World) -> None:
    answer = client.post("/api/v1/session", json={"username": 5, "password": ["hunter2"]})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_a_bug_is_logged_by_its_place_and_not_by_its_values(
    app: FastAPI, client: TestClient
) -> None:
    def broken() -> None:
        raise RuntimeError("heart rate of Anna: 171")

    app.router.routes.insert(0, app.router.route_class("/broken", broken))
    with structlog.testing.capture_logs() as logs:
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert "Anna" not in answer.text
    assert logs[0]["error"] == "RuntimeError"
    assert "test_problems.py" in logs[0]["where"]
    assert "Anna" not in str(logs)


def test_answers_protect_their_reader(client: TestClient, ask: dict[str, Asker]) -> None:
    page = client.get("/")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert ask["family"].ask("GET", "/residents").headers["Cache-Control"] == "no-store"
