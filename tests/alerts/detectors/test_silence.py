"""Who is missed, after how long, and that a restart of ours is not their silence."""

import pytest

from alerts.detectors.silence import Silence, allowance
from domain.directory import Device
from tests.alerts.stage import AMBIENT, ANNA, BED, BUTTON, FALL, OTHER_BED, Stage, at, event


def device(kind: str, interval_s: float | None) -> Device:
    return Device("d", 1, 0, kind, interval_s)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "interval_s", "seconds"),
    [
        ("bed", 1, 60),
        ("bed", 60, 180),
        ("bed", 300, 900),
        ("ambient", 3600, 10_800),
        ("button", 3600, 180),
        ("button", None, 180),
        ("fall", 30, 90),
        ("fall", 10, 60),
    ],
)
def test_how_long_a_device_may_be_silent(kind: str, interval_s: float, seconds: float) -> None:
    assert allowance(device(kind, interval_s)) == seconds * 1_000_000


@pytest.mark.parametrize(
    ("slot", "seconds", "priority"),
    [(BED, 60, "low"), (OTHER_BED, 900, "low"), (BUTTON, 180, "medium"), (FALL, 180, "medium")],
)
def test_a_device_that_was_heard_is_missed(slot: int, seconds: float, priority: str) -> None:
    stage = Stage(Silence()).say({"t": 0, "device": slot}).wait(20_000)
    assert stage.told() == [(seconds, "device_silent", True)]
    finding = stage.findings[0]
    assert (finding.priority, finding.since, finding.device) == (priority, at(0), slot)
    assert (finding.slot, finding.evidence["allowed_s"]) == (ANNA, seconds)


def test_a_device_that_promised_nothing_is_not_missed() -> None:
    assert Stage(Silence()).say({"t": 0, "device": AMBIENT}).wait(9e5).told() == []


def test_a_device_that_was_never_heard_is_not_missed() -> None:
    stage = Stage(Silence())
    stage.engine.resume(at(0))
    assert stage.wait(9e5).told() == []


def test_any_message_is_a_sign() -> None:
    stage = Stage(Silence()).say({"t": 0})
    stage.say({"t": 50, "implausible": 3}).happen(event(100, "bed_exit", BED)).wait(159)
    stage.say({"t": -900, "received": 159})  # a late one, too
    assert stage.wait(218).told() == []
    assert stage.wait(219).told() == [(219, "device_silent", True)]


def test_heard_again_is_over_and_silent_again_is_new() -> None:
    stage = Stage(Silence()).say({"t": 0}, {"t": 100}).wait(200)
    assert stage.told() == [
        (60, "device_silent", True),
        (100, "device_silent", False),
        (160, "device_silent", True),
    ]
    assert stage.findings[2].since == at(100)


def test_a_broken_connection_shortens_the_wait() -> None:
    stage = Stage(Silence()).say({"t": 0, "device": OTHER_BED})
    stage.happen(event(10, "offline", OTHER_BED, source="status")).wait(899)
    assert stage.told() == [(190, "device_silent", True)]


def test_a_broken_connection_does_not_lengthen_it() -> None:
    stage = Stage(Silence()).say({"t": 0})
    stage.happen(event(59, "offline", BED, source="status")).wait(999)
    assert stage.told() == [(60, "device_silent", True)]


def test_who_promised_nothing_is_missed_when_the_connection_broke() -> None:
    stage = Stage(Silence()).happen(event(0, "offline", AMBIENT, source="status")).wait(999)
    assert stage.told() == [(180, "device_silent", True)]
    stage.happen(event(1000, "online", AMBIENT, source="status"))
    assert stage.told()[1:] == [(1000, "device_silent", False)]


def test_our_own_absence_is_not_their_silence() -> None:
    stage = Stage(Silence()).say({"t": 0}, {"t": 0.5, "device": BUTTON})
    stage.engine.resume(at(3600))
    assert stage.wait(3659).told() == []
    assert stage.wait(4000).told() == [(3660, "device_silent", True), (3780, "device_silent", True)]


def test_a_restart_does_not_tell_a_silence_again() -> None:
    stage = Stage(Silence()).say({"t": 0}).wait(100)
    stage.engine.resume(at(3600))
    assert stage.wait(7200).told() == [(60, "device_silent", True)]
