"""The Numenta Anomaly Benchmark: the general streaming detector on labelled series."""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from alerts.detectors.anomaly import Anomaly
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset, Curve, Report
from carewatch.evaluate.scores import by_subject
from carewatch.evaluate.windows import PROFILES, Floats, Outcome, Series, curve, outcome

LABELS = "combined_windows.json"


def evaluate(path: Path, progress: Progress) -> Report:
    """The benchmark's three scores of the series below ``path``, with one parameter set."""
    corpus = read(path)
    scores = judge(corpus, progress)
    best = {name: outcome(corpus, scores, profile) for name, profile in PROFILES.items()}
    false, found = curve(corpus, scores)
    figures = {
        **{name: round(outcome.score, 2) for name, outcome in best.items()},
        "standard_interval": _interval(best["standard"]),
        "thresholds": {name: _finite(outcome.threshold) for name, outcome in best.items()},
        "series": len(corpus),
        "rows": sum(len(series.values) for series in corpus),
        "windows": sum(len(series.windows) for series in corpus),
        "by_category": _by_category(corpus, scores),
        "by_file": best["standard"].by_series,
    }
    return Report(
        figures,
        (Curve("found", false.tolist(), found.tolist()),),
        ("false alarms a thousand rows", "share of the windows found"),
        "Anomaly benchmark",
        (
            "by_file: at the threshold of the standard profile, its part of the sum before it is "
            "scaled. by_category: standard, with the threshold chosen for that category alone. "
            "standard_interval: 95 %, whole series drawn again, the threshold as it is.",
        ),
    )


def judge(corpus: Sequence[Series], progress: Progress) -> list[Floats]:
    """The detector's score of each row of each series; all series go side by side."""
    length = max(len(series.values) for series in corpus)
    values = np.full((length, len(corpus)), np.nan)
    at = np.zeros((length, len(corpus)), np.int64)
    for column, series in enumerate(corpus):
        values[: len(series.values), column] = series.values
        at[: len(series.at), column] = series.at
    anomaly = Anomaly(len(corpus))
    rows = progress.over(range(length), "rows")
    scores = np.stack([anomaly.score(values[row], at[row]) for row in rows])
    return [scores[: len(series.values), n] for n, series in enumerate(corpus)]


def _interval(best: Outcome) -> tuple[float, float] | None:
    """The 95 % interval of the standard score when series are drawn again."""
    missed = PROFILES["standard"].missed

    def score(drawn: Sequence[Mapping[str, float]]) -> float | None:
        windows = sum(series["windows"] for series in drawn)
        total = sum(series["score"] for series in drawn) + missed * windows
        return 100 * total / ((1 + missed) * windows) if windows else None

    found = by_subject(best.by_series, score)
    return found and (round(found[0], 1), round(found[1], 1))


def _by_category(corpus: Sequence[Series], scores: Sequence[Floats]) -> dict[str, float]:
    told = {}
    for category in sorted({series.name.split("/")[0] for series in corpus}):
        places = [n for n, series in enumerate(corpus) if series.name.startswith(f"{category}/")]
        own = [corpus[n] for n in places]
        if any(series.windows for series in own):
            best = outcome(own, [scores[n] for n in places], PROFILES["standard"])
            told[category] = round(best.score, 2)
    return told


def _finite(threshold: float) -> float | None:
    return round(threshold, 4) if np.isfinite(threshold) else None


def read(folder: Path) -> list[Series]:
    """The series below a folder that are labelled in its ``combined_windows.json``.

    As in the benchmark, the labels may be in a folder ``labels`` and the series in ``data``; the
    folder may be that of one category.
    """
    homes = (folder, folder / "labels", folder.parent, folder.parent / "labels")
    places = [home / LABELS for home in homes]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise BadDataset(
            f"{folder} has no {LABELS}: name a folder with that file and, below it, the series "
            "as category/name.csv or category/name.csv.gz."
        )
    labels = _labels(file)
    found = [
        _series(path, name, labels[name])
        for path in sorted(folder.rglob("*.csv*"))
        if (name := f"{path.parent.name}/{path.name.removesuffix('.gz')}") in labels
    ]
    if not found:
        raise BadDataset(f"None of the series that {file} labels is below {folder}.")
    return found


def _labels(file: Path) -> Mapping[str, Sequence[tuple[int, int]]]:
    try:
        return {
            name: sorted((_instant(start), _instant(end)) for start, end in windows)
            for name, windows in json.loads(file.read_text()).items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise BadDataset(
            f"{file} does not name, for each series, its windows as pairs of times: {error}"
        ) from None


def _series(path: Path, name: str, windows: Sequence[tuple[int, int]]) -> Series:
    try:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            rows = list(csv.DictReader(lines))
        at = np.array([_instant(row["timestamp"]) for row in rows], np.int64)
        values = np.array([float(row["value"]) for row in rows])
    except (ValueError, KeyError, TypeError, EOFError, OSError) as error:
        raise BadDataset(f"{path} is no table of timestamp and value: {error}") from None
    if not len(at):
        raise BadDataset(f"{path} is empty.")
    return Series(name, at, values, windows)


def _instant(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))
