"""Raw waveforms are kept for an hour, and around an alert for as long as the alert."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import psycopg

from domain.time import HOUR, MINUTE, Micros, from_datetime, to_datetime
from domain.wave import Wave
from ingest.store import queries

KEPT: Micros = HOUR
_AHEAD: Micros = 6 * HOUR


def keep(connection: psycopg.Connection, waves: Sequence[Wave]) -> None:
    """Add waves that are new."""
    if waves:
        queries.keep_waves(connection, [_row(wave) for wave in waves])


def keep_evidence(connection: psycopg.Connection, now: Micros) -> None:
    """Keep the signal around falls of the last minutes for good; to be repeated meanwhile."""
    queries.keep_evidence(connection, reach=to_datetime(now - 10 * MINUTE))


def make_room(connection: psycopg.Connection, now: Micros) -> None:
    """Partitions for the hours to come; nothing to do where TimescaleDB makes its own chunks."""
    with connection.transaction():
        queries.make_wave_hours(
            connection, since=to_datetime(now - KEPT), till=to_datetime(now + _AHEAD)
        )


def forget(connection: psycopg.Connection, now: Micros) -> int:
    """Drop the pieces of the table that are over, and got nothing in the last hour; how many."""
    with connection.transaction():
        dropped: int = queries.drop_waves(connection, before=to_datetime(now - KEPT))
    return dropped


def since(connection: psycopg.Connection, after: Micros) -> list[Wave]:
    """All waves that arrived after an instant, in order of arrival; ``order`` is to be set."""
    return [
        Wave(
            order=0,
            slot=subject,
            device=device,
            signal=signal,
            start=from_datetime(start),
            received_at=from_datetime(received_at),
            rate=rate,
            values=_values(content, width),
            placement=placement,
        )
        for device, subject, start, received_at, rate, signal, placement, width, content in (
            queries.waves_since(connection, after=to_datetime(after))
        )
    ]


def of_alert(connection: psycopg.Connection, alert_id: str) -> list[dict[str, Any]]:
    """The signal kept with an alert, as wave payloads of the wire contract, in order."""
    return [
        _payload(signal, rate, placement, from_datetime(start), _values(content, width))
        for signal, rate, placement, start, width, content in queries.signal_of(
            connection, alert_id=alert_id
        )
    ]


def _payload(
    signal: str, rate: float, placement: str | None, start: Micros, values: Any
) -> dict[str, Any]:
    names = ("x", "y", "z") if signal == "acceleration" else ("values",)
    axes = {
        name: [round(v, 4) if isfinite(v) else None for v in values[:, n].tolist()]
        for n, name in enumerate(names)
    }
    unit = "g" if signal == "acceleration" else "count"
    head = {"t": start // 1000, "rate": rate, "signal": signal, "unit": unit}
    return head | {"placement": placement} | axes


def _row(wave: Wave) -> dict[str, Any]:
    return {
        "device": wave.device,
        "subject": wave.slot,
        "start": to_datetime(wave.start),
        "received_at": to_datetime(wave.received_at),
        "rate": wave.rate,
        "signal": wave.signal,
        "placement": wave.placement,
        "width": wave.values.shape[1],
        "content": wave.values.astype("<f4").tobytes(),
    }


def _values(content: bytes, width: int) -> Any:
    return np.frombuffer(content, "<f4").reshape(-1, width).astype(np.float32)
