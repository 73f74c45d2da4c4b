"""A stage for detectors: one street of people and devices, told what happens in plain lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from alerts.detectors import judging_samples, standard
from alerts.detectors.detector import Detector
from alerts.engine import Engine
from domain.directory import Device, Snapshot, Subject
from domain.event import Event
from domain.finding import Finding
from domain.quantity import COLUMN, WIDTH
from domain.sample import Batch
from domain.time import SECOND, Micros, from_datetime

START: Micros = 1_795_240_800 * SECOND
"""2026-11-21T06:00:00Z; instants of a story are seconds after it."""

ANNA, BED, FALL, BUTTON, AMBIENT, OTHER_BED = range(6)

DEVICES = (
    Device("bed", BED, ANNA, "bed", 1.0),
    Device("fall", FALL, ANNA, "fall"),
    Device("button", BUTTON, ANNA, "button", 3600.0),
    Device("ambient", AMBIENT, ANNA, "ambient"),
    Device("other-bed", OTHER_BED, ANNA, "bed", 300.0),
)

Told = tuple[float, str, bool]
"""Seconds after the start, kind, whether active."""


def at(moment: float) -> Micros:
    return START + round(moment * SECOND)


def anna(timezone: str = "UTC", **thresholds: float) -> Subject:
    return Subject("anna", ANNA, "anna", None, timezone, thresholds)


def batch(*rows: Mapping[str, Any]) -> Batch:
    """Samples in order: ``t`` (seconds), and ``received``, ``device``, ``subject``, ``offset``
    (seconds), ``implausible`` where they differ from a bed's that arrives at once."""
    count = len(rows)
    x = np.full((count, WIDTH), np.nan, np.float32)
    for row, said in enumerate(rows):
        for name, value in said.items():
            if name in COLUMN:
                x[row, COLUMN[name]] = value
    measured = [at(row["t"]) for row in rows]
    received = [at(row.get("received", row["t"])) for row in rows]
    offset = [round(row.get("offset", 0) * SECOND) for row in rows]
    return Batch(
        order=np.array([row.get("order", place) for place, row in enumerate(rows)], np.int32),
        slot=np.array([row.get("subject", ANNA) for row in rows], np.int32),
        device=np.array([row.get("device", BED) for row in rows], np.int32),
        measured_at=np.array(measured, np.int64),
        received_at=np.array(received, np.int64),
        x=x,
        implausible=np.array([row.get("implausible", 0) for row in rows], np.int16),
        offset=np.array(offset, np.int64),
    )


def event(moment: float, name: str, device: int = FALL, **more: Any) -> Event:
    """An event at ``moment``; ``received`` in seconds where it arrives later."""
    received = more.pop("received", moment)
    fields: dict[str, Any] = {
        "order": 0,
        "slot": ANNA,
        "device": device,
        "device_id": f"device-{device}",
        "event": name,
        "happened_at": at(moment),
        "received_at": at(received),
        "key": f"{name}@{moment}",
    }
    return Event(**(fields | more))


class Stage:
    """An engine with the detectors of a story, and what they have found so far."""

    def __init__(
        self,
        *detectors: Detector,
        late: Sequence[Detector] = (),
        subject: Subject | None = None,
        devices: Sequence[Device] = DEVICES,
    ) -> None:
        self.engine = Engine(detectors, late)
        self.snapshot = Snapshot([subject or anna()], devices)
        self.engine.know(self.snapshot)
        self.findings: list[Finding] = []

    def say(self, *rows: Mapping[str, Any]) -> "Stage":
        """Samples, each in a turn of its own."""
        for row in rows:
            one = batch(row)
            self._take(self.engine.step(int(one.received_at[0]), one, ()))
        return self

    def every(self, step: float, start: float, end: float, **said: Any) -> "Stage":
        """The same sample every ``step`` seconds from start to end, both included."""
        for moment in np.arange(start, end + step / 2, step).tolist():
            self.say({"t": moment} | said)
        return self

    def happen(self, *events: Event) -> "Stage":
        for one in events:
            self._take(self.engine.step(one.received_at, Batch.empty(), [one]))
        return self

    def wait(self, until: float) -> "Stage":
        self._take(self.engine.step(at(until), Batch.empty(), ()))
        return self

    def told(self) -> list[Told]:
        """What was found, in short."""
        return [((f.at - START) / SECOND, f.kind, f.active) for f in self.findings]

    def _take(self, found: list[Finding]) -> None:
        self.findings += found


def everything() -> Stage:
    return Stage(*standard(), late=judging_samples())


def instant(text: str) -> float:
    """Seconds after the start of an ISO 8601 instant, for stories told in local time."""
    return (from_datetime(datetime.fromisoformat(text)) - START) / SECOND
