"""What a bed's raw signal tells of the sleeper, and what it must not be misled by."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.time import HOUR, MINUTE, SECOND
from ingest.signals.bed import Bed
from simulators.bed_signal import Sensor
from tests.ingest.signals.beds import START, Part, night, span, told, waves

SLEEP = night(Part(90, 64, 14))
EVENTFUL = night(Part(40), Part(5, movement=0.6), Part(40, 80, None), Part(30, None, None))


def rates(said: list[dict[str, float]]) -> tuple[float, float]:
    """The median of trusted heart and breathing rates."""
    good = [each for each in said if each.get("signal_quality", 0) >= 0.5]
    heart = [each["heart_rate"] for each in good if "heart_rate" in each]
    breath = [each["respiration_rate"] for each in good if "respiration_rate" in each]
    return float(np.median(heart)), float(np.median(breath))


# -- rates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heart", "breath", "rate"),
    [(64, 14, 50), (42, 9, 100), (88, 22, 125), (120, 18, 62.5), (150, 30, 200), (70, 12, 250)],
)
def test_heart_and_breath_are_found_at_any_rate_of_sampling(
    heart: float, breath: float, rate: float
) -> None:
    sensor = Sensor(rate=rate, bits=16, offset=32768)
    for seed in range(3):
        values = night(Part(80, heart, breath), seed=seed, sensor=sensor)
        # A simulated second holds a whole number of values, so it lasts a little off a second.
        stretch = rate / round(rate)
        found = rates(span(told(Bed(), waves(values, rate)), 40, 80))
        assert found == pytest.approx((heart * stretch, breath * stretch), abs=1.5)


@pytest.mark.parametrize(("gain", "offset"), [(-1, 0), (1e-4, 0.3), (1e5, -1e9), (-20, 123456)])
def test_gain_offset_and_polarity_of_the_sensor_do_not_matter(gain: float, offset: float) -> None:
    values = (SLEEP.astype(float) * gain + offset).astype(np.float32)
    if gain == 1e5:
        values = (SLEEP.astype(float) * 1e3).astype(np.float32)  # what float32 can hold
    assert rates(told(Bed(), waves(values))) == pytest.approx((64, 14), abs=1)


def test_a_converter_at_its_limit_does_not_hide_the_heart() -> None:
    low = Sensor(bits=10, offset=100, gain=120)  # breathing out goes below zero
    values = night(Part(90, 70, 13), sensor=low)
    assert (values == 0).mean() > 0.1
    assert rates(told(Bed(), waves(values))) == pytest.approx((70, 13), abs=2)


@pytest.mark.parametrize(("share", "trusted"), [(0.2, {1, 0}), (0.5, {0}), (0.75, set())])
@pytest.mark.parametrize("side", [1, -1])
def test_rates_of_a_signal_that_is_cut_off_are_not_told(
    share: float, trusted: set[int], side: int
) -> None:
    values = side * SLEEP
    values = np.maximum(values, np.quantile(values, share)).astype(np.float32)
    said = span(told(Bed(), waves(values)), 40, 90)
    names = ("respiration_rate", "heart_rate")
    assert {n for n in (0, 1) if any(names[n] in each for each in said)} == trusted
    assert share < 0.75 or not any(each.get("signal_quality") for each in said)


@pytest.mark.parametrize("frequency", [1.2, 1.6, 3.3, 7.3, 11])
@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_a_machine_that_hums_evenly_is_nobody(frequency: float, noise: float) -> None:
    t = np.arange(12_000) / 100
    hum = np.sin(2 * np.pi * frequency * t)
    hum += noise * np.random.default_rng(1).standard_normal(len(t))
    said = told(Bed(), waves((100 * hum + 2048).astype(np.float32)))
    assert not any(each.get("in_bed") or "heart_rate" in each for each in said)
    assert max(each.get("signal_quality", 0) for each in said) < 0.5


def test_a_hum_louder_than_the_heart_hides_the_heart_and_not_the_breath() -> None:
    hum = 120 * np.sin(2 * np.pi * 7.3 * np.arange(len(SLEEP)) / 100)
    said = span(told(Bed(), waves((SLEEP + hum).astype(np.float32))), 60, 90)
    assert not any("heart_rate" in each for each in said)
    assert [each["respiration_rate"] for each in said] == pytest.approx([14] * len(said), abs=1)


def test_a_heart_that_races_is_followed_within_twenty_seconds() -> None:
    rise = [Part(1, 65 + 7 * n, 18) for n in range(10)]
    for seed in range(3):
        said = told(Bed(), waves(night(Part(60, 65, 15), *rise, Part(60, 138, 20), seed=seed)))
        late = [each["heart_rate"] for each in span(said, 90, 130) if "heart_rate" in each]
        assert len(late) > 15
        assert min(late) > 134


def test_values_that_cannot_be_trusted_say_so() -> None:
    values = night(Part(60), Part(14, movement=0.8), Part(4))
    said = span(told(Bed(), waves(values)), 66, 78)
    assert all(each["signal_quality"] < 0.5 or "heart_rate" not in each for each in said)


# -- movement, presence, breath ----------------------------------------------------------------


def test_turning_over_is_movement_and_sleeping_is_not() -> None:
    said = told(Bed(), waves(night(Part(60), Part(6, movement=0.5), Part(30))))
    assert max(each["movement"] for each in span(said, 62, 66)) == 1
    assert {each["movement"] for each in (*span(said, 4, 60), *span(said, 70, 96))} == {0}


def test_slow_and_sharp_beats_are_no_movement() -> None:
    t = np.arange(9000) / 100
    values = 500 * np.exp(-0.5 * (((t % 1.7) - 0.3) / 0.03) ** 2) + 300 * np.sin(t)
    values += np.random.default_rng(0).normal(0, 1, len(t))
    said = told(Bed(), waves(values.astype(np.float32)))
    assert not any(each["movement"] for each in said)
    assert rates(said)[0] == pytest.approx(60 / 1.7, abs=1)


def test_somebody_leaves_and_comes_back() -> None:
    up, away = Part(6, movement=0.6), Part(120, None, None)
    said = told(Bed(), waves(night(Part(90), up, away, up, Part(60))))
    in_bed = {each["at"]: each["in_bed"] for each in said if "in_bed" in each}
    changes = [b for a, b in itertools.pairwise(in_bed) if in_bed[a] != in_bed[b]]
    assert in_bed[20] == 1
    assert changes == [pytest.approx(108, abs=10), pytest.approx(238, abs=10)]
    assert not any("heart_rate" in each for each in span(said, changes[0], changes[1] - 1))


@pytest.mark.parametrize("colour", ["white", "pink", "hum"])
def test_an_empty_bed_is_empty(colour: str) -> None:
    random = np.random.default_rng(5)
    values = random.standard_normal(60_000)
    if colour == "pink":
        spectrum = np.fft.rfft(values) / np.sqrt(np.arange(1, 30_002))
        values = np.fft.irfft(spectrum) * 100
    elif colour == "hum":
        values += 3 * np.sin(2 * np.pi * 31 * np.arange(60_000) / 100)
    said = told(Bed(), waves((20 * values + 2048).astype(np.float32)))
    assert {each["in_bed"] for each in said if "in_bed" in each} == {0}


def test_breath_that_stops_is_zero_within_eight_seconds_and_comes_back() -> None:
    for seed in range(4):
        values = night(Part(90), Part(30, 62, None), Part(40), seed=seed)
        said = told(Bed(), waves(values))
        silent = [each["at"] for each in said if each.get("respiration_rate") == 0]
        assert silent[0] <= 98
        assert silent[-1] - silent[0] >= 20, "long enough to be told of"
        assert silent[-1] <= 124
        assert all(each["in_bed"] == 1 for each in span(said, 90, 120))


def test_a_life_that_ends_does_not_look_like_a_bed_that_was_left() -> None:
    said = told(Bed(), waves(night(Part(90), Part(100, None, None))))
    after = span(said, 100, 140)
    assert {(each["in_bed"], each.get("respiration_rate", 0)) for each in after} == {(1, 0)}
    assert sum("respiration_rate" in each for each in after) > 15
    assert said[-1]["in_bed"] == 0, "but not for ever: perhaps somebody was lifted out"


def test_a_sensor_that_says_nothing_more_is_not_believed() -> None:
    dead = np.concatenate((SLEEP, np.full(3000, 500, np.float32)))
    last = told(Bed(), waves(dead))[-1]
    assert last == {"at": 120, "signal_quality": 0}


# -- what comes twice, late, in pieces or not at all ---------------------------------------------


@settings(max_examples=8, deadline=None)
@given(sizes=st.lists(st.integers(1, 6000), min_size=1, max_size=5))
def test_any_cutting_into_messages_tells_the_same(sizes: list[int]) -> None:
    if sum(sizes) < 20 * len(sizes):
        sizes = [*sizes, 500]  # thousands of tiny messages prove no more
    once, again = (
        told(Bed(), waves(EVENTFUL, sizes=[400])),
        told(Bed(), waves(EVENTFUL, sizes=sizes)),
    )
    assert once == again


def test_what_comes_twice_or_overlaps_is_heard_once() -> None:
    messages = list(waves(SLEEP))
    twice = [again for wave in messages for again in (wave, wave)]
    overlapping = [
        replace(
            wave, start=wave.start - SECOND, values=np.vstack((before.values[-100:], wave.values))
        )
        for before, wave in itertools.pairwise(messages)
    ]
    assert told(Bed(), twice) == told(Bed(), messages)
    assert told(Bed(), [messages[0], *overlapping]) == told(Bed(), messages)


def test_late_waves_are_passed_over_until_the_clock_was_clearly_set_back() -> None:
    bed = Bed()
    messages = list(waves(SLEEP))
    expected = told(bed, messages)
    assert expected
    assert not told(bed, messages[:5])
    back = [
        replace(wave, start=wave.start - HOUR, received_at=wave.received_at + 15 * MINUTE)
        for wave in messages
    ]
    assert len(told(bed, back)) >= len(expected) - 1


def test_a_wave_that_comes_a_little_late_is_waited_for() -> None:
    heard = list(waves(SLEEP))
    late = list(heard)
    for place in range(5, len(late) - 2, 10):
        arrives = late[place + 1].received_at
        late[place : place + 2] = late[place + 1], replace(late[place], received_at=arrives)
    assert told(Bed(), late) == told(Bed(), heard)


def test_what_waits_is_saved_with_the_rest() -> None:
    heard = list(waves(SLEEP))
    heard[20], heard[21] = heard[21], replace(heard[20], received_at=heard[21].received_at)
    first, second = Bed(), Bed()
    said = told(first, heard[:21])
    second.load({name: array.copy() for name, array in first.state().items()})
    assert said + told(second, heard[21:]) == told(Bed(), heard)


def test_values_that_are_missing_here_and_there_cost_nothing() -> None:
    holed = [replace(wave, values=wave.values.copy()) for wave in waves(SLEEP)]
    for wave in holed:
        wave.values[3::40] = np.nan
    rates_of = [rates(told(Bed(), heard)) for heard in (holed, list(waves(SLEEP)))]
    assert rates_of[0] == pytest.approx(rates_of[1], abs=1)


def test_a_short_gap_is_bridged_and_a_long_one_begins_anew() -> None:
    messages = list(waves(SLEEP, sizes=[1000]))
    shortened = [replace(wave, values=wave.values[:-30]) for wave in messages]
    assert rates(span(told(Bed(), shortened), 40, 90)) == pytest.approx((64, 14), abs=2)
    later = [*messages[:4], *(replace(w, start=w.start + HOUR) for w in messages[4:])]
    said = span(told(Bed(), later), 3600, 8000)
    assert all("heart_rate" not in each or each["signal_quality"] < 0.5 for each in said[:2])
    assert rates(said) == pytest.approx((64, 14), abs=2)


def test_a_clock_that_is_a_little_fast_costs_nothing() -> None:
    drifting = [
        replace(wave, start=START + round((wave.start - START) * 1.0005)) for wave in waves(SLEEP)
    ]
    assert rates(told(Bed(), drifting)) == pytest.approx((64, 14), abs=1)


def test_memory_that_was_saved_goes_on_as_if_nothing_had_happened() -> None:
    messages = list(waves(EVENTFUL, sizes=[330]))
    half = len(messages) // 2
    bed, other = Bed(), Bed()
    whole = told(bed, messages)
    first = told(other, messages[:half])
    restored = Bed()
    restored.load({name: array.copy() for name, array in other.state().items()})
    assert first + told(restored, messages[half:]) == whole
    assert all(array.dtype.kind in "bif" for array in bed.state().values())


def test_memory_of_another_shape_starts_afresh() -> None:
    bed = Bed()
    told(bed, waves(SLEEP))
    bed.load({name: array for name, array in bed.state().items() if name != "beats"})
    assert not len(bed.state()["device"])


def test_a_bed_takes_six_kilobytes() -> None:
    bed = Bed()
    told(bed, waves(SLEEP))
    assert sum(array.nbytes for array in bed.state().values()) < 8 * 1024


def test_beds_are_told_apart() -> None:
    fast = night(Part(90, 100, 20), seed=1)
    bed = Bed()
    pairs = zip(waves(SLEEP, device=3), waves(fast, device=4), strict=True)
    for pair in pairs:
        for wave in pair:
            derived = bed.take(wave)
            assert derived is None or set(derived.samples.device.tolist()) == {wave.device}
    alone = Bed()
    told(alone, waves(fast, device=4))
    mine, theirs = bed.state(), alone.state()
    own = [name for name in mine if not name.startswith("late/")]
    assert all(np.array_equal(mine[n][1], theirs[n][0], equal_nan=True) for n in own)


def test_nothing_that_a_device_sends_breaks_anything() -> None:
    odd = [(0.001, [5]), (9999, [1, 2]), (10, [7]), (50, [1e9, -1e9] * 500), (100, [0.0] * 900)]
    bed = Bed()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, (rate, values) in enumerate(odd * 3):
            start = START + number * 20 * SECOND
            told(bed, waves(np.array(values, np.float32), rate, [60 * 50], start))
