"""Which way is up: learned from walking, from nothing else, and given up when it was wrong."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from domain.event import Impact
from domain.time import HOUR, MINUTE, SECOND
from domain.wave import Wave
from ingest.signals import upright
from ingest.signals.acceleration import Acceleration
from ingest.signals.jolt import FEATURES, NOT_KNOWN, RATE
from simulators import signals

START = 1_795_249_800 * SECOND
SECONDS = upright.WALK // RATE
BEFORE, END = (FEATURES.index(f"leaning_{name}_deg") for name in ("before", "end"))


def walk(seconds: float = SECONDS) -> Any:
    """(n, 3) in g; gravity along the first axis."""
    return signals.walking(seconds, RATE, np.random.default_rng(1)).T


def waves(values: Any, start: int = START, placement: str = "waist") -> Iterator[Wave]:
    for first in range(0, len(values), RATE):
        part = values[first : first + RATE].astype(np.float32)
        begin = start + round(first / RATE * SECOND)
        yield Wave(
            0, 0, 1, "acceleration", begin, begin + SECOND, float(RATE), part, placement
        )  # fmt: skip


def leaning(signal: Acceleration, values: Any, start: int, placement: str = "waist") -> Any:
    """From upright, before and at the end, of the strongest jolt in these values."""
    told = [signal.take(wave) for wave in waves(values, start, placement)]
    jolts = [e for each in told if each for e in each.events if isinstance(e, Impact)]
    features = max((jolt for jolt in jolts if jolt.whole), key=lambda jolt: jolt.features[0])
    return features.features[BEFORE], features.features[END]


def rolling() -> Any:
    """Lying on the back (third axis), a jerk, lying on the side (second axis)."""
    random = np.random.default_rng(2)
    values = 0.01 * random.standard_normal((16 * RATE, 3))
    values[: 8 * RATE, 2] += 1
    values[8 * RATE :, 1] += 1
    values[8 * RATE : 8 * RATE + 5] += (0.5, 1.5, 1.5)
    return values


def test_who_walks_is_upright() -> None:
    found = upright.walking(walk())
    assert found is not None
    assert found @ [1, 0, 0] > 0.99


@pytest.mark.parametrize("part", ["still", "wild", "turning"])
def test_what_is_not_walking_says_nothing(part: str) -> None:
    random = np.random.default_rng(3)
    around = np.linspace(0, np.pi / 2, upright.WALK)
    values = {
        "still": [1, 0, 0] + 0.02 * random.standard_normal((upright.WALK, 3)),
        "wild": [1, 0, 0] + 1.0 * random.standard_normal((upright.WALK, 3)),
        "turning": np.stack((np.cos(around), np.sin(around), 0 * around), axis=1)
        + 0.2 * random.standard_normal((upright.WALK, 3)),
    }
    assert upright.walking(values[part]) is None


def test_findings_are_averaged_and_a_contradiction_begins_anew() -> None:
    up, side = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    near = np.array([np.cos(0.2), np.sin(0.2), 0])
    known, count = upright.learned(np.zeros(3), 0, up)
    known, count = upright.learned(known, count, near)
    assert count == 2
    assert known @ up > near @ up
    known, count = upright.learned(known, count, side)
    assert (known @ side, count) == (1, 1)


def test_a_jolt_tells_how_far_from_upright_it_began_and_ended() -> None:
    signal = Acceleration()
    for wave in waves(walk(30)):
        signal.take(wave)
    assert leaning(signal, rolling(), START + MINUTE) == pytest.approx((90, 90), abs=3)


def test_it_outlives_a_pause_but_not_an_hour_nor_a_turned_sensor() -> None:
    signal = Acceleration()
    for wave in waves(walk(30)):
        signal.take(wave)
    after = START + 30 * SECOND
    assert leaning(signal, rolling(), after + HOUR // 2)[0] > 80
    assert leaning(signal, rolling(), after + 3 * HOUR)[0] == NOT_KNOWN
    for wave in waves(walk(30)[:, [2, 1, 0]], after + 4 * HOUR):
        signal.take(wave)
    assert leaning(signal, rolling(), after + 4 * HOUR + MINUTE)[0] < 10


@pytest.mark.parametrize("placement", ["wrist", "pocket"])
def test_a_wrist_and_a_pocket_have_no_upright(placement: str) -> None:
    signal = Acceleration()
    for wave in waves(walk(30), placement=placement):
        signal.take(wave)
    assert leaning(signal, rolling(), START + MINUTE, placement) == (NOT_KNOWN, NOT_KNOWN)
