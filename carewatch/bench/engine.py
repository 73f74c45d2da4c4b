"""How fast the engine judges, alone: no broker, no database, all detectors and the late lane.

Every resident has a bed that says heart rate, respiration rate, in bed and movement. One in
twenty moves, one in ten is up; one in two hundred has a heart rate or a breathing that raises
an alert; one sample in a hundred leaves, enters or arrives late.
"""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.quantity import HEART_RATE, IN_BED, MOVEMENT, RESPIRATION_RATE, WIDTH
from domain.sample import Batch, Values
from domain.time import SECOND, Micros, stopwatch

INTERVAL = 5 * SECOND
"""Between two samples of a bed, so that dwells of a minute come to their end in a short run."""

START: Micros = 1_795_249_800 * SECOND


def measure(
    residents: int = 10_000, batch: int = 500, batches: int = 400, seed: int = 1
) -> dict[str, float | int]:
    """Samples a second through ``Engine.step``, and the bytes of state a resident."""
    engine = Engine(standard(), judging_samples())
    engine.know(street(residents))
    engine.resume(START)
    turns = list(_turns(residents, batch, batches, np.random.default_rng(seed)))
    found = 0
    begun = stopwatch()
    for turn in turns:
        found += len(engine.step(int(turn.received_at[-1]), turn, ()))
        engine.next_deadline()
    seconds = stopwatch() - begun
    return {
        "samples_per_s": round(batch * batches / seconds),
        "bytes_per_resident": round(sum(a.nbytes for a in engine.state().values()) / residents),
        "residents": residents,
        "batch": batch,
        "findings": found,
    }


def street(residents: int) -> Snapshot:
    """Residents in the first slots, their beds in the next."""
    people = [Subject(f"resident-{n}", n, f"resident-{n}") for n in range(residents)]
    beds = [
        Device(f"bed-{n}", residents + n, n, "bed", INTERVAL / SECOND) for n in range(residents)
    ]
    return Snapshot(people, beds)


def _turns(residents: int, batch: int, batches: int, random: Generator) -> Iterator[Batch]:
    """Samples in the order of their arrival: every bed once an interval, with some jitter."""
    rounds = -(-batch * batches // residents)
    phase = random.integers(0, INTERVAL, residents)
    measured = START + phase + INTERVAL * np.arange(rounds)[:, None]
    late = random.random(measured.shape) < 0.01
    delay = random.integers(10_000, 200_000, measured.shape) + late * (5 * INTERVAL // 2)
    arrival = np.argsort(measured + delay, axis=None, kind="stable")[: batch * batches]
    x = _signals(rounds, residents, random).reshape(-1, WIDTH)
    slot = (arrival % residents).astype(np.int32)
    received_at = (measured + delay).ravel()[arrival]
    measured_at = measured.ravel()[arrival]
    for start in range(0, batch * batches, batch):
        rows = slice(start, start + batch)
        yield Batch(
            order=np.arange(batch, dtype=np.int32),
            slot=slot[rows],
            device=slot[rows] + np.int32(residents),
            measured_at=measured_at[rows],
            received_at=received_at[rows],
            x=x[arrival[rows]],
            implausible=np.zeros(batch, np.int16),
            offset=measured_at[rows] - received_at[rows],
        )


def _signals(rounds: int, residents: int, random: Generator) -> Values:
    """What the beds say, (rounds, residents, WIDTH)."""
    shape = rounds, residents
    x = np.full((*shape, WIDTH), np.nan, np.float32)
    heart = random.normal(66, 8, residents).clip(50, 85)
    breath = random.normal(15, 2, residents).clip(11, 20)
    ill = random.random((2, residents)) < 0.0025
    x[..., HEART_RATE] = np.where(ill[0], heart + 70, heart) + random.normal(0, 1.5, shape)
    x[..., RESPIRATION_RATE] = np.where(ill[1], 0, breath + random.normal(0, 0.5, shape))
    x[..., MOVEMENT] = random.beta(0.3, 6, shape)
    up = (random.random(residents) < 0.1) ^ (random.random(shape) < 0.005)
    x[..., IN_BED] = ~up
    x[up, HEART_RATE] = x[up, RESPIRATION_RATE] = np.nan
    return x
