"""What a restored database must not do: repeat itself, or take the past for the present.

Between the backup and the restore people went on: alerts were taken and resolved, messages were
delivered, logins ended. None of that is known any more. So

- open alerts stay open, with the same person or parties. For whoever's time is over meanwhile
  the clock stood still: they have what was left at the backup, and no less than :data:`GRACE`.
  Nobody is told at the restore itself; the next in line is asked when that time is over;
- a message that waited when the backup was made is still delivered if it is younger than
  :data:`FRESH`, else given up: it was most likely delivered then;
- the same goes for what waited for devices: an old command must not be carried out hours later;
- nobody is logged in (a backup holds no logins: some of them may have been ended since);
- numbers of changes go on far beyond those of the backup, so that a client of the feed that has
  seen later ones gets a snapshot, and no other change under a number that it knows.
"""

from collections.abc import Sequence

from alerts.alert import AlertRow, Duty, change_of
from alerts.ledger import alert_of, append
from alerts.reasons import because
from carewatch.backup.tables import Connection, queries
from domain.time import MINUTE, Micros, iso, to_datetime

FRESH: Micros = 15 * MINUTE
GRACE: Micros = 5 * MINUTE
"""Time to start carewatch, and to resolve what is over, before anybody is asked."""
GAP = 1_000_000
"""More changes of alerts than anybody makes between a backup and its restore."""


def attend(connection: Connection, made_at: Micros, now: Micros) -> Sequence[AlertRow]:
    """Bring a restored database into the present, in the caller's transaction; the open alerts."""
    why = f"restored from the backup of {iso(made_at)}"
    waited = {"now": to_datetime(now), "written_before": to_datetime(now - FRESH), "why": why}
    queries.give_up_messages(connection, **waited)
    queries.end_commands(connection, **waited)
    queries.drop_downlinks(connection, written_before=waited["written_before"])
    queries.go_beyond(connection, gap=GAP)
    return _begin_anew(connection, made_at, now)


def _begin_anew(connection: Connection, made_at: Micros, now: Micros) -> Sequence[AlertRow]:
    alerts = [alert_of(row) for row in queries.still_open(connection)]
    reason = because("restored", made_at=iso(made_at))
    changes = [
        change_of(alert, "restored", now, reason, duty=_duty(alert, made_at, now))
        for alert in alerts
    ]
    return append(connection, changes, now)


def _duty(alert: AlertRow, made_at: Micros, now: Micros) -> Duty:
    deadline = now if alert.deadline is None else alert.deadline
    if deadline < now + GRACE:
        deadline = now + max(deadline - made_at, GRACE)
    return alert.duty_until(deadline)
