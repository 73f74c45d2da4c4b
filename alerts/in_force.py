"""The silences and absences in force around some alerts, as stored."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row

from alerts.alert import AlertRow
from alerts.pauses import Absence, Pauses, Silence
from domain.time import Micros, from_datetime, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("pausing.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]


def pauses_of(
    connection: Connection,
    alerts: Iterable[AlertRow],
    teams: Iterable[str],
    now: Micros,
    until: Micros,
) -> Pauses:
    """All that may hold these alerts back between the two instants; ``teams`` are all of theirs."""
    alerts = list(alerts)
    residents = sorted({alert.resident_id for alert in alerts if alert.resident_id})
    span = {"now": to_datetime(now), "until": to_datetime(until)}
    silences = queries.silences_around(
        connection, residents=residents, teams=sorted(teams),
        devices=sorted({device for alert in alerts for device in alert.sources}), **span,
    )  # fmt: skip
    rows = list(queries.absences_around(connection, residents=residents, **span))
    absent = sorted({row["resident_id"] for row in rows})
    housemates: dict[str, set[str]] = {}
    for row in queries.housemates(connection, residents=absent) if absent else ():
        housemates.setdefault(row["resident"], set()).add(row["housemate"])
    devices = queries.devices_of(connection, residents=absent) if absent else ()
    return Pauses(
        tuple(silence_of(row) for row in silences),
        tuple(absence_of(row) for row in rows),
        housemates,
        {row["id"]: row["kind"] for row in devices},
    )


def silence_of(row: Row) -> Silence:
    """A silence out of a row of the table."""
    return Silence(
        id=row["id"],
        starts=from_datetime(row["starts_at"]),
        ends=from_datetime(row["ends_at"]),
        by=row["made_by"],
        reason=row["reason"],
        resident=row["resident_id"],
        device=row["device_id"],
        team=row["team_id"],
        kinds=frozenset(row["kinds"]),
        priorities=frozenset(row["priorities"]),
    )


def absence_of(row: Row) -> Absence:
    """An absence out of a row of the table."""
    starts, ends = from_datetime(row["starts_at"]), from_datetime(row["ends_at"])
    return Absence(row["id"], row["resident_id"], row["cause"], starts, ends)
