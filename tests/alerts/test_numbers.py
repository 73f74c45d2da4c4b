"""Inside the engine nobody leaves a gap; outside nobody notices."""

import numpy as np

from alerts.detectors import judging_samples, standard
from alerts.detectors.heart_rate import HeartRate
from alerts.detectors.silence import Silence
from alerts.detectors.sos import Sos
from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.finding import Finding
from domain.sample import Batch
from tests.alerts.stage import at, batch, event

ANNA, BED, ALONE, BERTA = 100, 7, 205, 150
FIRST = Snapshot(
    [Subject("anna", ANNA, "anna"), Subject("device:alone", ALONE, None)],
    [Device("bed", BED, ANNA, "bed", 1.0), Device("alone", ALONE, ALONE, "bed", 1.0)],
)
LATER = Snapshot(
    [Subject("berta", BERTA, "berta"), Subject("anna", ANNA, "anna")],
    [Device("alone", ALONE, BERTA, "bed", 1.0), Device("bed", BED, ANNA, "bed", 1.0)],
)
"""The device that stood alone is placed with a resident who was not there before."""


def knowing(directory: Snapshot) -> Engine:
    engine = Engine([HeartRate(), Sos(), Silence()])
    engine.know(directory)
    return engine


def bout(engine: Engine, subject: int, device: int, start: int = 0) -> list[Finding]:
    """A minute of a fast heart."""
    found = []
    for second in range(start, start + 61):
        row = {"t": second, "subject": subject, "device": device, "heart_rate": 130}
        found += engine.step(at(second), batch(row), ())
    return found


def whose(found: list[Finding]) -> list[tuple[str, int, int]]:
    return [(finding.kind, finding.slot, finding.device) for finding in found]


def test_slots_with_gaps_cost_nothing() -> None:
    columns = knowing(FIRST).state()
    assert len(columns["live/HeartRate/last"]) == 2
    assert columns["subjects"].tolist() == [ANNA, ALONE]
    assert columns["devices"].tolist() == [BED, ALONE]


def test_findings_name_the_slots_that_all_others_know() -> None:
    assert whose(bout(knowing(FIRST), ANNA, BED)) == [("heart_rate_high", ANNA, BED)]


def test_a_device_that_is_placed_with_nobody_is_a_subject_of_its_own() -> None:
    engine = knowing(FIRST)
    press = event(100, "button_pressed", ALONE, slot=ALONE)
    assert whose(bout(engine, ALONE, ALONE)) == [("heart_rate_high", ALONE, ALONE)]
    assert whose(engine.step(at(100), Batch.empty(), [press]))[-1] == ("sos", ALONE, ALONE)


def test_a_device_that_is_placed_later_starts_afresh_with_its_resident() -> None:
    engine = knowing(FIRST)
    bout(engine, ALONE, ALONE)
    engine.know(LATER)
    assert whose(bout(engine, BERTA, ALONE, 61)) == [("heart_rate_high", BERTA, ALONE)]


def test_a_restart_keeps_the_numbers() -> None:
    """However the directory is ordered by then."""
    engine, again = knowing(FIRST), knowing(FIRST)
    for second in range(60):
        row = {"t": second, "subject": ANNA, "device": BED, "heart_rate": 130}
        engine.step(at(second), batch(row), ())
    again.load({name: array.copy() for name, array in engine.state().items()})
    again.know(LATER)
    row = {"t": 60, "subject": ANNA, "device": BED, "heart_rate": 130}
    assert whose(again.step(at(60), batch(row), ())) == [("heart_rate_high", ANNA, BED)]


def test_a_state_that_had_an_element_a_slot_is_taken_as_it_was() -> None:
    engine = Engine([HeartRate()])
    slots = range(ALONE + 1)
    engine.know(
        Snapshot(
            [Subject(str(slot), slot, None) for slot in slots],
            [Device(str(slot), slot, ANNA if slot == BED else slot) for slot in slots],
        )
    )
    for second in range(60):
        row = {"t": second, "subject": ANNA, "device": BED, "heart_rate": 130}
        engine.step(at(second), batch(row), ())
    old = {name: array.copy() for name, array in engine.state().items()}
    del old["subjects"], old["devices"]
    again = Engine([HeartRate()])
    again.load(old)
    again.know(FIRST)
    row = {"t": 60, "subject": ANNA, "device": BED, "heart_rate": 130}
    assert whose(again.step(at(60), batch(row), ())) == [("heart_rate_high", ANNA, BED)]


def test_what_is_of_nobody_in_the_directory_is_passed_over() -> None:
    """As after a restart, when a device was taken out meanwhile."""
    engine = Engine(standard(), judging_samples())
    engine.know(FIRST)
    rows = [{"t": 0, "subject": ANNA, "device": device, "battery": 5} for device in (BED, 8, 999)]
    press = event(0, "button_pressed", 999, slot=ANNA)
    found = engine.step(at(0), batch(*rows), [press])
    assert whose(found) == [("battery_low", ANNA, BED)]
    assert engine.step(at(0), batch(*rows[1:]), []) == []
    assert np.array_equal(engine.state()["devices"], [BED, ALONE])
