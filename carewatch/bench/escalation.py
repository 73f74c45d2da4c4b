"""How late the escalators are: from a deadline, or a rejection, to the moment that others can
see whom the alert was offered to next. And how long it takes to load everybody's roster.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import psycopg

from alerts import store
from alerts.alert import Actor, AlertRow
from alerts.ledger import Connection, append
from alerts.muster import muster
from alerts.policies import Policies
from alerts.react import react
from domain.directory import Device, Snapshot, Subject
from domain.errors import CarewatchError
from domain.finding import Finding
from domain.time import SECOND, Micros, SystemClock, stopwatch

_LEAD: Micros = 3 * SECOND
"""Time to raise the alerts before the first deadline."""
_PATIENCE_S = 120.0
_REJECTIONS = 500


def measure(
    database_url: str,
    alerts: int = 5000,
    escalators: int = 3,
    seconds: float = 60,
    residents: int = 0,
) -> dict[str, float | int]:
    """Raise ``alerts`` alerts that nobody answers, and watch real escalators pass them on.

    The database should be an empty one of its own. Lateness is from the deadline, or from the
    request of somebody who rejects, to the moment that a second connection, woken by NOTIFY,
    reads the change: commit, offers and feed included. Deadlines are spread evenly over
    ``seconds``: the shortest step of a high alert has 60. While people reject, none is due.
    ``residents``: also load the roster of so many.
    """
    clock = SystemClock()
    with psycopg.connect(database_url, autocommit=True) as connection:
        with _escalators(database_url, escalators):
            deadlines = _raise(connection, alerts, round(seconds * SECOND), clock)
            start = store.latest_sequence(connection)
            late = _watch(connection, deadlines, start, clock)
            _give_time(connection)
            rejected = _reject(database_url, connection, min(alerts, _REJECTIONS), clock)
        found: dict[str, float | int] = {
            "escalations": len(late),
            **_percentiles(late, ""),
            "rejections": len(rejected),
            **_percentiles(rejected, "rejected_"),
            "seconds": seconds,
            "escalators": escalators,
            **_doubles(connection),
        }
        return found | (_load_roster(connection, residents, clock) if residents else {})


def _percentiles(times: list[Micros], prefix: str) -> dict[str, float | int]:
    milliseconds = np.array(times) / 1000
    return {
        f"{prefix}p50_ms": round(float(np.percentile(milliseconds, 50)), 1),
        f"{prefix}p99_ms": round(float(np.percentile(milliseconds, 99)), 1),
        f"{prefix}max_ms": round(float(milliseconds.max()), 1),
    }


@contextmanager
def _escalators(database_url: str, count: int) -> Iterator[None]:
    """So many processes of ``carewatch escalator``."""
    environment = {**os.environ, "CAREWATCH_DATABASE_URL": database_url, "CAREWATCH_LOG": "error"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "carewatch", "escalator"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )
        for _ in range(count)
    ]  # fmt: skip
    try:
        _until_at_work(database_url, count)
        yield
    finally:
        for process in processes:
            process.kill()  # with thousands of messages to deliver yet, they would take their time
            process.wait()


def _until_at_work(database_url: str, count: int) -> None:
    give_up = stopwatch() + _PATIENCE_S
    with psycopg.connect(database_url, autocommit=True) as connection:
        while (connection.execute("select count(*) from escalator").fetchone() or (0,))[0] < count:
            if stopwatch() > give_up:
                raise CarewatchError("The escalators did not start: see what they say.")
            threading.Event().wait(0.1)


def _give_time(connection: Connection) -> None:
    """An hour for each alert, so that nothing but a rejection moves one."""
    with connection.transaction():
        connection.execute("update alert set deadline = deadline + interval '1 hour'")
        connection.execute(
            "update offer set deadline = deadline + interval '1 hour' where answer is null"
        )


def _reject(
    database_url: str, connection: Connection, count: int, clock: SystemClock
) -> list[Micros]:
    """How long after somebody asked to reject it each alert was seen to be offered on."""
    names = connection.execute("select id from alert order by id limit %s", (count,)).fetchall()
    sequence, asked_at = store.latest_sequence(connection), dict[str, Micros]()
    worker = threading.Thread(
        target=_reject_all, args=(database_url, [name for (name,) in names], asked_at, clock)
    )
    worker.start()
    seen = _seen(connection, {name for (name,) in names}, sequence, clock)
    worker.join()
    return [seen[name] - asked_at[name] for (name,) in names]


def _reject_all(
    database_url: str, names: list[str], asked_at: dict[str, Micros], clock: SystemClock
) -> None:
    centre = Actor("bench-centre", "bench-centre", "centre")
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name in names:
            asked_at[name] = clock.now()
            store.act(connection, name, "rejected", centre, clock.now())


def _doubles(connection: Connection) -> dict[str, int]:
    """Offers in all, and those that are one too many; both are to be seen, not to be believed."""
    counts = connection.execute(
        "select count(*), count(*) - count(distinct (alert_id, person, round, step)),"
        " (select count(*) from alert a where state = 'open' and not exists"
        "  (select from offer where alert_id = a.id and answer is null)) from offer"
    ).fetchone() or (0, 0, 0)
    return {"offers": counts[0], "offered_twice": counts[1], "missed": counts[2]}


def _load_roster(connection: Connection, residents: int, clock: SystemClock) -> dict[str, float]:
    """Seconds to load whom all residents' alerts would be offered to, and to find the first."""
    now = clock.now()
    psycopg.ClientCursor(connection).execute(_COUNTY, {"count": residents})
    rows = connection.execute("select id, team_id from resident where id like 'roster-%'")
    alerts = [replace(_ANY, id=name, resident_id=name, team_id=team) for name, team in rows]
    started = stopwatch()
    roster, _ = muster(connection, alerts, now)
    loaded = stopwatch() - started
    asked = sum(
        1 for alert in alerts for _ in roster.tellings(alert, ("family", "station"), "high")
    )
    return {
        "residents": len(alerts),
        "roster_s": round(loaded, 2),
        "asked_s": round(stopwatch() - started - loaded, 2),
        "asked": asked,
    }


_COUNTY = """
insert into team (id, name, level, parent_id) values ('roster', 'roster', 'county', null);
insert into team (id, name, level, parent_id)
select 'roster-t' || n, 'township', 'township', 'roster' from generate_series(1, 20) n;
insert into team (id, name, level, parent_id)
select 'roster-v' || n, 'village', 'village', 'roster-t' || (n %% 20 + 1)
from generate_series(1, 400) n;
insert into account (id, username, password_hash, role, team_id)
select 'roster-s' || n, 'roster-s' || n, '', 'station', 'roster-v' || n
from generate_series(1, 400) n;
insert into account (id, username, password_hash, role)
select 'roster-f' || n, 'roster-f' || n, '', 'family' from generate_series(1, %(count)s) n;
insert into resident (id, slot, name, team_id, contacts)
select 'roster-' || n, 10000000 + n, 'bench', 'roster-v' || (n %% 400 + 1),
       '[{"name": "Neighbour", "phones": ["1"]}]'
from generate_series(1, %(count)s) n;
insert into care_circle (account_id, resident_id)
select 'roster-f' || n, 'roster-' || n from generate_series(1, %(count)s) n
union all
select 'roster-f' || (n %% %(count)s + 1), 'roster-' || n from generate_series(1, %(count)s) n;
"""

_ANY = AlertRow(
    id="", subject="", resident_id=None, device_id=None, team_id=None, kind="sos", priority="high",
    latching=True, state="open", since=0, raised_at=0, evidence={}, sources=(), incident_id="",
    step=0, round=0, responsible="centre", deadline=0, occurrences=(), heard_at=0,
)  # fmt: skip


def _raise(
    connection: Connection, count: int, spread: Micros, clock: SystemClock
) -> dict[str, Micros]:
    """The alerts' deadlines by name."""
    directory, now = _directory(connection, count), clock.now()
    with connection.transaction():
        findings = [
            Finding(at=now, slot=2 * n, device=2 * n + 1, kind="sos", active=True, since=now,
                    priority="high")
            for n in range(count)
        ]  # fmt: skip
        policies = Policies.default()
        append(connection, react(findings, {}, directory, policies, now), now)
        connection.execute(
            "update alert set deadline = to_timestamp(%s / 1e6) + n * %s * interval '1 us'"
            " from (select id, row_number() over (order by id) as n from alert) numbered"
            " where alert.id = numbered.id",
            (clock.now() + _LEAD, spread // count),
        )
    rows = connection.execute("select id, (extract(epoch from deadline) * 1e6)::bigint from alert")
    return {name: int(deadline) for name, deadline in rows}


def _directory(connection: Connection, count: int) -> Snapshot:
    connection.execute(
        "insert into account (id, username, password_hash, role)"
        " values ('bench-centre', 'bench-centre', '', 'centre')"
    )
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
    seen = _seen(connection, set(deadlines), sequence, clock)
    return [at - deadlines[name] for name, at in seen.items()]


def _seen(
    connection: Connection, names: set[str], sequence: int, clock: SystemClock
) -> dict[str, Micros]:
    """When the first change of each of these alerts after that sequence was seen."""
    connection.execute("listen alert")
    seen: dict[str, Micros] = {}
    give_up = stopwatch() + _PATIENCE_S
    while len(seen) < len(names):
        if stopwatch() > give_up:
            raise CarewatchError(f"{len(names) - len(seen)} alerts were not passed on.")
        for event in store.events_after(connection, sequence):
            sequence = event.sequence
            if event.alert_id in names:
                seen.setdefault(event.alert_id, clock.now())
        for _ in connection.notifies(timeout=0.2, stop_after=1):
            pass
    return seen
