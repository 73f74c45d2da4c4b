"""The second opinion comments vital alerts by the person's own past, and raises nothing."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from alerts.detectors.anomaly import FIRST
from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.opinion import LOOK, Opinion
from alerts.detectors.pulse import Pulse
from domain.directory import Device, Snapshot, Subject
from domain.finding import Finding
from domain.time import SECOND
from tests.alerts.stage import BED, DEVICES, Stage, anna

EVERY = LOOK / SECOND
ENOUGH = 2 * FIRST


def quiet(looks: int = ENOUGH, **more: Any) -> Iterator[dict[str, Any]]:
    """A heart around 60, one value a look."""
    random = np.random.default_rng(1)
    for look in range(looks):
        yield {"t": look * EVERY, "heart_rate": 60 + float(random.normal(0, 3))} | more


def stage(looks: int = ENOUGH) -> Stage:
    return Stage(HeartRate(), Opinion()).say(*quiet(looks))


def fast(stage: Stage, looks: int = ENOUGH, rate: float = 130) -> dict[str, Any]:
    """What the opinion on a minute of a fast heart is."""
    stage.every(10, looks * EVERY, looks * EVERY + 60, heart_rate=rate)
    opinion: dict[str, Any] = _raised(stage).evidence["second_opinion"]
    return opinion


def _raised(stage: Stage) -> Finding:
    return next(finding for finding in stage.findings if finding.active)


def test_a_heart_as_never_before_is_unusual() -> None:
    opinion = fast(stage())
    assert opinion["unusual"] > 0.99
    assert opinion["usual"] == pytest.approx(60, abs=2)
    assert opinion["looks"] == ENOUGH + 1


def test_it_has_no_opinion_of_whom_it_does_not_know() -> None:
    assert fast(stage(30), 30) == {"unusual": None, "looks": 31}


def test_it_raises_nothing_by_itself() -> None:
    alone = Stage(Opinion()).say(*quiet()).every(10, 30_000, 31_000, heart_rate=180)
    assert alone.told() == []


def test_values_that_do_not_count_are_not_looked_at() -> None:
    moving = Stage(HeartRate(), Opinion()).say(*quiet(movement=0.8))
    moving.say({"t": ENOUGH * EVERY, "movement": 0.0})
    assert fast(moving)["unusual"] is None


def test_what_is_over_and_what_others_find_is_left_as_it_is() -> None:
    told = Stage(HeartRate(), Opinion(), Pulse()).say(*quiet())
    end = ENOUGH * EVERY
    told.every(10, end, end + 60, heart_rate=130).every(10, end + 70, end + 200, heart_rate=60)
    told.say({"t": end + 300, "heart_rate": 120, "systolic": 130, "diastolic": 80})
    with_opinion = [(f.active, "second_opinion" in f.evidence) for f in told.findings]
    assert with_opinion == [(True, True), (False, False), (True, False)]


def test_only_beds_and_those_who_told_have_a_record() -> None:
    told = Stage(Opinion())
    beds = sum(device.kind == "bed" for device in DEVICES)
    assert len(told.engine.state()["live/Opinion/key"]) == 2 * beds
    told.say({"t": 0, "spo2": 97})
    assert len(told.engine.state()["live/Opinion/key"]) == 2 * beds + 1


def test_a_bed_that_moves_to_others_starts_afresh() -> None:
    """Also right after a restart."""
    told, again = stage(), stage(0)
    again.engine.load({name: a.copy() for name, a in told.engine.state().items()})
    others = [device for device in DEVICES if device.slot != BED]
    alone = Device("bed", BED, BED, "bed", 1.0)
    again.engine.know(Snapshot([anna()], others))
    moved = Snapshot([anna(), Subject("device:bed", BED, None)], [alone, *others])
    again.engine.know(moved)
    assert again.engine.state()["live/Opinion/count"].max() == 0
    assert told.engine.state()["live/Opinion/count"].max() == ENOUGH


def test_a_restart_keeps_the_record() -> None:
    told, again = stage(), stage(0)
    again.engine.load({name: a.copy() for name, a in told.engine.state().items()})
    again.engine.know(again.snapshot)
    assert fast(again) == fast(told)
