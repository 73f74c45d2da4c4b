"""Devices keep the contract that real ones are held to."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from domain.time import DAY, HOUR, MINUTE, SECOND, Micros, from_datetime
from simulators.device import Device
from simulators.devices import (
    RESEND,
    TEST_EVERY,
    WAVE_RATE,
    Ambient,
    Bed,
    Button,
    FallDetector,
)
from simulators.message import Message
from simulators.residents import Incident, Resident

UP_AND_ABOUT = "resident-0"
"""Somebody who is not confined to bed, with this seed."""

NIGHT = from_datetime(datetime(2026, 3, 2, 2, tzinfo=UTC))


def run(device: Device, until: Micros) -> list[Message]:
    said = []
    while device.next_at <= until:
        said += device.act(device.next_at)
    return said


def told(messages: list[Message], what: str) -> list[dict]:
    return [json.loads(m.payload) for m in messages if m.topic.endswith("/" + what)]


def sleeper(*incidents: Incident) -> Resident:
    return Resident("resident-1", "UTC", 7, incidents)


def incident(kind: str, after: Micros, lasts: Micros = 5 * MINUTE) -> Incident:
    return Incident(NIGHT + after, NIGHT + after + lasts, "resident-1", kind)  # type: ignore[arg-type]


def test_a_button_sends_again_every_5_s_until_it_hears_stored() -> None:
    button = Button("button-1", sleeper(), NIGHT, MINUTE)
    button.pressed(NIGHT + SECOND)
    presses = [m for m in run(button, NIGHT + 12 * SECOND) if m.topic.endswith("/event")]
    assert [m.at - NIGHT for m in presses] == [SECOND, SECOND + RESEND, SECOND + 2 * RESEND]
    assert len({m.payload for m in presses}) == 1
    press = json.loads(presses[0].payload)
    button.hear("receipt", {"event": "another", "state": "stored"}, NIGHT)
    assert button.waiting == 1
    button.hear("receipt", {"event": press["id"], "state": "refused"}, NIGHT)
    assert button.waiting == 1
    button.hear("receipt", {"event": press["id"], "state": "stored"}, NIGHT)
    assert button.waiting == 0
    assert told(run(button, NIGHT + 2 * MINUTE), "event") == []


@pytest.mark.parametrize("kind", [Button, FallDetector])
@pytest.mark.parametrize("name", ["a-1", "b-2", "c-3"])
def test_somebody_tries_a_device_for_emergencies_every_week(kind: type[Device], name: str) -> None:
    device = kind(name, sleeper(), NIGHT, HOUR)
    tests = [m.at for m in run(device, NIGHT + 29 * DAY) if b'"button_test"' in m.payload]
    assert len(tests) >= 4
    assert tests[0] < NIGHT + TEST_EVERY
    assert {later - earlier for earlier, later in itertools.pairwise(tests)} == {TEST_EVERY}
    assert all(9 <= sleeper().days.hour(at) < 19 for at in tests)


def test_a_bed_tells_in_and_out_with_the_samples() -> None:
    bed = Bed("bed-1", sleeper(incident("bed_exit", 5 * MINUTE)), NIGHT, SECOND)
    said = run(bed, NIGHT + 20 * MINUTE)
    assert [event["event"] for event in told(said, "event")] == ["bed_exit", "bed_entry"]
    samples = told(said, "sample")
    assert [s["seq"] for s in samples] == list(range(1, len(samples) + 1))
    assert all(("heart_rate" in s) == s["in_bed"] for s in samples)
    assert sum("spo2" in s for s in samples) == pytest.approx(90, abs=10)


def test_a_breath_that_stops_is_a_zero_and_not_a_gap() -> None:
    bed = Bed("bed-1", sleeper(incident("breathing_stops", MINUTE, 45 * SECOND)), NIGHT, SECOND)
    rates = [s.get("respiration_rate") for s in told(run(bed, NIGHT + 3 * MINUTE), "sample")]
    assert 40 <= rates.count(0) <= 46


def test_a_dead_device_says_nothing_and_the_broker_says_it_for_it() -> None:
    bed = Bed("bed-1", sleeper(), NIGHT, SECOND)
    bed.dies(NIGHT + MINUTE, NIGHT + 10 * MINUTE)
    said = run(bed, NIGHT + 11 * MINUTE)
    wills = [m for m in said if m.will]
    assert [(m.payload, m.retain) for m in wills] == [(b'{"online":false}', True)]
    assert not [m for m in said if NIGHT + MINUTE < m.at < NIGHT + 10 * MINUTE]
    assert [status["online"] for status in told(said, "status")] == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "certainty"), [("fall", "confirmed"), ("fall_unclear", "suspected")]
)
def test_a_fall_is_told_with_its_waveform(kind: str, certainty: str) -> None:
    fall = incident(kind, MINUTE)
    detector = FallDetector("fall-1", sleeper(fall), NIGHT, MINUTE)
    detector.falls(fall)
    said = run(detector, NIGHT + 3 * MINUTE)
    (event,) = told(said, "event")
    assert (event["event"], event["certainty"]) == ("fall", certainty)
    assert event["t"] == fall.at // 1000
    waves = told(said, "wave")[-3:]
    for before, after in itertools.pairwise(waves):
        assert after["t"] == before["t"] + len(before["x"]) * 1000 // WAVE_RATE
    strength = [
        (x * x + y * y + z * z) ** 0.5
        for wave in waves
        for x, y, z in zip(wave["x"], wave["y"], wave["z"], strict=True)
    ]
    assert min(strength) < 0.6
    assert max(strength) > 2.5
    assert abs(waves[-1]["x"][-1]) < 0.2, "lies down in the end"


def test_a_room_sensor_sees_whoever_is_up_and_the_front_door() -> None:
    sensor = Ambient("ambient-1", Resident(UP_AND_ABOUT, "UTC", 7), NIGHT, 20 * SECOND)
    week = run(sensor, NIGHT + 7 * 24 * HOUR)
    events = [event["event"] for event in told(week, "event")]
    assert events.count("motion") > 1_000
    assert events.count("door_opened") == events.count("door_closed") > 4
    air = told(week, "sample")
    assert len(air) == pytest.approx(7 * 24 * 12, rel=0.05)


def test_smoke_begins_and_ends() -> None:
    sensor = Ambient("ambient-1", sleeper(), NIGHT, 20 * SECOND)
    sensor.smokes(incident("smoke", MINUTE))
    events = told(run(sensor, NIGHT + 10 * MINUTE), "event")
    assert [e["active"] for e in events if e["event"] == "smoke"] == [True, False]


@pytest.mark.parametrize(("command", "ok"), [("identify", True), ("test", True), ("dance", False)])
def test_a_command_is_answered(command: str, ok: bool) -> None:
    bed = Bed("bed-1", sleeper(), NIGHT, SECOND)
    (answer,) = bed.hear("command", {"id": "c1", "command": command}, NIGHT)
    assert answer.topic == "cw/v1/bed-1/result"
    assert json.loads(answer.payload) == {"id": "c1", "ok": ok}
