"""The score of the anomaly benchmark, against its published rules."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from carewatch.evaluate.windows import PROFILES, Floats, Series, curve, outcome

LENGTH = 1000
STANDARD = PROFILES["standard"]


def series(*windows: tuple[int, int], length: int = LENGTH, name: str = "a/b.csv") -> Series:
    """Rows a second apart; windows as first and last row."""
    at = np.arange(length) * 1_000_000
    return Series(name, at, np.zeros(length), [(int(at[a]), int(at[b])) for a, b in windows])


def scores(*rows: int, length: int = LENGTH) -> Floats:
    """A score of 1 at these rows, 0 elsewhere."""
    told = np.zeros(length)
    told[list(rows)] = 1
    return told


def standard(of: Series, *rows: int) -> float:
    return outcome([of], [scores(*rows)], STANDARD).score


def worth(y: float) -> float:
    return 2 / (1 + math.exp(5 * y)) - 1


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_finding_nothing_is_0_and_all_at_once_is_100(profile: object) -> None:
    of = series((300, 399), (600, 699))
    assert isinstance(profile, type(STANDARD))
    assert outcome([of], [np.zeros(LENGTH)], profile).score == 0
    assert outcome([of], [scores(300, 600)], profile).score == pytest.approx(100)


def test_a_later_find_is_worth_less() -> None:
    of = series((300, 399))
    middle = worth(-0.5) / worth(-1)
    assert standard(of, 350) == pytest.approx(50 * (middle + 1))
    assert standard(of, 300) > standard(of, 350) > standard(of, 390) > 0


def test_a_window_counts_once_and_by_its_best_row() -> None:
    of = series((300, 399))
    assert standard(of, 300, 301, 350) == standard(of, 300)


def test_a_false_alarm_costs_its_weight_and_less_right_behind_a_window() -> None:
    of = series((300, 399))
    assert standard(of, 300, 200) == pytest.approx(50 * (1 - 0.11 + 1))
    behind = 0.11 * worth(10 / 99)
    assert standard(of, 300, 409) == pytest.approx(50 * (1 + behind + 1))
    far = outcome([of], [scores(300, 900)], PROFILES["reward_low_fp"])
    assert far.score == pytest.approx(50 * (1 - 0.22 + 1))


def test_the_first_part_of_a_series_is_for_learning() -> None:
    of = series((300, 399))
    assert standard(of, 0, 50, 149, 300) == pytest.approx(100)
    assert standard(of, 150, 300) < 100
    long = series((4000, 4999), length=20_000)
    told = outcome([long], [scores(700, 4000, length=20_000)], STANDARD)
    assert told.score == pytest.approx(100)


def test_one_threshold_serves_the_whole_corpus() -> None:
    found, noisy = series((300, 399), name="a/found.csv"), series(name="a/noisy.csv")
    weak = np.zeros(LENGTH)
    weak[300] = 0.5
    spikes = scores(*range(200, 900, 20)) * 0.7
    told = outcome([found, noisy], [weak, spikes], STANDARD)
    assert (told.score, told.threshold) == (0, math.inf)
    assert outcome([found, noisy], [weak, 0.5 * spikes], STANDARD).threshold == 0.5


def test_each_series_tells_its_part() -> None:
    of = series((300, 399), (600, 699))
    told = outcome([of], [scores(200, 300)], STANDARD).by_series["a/b.csv"]
    assert told == {"score": -0.11, "windows": 2, "found": 1, "false": 1}


def test_a_corpus_without_anomalies_cannot_be_won() -> None:
    assert outcome([series()], [scores(500)], STANDARD).score == 0


def test_the_curve_runs_from_few_false_alarms_to_all_windows() -> None:
    told: Sequence[float] = np.linspace(0, 1, LENGTH).tolist()
    false, found = curve([series((300, 399), (600, 699))], [np.array(told)])
    assert (np.diff(false) >= 0).all()
    assert (np.diff(found) >= 0).all()
    assert found[-1] == 1
    assert false[-1] == pytest.approx(1000 * 650 / 850)
