"""What every detector must hold, alone and together: the suite that a new one has to pass."""

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detectors import judging_samples, standard
from alerts.detectors.ambient import Ambient
from alerts.detectors.detector import Detector
from alerts.detectors.opinion import Opinion
from alerts.engine import Engine
from domain.finding import KINDS, RANK, Finding
from domain.quantity import HEART_RATE, QUANTITIES, WIDTH
from domain.sample import Batch
from domain.time import NEVER, SECOND
from tests.contracts.stream import PEOPLE, START, Message, chunks, run, stream, street, turn

Make = Callable[[], Engine]
SEEDS = range(2)
POOLED = {Ambient, Opinion}
"""Their memory has a row for each series that was ever told, and none for all others."""
LEARNT_IN_DAYS = {"ambient_unusual", "button_test_overdue", "inactivity", "not_up", "trend"}
"""What streams of minutes need not show; the detectors' own tests tell of it."""
seeds = st.integers(0, 2**32 - 1)
sizes = st.lists(st.integers(1, 60), min_size=1, max_size=8)


def _alone(place: int) -> Make:
    def make() -> Engine:
        detector = standard()[place]
        late = [late for late in judging_samples() if type(late) is type(detector)]
        return Engine([detector], late)

    return make


ENGINES = {"all": lambda: Engine(standard(), judging_samples())} | {
    type(detector).__name__: _alone(place) for place, detector in enumerate(standard())
}


@pytest.fixture(params=ENGINES, scope="module")
def make(request: pytest.FixtureRequest) -> Make:
    """An engine that knows the street: with one detector, or with all."""
    maker: Make = ENGINES[request.param]

    def made() -> Engine:
        engine = maker()
        engine.know(street())
        return engine

    return made


@settings(max_examples=4, deadline=None)
@given(seed=seeds, cut=sizes)
def test_any_chunking_gives_the_same_findings(make: Make, seed: int, cut: list[int]) -> None:
    messages = stream(seed)
    engine, other = make(), make()
    assert run(engine, messages, [len(messages)]) == run(other, messages, cut)
    assert _same_state(engine, other)


@settings(max_examples=2, deadline=None)
@given(seed=seeds, cut=sizes)
def test_turns_in_which_nothing_arrives_change_nothing(
    make: Make, seed: int, cut: list[int]
) -> None:
    messages = stream(seed)
    engine = make()
    findings: list[Finding] = []
    for chunk in chunks(messages, cut):
        before = max(chunk[0].received_at - 1, START)
        findings += engine.step(before, Batch.empty(), ())
        findings += engine.step(chunk[-1].received_at, *turn(chunk))
    findings += engine.step(messages[-1].received_at + 3600 * SECOND, Batch.empty(), ())
    assert findings == run(make(), messages, [7])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replay_finds_the_same(make: Make, seed: int) -> None:
    assert run(make(), stream(seed), [50]) == run(make(), stream(seed), [50])


@pytest.mark.parametrize("seed", SEEDS)
def test_state_can_be_saved_and_loaded_at_any_moment(make: Make, seed: int) -> None:
    messages = stream(seed)
    first, second = messages[:120], messages[120:]
    whole, engine, other = make(), make(), make()
    expected = run(whole, messages, [10])
    found = [f for chunk in chunks(first, [10]) for f in engine.step(*_step(chunk))]
    other.load({name: array.copy() for name, array in engine.state().items()})
    other.know(street())
    assert found + run(other, second, [10]) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_people_who_join_change_nothing_for_the_others(make: Make, seed: int) -> None:
    messages = stream(seed)
    engine = make()
    found = [f for chunk in chunks(messages[:120], [10]) for f in engine.step(*_step(chunk))]
    engine.know(street(PEOPLE + 40))
    assert found + run(engine, messages[120:], [10]) == run(make(), messages, [10])


@pytest.mark.parametrize("seed", SEEDS)
def test_subjects_do_not_depend_on_one_another(make: Make, seed: int) -> None:
    messages = stream(seed)
    end = replace(messages[-1], samples=(), event=None)
    together = run(make(), messages, [50])
    for person in range(PEOPLE):
        own = [message for message in messages if message.slot == 4 * person]
        alone = run(make(), [*own, end], [50])
        assert alone == [finding for finding in together if finding.slot == 4 * person]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sample_that_comes_twice_says_nothing_new(make: Make, seed: int) -> None:
    messages = stream(seed, orderly=True)
    twice = [again for m in messages for again in ([m, m] if m.samples else [m])]
    assert run(make(), twice, [50]) == run(make(), messages, [50])


@pytest.mark.parametrize("seed", SEEDS)
def test_findings_are_what_they_are_declared_to_be(make: Make, seed: int) -> None:
    engine = make()
    declared = {kind for detector in engine.detectors for kind in detector.kinds}
    for finding in run(engine, stream(seed), [50]):
        assert finding.kind in declared & KINDS.keys()
        assert RANK[finding.priority] >= RANK[KINDS[finding.kind].priority]
        json.dumps(dict(finding.evidence), allow_nan=False)
        plain = (finding.at, finding.slot, finding.device, finding.since, finding.active)
        assert [type(value) for value in plain] == [int, int, int, int, bool]


@pytest.mark.parametrize("seed", SEEDS)
def test_timers_lie_ahead(make: Make, seed: int) -> None:
    engine = make()
    for chunk in chunks(stream(seed), [10]):
        engine.step(*_step(chunk))
        assert chunk[-1].received_at < engine.next_deadline() <= NEVER


def test_a_sample_that_says_nothing_is_never_a_symptom(make: Make) -> None:
    nothing = (float("nan"),) * WIDTH
    messages = [
        Message(START + second * SECOND, 0, 1, ((START + second * SECOND, nothing, 0, 0),))
        for second in range(0, 3600, 10)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run(make(), messages, [7])
    assert {finding.kind for finding in found} <= {"device_silent"}


@pytest.mark.parametrize("extreme", ["low", "high"])
def test_extreme_values_of_all_quantities_break_nothing(make: Make, extreme: str) -> None:
    values = tuple(float(getattr(quantity, extreme)) for quantity in QUANTITIES)
    messages = [
        Message(START + second * SECOND, 0, 1, ((START + second * SECOND, values, 0, 0),))
        for second in range(0, 600, 10)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(make(), messages, [7])


def test_ten_thousand_residents_are_told_apart() -> None:
    people = 10_000
    engine = ENGINES["all"]()
    engine.know(street(people))
    ill = np.arange(0, people, 97)
    found: list[Finding] = []
    for second in range(0, 70, 10):
        x = np.full((people, WIDTH), np.nan, np.float32)
        x[:, HEART_RATE] = 70
        x[ill, HEART_RATE] = 130
        at = START + second * SECOND
        found += engine.step(at, _everybody(people, at, x), ())
    assert [finding.slot for finding in found] == (4 * ill).tolist()
    assert {finding.kind for finding in found} == {"heart_rate_high"}


def test_memory_is_columns_of_plain_numbers() -> None:
    for detector in standard():
        detector.resize(8, 8)
        for array in detector.memory.values():
            assert len(array) == 8 or (type(detector) in POOLED and not len(array))
            assert array.dtype.kind in "bif"


def test_every_kind_that_a_detector_may_find_is_found() -> None:
    """Otherwise the streams above would prove little."""
    found = {f.kind for seed in range(25) for f in run(_all(), stream(seed), [50])}
    wanted = {kind for detector in standard() for kind in detector.kinds}
    assert wanted - LEARNT_IN_DAYS <= found <= wanted


def _all() -> Engine:
    engine = ENGINES["all"]()
    engine.know(street())
    return engine


def _step(chunk: Sequence[Message]) -> tuple[int, Batch, list]:  # type: ignore[type-arg]
    return chunk[-1].received_at, *turn(chunk)


def _same_state(one: Engine, other: Engine) -> bool:
    mine, theirs = one.state(), other.state()
    return all(
        np.array_equal(mine[name], theirs[name], equal_nan=mine[name].dtype.kind == "f")
        for name in mine
    )


def _everybody(people: int, at: int, x: np.ndarray) -> Batch:  # type: ignore[type-arg]
    slots = 4 * np.arange(people, dtype=np.int32)
    instants = np.full(people, at, np.int64)
    return Batch(
        order=np.arange(people, dtype=np.int32),
        slot=slots,
        device=slots + np.int32(1),
        measured_at=instants,
        received_at=instants,
        x=x,
        implausible=np.zeros(people, np.int16),
        offset=np.zeros(people, np.int64),
    )


def test_the_suite_covers_all_detectors() -> None:
    names = {type(detector).__name__ for detector in standard()}
    subclasses = {cls.__name__ for cls in Detector.__subclasses__() if cls.kinds}
    assert subclasses <= names
