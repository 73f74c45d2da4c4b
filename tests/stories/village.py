"""A village at night: sensors that tell, people who act, deadlines that pass, on a manual clock.

Everything that lasts is in the database; a village can be left and entered again at any moment.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from alerts import deadlines, store
from alerts.alert import Actor, AlertRow
from alerts.detectors import judging_samples, standard
from alerts.engine import Engine
from domain.event import Event
from domain.sample import Batch
from domain.time import MINUTE, ManualClock, Micros
from tests.alerts.conftest import NOON, County, _directory

NIGHT: Micros = NOON + 7 * 60 * MINUTE
"""2026-11-21T19:00:00Z: three o'clock in the morning where Anna lives."""
BED, BUTTON = 3, 4
"""Slots of Anna's devices; her bed reports falls beside it, too."""

ACTORS = {each.username: each for each in (County.li, County.mei, County.station, County.centre)}


class Village(County):
    """The county at one moment of a story."""

    def __init__(self, connection: psycopg.Connection[Any], now: Micros = NIGHT) -> None:
        super().__init__(connection, _directory())
        self.clock = ManualClock(now)

    def sensor(self, event: str, key: str, device: int = BED, **more: Any) -> None:
        """What a sensor tells goes through all detectors, and is recorded in one transaction."""
        now = self.clock.now()
        told = Event(
            order=0, slot=0, device=device, device_id="bed-1", event=event, happened_at=now,
            received_at=now, key=key, **more,
        )  # fmt: skip
        engine = Engine(standard(), judging_samples())
        engine.know(self.directory)
        found = engine.step(now, Batch.empty(), [told])
        with self.connection.transaction():
            store.record(self.connection, found, self.directory, now)

    def person(self, name: str, change: Any, **more: Any) -> AlertRow:
        """Somebody does something with the latest alert."""
        alert = self.alerts()[0]
        return store.act(self.connection, alert.id, change, ACTORS[name], self.clock.now(), **more)

    def later(self, seconds: float) -> None:
        """Time passes, and each deadline is kept when it comes."""
        end = self.clock.now() + round(seconds * 1_000_000)
        while (due := deadlines.next_deadline(self.connection)) is not None and due <= end:
            self.clock.advance(max(due - self.clock.now(), 0))
            self.keep_deadlines()
        self.clock.advance(end - self.clock.now())

    def keep_deadlines(self) -> int:
        with self.connection.transaction():
            return len(deadlines.escalate(self.connection, self.clock.now()))

    # -- what can be read of it ------------------------------------------------------------

    def history(self) -> list[tuple[str, str | None]]:
        """Change and who, in order, of the latest alert."""
        rows = store.history(self.connection, self.alerts()[0].id)
        return [(row["change"], row["by"]) for row in rows]

    def asked(self) -> list[tuple[int, str]]:
        """Seconds after the alert was raised, and who was asked then."""
        alert = self.alerts()[0]
        rows = self.connection.execute(
            "select (extract(epoch from offered_at) * 1e6)::bigint, name from offer"
            " where alert_id = %s and party <> '' order by sequence, name",
            (alert.id,),
        )
        return [((at - alert.raised_at) // 1_000_000, name) for at, name in rows]

    def whole(self) -> dict[str, Any]:
        """All that is known of all alerts, without the numbers that a database gives."""
        return {
            alert.id: {
                "alert": store.as_json(alert) | {"sequence": 0},
                "offers": store.offered(self.connection, alert.id),
                "history": [
                    {**row, "sequence": 0} for row in store.history(self.connection, alert.id)
                ],
                "told": self._told(alert.id),
            }
            for alert in self.alerts()
        }

    def _told(self, alert: str) -> list[tuple[str, str]]:
        rows = self.connection.execute(
            "select split_part(occasion, ':', 1), recipient from outbox where alert_id = %s"
            " order by created_at, 1, 2",
            (alert,),
        )
        return [(occasion, recipient) for occasion, recipient in rows]


Line = Callable[[Village], object]
"""What happens at one moment of a story; to do it twice is to do it once."""


def actor(name: str) -> Actor:
    return ACTORS[name]
