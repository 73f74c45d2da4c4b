"""What the feed reads from the database: each answer as of one instant."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alerts import store
from alerts.alert import as_json
from api import accounts, audit
from api.database import Connection, Database, queries
from api.feed import Change, Opening
from api.names import in_alert, with_names
from api.silent import with_silent
from domain.time import Micros

MOST_BEHIND = 5_000
"""A client that missed more changes than these begins anew, with a snapshot."""


class Changes:
    """The :class:`api.feed.Source` of the real database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> tuple[int, int]:
        with self._database.view() as connection:
            return store.latest_sequence(connection), _version(connection)

    def after(self, place: int, limit: int) -> tuple[Sequence[Change], int]:
        with self._database.view() as connection:
            events = store.events_after(connection, place, limit)
            alerts = _told(connection, (event.after for event in events))
            changes = [Change(alert["sequence"], alert) for alert in alerts]
            return changes, _version(connection)

    def open(self, token: str, known: int | None, now: Micros) -> Opening | None:
        with self._database.view() as connection:
            viewer = accounts.viewer(connection, token, now)
            if viewer is None or not viewer.may("follow_feed"):
                return None
            viewer = viewer.using("follow_feed")
            latest = store.latest_sequence(connection)
            if known is not None and _reaches(connection, known, latest):
                return Opening(viewer, known, None)
            alerts, latest = store.snapshot(connection, **viewer.own_alerts())
            audit.read(connection, viewer, "follow_feed", [each.resident_id for each in alerts])
            told = _told(connection, map(as_json, alerts))
            return Opening(viewer, latest, told)


def _told(connection: Connection, alerts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return with_names(connection, with_silent(connection, alerts), in_alert)


def _reaches(connection: Connection, known: int, latest: int) -> bool:
    """Whether all that came after a number can be told; after one of another database, nothing."""
    if known == latest:
        return True
    if not latest - MOST_BEHIND <= known < latest:
        return False
    # 0 is the place of a snapshot that was taken before anything had happened.
    return known == 0 or store.events_after(connection, known - 1, 1)[0].sequence == known


def _version(connection: Connection) -> int:
    version: int = queries.directory_version(connection)
    return version
