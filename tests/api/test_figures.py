"""Figures over the API: as JSON, as a table and as a page, each of one's own area."""

import codecs
import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alerts.figures import FIGURES
from api.report import SHOWN
from domain.time import DAY, SECOND, to_datetime
from tests.api.conftest import NOW, Asker, World

ZONES = "update resident set timezone = 'Asia/Shanghai', created_at = '2026-01-01'"


@pytest.fixture
def county(world: World) -> World:
    """Anna's alert is answered after 30 s, Bert's has waited for an hour; Carl lives elsewhere."""
    world.connection.execute(ZONES)
    for alert, resident in (("a1", "anna"), ("b1", "bert"), ("c1", "carl"), ("o1", "anna")):
        world.alert(alert, resident, "sos" if alert != "o1" else "fall")
    _happened(world, "a1", NOW - 3600 * SECOND)
    _happened(world, "b1", NOW - 3600 * SECOND)
    _happened(world, "c1", NOW - 3600 * SECOND)
    _happened(world, "o1", NOW - 30 * DAY)
    world.change("a1", "accepted", NOW - 3570 * SECOND)
    return world


def _happened(world: World, alert: str, at: int) -> None:
    world.connection.execute(
        "update alert set raised_at = %s where id = %s", (to_datetime(at), alert)
    )


def _share(found: Any) -> tuple[Any, Any, Any]:
    return found["value"], found["numerator"], found["denominator"]


def test_the_centre_sees_its_county_and_each_part_of_it(
    ask: dict[str, Asker], county: World
) -> None:
    found = ask["centre"].get("/figures", team="town", period="2026-11", compare=True)
    assert (found["from"], found["timezone"]) == ("2026-10-31T16:00:00.000Z", "Asia/Shanghai")
    answered = found["figures"]["answered_60s"]
    assert _share(answered) == (1 / 2, 1, 2)
    assert (answered["target"], answered["met"], answered["too_few"]) == (0.975, None, True)
    assert (answered["unit"], answered["counted"], answered["of"]) == ("share", "alerts", "alerts")
    assert 0.09 < answered["low"] < 0.1
    assert found["before"]["period"] == "2026-10"
    assert (found["figures"]["alerts"]["value"], found["figures"]["alerts"]["before"]) == (2, 1)
    parts = {part["id"]: _share(part["figures"]["answered_60s"]) for part in found["by_team"]}
    assert parts == {"village-a": (1, 1, 1), "village-b": (0, 0, 1)}
    kinds = {part["id"]: part["figures"]["alerts"]["value"] for part in found["by_kind"]}
    assert kinds == {"sos": 2, "fall": 0}


def test_what_is_nobodys_own_is_not_counted(ask: dict[str, Asker], county: World) -> None:
    counts = {
        role: ask[role].get("/figures", period="2026-11")["figures"]["alerts"]["value"]
        for role in ("station", "centre", "admin")
    }
    assert counts == {"station": 1, "centre": 2, "admin": 3}
    parts = ask["admin"].get("/figures", period="2026-11")["by_team"]
    assert [part["id"] for part in parts if part["figures"]["alerts"]["value"]] == [
        "abroad", "county",
    ]  # fmt: skip


def test_an_hour_of_days_and_instants(ask: dict[str, Asker], county: World) -> None:
    def count(**asked: str) -> Any:
        return ask["admin"].get("/figures", **asked)["figures"]["alerts"]["value"]

    assert count(**{"from": "2026-11-21T07:30:00Z", "to": "2026-11-21T07:30:01Z"}) == 3
    assert count(**{"from": "2026-11-21", "to": "2026-11-22"}) == 3
    assert count(**{"from": "2026-10-01", "to": "2026-11-21"}) == 1
    assert count(**{"from": "2026-10-01", "kind": "sos"}) == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "2026-13"}, {"period": "last"}, {"from": "2026-11-02", "to": "2026-11-01"},
        {"from": "yesterday"}, {"from": "2026-11-21T07:30:00"}, {"to": "2026-11-01"},
        {"period": "2026", "from": "2026-11-01"}, {"kind": "fell"}, {"timezone": "Mars"},
        {"team": "nobody"},
    ],
)  # fmt: skip
def test_what_is_no_period_is_said_so(ask: dict[str, Asker], asked: dict[str, str]) -> None:
    answer = ask["admin"].ask("GET", "/figures", params=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_the_table_has_every_figure_of_every_part(ask: dict[str, Asker], county: World) -> None:
    asked = {"team": "town", "period": "2026-11"}
    answer = ask["centre"].ask("GET", "/figures/report.csv", params=asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(codecs.BOM_UTF8)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    whole = {row["figure"]: row for row in rows if not row["by"]}
    assert whole.keys() == FIGURES.keys()
    assert (whole["answered_60s"]["value"], whole["answered_60s"]["met"]) == ("0.5", "too few")
    assert (whole["alerts"]["value"], whole["alerts"]["before"]) == ("2", "1")
    assert whole["precision"]["value"] == ""
    sections = {(row["by"], row["part"]) for row in rows}
    assert {("team", "village-b"), ("kind", "sos"), ("priority", "high")} <= sections
    assert len(rows) == len(sections) * len(FIGURES)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Figures", "Answered within 60 s")), ("zh-CN", ("服务指标", "60 秒内应答"))],
)
def test_the_page_needs_no_script_and_names_no_resident(
    client: TestClient, ask: dict[str, Asker], county: World, language: str, words: tuple[str, ...]
) -> None:
    county.connection.execute("update team set name = '<Village> A' where id = 'village-a'")
    headers = {
        "Authorization": f"Bearer {ask['centre'].token}",
        "Accept-Language": language,
    }
    page = client.get(
        "/figures/report", params={"team": "town", "period": "2026-11"}, headers=headers
    )
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert "<script" not in page.text
    assert "&lt;Village&gt; A" in page.text
    assert "50.0 % (1 / 2)" in page.text
    assert not {"anna", "bert", "Anna", "Bert"} & set(page.text.replace("<", " ").split())
    for word in words:
        assert word in page.text
    outside = client.get("/figures/report", params={"team": "abroad"}, headers=headers)
    assert outside.status_code == 422
    assert client.get("/figures/report").status_code == 401


@pytest.mark.parametrize("role", ["family", "responder", "volunteer", "vendor"])
def test_figures_are_for_staff(client: TestClient, ask: dict[str, Asker], role: str) -> None:
    assert ask[role].ask("GET", "/figures").status_code == 403
    assert ask[role].ask("GET", "/figures/report.csv").status_code == 403
    headers = {"Authorization": f"Bearer {ask[role].token}"}
    assert client.get("/figures/report", headers=headers).status_code == 403


def test_what_is_shown_of_parts_is_a_figure() -> None:
    assert set(SHOWN) <= FIGURES.keys()
