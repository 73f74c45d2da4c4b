"""A room that is as it never was at this hour, after the days that it takes to know the room."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alerts.detectors.ambient import WARM_UP, Ambient
from alerts.engine import Engine
from domain.directory import Snapshot
from domain.finding import Finding
from domain.sample import Batch
from domain.time import DAY, HOUR
from tests.alerts.stage import AMBIENT, BED, DEVICES, START, Stage, anna, batch

STEP = 300.0
Row = Mapping[str, Any]


def room(days: float, seed: int = 1, device: int = AMBIENT) -> list[Row]:
    """Readings every five minutes: warm in the evening, stuffy at night, a wandering of both."""
    random = np.random.default_rng(seed)
    told, drift = [], 0.0
    for t in np.arange(0, days * 86_400, STEP).tolist():
        hour = (6 + t / 3600) % 24
        drift = 0.95 * drift + random.normal(0, 0.08)
        warmth = 21 + np.sin(2 * np.pi * (hour - 13) / 24) + drift + random.normal(0, 0.05)
        stuffy = 600 + 250 * (hour < 7) + random.normal(0, 20)
        told.append({"t": t, "device": device, "temperature": warmth, "co2": stuffy})
    return told


def cold_from(rows: list[Row], day: float, hours: float) -> list[Row]:
    """The heating fails: the room loses a degree an hour, eight at most, and recovers at once."""
    start = day * 86_400
    return [
        dict(row) | {"temperature": row["temperature"] - min((row["t"] - start) / 3600, 8)}
        if start <= row["t"] < start + hours * 3600
        else row
        for row in rows
    ]


def watched(rows: list[Row], **thresholds: float) -> Stage:
    return Stage(Ambient(), subject=anna(**thresholds)).say(*rows)


def test_a_room_like_always_is_nothing_to_tell() -> None:
    assert watched(room(12)).told() == []


def test_a_room_that_grows_cold_is_told_once_and_is_over_when_it_is_warm_again() -> None:
    raised, over = watched(cold_from(room(10), 8, 14)).findings
    assert (raised.kind, raised.priority, raised.active) == ("ambient_unusual", "low", True)
    assert 8 * DAY < raised.since - START < 8 * DAY + 10 * HOUR
    assert raised.evidence["quantity"] == "temperature"
    assert raised.evidence["value"] < raised.evidence["usual"] - 2
    assert raised.evidence["surprise"] >= raised.evidence["limit"]
    assert (over.active, over.since) == (False, raised.since)
    assert 8 * DAY + 14 * HOUR < over.at - START < 8 * DAY + 20 * HOUR


def test_a_room_that_is_not_known_yet_cannot_be_unusual() -> None:
    days = WARM_UP / DAY
    assert watched(cold_from(room(days), days - 1, 14)).told() == []


def test_a_limit_of_their_own() -> None:
    rows = cold_from(room(9), 8, 14)
    assert watched(rows, ambient_unusual=1000.0).told() == []


def test_a_gap_of_days_is_no_surprise() -> None:
    rows = [row for row in room(12) if not 7 * 86_400 < row["t"] < 10 * 86_400]
    assert watched(rows).told() == []


def test_a_sensor_that_moves_to_others_starts_afresh() -> None:
    engine = Engine([Ambient()])
    engine.know(Snapshot([anna()], DEVICES))
    _play(engine, room(1), 1)
    assert len(engine.state()["live/Ambient/key"]) == 2
    bobs = replace(anna(), id="bob", resident_id="bob", slot=9)
    moved = [replace(d, subject=9) if d.slot == AMBIENT else d for d in DEVICES]
    engine.know(Snapshot([anna(), bobs], moved))
    assert not engine.state()["live/Ambient/count"].any()


@pytest.mark.parametrize("size", [7, 500])
def test_any_chunking_gives_the_same_findings_and_the_same_memory(size: int) -> None:
    rows = _two_rooms()
    one, other = _fresh(), _fresh()
    assert _play(one, rows, 1) == _play(other, rows, size) != []
    _same(one, other)


def test_memory_can_be_saved_and_loaded() -> None:
    rows = _two_rooms()
    whole, first, second = _fresh(), _fresh(), _fresh()
    expected = _play(whole, rows, 50)
    found = _play(first, rows[:2000], 50)
    second.load({name: array.copy() for name, array in first.state().items()})
    second.know(Snapshot([anna()], DEVICES))
    assert found + _play(second, rows[2000:], 50) == expected
    _same(second, whole)


def test_readings_that_come_twice_or_late_change_nothing() -> None:
    rows = cold_from(room(9), 8, 14)
    again = [row for n, row in enumerate(rows) for row in (row, rows[max(n - 3, 0)])]
    late = [dict(row) | {"received": rows[n // 2]["t"]} for n, row in enumerate(again)]
    assert _play(_fresh(), late, 20) == _play(_fresh(), rows, 20) != []


def _fresh() -> Engine:
    engine = Engine([Ambient()])
    engine.know(Snapshot([anna()], DEVICES))
    return engine


def _two_rooms() -> list[Row]:
    """The second room is heard first."""
    rows = cold_from(room(9, device=AMBIENT), 8, 14) + room(9, seed=2, device=BED)
    return sorted(rows, key=lambda row: (row["t"], -row["device"]))


def _play(engine: Engine, rows: list[Row], size: int) -> list[Finding]:
    found: list[Finding] = []
    for start in range(0, len(rows), size):
        chunk: Batch = batch(*rows[start : start + size])
        found += engine.step(int(chunk.received_at[-1]), chunk, ())
    return found


def _same(one: Engine, other: Engine) -> None:
    for name, array in one.state().items():
        np.testing.assert_array_equal(array, other.state()[name], err_msg=name)
