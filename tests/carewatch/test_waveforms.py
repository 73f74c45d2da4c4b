"""A worn sensor's signal, from the broker to the alert that it raises and back to a person."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest

from carewatch.embedded.nats import Nats
from ingest import waveforms
from simulators import signals
from tests.carewatch.home import Home, at_home
from tests.talking import now_ms
from tests.waiting import eventually

RATE = 50


@pytest.fixture
def home(broker: Nats, database_url: str) -> Iterator[Home]:
    with at_home(broker, database_url) as home:
        yield home


def _messages(axes: Any, start_ms: int) -> Iterator[dict[str, Any]]:
    """Two seconds each."""
    for first in range(0, axes.shape[1], 2 * RATE):
        x, y, z = np.round(axes[:, first : first + 2 * RATE], 3).tolist()
        yield {
            "t": start_ms + first * 1000 // RATE,
            "rate": RATE,
            "signal": "acceleration",
            "unit": "g",
            "placement": "waist",
            "x": x,
            "y": y,
            "z": z,
        }


def test_a_fall_in_the_signal_raises_an_alert_and_the_signal_stays_with_it(home: Home) -> None:
    random = np.random.default_rng(3)
    axes = signals.falling(8, 12, RATE, random)
    start = now_ms() - 20_000
    worn = home.device("fall-7")
    for message in _messages(axes, start):
        worn.say("wave", message)
    found = "select id, kind, priority, evidence, since from alert where kind = 'fall'"
    ((alert, _, priority, evidence, since),) = eventually(lambda: home.ask(found), "a fall")
    assert priority == "high"
    assert (evidence["source"], evidence["placement"]) == ("wave", "waist")
    assert evidence["peak_g"] > 2
    assert evidence["posture_change_deg"] > 45
    assert evidence["score"] >= evidence["limit"]
    impact = start / 1000 + 8.4
    assert abs(since.timestamp() - impact) < 0.5
    kept = eventually(lambda: _signal(home.database, alert, axes.shape[1]), "its signal", 30)
    assert kept[0]["t"] == start
    assert json.dumps(kept, allow_nan=False)
    assert kept[0]["x"] == pytest.approx(np.round(axes[0, : 2 * RATE], 3).tolist(), abs=1e-3)


def test_the_signal_of_each_fall_stays_with_the_alert_that_it_is_told_in(home: Home) -> None:
    worn = home.device("fall-7")
    values = 0
    for seed, ago in ((3, 100_000), (4, 30_000)):
        axes = signals.falling(8, 12, RATE, np.random.default_rng(seed))
        values += axes.shape[1]
        for message in _messages(axes, now_ms() - ago):
            worn.say("wave", message)
    found = "select id from alert where kind = 'fall'"
    ((alert,),) = eventually(lambda: home.ask(found), "a fall")
    eventually(lambda: _signal(home.database, alert, values), "both signals", 30)


def test_walking_raises_nothing(home: Home) -> None:
    random = np.random.default_rng(4)
    start = now_ms() - 20_000
    worn = home.device("fall-7")
    for message in _messages(signals.walking(20, RATE, random), start):
        worn.say("wave", message)
    eventually(lambda: home.ask("select count(*) from wave having count(*) = 10"), "all stored")
    assert not home.ask("select from alert where kind = 'fall'")


def _signal(connection: psycopg.Connection, alert: str, values: int) -> list[dict[str, Any]]:
    kept = waveforms.of_alert(connection, alert)
    return kept if sum(len(part["x"]) for part in kept) == values else []
