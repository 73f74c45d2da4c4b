"""The contract suite once more, over weeks: for the detectors that learn a resident's days."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from alerts.detectors.bed_exit import BedExit
from alerts.detectors.button_test import ButtonTest
from alerts.detectors.inactivity import Inactivity
from alerts.detectors.not_up import NotUp
from alerts.detectors.trend import Trend
from alerts.engine import Engine
from domain.finding import Finding
from domain.sample import Batch
from domain.time import DAY, NEVER
from tests.contracts.days import ANNA, BERTA, CARL, village, weeks
from tests.contracts.stream import Message, chunks, turn

Make = Callable[[], Engine]


@pytest.fixture(params=[BedExit, NotUp, Inactivity, Trend, ButtonTest], scope="module")
def make(request: pytest.FixtureRequest) -> Make:
    def made() -> Engine:
        engine = Engine([request.param()])
        engine.know(village())
        return engine

    return made


def run(engine: Engine, messages: Sequence[Message], sizes: Sequence[int]) -> list[Finding]:
    findings: list[Finding] = []
    for chunk in chunks(messages, sizes):
        findings += engine.step(chunk[-1].received_at, *turn(chunk))
    return findings + engine.step(messages[-1].received_at + DAY, Batch.empty(), ())


@pytest.fixture(scope="module")
def told() -> list[Message]:
    return weeks(1)


@pytest.fixture(scope="module")
def found(make: Make, told: list[Message]) -> list[Finding]:
    return run(make(), told, [200])


def test_those_days_are_told_that_were_different(make: Make, found: list[Finding]) -> None:
    whose = {(f.kind, f.slot) for f in found if f.active}
    expected = {
        "trend": ANNA, "not_up": BERTA, "inactivity": CARL, "button_test_overdue": BERTA,
    }  # fmt: skip
    kind = make().detectors[0].kinds[0]
    if kind in expected:
        assert {slot for _, slot in whose} >= {expected[kind]}
    assert {name for name, _ in whose} == {kind}


@pytest.mark.parametrize("sizes", [[1], [3, 1, 17]])
def test_any_chunking_gives_the_same(
    make: Make, told: list[Message], found: list[Finding], sizes: list[int]
) -> None:
    assert run(make(), told, sizes) == found


def test_turns_in_which_nothing_arrives_change_nothing(
    make: Make, told: list[Message], found: list[Finding]
) -> None:
    engine, other = make(), []
    for chunk in chunks(told, [31]):
        other += engine.step(chunk[0].received_at - 1, Batch.empty(), ())
        other += engine.step(chunk[-1].received_at, *turn(chunk))
        assert chunk[-1].received_at < engine.next_deadline() <= NEVER
    other += engine.step(told[-1].received_at + DAY, Batch.empty(), ())
    assert other == found


def test_state_can_be_saved_and_loaded(
    make: Make, told: list[Message], found: list[Finding]
) -> None:
    engine, other = make(), make()
    before = [f for chunk in chunks(told[:2500], [50]) for f in _step(engine, chunk)]
    other.load({name: array.copy() for name, array in engine.state().items()})
    other.know(village())
    assert before + run(other, told[2500:], [50]) == found


def test_residents_do_not_depend_on_one_another(
    make: Make, told: list[Message], found: list[Finding]
) -> None:
    for slot in (ANNA, BERTA, CARL):
        own = [message for message in told if message.slot == slot]
        alone = run(make(), own, [50])
        assert [f for f in found if f.slot == slot][: len(alone)] == alone


def test_what_comes_twice_says_nothing_new(
    make: Make, told: list[Message], found: list[Finding]
) -> None:
    twice = [again for m in told for again in ([m, m] if m.samples else [m])]
    assert run(make(), twice, [100]) == found


def test_memory_is_small(make: Make) -> None:
    engine = make()
    memory = engine.detectors[0].memory
    assert sum(array.nbytes for array in memory.values()) <= 240 * len(next(iter(memory.values())))
    assert all(np.asarray(array).dtype.kind in "bif" for array in memory.values())


def _step(engine: Engine, chunk: Sequence[Message]) -> list[Finding]:
    return engine.step(chunk[-1].received_at, *turn(chunk))
