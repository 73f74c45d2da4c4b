"""``carewatch figures`` prints what the API answers."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from carewatch.cli import app

WORLD = """
insert into team values ('town', 'Town', 'township', null);
insert into resident (id, name, team_id, timezone, created_at)
values ('anna', 'Anna', 'town', 'Asia/Shanghai', '2026-01-01');
insert into alert (id, subject, resident_id, team_id, kind, priority, latching, state, since,
                   raised_at, incident_id, responsible, resolved_at, outcome)
select 'a' || n, 'anna', 'anna', 'town', 'sos', 'high', true, 'resolved', at, at, 'a' || n,
       'family', at + n * interval '40 seconds', 'real'
from generate_series(1, 2) n, cast('2026-03-01T00:00+08:00' as timestamptz) at;
"""


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(WORLD)
    monkeypatch.setenv("CAREWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("CAREWATCH_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: _run(*arguments)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["figures", *arguments])


def test_a_month_in_words(run: Any) -> None:
    said = run("--team", "town", "--period", "2026-03").output
    assert "Figures: Town, 2026-03" in said
    assert "Answered within 60 s" in said
    assert "1 / 2" in said
    assert "too few to say" in said
    assert "Asia/Shanghai" in said
    assert "60 秒内应答" in run("--period", "2026-03", "--language", "zh").output


def test_the_same_for_programs(run: Any) -> None:
    found = json.loads(run("--period", "2026-H1", "--json").output)
    assert found["figures"]["answered_60s"]["value"] == 0.5
    assert found["before"]["period"] == "2025-H2"
    table = run("--period", "2026", "--csv").output.removeprefix("\N{BYTE ORDER MARK}")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["value"] for row in rows if row["figure"] == "alerts" and not row["by"]] == ["2"]


def test_what_cannot_be_counted_is_said_so(run: Any) -> None:
    for wrong in (("--period", "2026-13"), ("--team", "nobody")):
        failed = run(*wrong)
        assert failed.exit_code == 2
        assert wrong[1] in failed.output
