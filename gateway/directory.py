"""The directory out of the database: read whole once, then what has changed of it.

PostgreSQL stamps each row with the transaction that wrote it (``xmin``). Each reading notes the
oldest transaction that was still at work by then: whatever is written or committed later bears a
stamp that is no older. So the database finds what is to be read again, and nobody here looks at
what stays as it is. A row that was deleted leaves no stamp; then the rows do not add up, and all
are read.

Whom a change concerns is read again with all their devices, since a threshold that holds for a
resident may be that of their team, or of a device's model. A limit may hold for a whole county:
those for whom alone another limit holds are read again by portions, one at each look.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import aiosql
import psycopg

from domain.directory import EMERGENCY_KINDS, Device, DeviceKind, Snapshot, Subject
from domain.time import Micros, from_datetime
from gateway.limits import Concerned, Limits

queries = aiosql.from_path(Path(__file__).with_name("directory.sql"), "psycopg")

DEFAULT_INTERVAL_S: Mapping[str, float | None] = {
    "bed": 60.0,
    "fall": 600.0,
    "button": 600.0,
    "ambient": 600.0,
    "bridge": None,
    "display": None,
}
"""Expected seconds between signs of life where the device has none of its own.

A bed that measures is heard every few seconds, so a minute is generous; event devices send a
status every few minutes. A bridge promises nothing: its devices do. A display only listens.
(That an emergency device is missed after 3 minutes is the rule of the silence detector, not of
this.)
"""

PORTION = 500
"""For so many subjects other limits are taken in at once: some 20 ms."""

_COMPARABLE = 2**31
"""So many transactions apart, stamps of rows no longer tell which is older."""


class Reader:
    """Keeps a ``snapshot`` up to date.

    It is at least of the version that it says: a change in the midst of reading makes it newer,
    and is read once more. Limits alone may be older, while it is ``behind``.
    """

    def __init__(self) -> None:
        self.snapshot = Snapshot((), (), version=-1)
        self._source: psycopg.Connection | None = None
        self._limits = Limits()
        self._since = 0
        self._behind: set[int] = set()

    @property
    def behind(self) -> bool:
        """Whether there are subjects for whom other limits hold than the snapshot says."""
        return bool(self._behind)

    def look(self, connection: psycopg.Connection) -> bool:
        """Take in what has changed; whether the snapshot is another one now.

        ``connection`` is in no transaction. One that is not that of the last time may lead to
        another server, so that everything is read.
        """
        if connection is not self._source:
            self._read_all(connection)
            self._source = connection
        elif self.behind or current_version(connection) != self.snapshot.version:
            self._read_changes(connection)
        else:
            return False
        return True

    def _read_all(self, connection: psycopg.Connection) -> None:
        written = _Written(*queries.written_since(connection, since=None))
        limits = _limits(connection)
        rows = [_Row(*row) for row in queries.all_devices(connection)]
        people = _subjects(limits, queries.all_residents(connection), rows)
        self.snapshot = Snapshot(people, (_device(limits, row) for row in rows), written.version)
        self._limits, self._since, self._behind = limits, written.moment, set()

    def _read_changes(self, connection: psycopg.Connection) -> None:
        written = _Written(*queries.written_since(connection, since=self._since))
        limits = _limits(connection)
        behind = self._behind | _held_by(self.snapshot, limits.since(self._limits))
        portion = set(islice(behind, PORTION))
        snapshot = _revised(self.snapshot, connection, written, limits, portion)
        if written.moment - self._since in range(_COMPARABLE) and written.adds_up(snapshot):
            self.snapshot, self._behind = snapshot, behind - portion
            self._limits, self._since = limits, written.moment
        else:
            self._read_all(connection)


def current_version(connection: psycopg.Connection) -> int:
    """The version that a snapshot taken now would have."""
    version: int = queries.current_version(connection)
    return version


def load_directory(connection: psycopg.Connection) -> Snapshot:
    """Everybody and everything in use."""
    reader = Reader()
    reader.look(connection)
    return reader.snapshot


class _Written(NamedTuple):
    """Which rows were written since a moment, and how many there are of all."""

    version: int
    moment: int
    subjects: int
    used: int
    residents: list[int]
    devices: list[int]

    def adds_up(self, snapshot: Snapshot) -> bool:
        known = len(snapshot.subjects()), len(snapshot.devices())
        return known == (self.subjects, self.used)


class _Row(NamedTuple):
    """A device, and what of its resident matters to it."""

    id: str
    slot: int
    resident_slot: int | None
    kind: DeviceKind
    interval_s: float | None
    model: str | None
    place: str | None
    team: str | None
    resident: str | None
    resident_team: str | None
    placed_at: datetime | None
    tested_at: datetime | None
    test_days: float | None

    @property
    def subject(self) -> int:
        return self.slot if self.resident_slot is None else self.resident_slot


def _revised(
    before: Snapshot,
    connection: psycopg.Connection,
    written: _Written,
    limits: Limits,
    others: Set[int],
) -> Snapshot:
    """The snapshot with what was written and whom that concerns, and with these other subjects."""
    rows = _rows_at(connection, written.devices)
    subjects = {row.subject for row in rows} | set(written.residents)
    subjects |= _whose(before, written.devices) | others
    devices = {each.slot for each in before.devices() if each.subject in subjects}
    rows += _rows_at(connection, devices.difference(written.devices))
    rows.sort(key=lambda row: row.slot)
    residents = queries.residents_at(connection, slots=list(subjects))
    people: dict[int, Subject | None] = dict.fromkeys(subjects)
    people |= {each.slot: each for each in _subjects(limits, residents, rows)}
    things: dict[int, Device | None] = dict.fromkeys(devices.union(written.devices))
    things |= {row.slot: _device(limits, row) for row in rows}
    return before.revised(people, things, written.version)


def _rows_at(connection: psycopg.Connection, slots: Iterable[int]) -> list[_Row]:
    asked = list(slots)
    return [_Row(*row) for row in queries.devices_at(connection, slots=asked)] if asked else []


def _whose(directory: Snapshot, devices: Sequence[int]) -> set[int]:
    """The subjects of these devices, as far as they were known."""
    return {device.subject for slot in devices if (device := directory.find(slot)) is not None}


def _held_by(directory: Snapshot, concerned: Concerned) -> set[int]:
    """Those for whom these thresholds hold."""
    if not concerned:
        return set()
    people = {
        each.slot
        for each in directory.subjects()
        if each.team_id in concerned.teams or each.resident_id in concerned.residents
    }
    return people | {d.subject for d in directory.devices() if d.model in concerned.models}


def _subjects(
    limits: Limits, residents: Iterable[tuple[Any, ...]], rows: Sequence[_Row]
) -> list[Subject]:
    """These residents, and those of the devices that are placed with none."""
    models: dict[int, list[str]] = {}
    for row in rows:
        if row.model:
            models.setdefault(row.subject, []).append(row.model)
    return [
        Subject(name, slot, name, team, zone, limits.of(models.get(slot, ()), team, name))
        for name, slot, team, zone in residents
    ] + [
        Subject(f"device:{row.id}", row.slot, None, row.team, "UTC",
                limits.of(models.get(row.slot, ()), row.team, None))
        for row in rows if row.resident_slot is None
    ]  # fmt: skip


def _device(limits: Limits, row: _Row) -> Device:
    interval = DEFAULT_INTERVAL_S[row.kind] if row.interval_s is None else row.interval_s
    test_days = row.test_days
    if test_days is None and row.kind in EMERGENCY_KINDS:
        # By its own model: those of the resident's other devices are none of its.
        models = [row.model] if row.model else []
        team = row.resident_team if row.resident else row.team
        test_days = limits.of(models, team, row.resident).get("test_interval_days")
    placed, tested = _micros(row.placed_at), _micros(row.tested_at)
    return Device(
        row.id, row.slot, row.subject, row.kind, interval, row.model, row.place, placed, tested,
        test_days,
    )  # fmt: skip


def _micros(at: datetime | None) -> Micros | None:
    return None if at is None else from_datetime(at)


def _limits(connection: psycopg.Connection) -> Limits:
    own: dict[Any, dict[str, float]] = {}
    for scope, scope_id, name, value in queries.thresholds(connection):
        own.setdefault((scope, scope_id), {})[name] = value
    return Limits(own, dict(queries.teams(connection)))
