"""Jolts in a worn sensor's signal: the same however it is cut, sampled, turned or repeated."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domain.event import Impact
from domain.time import SECOND
from domain.wave import Wave
from ingest.signals.acceleration import Acceleration
from ingest.signals.jolt import FEATURES
from simulators import signals

START = 1_795_249_800 * SECOND
PEAK, TURN, STILL = (FEATURES.index(n) for n in ("peak_g", "posture_change_deg", "still_share"))


def fall(rate: int, seed: int = 1, before: float = 8, after: float = 12) -> Any:
    """(n, 3) in g; the impact is about 0.4 s after ``before``."""
    return signals.falling(before, after, rate, np.random.default_rng(seed)).T.astype(np.float32)


def waves(values: Any, rate: float, seconds: float, start: int = START) -> Iterator[Wave]:
    size = round(seconds * rate)
    for first in range(0, len(values), size):
        part = values[first : first + size]
        begin = start + round(first / rate * SECOND)
        end = begin + round(len(part) / rate * SECOND)
        yield Wave(0, 0, 1, "acceleration", begin, end, rate, part, "waist")


def told(signal: Acceleration, heard: Sequence[Wave]) -> list[Impact]:
    found = [signal.take(wave) for wave in heard]
    return [e for each in found if each for e in each.events if isinstance(e, Impact)]


def whole(impacts: Sequence[Impact]) -> list[Impact]:
    return [impact for impact in impacts if impact.whole]


def strongest(impacts: Sequence[Impact]) -> Impact:
    return max(whole(impacts), key=lambda impact: impact.features[PEAK])


@pytest.mark.parametrize("rate", [20, 31, 50, 100, 200])
def test_a_fall_is_one_jolt_at_any_rate(rate: int) -> None:
    impact = strongest(told(Acceleration(), list(waves(fall(rate), rate, 1))))
    assert abs(impact.happened_at - START - 8.46 * SECOND) < 0.2 * SECOND
    assert impact.features[PEAK] > 1.8
    assert 70 < impact.features[TURN] < 100
    assert impact.features[STILL] > 0.9


@pytest.mark.parametrize("seconds", [0.5, 1.26, 2, 4, 20])
def test_where_messages_were_cut_does_not_matter(seconds: float) -> None:
    one = whole(told(Acceleration(), list(waves(fall(50), 50, 1))))
    other = whole(told(Acceleration(), list(waves(fall(50), 50, seconds))))
    assert [impact.happened_at for impact in one] == [impact.happened_at for impact in other]
    for mine, theirs in zip(one, other, strict=True):
        assert mine.features == pytest.approx(theirs.features, rel=1e-3, abs=1e-3)


def test_how_the_sensor_is_turned_does_not_matter() -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((3, 3)))
    values = fall(50)
    straight = strongest(told(Acceleration(), list(waves(values, 50, 1))))
    other = (values @ turned).astype(np.float32)
    crooked = strongest(told(Acceleration(), list(waves(other, 50, 1))))
    assert crooked.features == pytest.approx(straight.features, rel=1e-2, abs=1e-2)


def test_what_comes_twice_or_late_says_nothing_new() -> None:
    heard = list(waves(fall(50), 50, 1))
    twice = [again for wave in heard for again in (wave, wave)]
    late = [*heard, replace(heard[3], received_at=heard[-1].received_at)]
    once = told(Acceleration(), heard)
    assert told(Acceleration(), twice) == once == told(Acceleration(), late)


def test_a_clock_that_was_set_back_is_followed_after_a_minute() -> None:
    signal = Acceleration()
    told(signal, list(waves(fall(50), 50, 1)))
    back = [
        replace(wave, received_at=wave.received_at + 5000 * SECOND)
        for wave in waves(fall(50, seed=2), 50, 1, START - 3600 * SECOND)
    ]
    assert whole(told(signal, back))


def test_state_can_be_saved_and_loaded_between_any_two_messages() -> None:
    heard = list(waves(fall(50), 50, 1))
    expected = told(Acceleration(), heard)
    for cut in range(0, len(heard), 3):
        first, second = Acceleration(), Acceleration()
        found = told(first, heard[:cut])
        second.load({name: array.copy() for name, array in first.state().items()})
        assert found + told(second, heard[cut:]) == expected


def test_devices_do_not_depend_on_one_another() -> None:
    heard = [list(waves(fall(50, seed), 50, 1)) for seed in range(30)]
    together = Acceleration()
    found: list[Impact] = []
    for moment in zip(*heard, strict=True):
        found += told(together, [replace(w, device=n) for n, w in enumerate(moment)])
    for device, own in enumerate(heard):
        mine = [impact for impact in found if impact.device == device]
        alone = told(Acceleration(), [replace(wave, device=device) for wave in own])
        assert mine == alone


def test_a_signal_that_ends_soon_after_the_impact_was_told_of() -> None:
    values = fall(50)[: round(50 * (8.5 + 2.5))]
    impacts = told(Acceleration(), list(waves(values, 50, 1)))
    assert impacts
    assert not impacts[-1].whole


@pytest.mark.parametrize("behind", [0.1, 0.6, 1.3])
def test_a_strong_jolt_is_told_of_though_the_signal_ends_with_it(behind: float) -> None:
    values = fall(50) * 1.5
    hit = int(np.linalg.norm(values, axis=1).argmax())
    impacts = told(Acceleration(), list(waves(values[: hit + round(50 * behind)], 50, 1)))
    impact = impacts[-1]
    assert abs(impact.happened_at - START - hit / 50 * SECOND) < 0.1 * SECOND
    assert impact.seen_until - impact.happened_at < 1.4 * SECOND
    assert np.isfinite(impact.features).all()


@pytest.mark.parametrize("hole", [0.1, 0.4])
def test_a_short_hole_is_bridged(hole: float) -> None:
    heard = list(waves(fall(50), 50, 1))
    short = [replace(w, start=w.start + round(n * hole * SECOND)) for n, w in enumerate(heard)]
    assert whole(told(Acceleration(), short))


@pytest.mark.parametrize("lost", [(4, 7), (6, 8), (9, 10), (10, 12), (11, 15)])
def test_a_jolt_outlives_a_hole_before_or_after_it(lost: tuple[int, int]) -> None:
    heard = list(waves(fall(50), 50, 1))
    complete = strongest(told(Acceleration(), heard))
    holed = strongest(told(Acceleration(), heard[: lost[0]] + heard[lost[1] :]))
    assert holed.happened_at == complete.happened_at
    for feature in (PEAK, TURN, STILL):
        assert holed.features[feature] == pytest.approx(complete.features[feature], rel=0.2)


def test_after_a_hole_of_more_than_five_seconds_all_begins_anew() -> None:
    heard = list(waves(fall(50), 50, 1))
    assert not whole(told(Acceleration(), heard[:10] + heard[16:]))


@pytest.mark.parametrize("late", range(3, 13))
def test_what_comes_late_fills_its_hole_in(late: int) -> None:
    heard = list(waves(fall(50), 50, 1))
    moved = replace(heard[late], received_at=heard[late + 2].received_at)
    order = [*heard[:late], *heard[late + 1 : late + 3], moved, *heard[late + 3 :]]
    complete = strongest(told(Acceleration(), heard))
    patched = strongest(told(Acceleration(), order))
    assert patched.happened_at == complete.happened_at
    assert patched.features == pytest.approx(complete.features, rel=0.1, abs=0.1)


def test_values_that_are_missing_here_and_there_change_little() -> None:
    values = fall(50)
    complete = strongest(told(Acceleration(), list(waves(values, 50, 1))))
    values[::17, 1] = np.nan
    holed = strongest(told(Acceleration(), list(waves(values, 50, 1))))
    for feature in (PEAK, TURN, STILL):
        assert holed.features[feature] == pytest.approx(complete.features[feature], rel=0.15)


def test_a_hole_is_the_same_hole_within_a_message_and_between_two() -> None:
    values = fall(50)
    values[500:600] = np.nan
    within = strongest(told(Acceleration(), list(waves(values, 50, 20))))
    between = strongest(told(Acceleration(), list(waves(values, 50, 2))))
    assert within.features == pytest.approx(between.features, rel=1e-3, abs=1e-3)


def test_no_numbers_clipped_values_and_one_value_a_message_break_nothing() -> None:
    values = fall(50)
    values[100:130] = np.nan
    values[430:440] *= 10
    impacts = told(Acceleration(), list(waves(values, 50, 1 / 50)))
    assert np.isfinite([impact.features for impact in impacts]).all()
    assert max(impact.features[PEAK] for impact in impacts) <= 8 * 3**0.5 + 1e-6


def test_lying_still_and_walking_softly_are_no_jolts() -> None:
    random = np.random.default_rng(2)
    still = (0.02 * random.standard_normal((3000, 3)) + [1, 0, 0]).astype(np.float32)
    assert not told(Acceleration(), list(waves(still, 50, 1)))
    walk = signals.walking(30, 50, random).T.astype(np.float32)
    assert not told(Acceleration(), list(waves(walk, 50, 1)))


def test_waves_are_not_changed() -> None:
    wave = next(waves(fall(50), 50, 30))
    before = wave.values.copy()
    wave.values.flags.writeable = False
    Acceleration().take(wave)
    assert np.array_equal(wave.values, before)
