"""fall, from a worn sensor: when it is told, and that it is told once."""

from dataclasses import replace

import pytest

from alerts.detectors.impact import MODELS, TRUST, Impacts
from alerts.detectors.trees import NO_LIMIT, Trees, read
from alerts.engine import Engine
from domain.event import Impact
from domain.finding import Finding
from domain.sample import Batch
from domain.time import SECOND, iso
from ingest.signals.jolt import FEATURES, NOT_KNOWN
from tests.contracts.stream import JOLTS, START, street


def impact(second: float, seen: float, jolt: str = "fall", placement: str | None = None) -> Impact:
    """A jolt at this second, with so much of the signal behind it."""
    at = START + round(second * SECOND)
    until = at + round(seen * SECOND)
    return Impact(
        order=0, slot=0, device=2, device_id="", event="impact", happened_at=at,
        received_at=until, key=f"impact@{at}", features=JOLTS[jolt], placement=placement,
        seen_until=until, whole=seen >= 6,
    )  # fmt: skip


def found(*impacts: Impact, until: float = 600) -> list[Finding]:
    engine = Engine([Impacts()])
    engine.know(street())
    findings: list[Finding] = []
    for each in impacts:
        findings += engine.step(each.received_at, Batch.empty(), [each])
    return findings + engine.step(START + round(until * SECOND), Batch.empty(), ())


@pytest.mark.parametrize("placement", [None, "waist", "wrist", "chest", "pocket"])
def test_a_jolt_that_looks_like_a_fall_is_one_once_it_is_whole(placement: str | None) -> None:
    (fall,) = found(impact(0, 2, placement=placement), impact(0, 6, placement=placement))
    assert (fall.kind, fall.slot, fall.device, fall.since) == ("fall", 0, 2, START)
    assert fall.at == START + 6 * SECOND
    assert fall.evidence["source"] == "wave"
    assert fall.evidence["placement"] == placement
    assert (fall.evidence["peak_g"], fall.evidence["posture_change_deg"]) == (4.2, 85.0)
    assert fall.evidence["stillness_s"] == 4.5
    assert fall.evidence["leaning_before_deg"] == 5.0
    assert fall.evidence["happened_at"] == iso(START)


def test_a_step_is_none() -> None:
    assert not found(impact(0, 2, "step"), impact(0, 6, "step"))


def leaning(jolt: str, degrees: float, placement: str = "waist", **others: float) -> Impact:
    """A jolt of somebody who leaned so far from upright before it."""
    whole = impact(0, 6, jolt, placement)
    known = dict(zip(FEATURES, whole.features, strict=True)) | others
    return replace(whole, features=tuple({**known, "leaning_before_deg": degrees}.values()))


def test_the_upright_takes_away_no_more_than_it_is_trusted_with() -> None:
    detector = Impacts()
    plain = detector.margin(leaning("fall", NOT_KNOWN))
    for degrees in (0.0, 45.0, 90.0, 180.0):
        assert detector.margin(leaning("fall", degrees)) >= plain - TRUST
    assert detector.margin(leaning("fall", 90.0)) < detector.margin(leaning("fall", 5.0))


@pytest.mark.parametrize("placement", ["wrist", "pocket"])
def test_elsewhere_than_at_the_trunk_it_is_not_asked(placement: str) -> None:
    detector = Impacts()
    known, unknown = (leaning("fall", degrees, placement) for degrees in (90.0, NOT_KNOWN))
    assert detector.margin(known) == detector.margin(unknown)


def test_where_the_signal_ends_it_is_judged_by_what_there_is_after_five_seconds() -> None:
    (fall,) = found(impact(0, 2), impact(0, 3))
    assert fall.at == START + 8 * SECOND


def test_where_messages_are_long_the_next_may_take_as_long() -> None:
    (fall,) = found(replace(impact(0, 2), message=60 * SECOND))
    assert fall.at == START + 67 * SECOND


def test_where_the_signal_ends_with_a_jolt_a_fall_is_suspected() -> None:
    (suspicion,) = found(impact(0, 0.5, "step"))
    assert (suspicion.kind, suspicion.at) == ("fall_suspected", START + 5 * SECOND + SECOND // 2)
    assert suspicion.evidence["stillness_s"] == 0


@pytest.mark.parametrize("jolt", ["step", "fall"])
def test_a_suspicion_ends_when_more_is_known(jolt: str) -> None:
    told = found(impact(0, 0.5, jolt), impact(0, 2, jolt), impact(0, 6, jolt))
    assert [finding.kind for finding in told] == (["fall"] if jolt == "fall" else [])
    assert not found(impact(0, 0.5, "step"), impact(0.4, 2, "step"))


def test_who_gets_up_again_did_not_fall() -> None:
    assert not found(impact(0, 2), impact(0, 3, "step"))
    assert not found(impact(0, 2), impact(0, 6, "step"))


def test_jolts_of_one_fall_are_one_fall() -> None:
    assert len(found(impact(0, 6), impact(3, 6), impact(29, 6))) == 1
    assert len(found(impact(0, 6), impact(31, 6))) == 2


def test_a_fall_that_is_heard_of_late_says_so() -> None:
    late = replace(impact(0, 6), received_at=START + 300 * SECOND)
    (fall,) = found(late)
    assert fall.evidence["late"] is True


def test_the_models_are_about_the_features_that_the_signal_tells() -> None:
    numbers = read(MODELS)
    assert tuple(numbers["features"]) == FEATURES
    for model in numbers["models"].values():
        assert all(0 <= each < len(FEATURES) for tree in model["feature"] for each in tree)


def test_a_tree_goes_left_up_to_its_threshold() -> None:
    tree = Trees(
        {
            "base": 0.5, "limit": 0, "feature": [[0, 1, 0]],
            "threshold": [[1.0, 5.0, NO_LIMIT]], "leaf": [[1, 2, 4, 8]],
        }
    )  # fmt: skip
    assert [tree.score(x) for x in ((1, 5), (1, 6), (2, 0))] == [1.5, 2.5, 4.5]
