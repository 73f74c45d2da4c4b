"""From a bed's raw signal to an alert, in a replay, and to a stored sample, in a real pump."""

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import psycopg
import pytest

from carewatch import pump, steady
from carewatch.embedded.nats import Nats
from carewatch.replay import replay
from carewatch.settings import Settings
from domain.time import SECOND, Micros, SystemClock, iso
from gateway import registry
from gateway.mqtt.subscriber import address, make_client
from simulators import recording
from simulators.fleet import build, incidents_of, make_homes
from simulators.scenarios import scenario
from tests.ingest.signals.beds import START, Part, night, waves
from tests.waiting import eventually


def lines(values: "np.ndarray", size: int = 400, start: Micros = START) -> Iterator[str]:  # type: ignore[type-arg]
    """The counts as recorded messages of one bed."""
    for wave in waves(values, sizes=[size], start=start):
        payload = {
            "t": wave.start // 1000,
            "rate": wave.rate,
            "signal": "bed",
            "unit": "count",
            "values": wave.values[:, 0].tolist(),
        }
        line = {"received_at": iso(wave.received_at), "topic": "cw/v1/bed-7/wave"}
        yield json.dumps(line | {"payload": payload})


def kinds(changes: Sequence[dict[str, object]]) -> list[object]:
    return [change["kind"] for change in changes if change["change"] == "raised"]


def test_a_heart_that_races_raises_its_alert() -> None:
    values = night(Part(60, 70, 15), Part(120, 134, 18), Part(100, 72, 15))
    changes = list(replay(lines(values), settle_s=0))
    assert [(c["kind"], c["change"]) for c in changes] == [
        ("heart_rate_high", "raised"),
        ("heart_rate_high", "cleared"),
    ]
    assert changes[0]["evidence"]["value"] == pytest.approx(134, abs=2)


def test_the_size_of_messages_changes_no_conclusion() -> None:
    values = night(Part(60, 70, 15), Part(120, 134, 18))
    told = []
    for size, chunk in ((130, 7), (1000, 2000)):
        changes = replay(lines(values, size), settle_s=0, chunk=chunk)
        told.append([(c["kind"], c["since"], c["evidence"]) for c in changes])
    assert told[0] == told[1]
    assert len(told[0]) == 1


def test_breathing_that_stops_raises_its_alert() -> None:
    values = night(Part(90, 66, 14), Part(40, 62, None), Part(30, 66, 14))
    (alert,) = replay(lines(values), settle_s=0)
    assert (alert["kind"], alert["priority"]) == ("breathing_stopped", "high")


def test_a_night_that_is_normal_raises_nothing() -> None:
    turning = list(
        itertools.chain.from_iterable(
            (Part(100, heart, breath), Part(5, heart, breath, 0.7))
            for heart, breath in ((58, 12), (63, 14), (70, 17), (55, 11))
        )
    )
    for seed in range(2):
        assert kinds(list(replay(lines(night(*turning, seed=seed)), settle_s=0))) == []


def test_simulated_homes_with_raw_beds_ring_for_what_was_scripted() -> None:
    homes, story, begin = make_homes(1), scenario("fast_heart"), START
    incidents = incidents_of(story, homes, begin, 7)
    fleet = build(homes, incidents, begin, waves=True)
    recorded = recording.lines(fleet, begin, story.lasts)
    assert kinds(list(replay(recorded, settle_s=0))) == ["heart_rate_high"]


def test_what_the_pump_hears_in_a_signal_is_stored_as_samples(
    broker: Nats, database_url: str
) -> None:
    stop = threading.Event()
    settings = Settings(database_url=database_url, mqtt_url=broker.mqtt_url)
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("insert into resident (id, name) values ('rosa', 'Rosa')")
        registry.add(database, "bed-7", "bed", resident="rosa")
        thread = threading.Thread(target=pump.run, args=(settings, stop))
        thread.start()
        try:
            _publish(broker, database)
            found = eventually(lambda: _stored(database), "samples with a heart rate", 20)
        finally:
            stop.set()
            thread.join(20)
    assert len(found) == len({row[0] for row in found}), "what came twice is stored once"
    hearts, breaths, in_bed = ([row[n] for row in found if row[n] is not None] for n in (1, 2, 3))
    assert np.median(hearts) == pytest.approx(64, abs=1)
    assert np.median(breaths) == pytest.approx(14, abs=1)
    assert set(in_bed) == {True}


def _publish(broker: Nats, database: psycopg.Connection) -> None:
    """A minute of a bed's signal that ends now, every message twice."""
    held = "select from pg_locks where locktype = 'advisory' and objid = %s and granted"
    eventually(lambda: database.execute(held, (steady.RECEIVING,)).fetchall(), "receiving", 20)
    client = make_client(broker.mqtt_url, "raw-bed")
    client.connect(*address(broker.mqtt_url))
    client.loop_start()
    begin = (SystemClock().now() // SECOND - 60) * SECOND
    for line in lines(night(Part(60, 64, 14)), start=begin):
        said = json.loads(line)
        for _ in range(2):
            client.publish(said["topic"], json.dumps(said["payload"]), 1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def _stored(database: psycopg.Connection) -> list[Any]:
    rows = database.execute(
        "select measured_at, heart_rate, respiration_rate, in_bed from sample"
        " where heart_rate is not null and signal_quality >= 0.5 order by measured_at"
    ).fetchall()
    return rows if len(rows) > 20 else []
