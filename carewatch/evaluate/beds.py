"""Nights of healthy sleepers: an alert is false; episodes that are put in must be found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from alerts.alert import Change
from carewatch.evaluate.nights import (
    EPISODES,
    Episode,
    breathing_night,
    heart_night,
    with_episode,
)
from carewatch.evaluate.played import Outcome, Played, play
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset, Curve, Report
from carewatch.evaluate.scores import by_subject, share, wilson
from domain.time import HOUR, MINUTE, SECOND

VITAL = frozenset(
    {
        "heart_rate_high",
        "heart_rate_low",
        "respiration_high",
        "respiration_low",
        "breathing_stopped",
        "spo2_low",
    }
)
EACH = 4
"""Episodes of each kind in a night."""

SEED = 1
GRACE = MINUTE
"""An alert so long after an episode's end is still its."""

Nights = dict[str, Played]


def evaluate(path: Path, progress: Progress) -> Report:
    """False alerts a night, then episodes found and how soon. Nothing is fitted to the file."""
    nights = _read(path)
    quiet = play(list(nights.values()))
    found: dict[str, dict[str, list[float | None]]] = {}
    for episode in progress.over(EPISODES, "episodes"):
        found[episode.name] = _inject(nights, episode)
    return Report(
        figures=_false(nights, quiet) | _found(found),
        curves=[_curve(name, of) for name, of in found.items()],
        axes=("seconds after the start of the episode", "share found"),
        title="Episodes in normal nights",
        notes=(
            "Breathing was recorded in nights named _resp only; in the others it is made up.",
            "Each episode is played with the 90 minutes before it: what was learned from other "
            "nights has no say.",
        ),
    )


def _read(path: Path) -> Nights:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, BadZipFile, AttributeError) as error:
        raise BadDataset(f"{path} cannot be read as an .npz file of nights: {error}") from None
    random = np.random.default_rng(SEED)
    nights: Nights = {}
    for name, array in sorted(arrays.items()):
        if name.endswith("_RR") and array.ndim == 2 and array.shape[1] == 3 and len(array):
            nights[name.removesuffix("_RR")] = heart_night(array.astype(np.float64), random)
        elif name.endswith("_resp") and f"{name}_t0_ms" in arrays:
            start = float(arrays[f"{name}_t0_ms"].ravel()[0])
            nights[name] = breathing_night(array, start)
    if not nights:
        raise BadDataset(
            f"{path} holds no nights: arrays named PERSON_DATE_RR with three columns (epoch ms, "
            "heart rate, interval in s), or PERSON_DATE_resp with PERSON_DATE_resp_t0_ms."
        )
    return nights


def _person(night: str) -> str:
    return night.split("_")[0]


def _false(nights: Nights, quiet: Outcome) -> dict[str, Any]:
    names = list(nights)
    raised = [c for c in quiet.changes if c.change == "raised" and c.kind in VITAL]
    count = dict.fromkeys(names, 0)
    for change in raised:
        count[names[int(change.subject)]] += 1
    people: dict[str, list[int]] = {}
    for name, alerts in count.items():
        people.setdefault(_person(name), []).append(alerts)
    hours = sum(int(night.at[-1] - night.at[0]) for night in nights.values()) / HOUR
    return {
        "nights": len(nights),
        "nights_with_heart": sum("heart_rate" in night.values for night in nights.values()),
        "nights_with_recorded_breathing": sum(name.endswith("_resp") for name in names),
        "people": len(people),
        "hours": round(hours, 1),
        "alerts": len(raised),
        "alerts_per_night": share(len(raised), len(nights)),
        "alerts_per_night_interval": by_subject(
            people, lambda own: share(sum(map(sum, own)), sum(map(len, own)))
        ),
        "alerts_per_resident_day": share(len(raised) * 24, hours),
        "false": [_told(change, names[int(change.subject)], nights) for change in raised],
    }


def _told(change: Change, name: str, nights: Nights) -> dict[str, Any]:
    into = change.since - int(nights[name].at[0])
    return {
        "night": name,
        "kind": change.kind,
        "hours_in": round(into / HOUR, 2),
        "evidence": dict(change.evidence),
    }


def _inject(nights: Nights, episode: Episode) -> dict[str, list[float | None]]:
    """Delay (s) of each episode, None where it was missed, by person."""
    random = np.random.default_rng((SEED, EPISODES.index(episode)))
    names, starts, played = [], [], []
    for name, night in nights.items():
        if episode.quantity in night.values:
            for _ in range(EACH):
                part, start = with_episode(night, episode, random)
                names.append(name)
                starts.append(start)
                played.append(part)
    outcome = play(played)
    delays: list[float | None] = [None] * len(played)
    for finding in outcome.findings:
        place = finding.slot
        late = finding.at - starts[place]
        mine = finding.active and finding.kind == episode.kind and delays[place] is None
        if mine and finding.since >= starts[place] and late <= episode.lasts + GRACE:
            delays[place] = late / SECOND
    people: dict[str, list[float | None]] = {}
    for name, delay in zip(names, delays, strict=True):
        people.setdefault(_person(name), []).append(delay)
    return people


def _found(found: dict[str, dict[str, list[float | None]]]) -> dict[str, Any]:
    each = {name: _scored(people) for name, people in found.items()}
    everything: dict[str, list[float | None]] = {}
    for people in found.values():
        for person, delays in people.items():
            everything.setdefault(person, []).extend(delays)
    return _scored(everything) | {"by_kind": each}


def _scored(people: dict[str, list[float | None]]) -> dict[str, Any]:
    delays = [delay for own in people.values() for delay in own]
    seen = sorted(delay for delay in delays if delay is not None)
    return {
        "injected": len(delays),
        "found": share(len(seen), len(delays)),
        "found_interval": wilson(len(seen), len(delays)),
        "found_interval_by_person": by_subject(people, _share_found),
        "delay_p50_s": float(np.median(seen)) if seen else None,
        "delay_p95_s": float(np.quantile(seen, 0.95)) if seen else None,
    }


def _share_found(drawn: Sequence[list[float | None]]) -> float | None:
    delays = [delay for own in drawn for delay in own]
    return share(sum(delay is not None for delay in delays), len(delays))


def _curve(name: str, people: dict[str, list[float | None]]) -> Curve:
    delays = [delay for own in people.values() for delay in own]
    seen = sorted(delay for delay in delays if delay is not None)
    return Curve(name, [0.0, *seen], [n / max(len(delays), 1) for n in range(len(seen) + 1)])
