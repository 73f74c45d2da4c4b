"""Silences and absences begin and end, and the alerts that they cover with them.

The caller owns the transaction. A pause that is made holds back at once what it covers and is
open; one that is ended or changed has what it held back looked at anew. One that ends by itself
needs nobody: its end is the deadline of the alerts that it holds back.
"""

from collections.abc import Sequence
from typing import Any

from alerts import ledger
from alerts.alert import AlertRow, Change, change_of
from alerts.in_force import Connection, queries
from alerts.muster import muster
from alerts.reasons import Reason, because
from domain.time import Micros, to_datetime


def silence(
    connection: Connection,
    *,
    starts: Micros,
    ends: Micros,
    reason: str,
    by: str,
    now: Micros,
    resident: str | None = None,
    device: str | None = None,
    team: str | None = None,
    kinds: Sequence[str] = (),
    priorities: Sequence[str] = (),
) -> int:
    """Make a silence for one resident, device or team; its number."""
    whom = {"resident": resident, "device": device, "team": team}
    made: int = queries.insert_silence(
        connection, **whom, kinds=sorted(set(kinds)), priorities=sorted(set(priorities)),
        starts_at=to_datetime(starts), ends_at=to_datetime(ends), reason=reason, by=by,
        at=to_datetime(now),
    )  # fmt: skip
    _hold_back(connection, because("silenced", person=by), now, **whom)
    return made


def end_silence(connection: Connection, silence: int, by: str, now: Micros) -> bool:
    """End one early; whether it was still to come or in force."""
    ended = queries.end_silence(connection, id=silence, by=by, at=to_datetime(now))
    look_again(connection, f"silence:{silence}", because("silence_ended", person=by), now)
    return bool(ended)


def leave(
    connection: Connection,
    *,
    resident: str,
    cause: str,
    starts: Micros,
    ends: Micros,
    open: bool,
    note: str | None,
    by: str,
    now: Micros,
) -> int:
    """A resident is not at home from then on; the number of the absence."""
    made: int = queries.insert_absence(
        connection, resident=resident, cause=cause, starts_at=to_datetime(starts),
        ends_at=to_datetime(ends), open=open, note=note, by=by, at=to_datetime(now),
    )  # fmt: skip
    reason = because("absence_noted", person=by, resident=resident)
    _hold_back(connection, reason, now, resident=resident, device=None, team=None)
    return made


def change_absence(
    connection: Connection, absence: int, *, ends: Micros, by: str, now: Micros, **more: Any
) -> None:
    """Another end, cause or note (``cause``, ``open``, ``note`` as they are to be)."""
    queries.change_absence(connection, id=absence, ends_at=to_datetime(ends), **more)
    look_again(connection, f"absence:{absence}", because("absence_changed", person=by), now)


def end_absence(connection: Connection, absence: int, by: str, now: Micros) -> bool:
    """The resident is back; whether the absence was still to come or in force."""
    ended = queries.end_absence(connection, id=absence, by=by, at=to_datetime(now))
    look_again(connection, f"absence:{absence}", because("absence_ended", person=by), now)
    return bool(ended)


def look_again(connection: Connection, what: str, reason: Reason, now: Micros) -> None:
    """What was held back by that is asked about, or held back by what is in force now."""
    ids = [row["id"] for row in queries.held_by(connection, what=what)]
    held = [alert for alert in ledger.lock_alerts(connection, ids=ids) if alert.held_by == what]
    ledger.append(connection, [change_of(alert, "asked", now, reason) for alert in held], now)


def _hold_back(connection: Connection, reason: Reason, now: Micros, **whom: str | None) -> None:
    """Nobody is asked any longer about what is open and covered."""
    ids = [row["id"] for row in queries.asked_now(connection, **whom)]
    alerts = [each for each in ledger.lock_alerts(connection, ids=ids) if _is_asked(each)]
    if not alerts:
        return
    roster, _ = muster(connection, alerts, now)
    held: list[Change] = [
        change_of(alert, "held_back", now, reason)
        for alert in alerts
        if roster.hold(alert, alert.priority)
    ]
    ledger.append(connection, held, now)


def _is_asked(alert: AlertRow) -> bool:
    return alert.state == "open" and not alert.is_paused
