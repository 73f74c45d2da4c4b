"""Jolts of recordings, through the signal stage that runs live, with what they were."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carewatch.evaluate.motion import START, Recording
from domain.event import Impact
from domain.time import MINUTE, SECOND, Micros
from ingest.signals.acceleration import Acceleration, searched

PAUSE: Micros = MINUTE
"""Between a sensor's recordings."""

Scores = NDArray[np.float64]

_PARTIAL = 0.25
"""Share of the descriptions of a jolt before it is whole that are learned from."""


@dataclass(frozen=True, slots=True)
class Jolts:
    """Descriptions of jolts, one row each; ``jolt`` numbers the jolt, ``recording`` the recording
    that a row belongs to, ``last`` marks what a jolt is finally judged by."""

    features: NDArray[np.float64]
    jolt: NDArray[np.intp]
    recording: NDArray[np.intp]
    last: NDArray[np.bool_]
    subject: NDArray[np.str_]
    fall: NDArray[np.bool_]

    def without(self, subjects: Iterable[str]) -> "Jolts":
        """Those of everybody else."""
        return self.take(~np.isin(self.subject, list(subjects)))

    def take(self, rows: NDArray[np.bool_]) -> "Jolts":
        return Jolts(
            self.features[rows],
            self.jolt[rows],
            self.recording[rows],
            self.last[rows],
            self.subject[rows],
            self.fall[rows],
        )

    def about(self, features: int) -> "Jolts":
        """The same, described by the first so many features alone."""
        return replace(self, features=self.features[:, :features])

    def labels(self, score: Callable[[NDArray[np.float64]], Scores] | None) -> NDArray[np.int8]:
        """1 for the jolt of each fall, 0 for those of daily activities, -1 for what is unknown.

        Where a recording of a fall holds several jolts, the fall is the one that ``score`` finds
        likeliest (the strongest, where there is none): learning from many of which one is it
        (Dietterich et al., Artificial Intelligence 89, 1997, 31).
        """
        labels = np.where(self.fall, -1, 0).astype(np.int8)
        order = self.features[:, 0] if score is None else score(self.features)
        for rows in _groups(self.recording, self.fall & self.last):
            best = rows[order[rows].argmax()]
            labels[self.jolt == self.jolt[best]] = 1
        return labels


def jolts(recordings: Iterable[Recording], seed: int = 1) -> Jolts:
    """All jolts of these recordings, which follow one another on a device a subject, placement
    and rate."""
    random = np.random.default_rng(seed)
    sensors = _Sensors()
    kept: list[Recording] = []
    rows: list[tuple[tuple[float, ...], int, int, bool]] = []
    count = 0
    for recording in recordings:
        for story in sensors.stories(recording):
            for impact in story:
                last = impact is story[-1]
                if last or random.random() < _PARTIAL:
                    rows.append((impact.features, count, len(kept), last))
            count += 1
        kept.append(recording)
    of = np.array([row[2] for row in rows], np.intp)
    return Jolts(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows], np.intp),
        of,
        np.array([row[3] for row in rows]),
        np.array([recording.subject for recording in kept])[of],
        np.array([recording.fall for recording in kept])[of],
    )


class _Sensors:
    """The devices of a training set, and the clocks of each."""

    def __init__(self) -> None:
        self._signals: dict[tuple[str, str | None, float], Acceleration] = {}
        self._now: dict[tuple[str, str | None, float], Micros] = {}

    def stories(self, recording: Recording) -> list[list[Impact]]:
        """What is told of each jolt, one list a jolt."""
        key = (recording.subject, recording.placement, recording.rate)
        signal = self._signals.setdefault(key, Acceleration())
        start = self._now.get(key, START)
        stories: dict[int, list[Impact]] = {}
        for wave in recording.waves(start, 0, 0):
            derived = signal.take(wave)
            for event in derived.events if derived else ():
                if isinstance(event, Impact) and searched(event):
                    stories.setdefault(event.happened_at, []).append(event)
        end = start + round(recording.seconds * SECOND)
        self._now[key] = -(-(end + PAUSE) // SECOND) * SECOND
        return list(stories.values())


def _groups(of: NDArray[np.intp], wanted: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    rows = np.flatnonzero(wanted)
    return np.split(rows, np.flatnonzero(np.diff(of[rows])) + 1) if len(rows) else []
