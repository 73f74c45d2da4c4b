"""Simulated bed signals are what they claim to be: their rates, noise and limits are known."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from domain.time import SECOND
from simulators.bed_signal import BedSignal, Person, Sensor
from simulators.raw_bed import RawBed
from simulators.residents import Resident

BEGIN = 1_772_416_800 * SECOND


def test_the_true_rates_are_the_growth_of_the_phases() -> None:
    body = BedSignal(Sensor(), Person.of(np.random.default_rng(1)), np.random.default_rng(2))
    beats, breaths = body.heart_phase, body.breath_phase
    for _ in range(60):
        body.piece(100, 72, 15)
    assert body.heart_phase - beats == pytest.approx(72, rel=0.03)
    assert body.breath_phase - breaths == pytest.approx(15)


@pytest.mark.parametrize("rate", [50, 250])
def test_noise_is_as_far_below_the_beats_as_was_asked(rate: float) -> None:
    sensor = Sensor(rate, gain=1e4, offset=2**31, bits=32, snr_db=12)
    person = replace(Person.of(np.random.default_rng(1)), snores=0)
    empty = BedSignal(sensor, person, np.random.default_rng(2)).piece(60 * int(rate), None, None)
    silent = Sensor(rate, gain=1e4, offset=2**31, bits=32, snr_db=90)
    heart_only = BedSignal(silent, replace(person, breath=0), np.random.default_rng(2))
    beats = heart_only.piece(60 * int(rate), 60, 15)
    noise = empty.var() / (rate / 2) * 25
    power = ((beats - np.median(beats)) ** 2).mean()
    assert 10 * np.log10(power / noise) == pytest.approx(12, abs=1)


def test_values_stay_within_the_converter() -> None:
    sensor = Sensor(bits=10, offset=500, gain=300)
    body = BedSignal(sensor, Person.of(np.random.default_rng(1)), np.random.default_rng(2))
    values = body.piece(3000, 70, 14, movement=0.9)
    assert (values.min(), values.max()) == (0, 1023)


def test_a_raw_bed_sends_consecutive_waves() -> None:
    bed = RawBed("bed-1", Resident("rosa", "UTC", 7), BEGIN)
    said = []
    while len(said) < 5:
        said += [m for m in bed.act(bed.next_at) if m.topic.endswith("/wave")]
    waves = [json.loads(message.payload) for message in said]
    steps = {later["t"] - wave["t"] for wave, later in itertools.pairwise(waves)}
    assert steps == {1000 * len(wave["values"]) // wave["rate"] for wave in waves} == {4000}
