"""What the logs hold, and what they never hold."""

import json
from pathlib import Path

from domain.quantity import QUANTITIES
from tests.acceptance.instance import Instance, Sender
from tests.talking import now_ms
from tests.waiting import eventually


def logs(carewatch: Instance) -> str:
    """Everything that any part has written down."""
    data = carewatch.folder / "data"
    files = [*(data / "log").iterdir(), data / "broker" / "nats.log"]
    return "\n".join(file.read_text(errors="replace") for file in files if file.is_file())


def secrets(carewatch: Instance) -> set[str]:
    data = carewatch.folder / "data"
    keys = json.loads((data / "broker" / "keys.json").read_text())
    people = {account["password"] for account in carewatch.demo["accounts"]}
    devices = {device["secret"] for device in carewatch.demo["devices"]}
    return {(data / "database" / "password").read_text().strip(), *keys.values(), *people, *devices}


def test_logs_hold_no_secret_and_no_health_data(carewatch: Instance) -> None:
    bed = carewatch.devices("bed")[11]
    sender = Sender(carewatch, bed)
    with carewatch.log_in("family") as family:
        token = family.headers["Authorization"].removeprefix("Bearer ")
        family.post("/session", json={"username": "family-1", "password": "a-wrong-password"})
        sender.say("sample", {"t": now_ms(), "heart_rate": 187.25, "respiration_rate": "fast"})
        sender.say("sample", {"t": now_ms(), "heart_rate": 487.25})
        eventually(
            lambda: carewatch.ask(
                "select from quarantine where device_id = %s having count(*) = 2", bed["id"]
            ),
            "both in quarantine",
        )
        family.get(f"/residents/{bed['resident']}/samples", params={"quantity": "heart_rate"})
    written = logs(carewatch)
    assert written
    for secret in (*secrets(carewatch), token, "a-wrong-password"):
        assert secret not in written
    for quantity in QUANTITIES:
        assert f"{quantity.name}=" not in written
    assert "187.25" not in written
    assert "487.25" not in written
    sender.leave()


def test_files_with_secrets_are_for_their_owner_only(carewatch: Instance) -> None:
    data = carewatch.folder / "data"
    for name in ("run.json", "demo.json", "broker/keys.json", "broker/nats.conf"):
        assert _others(data / name) == 0, name
    assert _others(data / "database" / "password") == 0


def _others(path: Path) -> int:
    return path.stat().st_mode & 0o077
