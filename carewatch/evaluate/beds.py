"""Nights of healthy sleepers: an alert is false; episodes that are put in must be found."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from alerts.alert import Change
from carewatch.evaluate.arrays import arrays
from carewatch.evaluate.nights import (
    EFFORT_RATE,
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
from domain.time import DAY, HOUR, MINUTE, SECOND

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

SHORTEST, LONGEST = 10 * MINUTE, 2 * DAY
"""Of a night that can be judged."""

Nights = dict[str, Played]
Found = dict[str, list[float | None]]
"""Delay (s) of each episode, None where it was missed, by night."""


def evaluate(path: Path, progress: Progress, *, timezone: str = "UTC") -> Report:
    """False alerts a night, then episodes found and how soon. Nothing is fitted to the file.

    ``timezone`` is that of the sleepers, by its IANA name.
    """
    nights = _read(path, progress)
    quiet = play(list(nights.values()), timezone)
    found: dict[str, Found] = {}
    for episode in progress.over(EPISODES, "episodes"):
        found[episode.name] = _inject(nights, episode, timezone)
    return Report(
        figures=_false(nights, quiet) | _found(found),
        curves=[_curve(name, of) for name, of in found.items()],
        axes=("seconds after the start of the episode", "share found"),
        title="Episodes in normal nights",
        notes=(
            "Breathing was recorded in nights named _resp only; in the others it is made up.",
            "Each episode is played with the 90 minutes before it: what was learned from other "
            "nights has no say.",
            "Episodes lie anywhere with signal, but not in the first 90 minutes nor the last 30.",
        ),
    )


def _read(path: Path, progress: Progress) -> Nights:
    found = dict(arrays(path, "overnight_reference.npz", progress.skip))
    random = np.random.default_rng(SEED)
    nights: Nights = {}
    for name in sorted(found):
        if name.endswith("_t0_ms"):
            continue
        try:
            nights[name.removesuffix("_RR")] = _night(name, found, random)
        except BadDataset as error:
            progress.skip(f"{name} is skipped: {error}")
    if not nights:
        raise BadDataset(
            f"{path} holds no nights: arrays named PERSON_DATE_RR with three columns (epoch ms, "
            "heart rate, interval in s), or PERSON_DATE_resp with PERSON_DATE_resp_t0_ms."
        )
    return nights


def _night(name: str, found: Mapping[str, NDArray[Any]], random: Generator) -> Played:
    array = found[name]
    if name.endswith("_RR"):
        if array.ndim != 2 or array.shape[1] != 3:
            raise BadDataset(f"its shape is {array.shape}, where (n, 3) is needed.")
        return heart_night(_beats(array.astype(np.float64)), random)
    if not name.endswith("_resp"):
        raise BadDataset("its name ends neither in _RR nor in _resp.")
    start = np.ravel(found.get(f"{name}_t0_ms", ()))
    if len(start) != 1 or not np.isfinite(start[0]):
        raise BadDataset(f"{name}_t0_ms, its beginning in epoch milliseconds, is missing.")
    if array.ndim != 1 or len(array) < SHORTEST * EFFORT_RATE // SECOND:
        raise BadDataset("it is no line of values, or shorter than ten minutes.")
    if not np.isfinite(array).all():
        raise BadDataset("some of its values are no numbers.")
    return breathing_night(array, float(start[0]))


def _beats(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The beats that have a time, in its order."""
    known = table[np.isfinite(table[:, 0])]
    beats: NDArray[np.float64] = known[np.argsort(known[:, 0], kind="stable")]
    lasts = (beats[-1, 0] - beats[0, 0]) * 1000 if len(beats) else 0
    if not SHORTEST <= lasts <= LONGEST:
        raise BadDataset(
            f"it lasts {lasts / MINUTE:.3g} minutes, where ten minutes to two days are needed "
            "(times are epoch milliseconds)."
        )
    return beats


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


def _inject(nights: Nights, episode: Episode, timezone: str) -> Found:
    """Delay (s) of each episode, None where it was missed, by night."""
    random = np.random.default_rng((SEED, EPISODES.index(episode)))
    names, starts, played = [], [], []
    for name, night in nights.items():
        if episode.quantity in night.values:
            for _ in range(EACH):
                put = with_episode(night, episode, random)
                if put is not None:
                    names.append(name)
                    played.append(put[0])
                    starts.append(put[1])
    delays: list[float | None] = [None] * len(played)
    for finding in play(played, timezone).findings if played else ():
        place = finding.slot
        late = finding.at - starts[place]
        mine = finding.active and finding.kind == episode.kind and delays[place] is None
        if mine and finding.since >= starts[place] and late <= episode.lasts + GRACE:
            delays[place] = late / SECOND
    found: Found = {}
    for name, delay in zip(names, delays, strict=True):
        found.setdefault(name, []).append(delay)
    return found


def _found(found: Mapping[str, Found]) -> dict[str, Any]:
    """Over all; of the heart and of breathing apart; and of these the recorded and the made up."""
    heart = [of for name, of in found.items() if name.startswith("heart")]
    breath = [of for name, of in found.items() if not name.startswith("heart")]
    real = [{n: d for n, d in of.items() if n.endswith("_resp")} for of in breath]
    made_up = [{n: d for n, d in of.items() if not n.endswith("_resp")} for of in breath]
    parts = {
        "heart": _scored(heart),
        "breathing": _scored(breath),
        "breathing_recorded": _scored(real),
        "breathing_made_up": _scored(made_up),
    }
    return {
        "found_heart": parts["heart"]["found"],
        "found_breathing": parts["breathing"]["found"],
        "found_breathing_recorded": parts["breathing_recorded"]["found"],
        "found_breathing_made_up": parts["breathing_made_up"]["found"],
        **_scored(list(found.values())),
        "by_kind": {name: _scored([of]) for name, of in found.items()},
        "by_origin": parts,
    }


def _scored(found: Sequence[Found]) -> dict[str, Any]:
    people: dict[str, list[float | None]] = {}
    for of in found:
        for night, own in of.items():
            people.setdefault(_person(night), []).extend(own)
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


def _curve(name: str, found: Found) -> Curve:
    delays = [delay for own in found.values() for delay in own]
    seen = sorted(delay for delay in delays if delay is not None)
    return Curve(name, [0.0, *seen], [n / max(len(delays), 1) for n in range(len(seen) + 1)])
