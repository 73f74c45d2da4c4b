"""The Numenta Anomaly Benchmark: the general streaming detector on labelled series."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset, Report
from carewatch.evaluate.windows import Series
from domain.errors import CarewatchError

LABELS = "combined_windows.json"


def read(folder: Path) -> list[Series]:
    """The series below a folder that are labelled in its ``combined_windows.json``.

    As in the benchmark, the labels may be in a folder ``labels`` and the series in ``data``.
    """
    places = (folder / LABELS, folder / "labels" / LABELS, folder.parent / "labels" / LABELS)
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
        values = np.array([row["value"] for row in rows], np.float64)
    except (ValueError, KeyError, TypeError, EOFError, OSError) as error:
        raise BadDataset(f"{path} is no table of timestamp and value: {error}") from None
    return Series(name, at, values, windows)


def _instant(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))
