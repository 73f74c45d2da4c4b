"""A machine is lost: the backup is put back on an empty one, and everybody goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.instance import Instance, Sender, instance
from tests.talking import Talk, now_ms
from tests.waiting import eventually

PRESS = {"id": "a-press", "event": "button_pressed"}


def carewatch(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "carewatch", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"CAREWATCH_HTTP_PORT": "0"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def backups(folder: Path) -> Path:
    """A folder with the backup of a carewatch that was at work when it was made."""
    kept = folder / "backups"
    kept.mkdir()
    with instance(folder / "lost") as lost:
        button = Sender(lost, lost.devices("button")[0])
        button.say("event", {"t": now_ms(), **PRESS})
        eventually(lambda: lost.ask("select from outbox where sent_at is not null"), "the message")
        bed = Sender(lost, lost.devices("bed")[0])
        talk = Talk(bed, bed.id, every_s=0.005)
        talk.start()
        eventually(lambda: lost.ask("select from sample offset 50"), "samples")
        told = carewatch("backup", str(kept), "--data", str(lost.folder / "data"))
        talk.end()
        bed.settle()
        for sender in (button, bed):
            sender.leave()
    assert "rows of" in told
    # The same of a carewatch that is stopped, for a move that loses nothing.
    assert "rows of" in carewatch(
        "backup", str(folder / "stopped.zip"), "--data", str(folder / "lost" / "data")
    )
    return kept


def test_a_restored_carewatch_goes_on_and_repeats_nothing(backups: Path, folder: Path) -> None:
    data = str(folder / "found" / "data")
    told = carewatch("restore", str(backups), "--data", data)
    assert "1 alerts were open then" in told

    with instance(folder / "found") as found:
        assert found.ask("select from sample offset 50")
        with found.log_in("station") as station:
            (alert,) = station.get("/alerts?state=open").json()["items"]
        assert (alert["kind"], alert["state"]) == ("sos", "open")
        _the_press_said_again_is_the_same_alert(found)
        _a_new_press_is_heard(found)
        assert found.ask("select count(*) from alert where kind = 'device_silent'") == [(0,)]
        # The messages of before went out once; those of the new press are others.
        assert found.ask(
            "select count(*) from outbox where alert_id = %s and sent_at > "
            "(select at from alert_event where change = 'restored')",
            alert["id"],
        ) == [(0,)]


def _the_press_said_again_is_the_same_alert(found: Instance) -> None:
    button = Sender(found, found.devices("button")[0])
    button.say("event", {"t": now_ms(), **PRESS})
    eventually(lambda: button.receipts, "the receipt")
    assert button.receipts[0]["state"] == "stored"
    assert found.ask("select count(*) from alert") == [(1,)]
    button.leave()


def _a_new_press_is_heard(found: Instance) -> None:
    button = Sender(found, found.devices("button")[1])
    button.say("event", {"t": now_ms(), "id": "another", "event": "button_pressed"})
    eventually(lambda: found.ask("select from alert where resident_id = %s", button.resident))
    button.leave()
