"""Take in a file: compare with what is there, refuse what does not fit, write the rest at once.

Empty cells say nothing: what is there stays. So the same file taken in again changes nothing.
The caller owns the transaction, and rolls it back where there are troubles.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from api import audit
from api.access import Viewer
from api.routes.teams import ABOVE
from api.schemas.persons import Abilities, Doctor, NewResident
from carewatch.importing.columns import KINDS, Kind
from carewatch.importing.lines import Line, checked
from carewatch.importing.memberships import Memberships
from carewatch.importing.sheet import Trouble, read
from carewatch.importing.standing import Connection, Rows, by_id, queries
from domain.errors import NotAllowed
from domain.time import Micros
from gateway import registry


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file, or would: lines that are new, changed or as they were.

    ``secrets`` are those of new devices; ``accounts`` those made, which have no password yet.
    """

    kind: str
    encoding: str
    lines: int
    new: int = 0
    changed: int = 0
    same: int = 0
    accounts: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        del told["secrets"]
        return told


@dataclass(frozen=True, slots=True)
class Step:
    """What a line comes to: the row as it will be, and as it was (None: it is new)."""

    line: int
    after: dict[str, Any]
    before: dict[str, Any] | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what changes."""
        was = self.before or {}
        return tuple(sorted(n for n, value in self.after.items() if value != was.get(n)))


def take_in(
    connection: Connection,
    caller: Viewer,
    kind: str,
    content: bytes,
    now: Micros,
    timezone: str = "UTC",
) -> Report:
    """Take in all lines of a file, or none where the report tells of troubles.

    ``timezone`` is that of new residents whose line names none.
    Raises NotAllowed where the file cannot be read.
    """
    of = KINDS[kind]
    sheet = read(content, of.column_of, [column.name for column in of.columns])
    lines, troubles = checked(of, sheet)
    queries.hold_still(connection)
    intake = _Intake(connection, caller, of, sheet.headings, now, timezone)
    told = intake.run(lines, bool(troubles))
    known = {(each.line, each.column) for each in troubles}
    more = [each for each in intake.troubles if (each.line, each.column) not in known]
    every = tuple(sorted((*troubles, *more), key=lambda each: each.line))
    return Report(kind, sheet.encoding, len(sheet.rows), troubles=every, **told)


class _Intake:
    """One file on its way in."""

    def __init__(
        self,
        connection: Connection,
        caller: Viewer,
        kind: Kind,
        headings: Mapping[str, str],
        now: Micros,
        timezone: str,
    ) -> None:
        self._connection = connection
        self._caller = caller
        self._kind = kind
        self._headings = headings
        self._now = now
        self._blank_person = {name: value for name, value in _blank(timezone) if name in _FILE}
        self.troubles: list[Trouble] = []

    def run(self, lines: Sequence[Line], only_look: bool) -> dict[str, Any]:
        """Look at the lines, and write what they come to unless something is wrong.

        What was written, counted; empty where nothing was.
        """
        if self._kind.name == "memberships":
            joining = Memberships(self._connection, self._caller, self._now, self._wrong)
            return joining.take(lines, lambda: only_look or bool(self.troubles))
        steps = {
            "teams": self._teams, "homes": self._homes, "people": self._people,
            "contacts": self._contacts, "devices": self._devices,
        }[self._kind.name](lines)  # fmt: skip
        if only_look or self.troubles:
            return {}
        new = [step for step in steps if step.before is None]
        changed = [step for step in steps if step.before is not None and step.fields]
        counts: dict[str, Any] = {
            "new": len(new), "changed": len(changed), "same": len(steps) - len(new) - len(changed),
        }  # fmt: skip
        counts |= self._write(new, changed)
        self._note([*new, *changed])
        return counts

    # -- what the lines of a kind come to ------------------------------------------------------

    def _teams(self, lines: Sequence[Line]) -> list[Step]:
        there = self._there(queries.teams)
        steps = [_step(line, there, {"parent": None}) for line in lines]
        levels = {name: row["level"] for name, row in there.items()}
        steps = [step for step in steps if "level" in step.after]
        levels |= {step.after.get("id", ""): step.after["level"] for step in steps}
        for step in steps:
            level, parent = step.after["level"], step.after["parent"]
            above = ABOVE[level]
            if step.before is not None and "level" in step.fields:
                self._wrong(step.line, "level", f"it is a {step.before['level']}: a level stays.")
            elif above is None and parent is not None:
                self._wrong(step.line, "parent", "a county stands at the top: leave this empty.")
            elif above is not None and levels.get(parent or "") != above:
                self._wrong(step.line, "parent", f"a {level} stands below a {above}: name one.")
        return sorted(steps, key=lambda step: list(ABOVE).index(step.after["level"]))

    def _homes(self, lines: Sequence[Line]) -> list[Step]:
        there = self._there(queries.homes)
        steps = [_step(line, there, _BLANK_HOME) for line in lines]
        self._exist(steps, "team", self._there(queries.teams))
        for step in steps:
            if (step.after["latitude"] is None) != (step.after["longitude"] is None):
                self._wrong(step.line, "latitude", "give latitude and longitude, or neither.")
        return steps

    def _people(self, lines: Sequence[Line]) -> list[Step]:
        there = self._there(queries.residents)
        steps = [self._person(line, there) for line in lines]
        self._exist(steps, "team", self._there(queries.teams))
        self._exist(steps, "home", self._there(queries.homes))
        return steps

    def _person(self, line: Line, there: Rows) -> Step:
        before = there.get(line.said.get("id", ""))
        was = self._blank_person | (before or {})
        after = was | {name: value for name, value in line.said.items() if name in _FILE}
        for name, body in (("abilities", Abilities), ("doctor", Doctor)):
            if name in line.said:
                whole = {**(was[name] or {}), **line.said[name]}
                after[name] = body.model_validate(whole).model_dump(mode="json")
        if "consents" in line.said:
            renewed = {each["what"] for each in line.said["consents"]}
            kept = [each for each in was["consents"] if each["what"] not in renewed]
            asked = {"withdrawn_on": None, "note": None}
            after["consents"] = [*kept, *(asked | each for each in line.said["consents"])]
            if _plain(after["consents"]) == _plain(was["consents"]):
                after["consents"] = was["consents"]
        return Step(line.number, after, before)

    def _contacts(self, lines: Sequence[Line]) -> list[Step]:
        """A resident's lines together are all of their contacts, in order."""
        there = self._there(queries.residents)
        lists: dict[str, list[dict[str, Any]]] = {}
        begun: dict[str, int] = {}
        for line in lines:
            contact: dict[str, Any] = {"relation": None, "phones": [], "holds_key": False}
            contact |= {"note": None} | line.said
            resident = contact.pop("resident", None)
            if resident is None:
                continue
            lists.setdefault(resident, []).append(contact)
            begun.setdefault(resident, line.number)
        for resident in lists.keys() - there.keys():
            self._wrong(begun[resident], "resident",
                        f"there is no resident {resident}: import people first.")  # fmt: skip
        return [
            Step(begun[name], there[name] | {"contacts": contacts}, there[name])
            for name, contacts in lists.items()
            if name in there
        ]

    def _devices(self, lines: Sequence[Line]) -> list[Step]:
        there = self._there(queries.devices)
        steps = [_step(line, there, _BLANK_DEVICE) for line in lines]
        self._exist(steps, "resident", self._there(queries.residents))
        self._exist(steps, "team", self._there(queries.teams))
        for step in steps:
            if step.before is not None and "kind" in step.fields:
                self._wrong(step.line, "kind", f"it is a {step.before['kind']}: a kind stays.")
        return steps

    # -- writing ------------------------------------------------------------------------------

    def _write(self, new: Sequence[Step], changed: Sequence[Step]) -> dict[str, Any]:
        if self._kind.name == "devices":
            secrets = [(step.after["id"], self._register(step.after)) for step in new]
            self._put(queries.change_devices, changed)
            return {"secrets": tuple(secrets)}
        add, change = {
            "teams": (queries.add_teams, queries.change_teams),
            "homes": (queries.add_homes, queries.change_homes),
            "people": (queries.add_residents, queries.change_residents),
            "contacts": (queries.add_residents, queries.change_residents),
        }[self._kind.name]
        self._put(add, new)
        self._put(change, changed)
        return {}

    def _put(self, statement: Callable[..., Any], steps: Sequence[Step]) -> None:
        if steps:
            statement(self._connection, rows=Jsonb([step.after for step in steps]))

    def _register(self, device: dict[str, Any]) -> str:
        own = {name: device[name] for name in _BLANK_DEVICE}
        return registry.add(self._connection, device["id"], device["kind"], **own)

    def _note(self, steps: Iterable[Step]) -> None:
        """Lines of the audit: one for each set of fields that was new or changed."""
        about: dict[tuple[str, ...], set[str | None]] = {}
        for step in steps:
            about.setdefault(step.fields, set()).update(self._concerned(step))
        for fields, residents in about.items():
            audit.changed(
                self._connection, self._caller, f"import_{self._kind.name}",
                f"{self._kind.name}", residents, fields,
            )  # fmt: skip

    def _concerned(self, step: Step) -> set[str | None]:
        if self._kind.name in ("people", "contacts"):
            return {step.after["id"]}
        if self._kind.name == "devices":
            return {step.after["resident"], (step.before or {}).get("resident")}
        if self._kind.name == "homes" and step.before is not None:
            rows = queries.residents_of_homes(self._connection, homes=[step.after["id"]])
            return {row["id"] for row in rows}
        return set()

    # -- small print --------------------------------------------------------------------------

    def _there(self, statement: Callable[..., Iterable[dict[str, Any]]]) -> Rows:
        return by_id(statement, self._connection)

    def _exist(self, steps: Iterable[Step], column: str, there: Rows) -> None:
        for step in steps:
            name = step.after[column]
            if name is not None and name not in there:
                self._wrong(step.line, column, f"there is no {column} {name}: add it first.")

    def _wrong(self, line: int, column: str, problem: str) -> None:
        self.troubles.append(Trouble(line, self._headings.get(column, column), problem))


_FILE = (
    "id", "name", "team", "home", "timezone", "phone", "birth_year", "living", "abilities",
    "risks", "medication", "languages", "doctor", "consents", "contacts",
)  # fmt: skip
_BLANK_HOME: dict[str, Any] = dict.fromkeys((
    "team", "address", "floor", "way_in", "key_box_place", "key_box_code", "latitude",
    "longitude", "notes",
))  # fmt: skip
_BLANK_DEVICE: dict[str, Any] = dict.fromkeys(
    ("resident", "team", "vendor", "model", "place", "interval_s")
)


def _blank(timezone: str) -> Iterable[tuple[str, Any]]:
    try:
        return NewResident(name="?", timezone=timezone).model_dump(mode="json").items()
    except ValidationError:
        sentence = f"There is no time zone {timezone}: say one such as Asia/Shanghai."
        raise NotAllowed(sentence) from None


def _step(line: Line, there: Rows, blank: Mapping[str, Any]) -> Step:
    before = there.get(line.said.get("id", ""))
    return Step(line.number, {**blank, **(before or {}), **line.said}, before)


def _plain(consents: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("what", "given_on", "by", "withdrawn_on", "note")
    return sorted(tuple(str(each.get(name)) for name in names) for each in consents)
