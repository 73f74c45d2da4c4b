"""TIHM's movement and doors: how often ``inactivity`` rings, and how soon it would.

Each sensor is a device that tells ``motion`` or ``door_opened``, and the live engine hears them
as they came. The homes' residents were followed by a clinical team and nobody was found helpless
in these records, so an alert here is a false one: or an empty house, which no sensor can tell
from a helpless person.

How soon it would ring is asked of the engine itself: twelve times a week it is copied, and the
copy hears nothing more.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alerts.detectors.inactivity import Inactivity
from alerts.engine import Engine
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset
from carewatch.evaluate.scores import by_subject, share
from domain.directory import Device, Snapshot, Subject
from domain.event import Event
from domain.finding import Finding
from domain.sample import Batch
from domain.time import DAY, HOUR, NEVER, Micros, from_datetime

FILE, PLAIN = "activity.csv.gz", "activity.csv"
ZONE = "Europe/London"

_CHUNK = 2000
_OUTAGE = 2 * HOUR
_PRESENT = 5
"""When nothing was heard for so long of so many homes in use, the system was down: as live,
the engine is told that nothing could be heard."""

_ASKED_EVERY = 14 * HOUR
_LEARNED = 7 * DAY
_LOOK_AHEAD = 2 * DAY
_AWAY = 20 * HOUR


@dataclass(frozen=True, slots=True)
class _Sign:
    at: Micros
    resident: str
    location: str


@dataclass(frozen=True, slots=True)
class _Quiet:
    """An alert: who, since when, until when (NEVER: to the end), and whether a door was last."""

    resident: str
    since: Micros
    until: Micros
    door: bool


def activity(path: Path, progress: Progress) -> dict[str, Any]:
    """The figures of a folder with ``activity.csv.gz`` (or plain); none without that file.

    ``inactivity_per_resident_day``, of how many days and alerts, how many began with a door and
    how many lasted above 20 h; hours until it would ring (median, 90 %); ``by_subject``.
    """
    file = next((path / name for name in (FILE, PLAIN) if (path / name).is_file()), None)
    if file is None:
        return {}
    signs = sorted(_read(file), key=lambda sign: sign.at)
    if not signs:
        raise BadDataset(f"{file} has no rows: it needs id, location and date-time.")
    return _figures(signs, *_Village(signs).live(progress))


def _read(file: Path) -> Iterator[_Sign]:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", newline="") as text:
        for row in csv.DictReader(text):
            try:
                local = datetime.fromisoformat(row["date-time"]).replace(tzinfo=ZoneInfo(ZONE))
                yield _Sign(from_datetime(local.astimezone(UTC)), row["id"], row["location"])
            except (KeyError, TypeError, ValueError) as error:
                raise BadDataset(
                    f"{file}: a row is not as expected ({error}); it needs id, location and "
                    "date-time, such as 2019-06-28 13:03:29."
                ) from None


class _Village:
    """All homes of a recording, with the engine that listens to them."""

    def __init__(self, signs: Sequence[_Sign]) -> None:
        self._signs = signs
        self._slots = {
            name: place for place, name in enumerate(sorted({s.resident for s in signs}))
        }
        self._names = {slot: name for name, slot in self._slots.items()}
        sensors = sorted({(sign.resident, sign.location) for sign in signs})
        self._devices = {key: len(self._slots) + place for place, key in enumerate(sensors)}
        self._spans = spans(signs)

    def live(self, progress: Progress) -> tuple[list[_Quiet], list[float]]:
        """What was raised, and the hours after which it would have been."""
        engine, findings, delays = self._engine(), list[Finding](), list[float]()
        asked = self._signs[0].at + _LEARNED
        starts = range(0, len(self._signs), _CHUNK)
        for start in progress.over(list(starts), "activity"):
            for signs in self._without_outages(self._signs[start : start + _CHUNK], start, engine):
                now = signs[-1].at
                events = [self._event(order, sign) for order, sign in enumerate(signs)]
                findings += engine.step(now, Batch.empty(), events)
                if now >= asked:
                    asked = max(asked + _ASKED_EVERY, now)
                    delays += self._ask(engine, now)
        return self._quiets(findings), delays

    def _engine(self) -> Engine:
        engine = Engine([Inactivity()])
        people = [Subject(name, slot, name, None, ZONE) for name, slot in self._slots.items()]
        devices = [
            Device(f"{name}-{location}", slot, self._slots[name], "ambient")
            for (name, location), slot in self._devices.items()
        ]
        engine.know(Snapshot(people, devices))
        return engine

    def _event(self, order: int, sign: _Sign) -> Event:
        device = self._devices[sign.resident, sign.location]
        name = "door_opened" if sign.location in ("front-door", "back-door") else "motion"
        return Event(
            order,
            self._slots[sign.resident],
            device,
            f"{sign.resident}-{sign.location}",
            name,
            sign.at,
            sign.at,
            f"{name}@{sign.at}",
            place=sign.location,
        )

    def _without_outages(
        self, signs: Sequence[_Sign], start: int, engine: Engine
    ) -> Iterator[Sequence[_Sign]]:
        """The signs in parts; between two, nothing could be heard of anybody."""
        before = self._signs[max(start - 1, 0)].at
        cuts = [0]
        for place, (one, other) in enumerate(pairwise([before, *(sign.at for sign in signs)])):
            if other - one > _OUTAGE and self._in_use(one, other) >= _PRESENT:
                cuts.append(place)
        for begin, end in pairwise([*cuts, len(signs)]):
            if begin in cuts[1:]:
                engine.resume(signs[begin].at)
            if begin < end:
                yield signs[begin:end]

    def _in_use(self, one: Micros, other: Micros) -> int:
        return sum(first <= one and last >= other for first, last in self._spans.values())

    def _ask(self, engine: Engine, now: Micros) -> list[float]:
        """Hours until each resident who is in their second week or later would be missed."""
        other = self._engine()
        other.load({name: array.copy() for name, array in engine.state().items()})
        found = other.step(now + _LOOK_AHEAD, Batch.empty(), [])
        rings = {finding.slot: finding.at for finding in found if finding.active}
        last = engine.state()["live/Inactivity/last"]
        raised = engine.state()["live/Inactivity/raised"]
        return [
            (rings.get(slot, NEVER) - int(last[slot])) / HOUR
            for name, slot in self._slots.items()
            if self._spans[name][0] + _LEARNED <= now < self._spans[name][1] and not raised[slot]
        ]

    def _quiets(self, findings: Sequence[Finding]) -> list[_Quiet]:
        ends = [finding for finding in findings if not finding.active]
        return [
            _Quiet(
                self._names[each.slot],
                each.since,
                next((e.at for e in ends if e.slot == each.slot and e.at >= each.at), NEVER),
                "may_be_out" in each.evidence,
            )
            for each in findings
            if each.active
        ]


def spans(signs: Sequence[_Sign]) -> Mapping[str, tuple[Micros, Micros]]:
    """Each resident's first and last sign; ``signs`` are in order of time."""
    first = {sign.resident: sign.at for sign in reversed(signs)}
    last = {sign.resident: sign.at for sign in signs}
    return {name: (first[name], last[name]) for name in first}


def _rate(own: Sequence[tuple[int, float]]) -> float | None:
    """Alerts a day of these residents."""
    return share(sum(alerts for alerts, _ in own), sum(days for _, days in own))


def _figures(
    signs: Sequence[_Sign], quiets: Sequence[_Quiet], delays: Sequence[float]
) -> dict[str, Any]:
    days = {name: (last - first) / DAY for name, (first, last) in spans(signs).items()}
    total, rings = sum(days.values()), Counter(quiet.resident for quiet in quiets)
    away = sum(quiet.until - quiet.since > _AWAY for quiet in quiets)
    return {
        "inactivity_per_resident_day": share(len(quiets), total),
        "inactivity": {
            "alerts": len(quiets),
            "resident_days": round(total, 1),
            "per_resident_day_interval": by_subject(
                {name: (rings[name], days[name]) for name in days}, _rate
            ),
            "after_a_door": sum(quiet.door for quiet in quiets),
            "quiet_above_20_h": away,
            "would_ring_after_p50_h": _quantile(delays, 0.5),
            "would_ring_after_p90_h": _quantile(delays, 0.9),
            "by_subject": {
                name: {"alerts": rings[name], "days": round(days[name], 1)} for name in sorted(days)
            },
        },
    }


def _quantile(delays: Sequence[float], share: float) -> float | None:
    """In hours; what does not ring within two days counts as endless, told as None."""
    if not delays:
        return None
    value = sorted(delays)[int(share * (len(delays) - 1))]
    return round(value, 1) if value < 2 * _LOOK_AHEAD / HOUR else None
