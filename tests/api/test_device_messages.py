"""The messages of one device, live over a real server: what was kept, and what was refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from carewatch.server import Server
from domain.time import SECOND, SystemClock, stopwatch, to_datetime
from tests.api.conftest import Asker, World

PATIENCE_S = 10.0
FRESH_S = 2.0


@pytest.fixture
def service(database_url: str, world: World) -> Iterator[Server]:
    now = SystemClock().now()
    for account in ("station", "vendor", "admin"):
        world.log_in(account, expires_at=now + 3600 * SECOND)
    world.connection.execute("delete from quarantine")
    with Server(database_url, SystemClock()) as service:
        yield service


@contextmanager
def watching(service: Server, account: str, device: str) -> Iterator[Iterator[dict[str, Any]]]:
    headers = {"Authorization": f"Bearer token-of-{account}"}
    url = f"{service.url}/api/v1/devices/{device}/messages"
    with httpx.stream("GET", url, headers=headers, timeout=PATIENCE_S) as answer:
        assert answer.status_code == 200, answer.read()
        lines = answer.iter_lines()
        yield (json.loads(line[6:]) for line in lines if line.startswith("data: "))


def tell(world: World, table: str, device: str, **values: Any) -> None:
    """A row as the pump writes it, of this moment."""
    now = to_datetime(SystemClock().now())
    when = "happened_at" if table == "event" else "measured_at"
    values = {when: now, "received_at": now} | values
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    world.connection.execute(
        f"insert into {table} (device, subject, {names})"
        f" select d.slot, coalesce(r.slot, d.slot), {marks} from device d"
        " left join resident r on r.id = d.resident_id where d.id = %s",
        (*values.values(), device),
    )


def refuse(world: World, device: str, reason: str, payload: bytes) -> None:
    world.connection.execute(
        "insert into quarantine (at, device_id, topic, reason, size, payload)"
        " values (%s, %s, 'cw/v1/x/sample', %s, %s, %s)",
        (to_datetime(SystemClock().now()), device, reason, len(payload), payload),
    )


def test_what_is_there_is_told_and_then_what_arrives(service: Server, world: World) -> None:
    tell(world, "sample", "bed-anna", heart_rate=61.5, in_bed=True)
    with watching(service, "station", "bed-anna") as messages:
        first = next(messages)
        assert (first["type"], first["told"]) == ("sample", {"heart_rate": 61.5, "in_bed": True})
        tell(world, "event", "bed-anna", event="bed_exit", key="1")
        assert next(messages)["told"] == {"event": "bed_exit", "clock_wrong": False}
        refuse(world, "bed-anna", "no JSON", b"\xff<b>")
        refused = next(messages)
        assert refused["type"] == "refusal"
        assert refused["told"]["reason"] == "no JSON"
        assert set(refused["told"]["payload"]) == {"base64"}


def test_rare_quantities_are_told_with_their_sample(service: Server, world: World) -> None:
    at = to_datetime(SystemClock().now())
    tell(world, "measurement", "bed-anna", measured_at=at, quantity="weight", value=71.5)
    tell(world, "sample", "bed-anna", measured_at=at)
    with watching(service, "station", "bed-anna") as messages:
        assert next(messages)["told"] == {"weight": 71.5}


def test_what_a_clock_that_was_never_set_tells_is_shown_as_such(
    service: Server, world: World
) -> None:
    began, later = to_datetime(5_000), to_datetime(5_000 + SECOND)  # `t: 5`, in milliseconds
    tell(world, "sample", "bed-anna", measured_at=began, heart_rate=61.0)
    with watching(service, "station", "bed-anna") as messages:
        assert next(messages)["told"] == {"heart_rate": 61.0, "clock_wrong": True}
        tell(world, "late_sample", "bed-anna", measured_at=later, battery=80.0)
        assert next(messages)["told"] == {"battery": 80.0, "clock_wrong": True}


def test_a_message_is_seen_within_two_seconds(service: Server, world: World) -> None:
    with watching(service, "station", "bed-anna") as messages:
        for key in "abc":
            tell(world, "event", "bed-anna", event="bed_exit", key=key)
            began = stopwatch()
            next(messages)
            assert stopwatch() - began < FRESH_S


def test_a_vendor_sees_its_own_devices_and_not_where_they_are(
    service: Server, world: World
) -> None:
    tell(world, "event", "bed-anna", event="motion", place="bedroom", key="1")
    with watching(service, "vendor", "bed-anna") as messages:
        message = next(messages)
    assert message["told"] == {"event": "motion", "clock_wrong": False}
    assert "anna" not in json.dumps(message)


def test_what_was_told_of_somebody_else_stays_theirs(service: Server, world: World) -> None:
    tell(world, "sample", "bed-anna", heart_rate=61.0)
    world.connection.execute("update device set resident_id = 'bert' where id = 'bed-anna'")
    tell(world, "sample", "bed-anna", heart_rate=72.0)
    with watching(service, "admin", "bed-anna") as messages:
        assert next(messages)["told"] == {"heart_rate": 72.0}


def test_the_stream_ends_with_the_right_to_see_it(service: Server, world: World) -> None:
    with watching(service, "station", "spare") as messages:
        world.connection.execute("update device set team_id = 'abroad' where id = 'spare'")
        assert list(messages) == []


def test_watching_is_noted_once(service: Server, world: World) -> None:
    tell(world, "event", "bed-anna", event="bed_exit", key="1")
    with watching(service, "station", "bed-anna") as messages:
        next(messages)
        tell(world, "event", "bed-anna", event="bed_entry", key="2")
        next(messages)
    lines = world.connection.execute(
        "select who, residents from audit where action = 'follow_messages'"
    ).fetchall()
    assert lines == [("station", ["anna"])]


def test_wrong_fields_are_named_one_by_one(ask: dict[str, Asker]) -> None:
    body = {"id": "a b", "kind": "bed", "interval_s": -1}
    problem = ask["station"].ask("POST", "/devices", json=body).json()
    assert [each["field"] for each in problem["errors"]] == ["interval_s", "id"]
    assert all(each["detail"] in problem["detail"] for each in problem["errors"])


def test_only_who_looks_after_devices_may_watch_one_of_their_own(ask: dict[str, Asker]) -> None:
    """A right to see one is in the stories above: such an answer never ends."""

    def status(account: str, device: str) -> int:
        return ask[account].ask("GET", f"/devices/{device}/messages").status_code

    assert [status(account, "spare") for account in ("family", "responder", "volunteer")] == [
        403
    ] * 3
    assert [status(account, "bed-carl") for account in ("station", "centre", "vendor")] == [404] * 3
