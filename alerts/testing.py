"""The ledger of tests: who has tried which button or fall detector, and when.

A test is a ``button_test``, or a press or a fall of a device while somebody has announced a test of
it. Such a press rings nobody, so it must have happened *and* arrived between the announcement and
its end: what a device had kept from before, or what comes after, rings as always. The first test
ends the announcement, but for what tells of the same press again. If in doubt, it rings. All
functions leave the transaction to their caller.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row

from alerts.detectors.button_test import GRACE
from domain.event import AS_TEST, Event
from domain.time import MINUTE, SECOND, Micros, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("testing.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]

EventKey = tuple[int, str]
"""Slot of the device, and the event's key."""

Announced = Mapping[EventKey, str | None]
"""Events that are tests though their name does not say so, and who had announced it."""

LONGEST: Micros = 15 * MINUTE
"""A press in that time rings nobody, so it must be short."""

REPEATS: Micros = 30 * SECOND
"""For so long after its first test a device tells of the same press again: some do three times."""
_REPEATS = timedelta(microseconds=REPEATS)


def announce(connection: Connection, device: str, by: str, now: Micros, lasts: Micros) -> None:
    """From now on, for so long, a press or a fall of the device is a test."""
    queries.announce(
        connection, device=device, by=by, at=to_datetime(now), ends_at=to_datetime(now + lasts)
    )


def among(connection: Connection, events: Iterable[Event]) -> Announced:
    """Which of these events are announced tests."""
    asked = [event for event in events if event.event in AS_TEST]
    if not asked:
        return {}
    rows = queries.tests_among(
        connection,
        devices=[event.device for event in asked],
        keys=[event.key for event in asked],
        happened=[to_datetime(event.happened_at) for event in asked],
        received=[to_datetime(event.received_at) for event in asked],
        repeats=_REPEATS,
    )
    return {(row["device"], row["key"]): row["announced_by"] for row in rows}


def judged(events: Iterable[Event], tests: Announced) -> list[Event]:
    """The events as they are to be judged: an announced test by the name of one."""
    return [
        replace(event, event=AS_TEST[event.event]) if _is_announced(event, tests) else event
        for event in events
    ]


def is_test(event: Event, tests: Announced) -> bool:
    """Whether it is a test by its name, or an announced one."""
    return event.event == "button_test" or _is_announced(event, tests)


def keep(connection: Connection, events: Sequence[Event], tests: Announced) -> None:
    """Write those of the events into the ledger that are tests; what was announced ends with it."""
    rows: list[dict[str, Any]] = [
        {
            "device": event.device,
            "key": event.key,
            "at": to_datetime(event.received_at),
            "event": event.event,
            "announced_by": tests.get((event.device, event.key)),
        }
        for event in events
        if is_test(event, tests)
    ]
    if rows:
        queries.keep_tests(connection, rows)
        queries.end_announced(
            connection,
            [
                {"device": row["device"], "at": row["at"], "ends_at": row["at"] + _REPEATS}
                for row in rows
            ],
        )
        latest = {row["device"]: row["at"] for row in rows}
        queries.note_tests(
            connection, [{"device": device, "at": at} for device, at in sorted(latest.items())]
        )


def ledger(
    connection: Connection,
    now: Micros,
    *,
    team: str | None = None,
    resident: str | None = None,
    device: str | None = None,
    overdue: bool | None = None,
    after: str | None = None,
    limit: int = 1,
    **scope: Any,
) -> list[dict[str, Any]]:
    """Placed buttons and fall detectors by id, each with its last test there; see ``scope()``."""
    rows = queries.ledger(
        connection, team=team, resident=resident, device=device, overdue=overdue, after=after,
        limit=limit, now=to_datetime(now), grace=timedelta(microseconds=GRACE), **scope,
    )  # fmt: skip
    return list(rows)


def _is_announced(event: Event, tests: Announced) -> bool:
    return event.event in AS_TEST and (event.device, event.key) in tests
