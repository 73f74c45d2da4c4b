"""TIHM: readings that people with dementia took at home, and what a clinical team confirmed.

A confirmed alert (its time is UTC) follows a reading (its time is local, of the UK): usually by
some minutes, and by a night where the reading was taken after the team's hours. So it is counted
for the day of the last reading before it. Readings of the last evening, which could only have
been confirmed after the recording's end, are left out.
"""

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from carewatch.evaluate.played import Played, play
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.refit import Day, found_by_others
from carewatch.evaluate.report import BadDataset, Curve, Report
from carewatch.evaluate.scores import Confusion, by_subject, confusion, wilson
from domain.finding import Finding
from domain.time import Micros, from_datetime, to_datetime

LONDON = ZoneInfo("Europe/London")
QUANTITIES = {
    "Systolic blood pressure": "systolic",
    "Diastolic blood pressure": "diastolic",
    "Heart rate": "heart_rate",
}
LABELS = {"blood_pressure": "Blood pressure", "pulse": "Pulse"}
KINDS = {"blood_pressure": ("blood_pressure",), "pulse": ("heart_rate_high", "heart_rate_low")}
CLOSES = 20
"""Hour (UTC) after which nothing was confirmed on the same day."""

Reading = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Readings:
    """Complete measurements by person and instant, and confirmed alerts by kind."""

    taken: Mapping[str, Mapping[Micros, Reading]]
    confirmed: Mapping[str, Sequence[tuple[str, Micros]]]

    def day(self, at: Micros) -> date:
        return to_datetime(at).astimezone(LONDON).date()

    def days(self) -> list[Day]:
        """The patient-days that can be judged."""
        last = max(at for own in self.taken.values() for at in own)
        closing = to_datetime(last).replace(hour=CLOSES, minute=0, second=0, microsecond=0)
        found = {
            (person, self.day(at))
            for person, own in self.taken.items()
            for at in own
            if not from_datetime(closing) <= at
        }
        return sorted(found)

    def values(self, day: Day, quantity: str) -> list[float]:
        """A person's readings of a day."""
        own = self.taken[day[0]]
        return [reading[quantity] for at, reading in own.items() if self.day(at) == day[1]]

    def labelled(self, name: str, calendar: bool = False) -> set[Day]:
        """Patient-days with a confirmed alert: of the reading it follows, or by its own date."""
        found = set()
        for person, at in self.confirmed[name]:
            before = [taken for taken in self.taken.get(person, {}) if taken <= at]
            if calendar:
                found.add((person, to_datetime(at).date()))
            elif before:
                found.add((person, self.day(max(before))))
        return found


def evaluate(path: Path, progress: Progress, cross_validate: bool = False) -> Report:
    """F1 per patient-day of blood pressure and pulse, by the shipped limits.

    ``cross_validate`` adds what limits reach that were chosen without the person judged.
    """
    readings = read(path)
    people = list(readings.taken)
    outcome = play([_played(readings.taken[person]) for person in people], "Europe/London")
    found = {name: _found(outcome.findings, KINDS[name], people, readings) for name in LABELS}
    days = readings.days()
    figures: dict[str, Any] = {"people": len(people), "patient_days": len(days)}
    for name in LABELS:
        so = readings.labelled(name)
        figures[name] = _scores(days, so, found[name])
        figures[name]["by_calendar_day"] = _plain(
            sorted({(p, readings.day(at)) for p in people for at in readings.taken[p]}),
            readings.labelled(name, calendar=True),
            found[name],
        )
    figures["fixed_rules"] = _reference(readings, days)
    if cross_validate:
        figures["cross_validated"] = {
            name: _plain(days, so, found_by_others(name, days, so, readings.values))
            for name, so in ((name, readings.labelled(name)) for name in LABELS)
        }
    figures |= _activity(path, progress)
    return Report(
        figures=figures,
        curves=[_curve(readings, days)],
        axes=("systolic limit (mmHg)", "F1 of blood pressure"),
        title="TIHM",
        notes=(
            "A confirmed alert counts for the day of the last reading before it; "
            "by_calendar_day counts it for its own date.",
            "The limits of 160/100 and 100/50 were published before; the lower diastolic limit "
            "was chosen on the 28 people of TIHM, and for those its score is optimistic.",
        ),
    )


def read(path: Path) -> Readings:
    """The tables ``physiology`` and ``labels`` of a folder, as csv or csv.gz."""
    taken: dict[str, dict[Micros, dict[str, float]]] = {}
    confirmed: dict[str, list[tuple[str, Micros]]] = {name: [] for name in LABELS}
    try:
        for row in _rows(path, "physiology"):
            if row["device_type"] in QUANTITIES:
                at = _instant(row["date"], LONDON)
                reading = taken.setdefault(row["patient_id"], {}).setdefault(at, {})
                reading.setdefault(QUANTITIES[row["device_type"]], float(row["value"]))
        for row in _rows(path, "labels"):
            for name, label in LABELS.items():
                if row["type"] == label:
                    confirmed[name].append((row["patient_id"], _instant(row["date"], UTC)))
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise BadDataset(f"{path} does not hold the tables of TIHM: {error}") from None
    whole = {
        person: {at: r for at, r in sorted(own.items()) if len(r) == len(QUANTITIES)}
        for person, own in sorted(taken.items())
    }
    whole = {person: own for person, own in whole.items() if own}
    if not whole:
        raise BadDataset(f"{path} holds no blood pressure with a pulse.")
    return Readings(whole, confirmed)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    for file in (folder / f"{name}.csv.gz", folder / f"{name}.csv", folder / f"{name.title()}.csv"):
        if file.is_file():
            with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
                return list(csv.DictReader(lines))
    raise BadDataset(f"{folder} has no {name}.csv or {name}.csv.gz: name a folder of TIHM tables.")


def _instant(text: str, zone: Any) -> Micros:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def _played(own: Mapping[Micros, Reading]) -> Played:
    names = QUANTITIES.values()
    values = {name: np.array([reading[name] for reading in own.values()]) for name in names}
    return Played(np.array(list(own), np.int64), values)


def _found(
    findings: Sequence[Finding], kinds: Sequence[str], people: Sequence[str], readings: Readings
) -> set[Day]:
    return {
        (people[finding.slot], readings.day(finding.at))
        for finding in findings
        if finding.active and finding.kind in kinds
    }


def _scores(days: Sequence[Day], so: set[Day], found: set[Day]) -> dict[str, Any]:
    people: dict[str, list[Day]] = {}
    for day in days:
        people.setdefault(day[0], []).append(day)
    own = {person: _confusion(theirs, so, found) for person, theirs in people.items()}
    counts = sum(own.values(), Confusion())
    return _plain(days, so, found) | {
        "f1_interval": by_subject(own, lambda drawn: sum(drawn, Confusion()).f1),
        "precision_interval": wilson(counts.found, counts.found + counts.false),
        "recall_interval": wilson(counts.found, counts.found + counts.missed),
        "false_per_resident_day": round(counts.false / max(counts.total, 1), 6),
        "by_subject": {
            person: {"found": c.found, "missed": c.missed, "false": c.false}
            for person, c in own.items()
            if c.found + c.missed + c.false
        },
    }


def _plain(days: Sequence[Day], so: set[Day], found: set[Day]) -> dict[str, Any]:
    counts = _confusion(days, so, found)
    return {
        "precision": counts.precision,
        "recall": counts.sensitivity,
        "f1": counts.f1,
        "found": counts.found,
        "missed": counts.missed,
        "false": counts.false,
    }


def _confusion(days: Sequence[Day], so: set[Day], found: set[Day]) -> Confusion:
    return confusion([day in so for day in days], [day in found for day in days])


# -- for comparison ------------------------------------------------------------------------------


def _reference(readings: Readings, days: Sequence[Day]) -> dict[str, Any]:
    """The published fixed rules, judged in the same way."""
    rules: dict[str, Callable[[Reading], bool]] = {
        "blood_pressure": lambda r: r["systolic"] >= 160 or r["diastolic"] >= 100,
        "pulse": lambda r: r["heart_rate"] >= 100 or r["heart_rate"] <= 50,
    }
    return {
        name: _plain(days, readings.labelled(name), _by_rule(readings, rule))
        for name, rule in rules.items()
    }


def _by_rule(readings: Readings, rule: Callable[[Reading], bool]) -> set[Day]:
    return {
        (person, readings.day(at))
        for person, own in readings.taken.items()
        for at, reading in own.items()
        if rule(reading)
    }


def _curve(readings: Readings, days: Sequence[Day]) -> Curve:
    """F1 over the systolic limit, the diastolic limits as they are."""
    limits = list(range(140, 191, 2))
    so, scores = readings.labelled("blood_pressure"), []
    for limit in limits:
        found = {
            (person, readings.day(at))
            for person, own in readings.taken.items()
            for at, r in own.items()
            if r["systolic"] >= limit or r["diastolic"] >= 100 or r["diastolic"] <= 54
        }
        scores.append(_confusion(days, so, found).f1 or 0.0)
    return Curve("blood pressure", [float(limit) for limit in limits], scores)


def _activity(path: Path, progress: Progress) -> dict[str, Any]:
    """Inactivity alerts of the same people, where their movements were recorded."""
    if not any((path / name).is_file() for name in ("activity.csv.gz", "activity.csv")):
        return {}
    try:
        module = import_module("carewatch.evaluate.activity")
    except ModuleNotFoundError:
        return {}
    figures: dict[str, Any] = module.activity(path, progress)
    return figures
