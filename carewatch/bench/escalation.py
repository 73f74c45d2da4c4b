"""How late the escalator is: from a deadline to the moment that others can see it was kept."""

import threading
from dataclasses import dataclass

import numpy as np
import psycopg

from alerts import store
from alerts.ledger import Connection, append
from alerts.policy import Policy
from alerts.react import react
from carewatch import escalator
from domain.directory import Device, Snapshot, Subject
from domain.errors import CarewatchError
from domain.finding import Finding
from domain.time import SECOND, Micros, SystemClock, stopwatch

_SPREAD: Micros = 10 * SECOND
"""Deadlines are spread evenly over this time."""
_LEAD: Micros = 3 * SECOND
"""Time to raise the alerts before the first deadline."""
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class _Settings:
    database_url: str
    webhook_url: str | None = None
    webhook_secret: str | None = None
    handover_url: str | None = None


def measure(database_url: str, alerts: int = 2000) -> dict[str, float | int]:
    """Raise ``alerts`` alerts that nobody answers, and watch a real escalator pass them on.

    The database should be an empty one of its own. Lateness is from the deadline to the moment
    that a second connection, woken by NOTIFY, reads the change: commit and feed included.
    """
    clock = SystemClock()
    with psycopg.connect(database_url, autocommit=True) as connection:
        deadlines = _raise(connection, alerts, clock)
        start = store.latest_sequence(connection)
        stop = threading.Event()
        worker = threading.Thread(target=escalator.run, args=(_Settings(database_url), stop))
        worker.start()
        try:
            late = _watch(connection, deadlines, start, clock)
        finally:
            stop.set()
            worker.join()
    milliseconds = np.array(late) / 1000
    return {
        "escalations": len(late),
        "p50_ms": round(float(np.percentile(milliseconds, 50)), 1),
        "p99_ms": round(float(np.percentile(milliseconds, 99)), 1),
        "max_ms": round(float(milliseconds.max()), 1),
        "seconds": _SPREAD / SECOND,
    }


def _raise(connection: Connection, count: int, clock: SystemClock) -> dict[str, Micros]:
    """The alerts' deadlines by name."""
    directory, now = _directory(connection, count), clock.now()
    with connection.transaction():
        findings = [
            Finding(at=now, slot=2 * n, device=2 * n + 1, kind="sos", active=True, since=now,
                    priority="high")
            for n in range(count)
        ]  # fmt: skip
        policy = Policy.default()
        append(connection, react(findings, {}, directory, policy, now), policy, now)
        connection.execute(
            "update alert set deadline = to_timestamp(%s / 1e6) + n * %s * interval '1 us'"
            " from (select id, row_number() over (order by id) as n from alert) numbered"
            " where alert.id = numbered.id",
            (clock.now() + _LEAD, _SPREAD // count),
        )
    rows = connection.execute("select id, (extract(epoch from deadline) * 1e6)::bigint from alert")
    return {name: int(deadline) for name, deadline in rows}


def _directory(connection: Connection, count: int) -> Snapshot:
    connection.execute(
        "insert into resident (id, slot, name)"
        " select 'bench-' || n, 2 * n, 'bench' from generate_series(0, %s - 1) n",
        (count,),
    )
    connection.execute(
        "insert into device (id, slot, kind, resident_id, secret_hash)"
        " select 'bench-' || n, 2 * n + 1, 'button', 'bench-' || n, ''"
        " from generate_series(0, %s - 1) n",
        (count,),
    )
    names = [f"bench-{n}" for n in range(count)]
    return Snapshot(
        [Subject(name, 2 * n, name) for n, name in enumerate(names)],
        [Device(name, 2 * n + 1, 2 * n, "button") for n, name in enumerate(names)],
    )


def _watch(
    connection: Connection, deadlines: dict[str, Micros], sequence: int, clock: SystemClock
) -> list[Micros]:
    """How late each alert's first change after its deadline was seen."""
    connection.execute("listen alert")
    late: dict[str, Micros] = {}
    give_up = stopwatch() + _PATIENCE_S
    while len(late) < len(deadlines):
        if stopwatch() > give_up:
            raise CarewatchError(f"{len(deadlines) - len(late)} deadlines were not kept.")
        for event in store.events_after(connection, sequence):
            sequence = event.sequence
            late.setdefault(event.alert_id, clock.now() - deadlines[event.alert_id])
        for _ in connection.notifies(timeout=0.2, stop_after=1):
            pass
    return list(late.values())
