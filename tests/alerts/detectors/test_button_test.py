"""button_test_overdue: a button that nobody has tried for too long."""

from typing import Any

import pytest

from alerts.detectors.button_test import ButtonTest
from domain.directory import Device, Subject
from domain.time import DAY, SECOND, iso
from tests.alerts.stage import ANNA, BED, BUTTON, FALL, START, Stage, anna, event

DAYS = DAY / SECOND
KIND = "button_test_overdue"


def placed(kind: str = "button", slot: int = BUTTON, **more: Any) -> Device:
    return Device(f"device-{slot}", slot, ANNA, kind, placed_at=START, **more)  # type: ignore[arg-type]


def stage(*devices: Device, **thresholds: float) -> Stage:
    return Stage(ButtonTest(), subject=anna(**thresholds), devices=devices or (placed(),))


def test_a_button_that_was_never_tested_counts_from_its_placement() -> None:
    told = stage().wait(8 * DAYS)
    assert told.told() == [(8 * DAYS, KIND, True)]
    (finding,) = told.findings
    assert (finding.priority, finding.evidence) == (
        "low", {"last_test": None, "interval_days": 7.0, "placed_at": iso(START)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "is_over"),
    [("button_test", True), ("fall_test", True), ("button_pressed", False), ("fall", False)],
)
def test_a_test_ends_it_and_nothing_else_does(name: str, is_over: bool) -> None:
    told = stage().wait(8 * DAYS).happen(event(8.5 * DAYS, name, BUTTON))
    assert told.told()[1:] == ([(8.5 * DAYS, KIND, False)] if is_over else [])


def test_a_test_in_time_puts_it_off() -> None:
    told = stage().happen(event(6 * DAYS, "button_test", BUTTON))
    assert told.wait(14 * DAYS - 1).told() == []
    assert told.wait(14 * DAYS).told() == [(14 * DAYS, KIND, True)]
    assert told.findings[0].evidence["last_test"] == iso(START + 6 * DAY)


def test_it_is_told_again_each_week() -> None:
    told = stage().wait(23 * DAYS)
    assert [at for at, _, _ in told.told()] == [8 * DAYS, 15 * DAYS, 22 * DAYS]
    assert len({finding.since for finding in told.findings}) == 3


@pytest.mark.parametrize(
    ("device", "own", "days"),
    [
        (placed("fall", FALL), {}, 8),
        (placed("bed", BED), {}, None),
        (placed(), {"test_interval_days": 30}, 31),
        (placed(test_interval_days=1), {"test_interval_days": 30}, 2),
        (placed(test_interval_days=0), {}, None),
        (placed(tested_at=START + 3 * DAY), {}, 11),
        (Device("button", BUTTON, ANNA, "button"), {}, None),
        (Device("button", BUTTON, ANNA, "button", tested_at=START), {}, 8),
    ],
)
def test_who_is_watched_and_how_long(
    device: Device, own: dict[str, float], days: int | None
) -> None:
    told = stage(device, **own).wait(32 * DAYS).told()
    assert [at / DAYS for at, _, _ in told[:1]] == ([] if days is None else [days])


def test_nobody_is_watched_whose_placement_nobody_knows_before_a_first_test() -> None:
    told = stage(Device("button", BUTTON, ANNA, "button")).wait(30 * DAYS)
    assert told.told() == []
    told.happen(event(30 * DAYS, "button_test", BUTTON)).wait(38 * DAYS)
    assert told.told() == [(38 * DAYS, KIND, True)]


def test_a_button_in_a_drawer_is_not_asked_for_a_test() -> None:
    drawer = Subject("device:button", ANNA, None)
    told = Stage(ButtonTest(), subject=drawer, devices=[Device("button", BUTTON, ANNA, "button")])
    assert told.happen(event(0, "button_test", BUTTON)).wait(30 * DAYS).told() == []


def test_a_deadline_that_passed_while_nothing_could_be_heard_is_now() -> None:
    told = stage()
    told.engine.resume(START + 20 * DAY)
    assert told.wait(20 * DAYS).told() == [(20 * DAYS, KIND, True)]


def test_another_interval_holds_at_once() -> None:
    told = stage()
    shorter = stage(test_interval_days=2)
    told.engine.know(shorter.snapshot)
    assert told.wait(3 * DAYS).told() == [(3 * DAYS, KIND, True)]
