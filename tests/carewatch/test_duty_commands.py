"""``carewatch duty`` and ``carewatch policy`` on a database with a station and a rota."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from carewatch.cli import app

PEOPLE = """
insert into team values
    ('county', 'County', 'county', null), ('town', 'Town', 'township', 'county');
insert into resident (id, name, team_id, timezone)
values ('anna', 'Anna', 'town', 'Asia/Shanghai');
insert into account (id, username, name, password_hash, role, team_id) values
    ('1', 'wang', 'Wang', '', 'station', 'town'), ('2', 'centre', 'Centre', '', 'centre', 'county');
insert into rota (id, team_id, name, timezone, shifts, changed_by, changed_at)
select 'town-1', 'town', 'Days', 'Asia/Shanghai', jsonb_agg(jsonb_build_object(
           'day', day, 'starts', '06:00', 'ends', '22:00', 'people', array['wang'])), 'x', now()
from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday',
                  'sunday']) day;
"""


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(PEOPLE)
    monkeypatch.setenv("CAREWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("CAREWATCH_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: _run(*arguments)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_who_is_on_duty_now(run: Any) -> None:
    said = run("duty", "now", "--at", "2026-11-21T12:00+08:00", "--team", "town").output
    assert "Wang" in said
    assert "2026-11-21T14:00:00.000Z" in said
    found = json.loads(run("duty", "now", "--at", "2026-11-21T03:00+08:00", "--json").output)
    town = next(each for each in found if each["team"] == "town")["parties"][0]
    assert (town["now"]["people"], town["answers"]["people"][0]["name"]) == ([], "Centre")


def test_gaps_are_an_answer_that_a_timer_can_read(run: Any) -> None:
    found = run("duty", "gaps", "--days", "2", "--json")
    assert found.exit_code == 1
    assert len(json.loads(found.output)) in (2, 3)


def test_a_dry_run_says_who_would_be_told_when_and_why(run: Any) -> None:
    trial = ("policy", "try", "--alert", "sos", "--resident", "anna")
    said = run(*trial, "--at", "2026-11-21T03:00+08:00", "--hours", "0.1").output
    assert "on the resident's clock, Asia/Shanghai." in said
    assert "2026-11-21 03:00:00+08:00  round 1, step 1" in said
    assert "nobody is on duty in Town until 2026-11-21 06:00:00+08:00; the centre stands" in said
    assert "told: Centre (centre)" in said
    lines = json.loads(run(*trial, "--json").output)["lines"]
    assert lines[0]["change"] == "raised"
    assert lines[0]["deadline"] == lines[1]["at"]


def test_the_dry_run_of_a_low_alert_says_on_whose_list_it_is_and_until_when(run: Any) -> None:
    trial = ("policy", "try", "--alert", "battery_low", "--resident", "anna")
    said = run(*trial, "--at", "2026-11-20T12:00+08:00", "--hours", "1").output
    assert "On the list of station (Wang: on duty by the rota Days of Town until " in said
    assert "without a sound, until 2026-11-23 09:00:00+08:00." in said
    assert "no message goes out" in said
    assert "Asked now" not in said


def test_a_policy_in_a_file_is_checked_before_it_is_used(run: Any, tmp_path: Path) -> None:
    assert run("policy", "check").exit_code == 0
    file = tmp_path / "policy.json"
    file.write_text('{"priority": "high", "steps": [{"parties": ["family"], "hold_s": 60}]}')
    refused = run("policy", "check", str(file))
    assert refused.exit_code == 1
    assert "must include the centre" in refused.output


def test_a_policy_that_names_somebody_who_has_left_is_found(run: Any, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into policy (team_id, priority, steps, made_by, made_at)"
            " values ('town', 'high', %s, 'x', now())",
            (Jsonb([{"parties": ["person:gone", "centre"], "hold_s": 60}]),),
        )
    found = run("policy", "check")
    assert found.exit_code == 1
    assert "town, high, all kinds: Step 1 names person:gone, who has no" in found.output
