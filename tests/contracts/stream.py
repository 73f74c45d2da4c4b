"""Streams of messages that try everything: bouts of illness, absences, late and repeated
messages, several samples a message, several messages an instant, and every event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator

from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.event import EVENTS, Event, Impact
from domain.finding import Finding
from domain.quantity import (
    BATTERY,
    BODY_TEMPERATURE,
    DIASTOLIC,
    HEART_RATE,
    IN_BED,
    MOVEMENT,
    RESPIRATION_RATE,
    SIGNAL_QUALITY,
    SPO2,
    SYSTOLIC,
    WEIGHT,
    WIDTH,
)
from domain.sample import Batch
from domain.time import SECOND, Micros

START: Micros = 1_795_300_000 * SECOND  # 2026-11-21T22:26:40Z: night
PEOPLE = 3
KINDS_OF_DEVICES = ("bed", "fall", "button")


def street(people: int = PEOPLE) -> Snapshot:
    """Residents, each with a bed, a fall detector and a button, in consecutive slots."""
    subjects = [Subject(f"r{n}", 4 * n, f"r{n}") for n in range(people)]
    devices = [
        Device(f"{kind}-{n}", 4 * n + place + 1, 4 * n, kind, 20.0)  # type: ignore[arg-type]
        for n in range(people)
        for place, kind in enumerate(KINDS_OF_DEVICES)
    ]
    return Snapshot(subjects, devices)


@dataclass(frozen=True)
class Message:
    """One message of one device: samples (instant, values, refused, clock offset) or an event."""

    received_at: Micros
    slot: int
    device: int
    samples: tuple[tuple[Micros, tuple[float, ...], int, int], ...] = ()
    event: Event | None = None


def stream(seed: int, length: int = 240, orderly: bool = False) -> list[Message]:
    """Messages in order of arrival; if ``orderly``, also in order of measurement."""
    random = np.random.default_rng(seed)
    now = START
    states = [_state(random) for _ in range(PEOPLE)]
    told: list[Message] = []
    for _ in range(length):
        now += int(random.choice([0, 0, 1, 3, 3, 8, 70], p=[0.2, 0.2, 0.2, 0.2, 0.1, 0.08, 0.02]))
        now += 0 if now % SECOND else int(random.integers(0, 3)) * SECOND
        person = int(random.integers(PEOPLE))
        if random.random() < 0.03:
            states[person] = _state(random)
        told.append(_message(random, now, person, states[person], () if orderly else told))
        if orderly and (samples := told[-1].samples):
            told[-1] = replace(told[-1], samples=((now, samples[0][1], 0, 0),))
    return told


def _state(random: Generator) -> dict[int, float]:
    """How a person is for a while."""
    return {
        HEART_RATE: float(random.choice([64, 64, 118, 130, 160, 38, 30])),
        RESPIRATION_RATE: float(random.choice([14, 14, 0, 0, 7, 28, 40])),
        SPO2: float(random.choice([97, 97, 91, 88, 80])),
        IN_BED: float(random.choice([1, 1, 0])),
        MOVEMENT: float(random.choice([0, 0, 0.2, 0.5])),
        SIGNAL_QUALITY: float(random.choice([1, 1, 0.3])),
        BATTERY: float(random.choice([80, 17, 10])),
        SYSTOLIC: float(random.choice([np.nan, np.nan, np.nan, 120, 170])),
        DIASTOLIC: float(random.choice([np.nan, np.nan, 80, 50, 125])),
        BODY_TEMPERATURE: float(random.choice([np.nan, 36.5, 38.5])),
        WEIGHT: float(random.choice([np.nan, 70, 74])),
    }


def _message(
    random: Generator, now: Micros, person: int, state: dict[int, float], told: Sequence[Message]
) -> Message:
    slot, device = 4 * person, 4 * person + 1 + int(random.choice(3, p=[0.8, 0.1, 0.1]))
    luck = random.random()
    if luck < 0.12:
        return Message(now, slot, device, event=_event(random, now, slot, device))
    if luck < 0.17 and told:
        again = told[int(random.integers(len(told)))]
        if again.samples:
            return replace(again, received_at=now)
    count = int(random.choice([1, 1, 1, 4]))
    late = int(random.choice([0, 0, 0, 1, 30, 300, 4000])) * SECOND
    samples = tuple(
        (now - late - back * SECOND, _values(random, state), *_oddities(random))
        for back in random.permutation(count).tolist()
    )
    return Message(now, slot, device, samples)


def _oddities(random: Generator) -> tuple[int, int]:
    refused = int(random.choice([0, 0, 0, 0, 2]))
    return refused, int(random.choice([0, 0, 0, 0, 200, -3600])) * SECOND


def _values(random: Generator, state: dict[int, float]) -> tuple[float, ...]:
    values = np.full(WIDTH, np.nan)
    for quantity, value in state.items():
        if random.random() < 0.6:
            values[quantity] = value
    return tuple(values.tolist())


JOLTS = {
    "fall": (
        *(4.2, 0.2, 0.3, 1.2, 0.5, 1.5, 3.0, 3.2, 1.0, 85.0, 88.0, 86.0, 9.0, 60.0, 9.0),
        *(0.1, 0.25, 0.04, 0.15, 0.01, 0.1, 0.02, 0.9, 1.3, 1.2, 0.0, 0.0, 5.0, 85.0, 86.0),
    ),
    "step": (
        *(1.7, 0.8, 0.02, 0.3, 0.3, 0.2, 1.6, 0.6, 1.0, 3.0, 4.0, 5.0, 5.0, 10.0, 8.0),
        *(0.25, 0.3, 0.25, 0.3, 0.2, 0.25, 0.25, 0.0, 1.7, 1.7, 1.0, 1.0, -1.0, -1.0, -1.0),
    ),
}
"""What a worn sensor's signal tells of a fall and of a step, as the features of a jolt."""


def _impact(random: Generator, now: Micros, slot: int, device: int) -> Impact:
    jolt = str(random.choice([*JOLTS]))
    back = int(random.choice([2, 6, 6, 3000])) * SECOND
    at = (now - back) // (2 * SECOND) * 2 * SECOND
    return Impact(
        order=0,
        slot=slot,
        device=device,
        device_id=f"device-{device}",
        event="impact",
        happened_at=at,
        received_at=now,
        key=f"impact@{at}",
        source="wave",
        features=JOLTS[jolt],
        placement=[None, "waist", "wrist", "chest"][int(random.integers(4))],
        seen_until=at + min(now - at, 6 * SECOND),
        whole=back >= 6 * SECOND,
    )


def _event(random: Generator, now: Micros, slot: int, device: int) -> Event:
    if random.random() < 0.2:
        return _impact(random, now, slot, device)
    name = str(random.choice([*EVENTS, "fall", "fall", "fall", "online", "offline"]))
    certainty: Any = str(random.choice(["suspected", "suspected", "confirmed", "cleared"]))
    active = [True, False, None][int(random.integers(3))]
    return Event(
        order=0,
        slot=slot,
        device=device,
        device_id=f"device-{device}",
        event=name,
        happened_at=now - int(random.choice([0, 0, 5, 200])) * SECOND,
        received_at=now,
        key=f"{name}@{now}",
        certainty=certainty if name == "fall" else None,
        active=active,
        clock_wrong=bool(random.random() < 0.05),
        source="status" if name in ("online", "offline") else "event",
    )


def turn(messages: Sequence[Message]) -> tuple[Batch, list[Event]]:
    """The samples, write-protected, and the events of a turn."""
    rows = [
        (order, message, sample)
        for order, message in enumerate(messages)
        for sample in message.samples
    ]
    values = np.array([sample[1] for *_, sample in rows], np.float32).reshape(-1, WIDTH)
    samples = Batch(
        order=np.array([order for order, *_ in rows], np.int32),
        slot=np.array([message.slot for _, message, _ in rows], np.int32),
        device=np.array([message.device for _, message, _ in rows], np.int32),
        measured_at=np.array([sample[0] for *_, sample in rows], np.int64),
        received_at=np.array([message.received_at for _, message, _ in rows], np.int64),
        x=values,
        implausible=np.array([sample[2] for *_, sample in rows], np.int16),
        offset=np.array([sample[3] for *_, sample in rows], np.int64),
    )
    for name in Batch.__slots__:
        getattr(samples, name).flags.writeable = False
    events = [
        replace(message.event, order=order)
        for order, message in enumerate(messages)
        if message.event
    ]
    return samples, events


def run(engine: Engine, messages: Sequence[Message], sizes: Sequence[int]) -> list[Finding]:
    """What the engine finds when the messages come in chunks of these sizes, over and over,
    and the clock runs on for an hour at the end."""
    findings: list[Finding] = []
    for chunk in chunks(messages, sizes):
        samples, events = turn(chunk)
        findings += engine.step(chunk[-1].received_at, samples, events)
    return findings + engine.step(messages[-1].received_at + 3600 * SECOND, Batch.empty(), ())


def chunks(messages: Sequence[Message], sizes: Sequence[int]) -> Iterator[Sequence[Message]]:
    start = place = 0
    while start < len(messages):
        size = sizes[place % len(sizes)]
        yield messages[start : start + size]
        start, place = start + size, place + 1
