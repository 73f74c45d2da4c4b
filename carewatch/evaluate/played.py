"""Recordings of vital values, played to the engine as live: one resident with one device each.

All are played side by side, each on its own clock: residents do not depend on one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.alert import Change
from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from alerts.policies import Policies
from alerts.react import Book
from domain.directory import Device, Snapshot, Subject
from domain.finding import Finding
from domain.quantity import COLUMN, WIDTH
from domain.sample import Batch, Instants


@dataclass(frozen=True, slots=True)
class Played:
    """The values of one person: ``at`` in microseconds since 1970, a column a quantity."""

    at: Instants
    values: Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found, and what became of it; slots are the places in what was played."""

    findings: Sequence[Finding]
    changes: Sequence[Change]


def play(recordings: Sequence[Played], timezone: str = "UTC") -> Outcome:
    """One turn of the engine with all detectors; every recording is resident ``str(place)``."""
    count = len(recordings)
    people = [Subject(str(n), n, str(n), None, timezone) for n in range(count)]
    devices = [Device(f"device-{n}", count + n, n) for n in range(count)]
    directory = Snapshot(people, devices)
    engine = Engine(standard(), judging_samples())
    engine.know(directory)
    samples = _batch(recordings)
    now = int(samples.received_at.max(initial=0))
    findings = engine.step(now, samples, ())
    changes = Book().react(findings, directory, Policies.default(), now)
    return Outcome(findings, changes)


def _batch(recordings: Sequence[Played]) -> Batch:
    """All samples, in the order of time."""
    at = np.concatenate([played.at for played in recordings])
    slot = np.repeat(
        np.arange(len(recordings), dtype=np.int32), [len(played.at) for played in recordings]
    )
    x = np.full((len(at), WIDTH), np.nan, np.float32)
    for name in {name for played in recordings for name in played.values}:
        x[:, COLUMN[name]] = np.concatenate(
            [played.values.get(name, np.full(len(played.at), np.nan)) for played in recordings]
        )
    order = np.argsort(at, kind="stable")
    return Batch(
        order=np.arange(len(at), dtype=np.int32),
        slot=slot[order],
        device=slot[order] + np.int32(len(recordings)),
        measured_at=at[order],
        received_at=at[order],
        x=x[order],
        implausible=np.zeros(len(at), np.int16),
        offset=np.zeros(len(at), np.int64),
    )
