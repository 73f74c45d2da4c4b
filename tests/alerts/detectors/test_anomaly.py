"""The general streaming detector: what surprises it, and what it gets used to."""

import numpy as np
import pytest

from alerts.detectors.anomaly import BYTES, FIRST, REST, Anomaly
from domain.time import MINUTE

STEP = 5 * MINUTE
DAY = 288
"""Values a day."""


def told(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """The scores of one series, a value every five minutes."""
    anomaly = Anomaly(1)
    scores = [anomaly.score(values[n : n + 1], n * STEP)[0] for n in range(len(values))]
    return np.array(scores)


def noise(days: float, seed: int = 1) -> np.ndarray:  # type: ignore[type-arg]
    return np.random.default_rng(seed).normal(50, 1, round(days * DAY))


def wave(days: float, seed: int = 1) -> np.ndarray:  # type: ignore[type-arg]
    """High by day and low by night, with noise."""
    steps = np.arange(round(days * DAY))
    return noise(days, seed) + 15 * np.sign(np.sin(2 * np.pi * steps / DAY))


def spike() -> np.ndarray:  # type: ignore[type-arg]
    values = noise(7)
    values[1500] += 12
    return values


def shift() -> np.ndarray:  # type: ignore[type-arg]
    values = noise(7)
    values[1500:] += 6
    return values


def restless() -> np.ndarray:  # type: ignore[type-arg]
    values = noise(7)
    values[1500:1560] = 50 + 4 * (values[1500:1560] - 50)
    return values


def flat() -> np.ndarray:  # type: ignore[type-arg]
    """The day does not come, so each value is one of the night."""
    values = wave(8)
    values[5 * DAY : 5 * DAY + 144] -= 30
    return values


@pytest.mark.parametrize(
    ("values", "start"),
    [(spike(), 1500), (shift(), 1500), (restless(), 1500), (flat(), 5 * DAY)],
    ids=["spike", "shift", "restless", "flat"],
)
def test_what_was_never_so_is_the_greatest_surprise(values: np.ndarray, start: int) -> None:  # type: ignore[type-arg]
    scores = told(values)
    assert start <= int(scores.argmax()) < start + 60
    assert scores.max() > 8
    assert scores.max() > 1.5 * scores[:start].max()


def test_units_do_not_matter() -> None:
    expected = told(shift())
    for scale in (1e-6, 1e6):
        np.testing.assert_allclose(told(shift() * scale), expected, rtol=1e-3, atol=1e-3)


def test_a_series_that_always_has_spikes_does_not_surprise_by_another() -> None:
    values = noise(14)
    values[100::97] += 12
    last = 97 * 39 + 100
    assert told(spike())[1500] > 2 * told(values)[last]


def test_what_was_told_is_no_news() -> None:
    scores = told(shift())
    assert np.count_nonzero(scores[1500 : 1500 + REST] >= 8) <= 5


def test_a_change_for_good_becomes_usual() -> None:
    values = noise(21)
    values[1500:] += 6
    assert told(values)[14 * DAY :].max() < 8


def test_nothing_is_a_surprise_at_first_or_in_a_flat_line() -> None:
    assert told(noise(1))[:FIRST].max() == 0
    assert told(np.full(5 * DAY, 7.0)).max() == 0


def test_a_missing_value_changes_nothing() -> None:
    values = spike()
    gaps = np.insert(values, [700, 1499], np.nan)
    anomaly = Anomaly(1)
    steps = np.insert(np.arange(len(values)), [700, 1499], [700, 1499])
    scores = [anomaly.score(gaps[n : n + 1], int(s) * STEP)[0] for n, s in enumerate(steps)]
    assert np.delete(scores, np.flatnonzero(np.isnan(gaps))).tolist() == told(values).tolist()


def test_series_do_not_depend_on_one_another() -> None:
    columns = [spike(), shift(), noise(7, 5)]
    together = Anomaly(3)
    rows = [
        together.score(np.array(row), n * STEP) for n, row in enumerate(zip(*columns, strict=True))
    ]
    for column, values in enumerate(columns):
        np.testing.assert_array_equal(np.array(rows)[:, column], told(values))


def test_memory_is_bounded() -> None:
    anomaly = Anomaly(10)
    for n in range(300):
        anomaly.score(np.arange(10) + n % 7, n * STEP)
    assert sum(array.nbytes for array in anomaly.memory.values()) == 10 * BYTES < 4000


def test_how_unusual_a_value_is_can_be_asked_without_teaching_it() -> None:
    anomaly, values = Anomaly(1), noise(3)
    for n, value in enumerate(values):
        anomaly.score(np.array([value]), n * STEP)
    before = {name: array.copy() for name, array in anomaly.memory.items()}
    usual, odd = (anomaly.unusual(value, len(values) * STEP, 0) for value in (50.0, 70.0))
    assert (usual, odd > 0.99) == (0.0, True)
    for name, array in before.items():
        np.testing.assert_array_equal(anomaly.memory[name], array)
