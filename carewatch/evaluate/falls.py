"""Falls found in recordings of acceleration, by the signal stage and the engine that run live.

A subject's recordings follow one another on one device a placement, a minute apart, in messages
of one second. A recording of a fall is found if a ``fall`` is raised from it; a recording of a
daily activity is false if one is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from alerts.detectors import judging_samples, standard
from alerts.detectors.impact import MODELS, Impacts
from alerts.detectors.trees import read
from alerts.engine import Engine
from carewatch.evaluate.motion import START, Recording
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import Curve
from carewatch.evaluate.scores import Confusion, by_subject, garwood, wilson
from domain.directory import Device, Snapshot, Subject
from domain.finding import Finding
from domain.sample import Batch
from domain.time import MINUTE, SECOND, Micros
from ingest.signals import Signals
from ingest.signals.acceleration import Acceleration

PAUSE: Micros = MINUTE
Models = Mapping[str, Any]
_SUBJECT, _DEVICE = 0, 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a recording: how often ``fall`` was raised, seconds from the impact to the
    first of them, and the score of its likeliest jolt (None where it has none)."""

    recording: Recording
    raised: int
    delay_s: float | None
    score: float | None

    @property
    def counts(self) -> Confusion:
        found = self.raised > 0
        if self.recording.fall:
            return Confusion(found=int(found), missed=int(not found))
        return Confusion(false=int(found), quiet=int(not found))


def judge(
    recordings: Sequence[Recording], progress: Progress, models: Models | None = None
) -> list[Judged]:
    """All recordings, in their order; ``models`` in the place of the shipped ones."""
    devices: dict[tuple[str, str | None], list[int]] = {}
    for place, recording in enumerate(recordings):
        devices.setdefault((recording.subject, recording.placement), []).append(place)
    judged: dict[int, Judged] = {}
    for places in progress.over(list(devices.values()), "sensors"):
        worn = [recordings[place] for place in places]
        judged |= dict(zip(places, _one_device(worn, models), strict=True))
    return [judged[place] for place in range(len(recordings))]


def _one_device(recordings: Sequence[Recording], models: Models | None) -> list[Judged]:
    engine = _engine(models)
    signals = Signals([Acceleration()])
    begins, findings, scores = [], [], []
    now = START
    for recording in recordings:
        begins.append(now)
        waves = list(recording.waves(now, _SUBJECT, _DEVICE))
        told = signals.take(waves)
        findings += engine.step(waves[-1].received_at, told.samples, told.events)
        scores.append(_likeliest(engine, told.events))
        now = waves[-1].received_at + PAUSE
    findings += engine.step(now, Batch.empty(), ())
    falls = [finding for finding in findings if finding.kind == "fall"]
    ends = [*begins[1:], now]
    return [_judged(*row, falls) for row in zip(recordings, begins, ends, scores, strict=True)]


def _engine(models: Models | None) -> Engine:
    detectors = [
        Impacts(models) if isinstance(detector, Impacts) else detector for detector in standard()
    ]
    engine = Engine(detectors, judging_samples())
    person = Subject("worn", _SUBJECT, "worn")
    engine.know(Snapshot([person], [Device("sensor", _DEVICE, _SUBJECT, "fall")]))
    return engine


def _judged(
    recording: Recording,
    begin: Micros,
    end: Micros,
    score: float | None,
    falls: Sequence[Finding],
) -> Judged:
    own = [finding for finding in falls if begin <= finding.since < end]
    delay = (own[0].at - own[0].since) / SECOND if own else None
    return Judged(recording, len(own), delay, score)


def _likeliest(engine: Engine, events: Sequence[Any]) -> float | None:
    """How far above its model's limit the likeliest jolt is that was told to the end."""
    detector = next(each for each in engine.detectors if isinstance(each, Impacts))
    last = {event.happened_at: event for event in events if not detector.unseen(event)}
    return max((detector.margin(event) for event in last.values()), default=None)


# -- figures ---------------------------------------------------------------------------------


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Scores of these recordings, with 95 % intervals (drawn by subject)."""
    total = counts(judged)
    delays = [each.delay_s for each in judged if each.recording.fall and each.delay_s is not None]
    alarms, hours = _alarms(judged)
    return {
        "recordings": len(judged),
        "falls": total.found + total.missed,
        "found": total.found,
        "false": total.false,
        "accuracy": total.accuracy,
        "sensitivity": total.sensitivity,
        "specificity": total.specificity,
        "balanced_accuracy": total.balanced_accuracy,
        "delay_p50_s": _quantile(delays, 0.5),
        "delay_p95_s": _quantile(delays, 0.95),
        "delay_max_s": _quantile(delays, 1.0),
        "daily_hours": round(hours, 3),
        "false_alarms": alarms,
        "false_alarms_per_hour": round(alarms / hours, 3) if hours else None,
        "intervals": _intervals(judged, total),
    }


def _alarms(judged: Sequence[Judged]) -> tuple[int, float]:
    """False alarms in the recordings of daily activities, and the hours of these."""
    daily = [each for each in judged if not each.recording.fall]
    return sum(each.raised for each in daily), sum(e.recording.seconds for e in daily) / 3600


def counts(judged: Sequence[Judged]) -> Confusion:
    return sum((each.counts for each in judged), Confusion())


def each_subject(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Counts and scores of every subject."""
    told = {}
    for subject, own in _by_subject(judged).items():
        total = counts(own)
        told[subject] = {
            "recordings": len(own),
            "found": total.found,
            "missed": total.missed,
            "false": total.false,
            "accuracy": total.accuracy,
            "sensitivity": total.sensitivity,
            "specificity": total.specificity,
        }
    return told


def wrong(judged: Sequence[Judged]) -> list[str]:
    """Names of the recordings that were judged wrongly."""
    return [each.recording.name for each in judged if each.counts.missed or each.counts.false]


def curve(judged: Sequence[Judged], name: str) -> Curve:
    """Sensitivity over recordings of daily life judged wrongly, as the limit goes down."""
    score = np.array([-np.inf if each.score is None else each.score for each in judged])
    fall = np.array([each.recording.fall for each in judged])
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(fall[order]) / max(int(fall.sum()), 1)
    false = np.cumsum(~fall[order]) / max(int((~fall).sum()), 1)
    return Curve(name, false.tolist(), found.tolist())


def _by_subject(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    own: dict[str, list[Judged]] = {}
    for each in judged:
        own.setdefault(each.recording.subject, []).append(each)
    return dict(sorted(own.items()))


def _intervals(judged: Sequence[Judged], total: Confusion) -> dict[str, Any]:
    own = {subject: counts(theirs) for subject, theirs in _by_subject(judged).items()}
    figures: dict[str, Callable[[Confusion], float | None]] = {
        "accuracy": lambda some: some.accuracy,
        "sensitivity": lambda some: some.sensitivity,
        "specificity": lambda some: some.specificity,
        "balanced_accuracy": lambda some: some.balanced_accuracy,
    }
    drawn: dict[str, Any] = {
        name: by_subject(own, partial(_of_all, figure)) for name, figure in figures.items()
    }
    return drawn | {
        "false_alarms_per_hour_garwood": garwood(*_alarms(judged)),
        "sensitivity_wilson": wilson(total.found, total.found + total.missed),
        "specificity_wilson": wilson(total.quiet, total.quiet + total.false),
    }


def _of_all(figure: Callable[[Confusion], float | None], some: Sequence[Confusion]) -> float | None:
    return figure(sum(some, Confusion()))


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 3) if values else None


# -- subjects that the model has seen ---------------------------------------------------------


def seen(dataset: str, recordings: Sequence[Recording]) -> bool:
    """Whether the shipped models were fitted on one of these subjects."""
    known = set(read(MODELS)["subjects"].get(dataset, ()))
    return any(recording.subject in known for recording in recordings)


def folds(subjects: Sequence[str], count: int) -> Iterator[frozenset[str]]:
    """Subjects in groups, each of which is left out once; the order is drawn, always the same."""
    names = np.array(sorted(set(subjects)))
    np.random.default_rng(0).shuffle(names)
    for first in range(min(count, len(names))):
        yield frozenset(names[first::count].tolist())
