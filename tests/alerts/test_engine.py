"""The engine's frame: order, the two lanes, moves, and what it remembers."""

from collections.abc import Sequence

import numpy as np

from alerts.detectors import judging_samples, standard
from alerts.detectors.bed_exit import BedExit
from alerts.detectors.breathing import Breathing
from alerts.detectors.fall import Fall
from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.silence import Silence
from alerts.detectors.sos import Sos
from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.sample import Batch
from domain.time import DAY, NEVER, SECOND
from tests.alerts.stage import (
    AMBIENT,
    ANNA,
    BED,
    BUTTON,
    FALL,
    OTHER_BED,
    Stage,
    anna,
    at,
    batch,
    event,
    everything,
)

YEARS = 56 * 365 * DAY / SECOND


def both_lanes() -> Stage:
    late = [HeartRate(late=True), Breathing(late=True)]
    return Stage(HeartRate(), Breathing(), late=late)


def test_findings_come_in_the_order_in_which_they_became_known() -> None:
    stage = Stage(Sos(), Silence())
    stage.say({"t": 0})
    events = [event(70, "button_pressed", BUTTON), event(90, "button_pressed", BUTTON, order=1)]
    findings = stage.engine.step(at(100), Batch.empty(), events)
    assert [(f.kind, f.at) for f in findings] == [
        ("device_silent", at(60)),
        ("sos", at(70)),
        ("sos", at(90)),
    ]


def test_a_timer_comes_before_a_message_of_the_same_instant() -> None:
    stage = Stage(Sos(), Silence()).say({"t": 0})
    findings = stage.engine.step(at(60), batch({"t": 60}), [event(60, "button_pressed", order=1)])
    assert [(f.kind, f.active) for f in findings] == [
        ("device_silent", True),
        ("device_silent", False),
        ("sos", True),
    ]


def test_timers_of_one_instant_come_in_an_order_of_their_own() -> None:
    """Whichever device's message makes the engine look first."""
    together, apart = Stage(Silence()), Stage(Silence())
    for stage in (together, apart):
        stage.say({"t": 0, "device": FALL}, {"t": 0, "device": BUTTON})
    apart.wait(190)
    for stage in (together, apart):
        stage.say({"t": 200, "device": BUTTON})
    assert [(f.device, f.active) for f in together.findings] == [
        (FALL, True),
        (BUTTON, True),
        (BUTTON, False),
    ]
    assert together.findings == apart.findings


def test_samples_of_one_message_are_taken_in_the_order_of_their_measurement() -> None:
    stage = both_lanes()
    rows = [
        {"t": second, "received": 70, "order": 0, "heart_rate": 130}
        for second in (60, 0, 30, 45, 15)
    ]
    findings = stage.engine.step(at(70), batch(*rows), ())
    assert [(f.since, f.evidence.get("late")) for f in findings] == [(at(0), None)]


def test_the_engine_wants_a_turn_when_its_first_timer_is_due() -> None:
    stage = Stage(Sos(), Silence(), Fall(), BedExit())
    assert stage.engine.next_deadline() == NEVER
    stage.say({"t": 0, "device": OTHER_BED}, {"t": 1})
    assert stage.engine.next_deadline() == at(61)


def test_what_comes_late_does_not_touch_the_present() -> None:
    stage = both_lanes().every(1, 100, 130, heart_rate=130)
    stage.say({"t": 50, "received": 131, "heart_rate": 70})
    assert stage.every(1, 132, 160, heart_rate=130).told() == [(160, "heart_rate_high", True)]


def late_bout(stage: Stage) -> Stage:
    """A minute of a fast heart, told after what came later."""
    for second in range(61):
        stage.say({"t": second, "received": 700 + second / 10, "heart_rate": 130})
    return stage


def test_what_comes_late_is_judged_for_what_it_was_and_is_over_at_once() -> None:
    stage = late_bout(both_lanes().every(10, 100, 690, heart_rate=70))
    assert stage.told() == [(706, "heart_rate_high", True), (706, "heart_rate_high", False)]
    assert stage.findings[0].since == at(0)
    assert stage.findings[0].evidence["late"] is True


def test_what_comes_late_while_it_still_holds_is_not_over() -> None:
    stage = late_bout(both_lanes().every(10, 100, 690, heart_rate=130))
    assert stage.told() == [(160, "heart_rate_high", True), (706, "heart_rate_high", True)]


def test_a_latching_kind_that_comes_late_stays() -> None:
    stage = both_lanes().every(10, 100, 690, respiration_rate=14, in_bed=True)
    for second in range(21):
        said = {"respiration_rate": 0, "in_bed": True}
        stage.say({"t": second, "received": 700 + second / 10} | said)
    assert stage.told() == [(702, "breathing_stopped", True)]


def test_a_redelivery_of_what_was_told_tells_nothing_again() -> None:
    bout = [{"t": second, "heart_rate": 130} for second in range(0, 70, 5)]
    calm = [{"t": second, "heart_rate": 70} for second in range(70, 200, 5)]
    stage = both_lanes().say(*bout, *calm)
    told = stage.told()
    stage.say(*({"received": 210} | row for row in (bout + calm)))
    assert len(told) == 2
    assert stage.told() == told


def test_a_clock_that_was_set_back_becomes_the_present_after_ten_minutes() -> None:
    stage = both_lanes().say({"t": 3600, "received": 0, "heart_rate": 70})
    for second in range(1, 720, 5):
        stage.say({"t": second, "received": second, "heart_rate": 130})
    late, over, present = stage.findings
    assert (late.active, over.active) == (True, False)
    assert (present.active, present.evidence.get("late")) == (True, None)
    assert present.since == at(601)


def test_a_clock_that_was_never_set_is_taken_to_be_of_now() -> None:
    stage = both_lanes().say({"t": -1, "heart_rate": 70})
    for second in range(0, 65, 5):
        stage.say({"t": second - YEARS, "received": second, "heart_rate": 130})
    assert stage.told() == [(60, "heart_rate_high", True)]
    assert stage.findings[0].since == at(0)


def test_a_device_that_changes_hands_takes_nothing_along() -> None:
    stage = Stage(HeartRate()).every(1, 0, 50, heart_rate=130)
    berta = Subject("berta", 6, "berta")
    stage.engine.know(Snapshot([anna(), berta], [Device("bed", BED, 6)]))
    stage.every(1, 51, 110, heart_rate=130, subject=6)
    assert stage.told() == []
    assert stage.say({"t": 111, "heart_rate": 130, "subject": 6}).findings[0].slot == 6


def test_a_device_that_is_taken_out_is_not_missed() -> None:
    stage = Stage(Silence()).say({"t": 0})
    stage.engine.know(Snapshot([anna()], []))
    assert stage.wait(9999).told() == []


def test_an_unplaced_device_is_its_own_subject() -> None:
    alone = Subject("device:alone", 0, None)
    stage = Stage(Sos(), subject=alone, devices=[Device("alone", 0, 0, "button")])
    stage.happen(event(0, "button_pressed", device=0, slot=0))
    assert [(f.slot, f.device) for f in stage.findings] == [(0, 0)]


def saved(engine: Engine) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    return {name: array.copy() for name, array in engine.state().items()}


def test_a_restart_forgets_nothing() -> None:
    stage = everything().every(1, 0, 59, heart_rate=130, in_bed=True)
    stage.happen(event(59, "fall", certainty="suspected"))
    again = everything()
    again.engine.load(saved(stage.engine))
    again.engine.know(again.snapshot)
    again.engine.resume(at(60))
    again.say({"t": 60, "heart_rate": 130}).wait(119)
    assert again.told()[:2] == [(60, "heart_rate_high", True), (119, "fall", True)]


def test_a_state_may_be_older_than_the_detectors() -> None:
    stage = everything().say({"t": 0, "heart_rate": 130})
    state = saved(stage.engine)
    del state["live/Fall/alive"], state["live/Silence/heard"]
    state["live/Fault/refused"] = np.zeros((len(state["subject_of"]), 3), np.int64)
    again = everything()
    again.engine.load(state)
    again.engine.know(again.snapshot)
    again.every(1, 1, 60, heart_rate=130)
    assert (60, "heart_rate_high", True) in again.told()


def test_state_stays_small() -> None:
    people = 1000
    engine = Engine(standard(), judging_samples())
    beds = [Device(f"bed-{n}", people + n, n) for n in range(people)]
    engine.know(Snapshot([Subject(f"r{n}", n, f"r{n}") for n in range(people)], beds))
    assert sum(array.nbytes for array in engine.state().values()) < 3072 * people


def test_nothing_at_all_is_a_turn_too() -> None:
    assert everything().engine.step(at(0), Batch.empty(), ()) == []


def kinds(findings: Sequence[object]) -> list[str]:
    return [finding.kind for finding in findings]  # type: ignore[attr-defined]


def test_many_devices_of_one_resident_speak_at_once() -> None:
    stage = everything()
    rows = [{"t": 0, "device": device, "battery": 5} for device in (BED, AMBIENT, OTHER_BED)]
    findings = stage.engine.step(at(0), batch(*rows), [event(0, "smoke", AMBIENT, order=3)])
    assert kinds(findings) == ["battery_low", "battery_low", "battery_low", "smoke"]
    assert {finding.slot for finding in findings} == {ANNA}
