"""``carewatch storage`` tells what is on the disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "carewatch", "storage"]


def run(*options: str, **more: str) -> "subprocess.CompletedProcess[str]":
    given = {name: value for name, value in os.environ.items() if not name.startswith("CAREWATCH_")}
    return subprocess.run(
        [*COMMAND, *options], env=given | more, capture_output=True, text=True, timeout=60
    )


def test_the_whole_database_is_told(database_url: str) -> None:
    told = json.loads(run("--json", CAREWATCH_DATABASE_URL=database_url).stdout)
    assert {"alert", "audit", "wave"} <= {each["name"] for each in told["others"]}
    assert told["database_bytes"] > sum(each["bytes"] for each in told["others"])
    assert told["log_bytes"] > 0
    shown = run(CAREWATCH_DATABASE_URL=database_url).stdout
    assert "other tables" in shown
    assert "The whole database:" in shown
    assert "recent window takes: none yet; of finished days: none yet." in shown
    assert "Readings after a year: not known yet." in shown
    assert told["year_bytes"] is None
    assert told["bytes_per_recent_sample"] is told["bytes_per_finished_sample"] is None


def test_a_folder_on_which_nothing_runs(tmp_path: Path) -> None:
    done = run("--data", str(tmp_path))
    assert done.returncode != 0
    assert "start it with `carewatch up`" in done.stderr
