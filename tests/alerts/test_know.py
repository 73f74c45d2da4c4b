"""To be told what has changed is the same as to be told everything anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detectors import judging_samples, standard
from alerts.detectors.detector import Detector
from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.finding import Finding
from tests.contracts.stream import PEOPLE, START, Message, chunks, stream, street, turn

PLACES = (*(4 * person for person in range(PEOPLE)), None)
"""Slots of residents, and nobody."""


@dataclass(frozen=True)
class Change:
    """What becomes of a person and of a device: ``after`` so many chunks of messages."""

    after: int
    person: int
    device: int
    owner: int | None
    interval_s: float | None
    in_use: bool
    at_home: bool
    timezone: str
    thresholds: dict[str, float]


THRESHOLDS = st.dictionaries(
    st.sampled_from(sorted({name for each in standard() for name in each.thresholds})),
    st.sampled_from([0.0, 1.0, 20.0, 80.0, 400.0]),
    max_size=4,
)
CHANGES = st.lists(
    st.builds(
        Change,
        after=st.integers(1, 5),
        person=st.integers(0, PEOPLE - 1),
        device=st.sampled_from([4 * n + k for n in range(PEOPLE) for k in (1, 2, 3)]),
        owner=st.sampled_from(PLACES),
        interval_s=st.sampled_from([None, 1.0, 20.0, 600.0]),
        in_use=st.booleans(),
        at_home=st.sampled_from([True, True, True, False]),
        timezone=st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin"]),
        thresholds=THRESHOLDS,
    ),
    min_size=1,
    max_size=6,
)


def changed(before: Snapshot, change: Change) -> Snapshot:
    """Another snapshot; a device whose resident is not there is nobody's."""
    people = {each.slot: each for each in before.subjects() if each.resident_id}
    slot = 4 * change.person
    people[slot] = replace(
        Subject(f"r{change.person}", slot, f"r{change.person}"),
        timezone=change.timezone,
        thresholds=change.thresholds,
    )
    if not change.at_home:
        del people[slot]
    things = {each.slot: each for each in before.devices()}
    known = next(each for each in street().devices() if each.slot == change.device)
    things[change.device] = replace(
        known,
        subject=change.device if change.owner is None else change.owner,
        interval_s=change.interval_s,
        placed_at=START,
    )
    if not change.in_use:
        del things[change.device]
    placed = [d if d.subject in people else replace(d, subject=d.slot) for d in things.values()]
    alone = [Subject(f"device:{d.id}", d.slot, None) for d in placed if d.subject == d.slot]
    return Snapshot([*people.values(), *alone], placed)


def of_those_in_use(messages: Sequence[Message], directory: Snapshot) -> list[Message]:
    """What the gateway would let through, about whom it is now."""
    known = [(each, directory.find(each.device)) for each in messages]
    return [
        replace(
            message,
            slot=device.subject,
            event=message.event and replace(message.event, slot=device.subject),
        )
        for message, device in known
        if device is not None
    ]


def restarted(engine: Engine, directory: Snapshot) -> Engine:
    """Another engine of the same memory, which is told everything."""
    again = Engine(standard(), judging_samples())
    again.load({name: array.copy() for name, array in engine.state().items()})
    again.know(directory)
    return again


def step(engine: Engine, now: int, messages: Sequence[Message]) -> list[Finding]:
    return engine.step(now, *turn(messages))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), changes=CHANGES)
def test_what_has_changed_is_as_good_as_everything(seed: int, changes: list[Change]) -> None:
    directory = street()
    live, anew = (Engine(standard(), judging_samples()) for _ in range(2))
    for engine in (live, anew):
        engine.know(directory)
    parts = chunks(stream(seed), [10])
    for change in changes:
        for part in islice(parts, change.after):
            heard = of_those_in_use(part, directory)
            assert step(live, part[-1].received_at, heard) == step(
                anew, part[-1].received_at, heard
            )
        directory = changed(directory, change)
        live.know(directory)
        anew = restarted(anew, directory)
        assert _memory(live) == _memory(anew)
    for part in parts:
        heard = of_those_in_use(part, directory)
        assert step(live, part[-1].received_at, heard) == step(anew, part[-1].received_at, heard)


def _memory(engine: Engine) -> dict[str, bytes]:
    return {name: np.ascontiguousarray(array).tobytes() for name, array in engine.state().items()}


class Listener(Detector):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[list[str], list[str], int]] = []

    def configure(self, subjects: Sequence[Subject], devices: Sequence[Device]) -> None:
        people, things = sorted(each.id for each in subjects), sorted(each.id for each in devices)
        self.told.append((people, things, 0))

    def retire(self, devices: np.ndarray) -> None:  # type: ignore[type-arg]
        self.told[-1] = (*self.told[-1][:2], len(devices))


def test_a_change_is_told_with_whom_it_concerns_and_with_nobody_else() -> None:
    listener = Listener()
    engine = Engine([listener])
    (rosa, ben), (bed, button) = PAIR.subjects(), PAIR.devices()
    engine.know(PAIR)
    engine.know(Snapshot([rosa, ben], [bed, button], version=2))
    engine.know(Snapshot([rosa, ben], [replace(bed, place="hall"), button]))
    engine.know(Snapshot([replace(rosa, timezone="Asia/Shanghai"), ben], [bed, button]))
    engine.know(Snapshot([replace(rosa, timezone="Asia/Shanghai"), ben], [button]))
    assert listener.told == [
        (["ben", "rosa"], ["bed", "button"], 0),
        ([], [], 0),
        (["rosa"], ["bed"], 0),
        (["rosa"], ["bed"], 0),
        ([], [], 1),
    ]


PAIR = Snapshot(
    [Subject("rosa", 0, "rosa"), Subject("ben", 1, "ben")],
    [Device("bed", 2, 0), Device("button", 3, 1, "button")],
)
