"""Recorded messages give their alerts again: the live code on another inbox.

No broker and no database: the same decoder, engine and reaction, with the open alerts in memory.
The same input gives the same output, byte for byte, whatever the size of the chunks.
"""

import base64
import difflib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from alerts.alert import Change
from alerts.detectors import judging_samples, standard, threshold_names
from alerts.engine import Engine
from alerts.policies import Policies
from alerts.react import Book
from domain.directory import Device, DeviceKind, Snapshot, Subject
from domain.errors import CarewatchError
from domain.sample import Batch
from domain.time import SECOND, Micros, from_datetime, iso
from gateway import topics
from gateway.decode import decode
from gateway.decoded import Refusal
from gateway.inbox import Message
from ingest import signals
from ingest.dedupe import RecentEvents

PRINTED = frozenset({"raised", "repeated", "priority_raised", "cleared"})
"""Changes that devices cause; people's are not part of a replay."""


class BadRecording(CarewatchError):
    """A line, or the directory file, that is not as docs/contract.md has it."""


class _Resident(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    id: str
    timezone: str | None = None
    team: str | None = None
    thresholds: dict[str, float] = {}


class _Device(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    id: str
    resident: str | None = None
    kind: DeviceKind = "bed"
    interval_s: float | None = None
    place: str | None = None
    model: str | None = None
    placed_at: Annotated[AwareDatetime | None, Field(strict=False)] = None
    test_interval_days: float | None = None


class People(BaseModel):
    """The file of ``--directory``: residents, and the devices that are placed with them."""

    model_config = ConfigDict(extra="ignore", strict=True)
    residents: list[_Resident] = []
    devices: list[_Device] = []


class Cast:
    """A directory that takes in whoever appears: an unknown device is its own resident."""

    def __init__(self, people: People | None = None, timezone: str = "UTC") -> None:
        self._timezone = _zone(timezone)
        self._slots = itertools.count()
        self._subjects: dict[str, Subject] = {}
        self._devices: list[Device] = []
        self._names: set[str] = set()
        people = people or People()
        for resident in people.residents:
            self._resident(resident)
        for device in people.devices:
            self._device(device)
        self.snapshot = Snapshot(self._subjects.values(), self._devices)

    def meet(self, messages: Iterable[Message]) -> bool:
        """Take in the senders of these messages; whether one of them was new."""
        parsed = (topics.parse(message.topic) for message in messages)
        new = {found[0]: None for found in parsed if found and found[0] not in self._names}
        for name in new:
            self._device(_Device(id=name, resident=name))
        if new:
            self.snapshot = Snapshot(self._subjects.values(), self._devices)
        return bool(new)

    def _resident(self, resident: _Resident) -> Subject:
        subject = Subject(
            resident.id,
            next(self._slots),
            resident.id,
            resident.team,
            _zone(resident.timezone) if resident.timezone else self._timezone,
            resident.thresholds,
        )
        self._subjects[resident.id] = subject
        return subject

    def _device(self, device: _Device) -> None:
        slot = next(self._slots)
        if device.resident is None:
            name = f"device:{device.id}"
            subject = self._subjects[name] = Subject(name, slot, None, None, self._timezone)
        else:
            known = self._subjects.get(device.resident)
            subject = known or self._resident(_Resident(id=device.resident))
        self._names.add(device.id)
        self._devices.append(
            Device(
                device.id,
                slot,
                subject.slot,
                device.kind,
                device.interval_s,
                device.model,
                device.place,
                None if device.placed_at is None else from_datetime(device.placed_at),
                test_interval_days=device.test_interval_days,
            )
        )


def read_people(path: Path) -> People:
    """The directory of a file; :class:`BadRecording` says what is wrong with it."""
    try:
        people = People.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRecording(f"{path}: {where or 'the file'}: {first['msg']}") from None
    _check_thresholds(path, people)
    return people


def _check_thresholds(path: Path, people: People) -> None:
    """A limit that decides about alarms must not be passed over because it is misspelt."""
    known = threshold_names()
    for resident in people.residents:
        for name in resident.thresholds.keys() - known:
            near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)[0]
            raise BadRecording(
                f"{path}: resident {resident.id}: {name} is no threshold; the nearest is {near}."
            )


def replay(
    lines: Iterable[str],
    directory: People | None = None,
    timezone: str = "UTC",
    settle_s: float = 600,
    chunk: int = 2000,
    refused: Callable[[Refusal], None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """The alert changes of a recording, in order, as the dicts that ``--json`` prints.

    ``settle_s`` is how long the clock runs on after the last message, in seconds; ``refused``
    hears of every message, or part of one, that the gateway would not take.
    """
    cast = Cast(directory, timezone)
    engine, book, policy = Engine(standard(), judging_samples()), Book(), Policies.default()
    events, waveforms = RecentEvents(), signals.standard()
    engine.know(cast.snapshot)
    now: Micros | None = None
    for messages in _chunks(_in_time(parse_lines(lines)), chunk):
        if cast.meet(messages):
            engine.know(cast.snapshot)
        found = decode(messages, cast.snapshot)
        for refusal in found.refusals:
            refused(refusal)
        told = waveforms.take(found.waves)
        samples = Batch.join([found.samples, told.samples])
        now = messages[-1].received_at
        findings = engine.step(now, samples, [*events.fresh(found.events), *told.events])
        yield from _told(book.react(findings, cast.snapshot, policy, now))
    if now is not None:
        now += round(settle_s * SECOND)
        findings = engine.step(now, Batch.empty(), [])
        yield from _told(book.react(findings, cast.snapshot, policy, now))


def parse_lines(lines: Iterable[str]) -> Iterator[Message]:
    """Messages of a recording; :class:`BadRecording` names the line that is none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _message(json.loads(line.removeprefix("\ufeff")))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise BadRecording(
                    f"Line {number} is no recorded message: it must be a JSON object with "
                    "received_at (ISO 8601 with a zone), topic, and payload (an object, a string, "
                    'or {"base64": "..."}).'
                ) from None


def line_of(message: Message) -> str:
    """A message as a line of a recording."""
    try:
        payload: Any = json.loads(message.payload)
        exact = isinstance(payload, dict) and payload.keys() != {"base64"}
    except ValueError:
        exact = False
    if not exact:
        payload = {"base64": base64.b64encode(message.payload).decode()}
    line = {"received_at": iso(message.received_at), "topic": message.topic, "payload": payload}
    return json.dumps(line | ({"retained": True} if message.retained else {}))


def _message(line: Mapping[str, Any]) -> Message:
    payload = _payload(line["payload"])
    received_at = from_datetime(datetime.fromisoformat(line["received_at"]))
    retained = bool(line.get("retained", False))
    return Message(received_at, str(line["topic"]), payload, len(payload), retained)


def _payload(payload: Any) -> bytes:
    if isinstance(payload, str):
        return payload.encode()
    if isinstance(payload, dict) and payload.keys() == {"base64"}:
        return base64.b64decode(payload["base64"], validate=True)
    return json.dumps(payload).encode()


def _in_time(messages: Iterable[Message]) -> Iterator[Message]:
    latest: Micros | None = None
    for message in messages:
        if latest is not None and message.received_at < latest:
            raise BadRecording(
                f"A message received at {iso(message.received_at)} stands after one received at "
                f"{iso(latest)}: sort the recording by received_at."
            )
        latest = message.received_at
        yield message


def _chunks(messages: Iterable[Message], size: int) -> Iterator[list[Message]]:
    source = iter(messages)
    while chunk := list(itertools.islice(source, size)):
        yield chunk


def _told(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    for change in changes:
        if change.change in PRINTED:
            yield {
                "at": iso(change.at),
                "resident": change.subject,
                "alert": change.alert_id,
                "kind": change.kind,
                "priority": change.priority,
                "change": change.change,
                "since": iso(change.since),
                "evidence": dict(change.evidence),
            }


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadRecording(f"{name} is no time zone: use a name such as Asia/Shanghai.") from None
    return name
