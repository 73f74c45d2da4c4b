"""The standing audit: finds what could keep an alert from reaching anybody, and says so once.

A *defect* is an open alert without a live deadline, a message that nobody delivers, an escalator
that has stopped, or a policy that ends with nobody. It is raised to the operator when it is
found (the log, a message to each admin, ``/readyz``, the metrics), and ends once it is mended.
The queries are cheap; one that takes too long is a defect itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosql
import psycopg
import structlog
from prometheus_client import Gauge
from psycopg.rows import dict_row

from alerts import arrangements, objections
from alerts.muster import policy_of
from domain.time import DAY, MINUTE, Micros, from_datetime, iso, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("inspection.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]

OVERDUE: Micros = MINUTE
STUCK: Micros = 3 * MINUTE
"""A message that is due is taken within a second, and left alone for a minute after that."""
STOPPED: Micros = MINUTE
QUERY_MS = 2_000
"""The longest that a statement of the audit may take."""

UNATTENDED, STUCK_MESSAGES, STOPPED_ESCALATOR, BAD_POLICY, NOT_INSPECTED = KINDS = (
    "unattended", "stuck_messages", "stopped_escalator", "bad_policy", "not_inspected",
)  # fmt: skip

DEFECTS = Gauge(
    "carewatch_defects", "What the standing audit has found and is not mended.", ["kind"]
)

_log = structlog.get_logger("carewatch.inspection")


@dataclass(frozen=True, slots=True)
class Defect:
    """``thing`` is an alert, a channel, an escalator or a policy; the sentence is for people."""

    kind: str
    thing: str
    sentence: str


def inspect(connection: Connection, now: Micros) -> list[Defect]:
    """Look at everything and keep the books; what is wrong now, or [] where another is at it.

    In transactions of its own.
    """
    try:
        with connection.transaction():
            if not queries.one_inspector(connection):
                return open_defects(connection)
            queries.hurry(connection, milliseconds=str(QUERY_MS))
            found = list(_look(connection, now))
    except psycopg.errors.QueryCanceled:
        found = [_too_slow(), *_others(connection)]
    with connection.transaction():
        keep_books(connection, found, now)
    return found


def keep_books(connection: Connection, found: Iterable[Defect], now: Micros) -> None:
    """Raise what is new, and end what is mended; once each, however many look."""
    wanted = {(defect.kind, defect.thing): defect for defect in found}
    standing = {(row["kind"], row["thing"]): row for row in queries.open_defects(connection)}
    mended = [row for key, row in standing.items() if key not in wanted]
    if mended:
        queries.end_defects(connection, ids=[row["id"] for row in mended], at=to_datetime(now))
    for row in mended:
        _log.info("defect mended", kind=row["kind"], thing=row["thing"])
    for key, defect in wanted.items():
        if key not in standing:
            _raise(connection, defect, now)
    for kind in KINDS:
        DEFECTS.labels(kind).set(sum(1 for each, _ in wanted if each == kind))


def open_defects(connection: Connection) -> list[Defect]:
    """What was found and is not mended."""
    return [
        Defect(row["kind"], row["thing"], row["sentence"])
        for row in queries.open_defects(connection)
    ]


def beat(connection: Connection, escalator: str, now: Micros) -> None:
    """An escalator says that it is at work; others find it stopped where it no longer does."""
    queries.seen(connection, id=escalator, now=to_datetime(now))
    queries.forget_escalators(connection, before=to_datetime(now - DAY))


def leave(connection: Connection, escalator: str) -> None:
    """An escalator ends because it was told to."""
    queries.ended(connection, id=escalator)


def silence(connection: Connection, now: Micros) -> Micros | None:
    """How long ago any escalator last said that it is at work; None where none ever did."""
    seen = queries.last_seen(connection)
    return None if seen is None else now - from_datetime(seen)


def _raise(connection: Connection, defect: Defect, now: Micros) -> None:
    made = queries.insert_defect(
        connection, kind=defect.kind, thing=defect.thing, sentence=defect.sentence,
        since=to_datetime(now),
    )  # fmt: skip
    if made is None:
        return
    _log.error("defect", kind=defect.kind, thing=defect.thing, sentence=defect.sentence)
    queries.tell_admins(
        connection, occasion=f"defect:{made}", reason=defect.sentence, now=to_datetime(now)
    )


def _look(connection: Connection, now: Micros) -> Iterator[Defect]:
    for row in queries.unattended(connection, overdue_since=to_datetime(now - OVERDUE)):
        yield Defect(
            UNATTENDED, row["id"], f"The alert {row['id']} is left alone: {row['lacks']}. "
            "See to it now, and look into the log of the escalator.",
        )  # fmt: skip
    for row in queries.stuck(connection, since=to_datetime(now - STUCK)):
        since = iso(from_datetime(row["waiting_since"]))
        yield Defect(
            STUCK_MESSAGES, row["channel"], f"{row['messages']} messages for the channel "
            f"{row['channel']} have waited since {since} and nobody takes them: is "
            "`carewatch escalator` at work?",
        )  # fmt: skip
    for row in queries.stopped(connection, since=to_datetime(now - STOPPED)):
        yield Defect(
            STOPPED_ESCALATOR, row["id"], f"The escalator {row['id']} has said nothing since "
            f"{iso(from_datetime(row['seen_at']))}: start it again, or see its log.",
        )  # fmt: skip
    yield from _policies(connection)


def _policies(connection: Connection) -> Iterator[Defect]:
    teams = arrangements.all_teams(connection)
    people = arrangements.all_people(connection)
    for row in arrangements.policy_rows(connection):
        wrong = objections.of_policy(policy_of(row), teams, people)
        if wrong:
            yield Defect(
                BAD_POLICY, str(row["id"]), f"Policy {row['id']}: {' '.join(map(str, wrong))}"
            )


def _too_slow() -> Defect:
    return Defect(
        NOT_INSPECTED, "database", f"The standing audit was not done, because a query of it took "
        f"longer than {QUERY_MS / 1000:g} s: see what the database is busy with.",
    )  # fmt: skip


def _others(connection: Connection) -> list[Defect]:
    """What stands while it cannot be looked at again."""
    return [each for each in open_defects(connection) if each.kind != NOT_INSPECTED]
