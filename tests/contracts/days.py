"""Weeks of a few residents, told sparsely: habits to be learned, and days that break them.

Anna's heart beats faster from the 24th night on. Berta stays in bed on the 28th morning. Carl is
not seen for a whole day. Each has a bed that speaks every quarter of an hour in which somebody
lies in it, and a motion sensor; clocks are changed on the way. Each tries their button at first,
and all but Berta do it every week.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

from domain.directory import Device, Snapshot, Subject
from domain.event import Event
from domain.quantity import HEART_RATE, IN_BED, MOVEMENT, RESPIRATION_RATE, WIDTH
from domain.time import MINUTE, Micros, from_datetime
from tests.contracts.stream import Message

ZONES = ("Europe/Berlin", "Asia/Shanghai", "America/New_York")
ANNA, BERTA, CARL = (4 * place for place in range(3))
FIRST = datetime(2026, 10, 5, tzinfo=UTC)
DAYS = 31


def village() -> Snapshot:
    """Residents with a bed, a motion sensor and a button, in the slots of ``stream.street``."""
    subjects = [Subject(f"r{n}", 4 * n, f"r{n}", None, zone) for n, zone in enumerate(ZONES)]
    devices = [
        Device(f"{kind}-{n}", 4 * n + place + 1, 4 * n, kind)  # type: ignore[arg-type]
        for n in range(len(ZONES))
        for place, kind in enumerate(("bed", "ambient", "button"))
    ]
    return Snapshot(subjects, devices)


def weeks(seed: int) -> list[Message]:
    """Messages in order of arrival."""
    random = np.random.default_rng(seed)
    told = [
        message
        for slot in (ANNA, BERTA, CARL)
        for day in range(DAYS)
        for message in _day(random, slot, day)
    ]
    return sorted(told, key=lambda message: message.received_at)


def _day(random: Generator, slot: int, day: int) -> list[Message]:
    """From waking up to waking up on the next day."""
    up, down, rise = (_about(random, slot, day, h) for h in (7.5, 22.0, 31.0))
    if slot == BERTA and day == 27:
        rise = _about(random, slot, day, 37.0)
    unseen = slot == CARL and day == 29
    told = [] if unseen else _motions(random, slot, up, down)
    told += _night(random, slot, down, rise, 75 if slot == ANNA and day >= 23 else 60)
    if day == 0 or (day % 7 == 0 and slot != BERTA):
        told.append(_test(slot, (up + down) // 2))
    return told


def _test(slot: int, at: Micros) -> Message:
    name = "button_test"
    event = Event(0, slot, slot + 3, f"button-{slot}", name, at, at, f"{name}@{at}")
    return Message(at, slot, slot + 3, event=event)


def _about(random: Generator, slot: int, day: int, hour: float) -> Micros:
    minutes = round(60 * hour + random.normal(0, 8))
    local = (FIRST + timedelta(days=day, minutes=minutes)).replace(
        tzinfo=ZoneInfo(ZONES[slot // 4])
    )
    return from_datetime(local.astimezone(UTC))


def _motions(random: Generator, slot: int, up: Micros, down: Micros) -> list[Message]:
    count = int(random.integers(12, 20))
    told = []
    for at in random.integers(up + 30 * MINUTE, down, count).tolist():
        name = str(random.choice(["motion", "motion", "door_opened"]))
        late = int(random.choice([0, 0, 0, 30])) * MINUTE
        event = Event(
            0, slot, slot + 2, f"room-{slot}", name, at, at + late, f"{name}@{at}"
        )  # fmt: skip
        told.append(Message(at + late, slot, slot + 2, event=event))
    return told


def _night(random: Generator, slot: int, down: Micros, rise: Micros, rate: float) -> list[Message]:
    told = []
    visit = int(random.integers(8, 24))
    for quarter, at in enumerate(range(down, rise, 15 * MINUTE)):
        said = {IN_BED: 1, HEART_RATE: rate + random.normal(0, 2), RESPIRATION_RATE: 14}
        if random.random() < 0.2:
            said[MOVEMENT] = 0.25
        told.append(_sample(slot, at, said))
        if quarter == visit:
            told.append(_sample(slot, at + 2 * MINUTE, {IN_BED: 0}))
            away = int(random.choice([5, 8, 40])) * MINUTE
            told.append(_sample(slot, at + 2 * MINUTE + away, {IN_BED: 1}))
    told.append(_sample(slot, rise, {IN_BED: 0}))
    return [message for message in told if message.received_at <= rise]


def _sample(slot: int, at: Micros, said: dict[int, float]) -> Message:
    values = np.full(WIDTH, np.nan)
    for quantity, value in said.items():
        values[quantity] = value
    return Message(at, slot, slot + 1, ((at, tuple(values.tolist()), 0, 0),))
