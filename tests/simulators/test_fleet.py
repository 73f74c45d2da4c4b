"""Same seed, same bytes, however often and in whatever steps one looks."""

import json
from datetime import UTC, datetime

import pytest

from domain.directory import Device, Snapshot, Subject
from domain.time import MINUTE, SECOND, Micros, from_datetime
from gateway.decode import decode
from gateway.inbox import Message as Received
from simulators import recording
from simulators.faults import parse
from simulators.fleet import Fleet, build, incidents_of, make_homes
from simulators.scenarios import scenario

BEGIN = from_datetime(datetime(2026, 3, 2, 2, tzinfo=UTC))
HOMES = make_homes(5)


def fleet(seed: int = 7, *faults: str, story: str = "demo") -> Fleet:
    incidents = incidents_of(scenario(story), HOMES, BEGIN, seed)
    return build(HOMES, incidents, BEGIN, 1.0, seed, [parse(text, seed) for text in faults])


def recorded(seed: int = 7, *faults: str) -> str:
    return "\n".join(recording.lines(fleet(seed, *faults), BEGIN, 10 * MINUTE))


def test_same_seed_same_bytes() -> None:
    faults = ("drop=0.02", "duplicate=0.05", "delay=0.05:20", "reorder=0.05", "skew=0.2:300")
    assert recorded() == recorded()
    assert recorded(7, *faults) == recorded(7, *faults)
    assert recorded(8) != recorded()


@pytest.mark.parametrize("step", [SECOND // 7, SECOND, 17 * SECOND])
def test_any_steps_give_the_same_messages(step: Micros) -> None:
    whole = list(fleet().until(BEGIN + 2 * MINUTE))
    walked = fleet()
    parts = [
        message
        for at in range(BEGIN, BEGIN + 2 * MINUTE + step, step)
        for message in walked.until(min(at, BEGIN + 2 * MINUTE))
    ]
    # A button hears nobody here, so it goes on sending: the same in both.
    assert parts == whole


def test_one_home_more_changes_nothing_in_the_others() -> None:
    def of(homes: int) -> list[bytes]:
        told = build(make_homes(homes), [], BEGIN).until(BEGIN + MINUTE)
        return [message.payload for message in told if message.device.endswith("-001")]

    assert of(1) == of(3)


def test_messages_leave_in_order_of_time() -> None:
    times = [m.at for m in fleet(7, "delay=0.3:30", "reorder=0.3").until(BEGIN + 5 * MINUTE)]
    assert times == sorted(times)
    assert times


def test_a_press_that_is_lost_on_the_way_is_sent_again_until_it_is_stored() -> None:
    lines = recorded(7, "drop=0.6").splitlines()
    presses = [line for line in lines if "button_pressed" in line]
    assert len(presses) == 1, "the line was heard, so the button stopped"
    assert json.loads(presses[0])["received_at"] >= "2026-03-02T02:00:03"


def test_the_gateway_refuses_nothing_that_healthy_devices_say() -> None:
    names = [(home.resident, id_, kind) for home in HOMES for id_, kind in home.devices]
    subjects = [Subject(home.resident, n, home.resident) for n, home in enumerate(HOMES)]
    slots = {home.resident: n for n, home in enumerate(HOMES)}
    directory = Snapshot(
        subjects,
        [Device(id_, 100 + n, slots[who], kind) for n, (who, id_, kind) in enumerate(names)],  # type: ignore[arg-type]
    )
    messages = [
        Received(m.at + SECOND, m.topic, m.payload, size=len(m.payload))
        for m in fleet().until(BEGIN + 6 * MINUTE)
    ]
    decoded = decode(messages, directory)
    assert decoded.refusals == []
    assert len(decoded.samples) > 1_500
    assert {event.event for event in decoded.events} >= {"button_pressed", "fall", "smoke"}
    assert len(decoded.waves) >= 3


def test_garbage_in_a_recording_is_kept_as_it_was() -> None:
    lines = [json.loads(line) for line in recorded(7, "garbage=0.5").splitlines()]
    kinds = {type(line["payload"]).__name__ for line in lines}
    assert kinds == {"dict", "str"}
    assert any("base64" in line["payload"] for line in lines if isinstance(line["payload"], dict))
