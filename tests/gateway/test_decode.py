"""What the wire contract says of each message."""

import json
from typing import Any

import numpy as np
import pytest

from domain.quantity import COLUMN, HEART_RATE, IN_BED
from domain.time import MINUTE
from gateway import contract
from gateway.decode import decode
from gateway.inbox import Message
from tests.gateway.messages import HOME, NOW, NOW_MS, message


def only(*messages: Message) -> Any:
    return decode(messages, HOME)


def test_a_sample_becomes_a_row_of_its_resident_and_device() -> None:
    samples = only(message("sample", {"t": NOW_MS, "heart_rate": 61, "in_bed": True})).samples
    assert (samples.slot[0], samples.device[0], samples.measured_at[0]) == (0, 1, NOW)
    assert samples.x[0, HEART_RATE] == 61
    assert samples.x[0, IN_BED] == 1
    assert np.isnan(samples.x[0, COLUMN["spo2"]])


def test_a_batch_is_a_row_a_sample() -> None:
    both = {"samples": [{"t": NOW_MS - 1000, "heart_rate": 61}, {"t": NOW_MS, "heart_rate": 62}]}
    samples = only(message("sample", both)).samples
    assert samples.x[:, HEART_RATE].tolist() == [61, 62]
    assert samples.order.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("t", "measured_at"),
    [
        (NOW_MS, NOW),
        (NOW_MS + 0.5, NOW + 500),
        ("2025-11-21T08:30:00Z", NOW),
        ("2025-11-21T16:30:00+08:00", NOW),
        (None, NOW),
        (0, 0),  # long ago is kept for what it claims
        (NOW_MS + 60_000, NOW + MINUTE),
        (NOW_MS + 180_000, NOW),  # too far ahead: the time of arrival
    ],
)
def test_the_time_of_a_sample(t: Any, measured_at: int) -> None:
    assert only(message("sample", {"t": t, "heart_rate": 61})).samples.measured_at[0] == measured_at


def test_a_clock_that_runs_ahead_is_told_apart() -> None:
    samples = only(message("sample", {"t": NOW_MS + 180_000, "heart_rate": 61})).samples
    assert samples.offset[0] == 3 * MINUTE


def test_a_value_out_of_range_is_dropped_and_the_rest_kept() -> None:
    found = only(message("sample", {"t": NOW_MS, "heart_rate": 400, "spo2": 97}))
    assert np.isnan(found.samples.x[0, HEART_RATE])
    assert found.samples.x[0, COLUMN["spo2"]] == 97
    assert found.samples.implausible[0] == 1
    (refusal,) = found.refusals
    assert refusal.code == "out_of_range"
    assert "20 to 300" in refusal.reason


def test_unknown_fields_are_counted_however_many() -> None:
    many = {f"field_{number}": number for number in range(10_000)}
    found = only(message("sample", {"t": NOW_MS, "heart_rate": 61, **many}))
    assert found.samples.x[0, HEART_RATE] == 61
    assert found.unknown_fields == {1: 10_000}
    assert found.refusals == []


REFUSED = [
    (b"{", "not_json"),
    (b"\xff\xfe\x00", "not_json"),
    (b"", "not_json"),
    (b"[1, 2]", "not_an_object"),
    (b"null", "not_an_object"),
    (b"[" * 100_000, "not_json"),
    (b'{"heart_rate": "61"}', "wrong_type"),
    (b'{"heart_rate": true}', "wrong_type"),
    (b'{"heart_rate": NaN}', "not_json"),
    (b'{"in_bed": 1}', "wrong_type"),
    (b'{"t": "yesterday"}', "wrong_type"),
    (b'{"t": "2025-11-21T08:30:00"}', "wrong_type"),
    (b'{"t": -1}', "wrong_type"),
    (b'{"samples": {"heart_rate": 61}}', "wrong_type"),
    (bytes(1024 * 1024), "too_large"),
]


@pytest.mark.parametrize(("payload", "code"), REFUSED, ids=lambda value: str(value)[:24])
def test_what_is_refused_whole(payload: bytes, code: str) -> None:
    found = only(message("sample", payload), message("sample", {"heart_rate": 61}))
    (refusal,) = found.refusals
    assert (refusal.code, refusal.device_id) == (code, "bed-7")
    assert refusal.payload == payload[:4096]
    assert np.nansum(found.samples.x) == 61  # the other message flows on


@pytest.mark.parametrize(
    ("topic", "code", "device"),
    [
        ("cw/v1/bed-7/nonsense", "topic", "bed-7"),
        ("cw/v1/bed 7/sample", "topic", None),
        ("cw/v2/bed-7/sample", "topic", None),
        ("cw/v1/bed-7/sample/more", "topic", "bed-7"),
        ("cw/v1/stranger/sample", "unknown_device", "stranger"),
    ],
)
def test_a_wrong_topic_is_refused(topic: str, code: str, device: str | None) -> None:
    found = only(Message(NOW, topic, b"{}", 2))
    assert [(r.code, r.device_id) for r in found.refusals] == [(code, device)]


def test_our_own_messages_to_devices_are_passed_over() -> None:
    found = only(message("receipt", {"state": "stored"}), message("command", {"id": "1"}))
    assert (len(found.samples), found.refusals) == (0, [])


def test_an_event_is_known_again_by_its_id_or_else_by_its_time() -> None:
    named, same, other = only(
        message("event", {"t": NOW_MS, "id": "a1", "event": "button_pressed"}, "button-7"),
        message("event", {"t": NOW_MS + 900, "id": "a1", "event": "button_pressed"}, "button-7"),
        message("event", {"t": NOW_MS, "event": "button_pressed"}, "button-7"),
    ).events
    assert named.key == same.key == "id:a1"
    assert other.key == f"button_pressed@{NOW}"


def test_steps_of_a_state_machine_under_one_time_are_events_of_their_own() -> None:
    said = [
        {"event": "fall", "certainty": "suspected"},
        {"event": "fall", "certainty": "confirmed"},
        {"event": "smoke", "active": True},
        {"event": "smoke", "active": False},
        {"event": "motion", "place": "kitchen"},
        {"event": "motion", "place": "hall"},
    ]
    events = only(*(message("event", {"t": NOW_MS, **each}, "spare") for each in said)).events
    assert len({event.key for event in events}) == len(said)


def test_many_values_out_of_range_are_one_refusal() -> None:
    batch = {"samples": [{"t": NOW_MS + n, "heart_rate": 400 + n} for n in range(1000)]}
    found = only(message("sample", batch))
    (refusal,) = found.refusals
    assert refusal.reason.endswith("and 997 more values")
    assert found.samples.implausible.sum() == 1000


def test_a_retained_event_is_refused() -> None:
    found = only(message("event", {"event": "fall"}, "spare", retained=True))
    assert found.events == []
    assert [refusal.code for refusal in found.refusals] == ["retained"]


def test_a_refused_event_is_answered_with_its_id() -> None:
    found = only(message("event", {"id": "a1", "event": "SOS"}, "button-7"))
    (answer,) = found.refused_events
    assert (answer.device_id, answer.event_id) == ("button-7", "a1")


def test_a_device_without_a_resident_stands_for_itself() -> None:
    (event,) = only(message("event", {"event": "fall"}, "spare")).events
    assert event.slot == event.device == 3


def test_a_redelivered_message_without_a_time_keeps_its_first_arrival() -> None:
    twice = message("event", {"event": "button_pressed"}, "button-7", duplicate=True)
    (event,) = decode([twice], HOME, first_arrival={0: NOW - 5}).events
    assert event.happened_at == NOW - 5
    assert event.key == f"button_pressed@{NOW - 5}"


def test_a_wave_is_checked_and_handed_on() -> None:
    axes = {"x": [0.0, 0.1], "y": [0.0, 0.0], "z": [1.0, 1.0]}
    good = {"t": NOW_MS, "rate": 50, "signal": "acceleration", "unit": "g", **axes}
    long = {"t": NOW_MS, "rate": 1, "signal": "bed", "values": [1] * 61}
    lame = {"t": NOW_MS, "rate": 50, "signal": "acceleration", "x": [1], "y": [1]}
    found = only(message("wave", good), message("wave", long), message("wave", lame))
    (wave,) = found.waves
    assert wave.values.shape == (2, 3)
    assert [refusal.code for refusal in found.refusals] == ["too_long", "missing"]


def acceleration(**fields: Any) -> Any:
    axes = {"x": [0.0] * 50, "y": [0.0] * 50, "z": [1.0] * 50}
    return message("wave", {"t": NOW_MS, "rate": 50, "signal": "acceleration", **axes, **fields})


def test_a_value_of_a_wave_that_was_not_measured_is_null() -> None:
    (wave,) = only(acceleration(x=[None, *[0.0] * 49])).waves
    assert np.isnan(wave.values[0, 0])
    assert np.isfinite(wave.values[1:]).all()
    (refusal,) = only(acceleration(x=[None] * 50)).refusals
    assert (refusal.code, refusal.reason.split(":")[0]) == ("missing", "no row of x, y, z is whole")


def test_a_placement_that_is_not_known_is_as_if_not_said() -> None:
    told = only(acceleration(placement="ankle"), acceleration(placement="wrist"))
    assert [wave.placement for wave in told.waves] == [None, "wrist"]


def test_metres_a_second_squared_are_not_taken_for_g() -> None:
    (refusal,) = only(acceleration(z=[9.81] * 50)).refusals
    assert refusal.code == "wrong_unit"
    assert only(acceleration(z=[*[1.0] * 26, *[16.0] * 24])).waves


def test_a_last_will_is_no_sign_of_life() -> None:
    found = only(message("status", {"online": False}), message("status", {"online": True}))
    assert [event.event for event in found.events] == ["offline", "online"]
    assert found.samples.order.tolist() == [1]


def test_a_retained_status_tells_the_state_and_is_no_news() -> None:
    found = only(message("status", {"online": True, "battery": 80}, retained=True))
    assert found.statuses[0].battery == 80
    assert (found.events, len(found.samples)) == ([], 0)


def test_a_text_with_nul_can_be_kept() -> None:
    (event,) = only(message("event", {"event": "fault", "detail": "a\0b"})).events
    assert event.detail == "a\ufffdb"


def test_the_schema_names_every_quantity() -> None:
    schema = json.dumps(contract.schemas()["sample"])
    assert all(name in schema for name in COLUMN)
