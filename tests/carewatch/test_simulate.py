"""`carewatch simulate` as it is called."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from carewatch.commands.simulate import simulate
from carewatch.replay import read_people, replay

_app = typer.Typer()
_app.command()(simulate)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(_app, [*arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def refusal(*arguments: str) -> str:
    """What is said about a wrong call, in one line."""
    done = CliRunner().invoke(_app, [*arguments], env={"COLUMNS": "400", "NO_COLOR": "1"})
    assert done.exit_code == 2
    return done.stderr


def test_a_recording_rings_as_its_truth_says(tmp_path: Path) -> None:
    out, true, who = (tmp_path / name for name in ("out.jsonl", "truth.jsonl", "who.json"))
    run(
        "--scenario", "fall-at-night", "--residents", "3", "--rate", "0.5", "--out", str(out),
        "--truth", str(true), "--directory", str(who), "--timezone", "Asia/Shanghai",
    )  # fmt: skip
    (told,) = [json.loads(line) for line in true.read_text().splitlines()]
    changes = list(replay(out.read_text().splitlines(), read_people(who), settle_s=0))
    raised = [change for change in changes if change["change"] == "raised"]
    assert [(c["resident"], c["kind"], c["since"]) for c in raised] == [
        (told["resident"], told["kind"], told["at"])
    ]
    assert changes[-1]["evidence"]["source"] == "wave"  # the signal says so too


def test_the_same_command_writes_the_same_bytes() -> None:
    arguments = ("--scenario", "demo", "--residents", "4", "--duration", "90", "--out", "-")
    assert run(*arguments) == run(*arguments)
    assert run(*arguments) != run(*arguments, "--seed", "8")


def test_the_demo_file_names_homes_zones_and_logins(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    file.write_text(
        json.dumps(
            {
                "accounts": [],
                "residents": [{"id": "anna", "timezone": "Asia/Shanghai"}],
                "devices": [
                    {"id": "b9", "secret": "s", "kind": "bed", "resident": "anna"},
                    {"id": "p9", "secret": "s", "kind": "button", "resident": "anna"},
                    {"id": "spare", "secret": "s", "kind": "bed", "resident": None},
                ],
            }
        )
    )
    lines = run("--devices", str(file), "--duration", "5", "--out", "-").splitlines()
    assert {json.loads(line)["topic"].split("/")[2] for line in lines} == {"b9", "p9"}
    assert json.loads(lines[0])["received_at"].startswith("2026-03-02T04:00"), "noon over there"


def test_a_fleet_file_makes_beds(tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    fleet = {"bridge": {"username": "b", "password": "p"}, "devices": ["bed-00001", "bed-00002"]}
    file.write_text(json.dumps(fleet))
    lines = run("--devices", str(file), "--duration", "5", "--out", "-").splitlines()
    assert {json.loads(line)["topic"].split("/")[2] for line in lines} == set(fleet["devices"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--timezone", "Mars/Base"), "Asia/Shanghai"),
        (("--devices", "nowhere.json"), "nowhere.json"),
        (("--out", "-", "--start", "today"), "zone"),
        (("--scenario", "flood"), "quiet_day"),
        (("--fault", "drop"), "name=share"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments: tuple[str, ...], says: str) -> None:
    assert says in refusal(*arguments)


def test_an_empty_list_of_devices_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    file.write_text('{"devices": []}')
    assert "no device" in refusal("--devices", str(file), "--out", "-")


def test_all_stories_can_be_listed() -> None:
    assert "breathing_stops" in run("--scenario", "list")
