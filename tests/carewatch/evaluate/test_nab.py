"""`carewatch evaluate nab`: files of the benchmark's format in, its scores out."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from carewatch.evaluate.nab import evaluate, read
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset, draw

ROWS = 2016
START = np.datetime64("2026-03-01T00:00:00")


def instant(row: int) -> str:
    return str(START + np.timedelta64(300 * row, "s")).replace("T", " ")


def corpus(folder: Path, packed: bool = False) -> Path:
    """A week of a daily wave with noise; one series has six hours of something else."""
    random = np.random.default_rng(3)
    wave = 20 + 5 * np.sin(np.arange(ROWS) * 2 * np.pi / 288)
    (folder / "made").mkdir(parents=True)
    for name, spoilt in (("calm", False), ("spoilt", True)):
        values = wave + random.normal(0, 0.5, ROWS)
        values[1500:1572] += 30 * spoilt
        lines = [f"{instant(row)},{value:.3f}" for row, value in enumerate(values)]
        table = "\n".join(["timestamp,value", *lines]).encode()
        if packed:
            (folder / "made" / f"{name}.csv.gz").write_bytes(gzip.compress(table))
        else:
            (folder / "made" / f"{name}.csv").write_bytes(table)
    windows = {
        "made/calm.csv": [],
        "made/spoilt.csv": [[f"{instant(1450)}.000000", f"{instant(1650)}.000000"]],
        "elsewhere/absent.csv": [[instant(10), instant(20)]],
    }
    (folder / "combined_windows.json").write_text(json.dumps(windows))
    return folder


@pytest.mark.parametrize("packed", [True, False])
def test_what_stands_out_is_found(tmp_path: Path, packed: bool) -> None:
    figures = evaluate(corpus(tmp_path, packed), Progress()).figures
    assert figures["standard"] > 80
    assert {"reward_low_fp", "reward_low_fn"} <= figures.keys()
    assert (figures["series"], figures["windows"], figures["rows"]) == (2, 1, 2 * ROWS)
    assert figures["by_file"]["made/spoilt.csv"]["found"] == 1
    assert figures["by_file"]["made/calm.csv"]["false"] == 0
    json.dumps(figures, allow_nan=False)


def test_a_folder_of_one_category_will_do(tmp_path: Path) -> None:
    assert [series.name for series in read(corpus(tmp_path) / "made")] == [
        "made/calm.csv",
        "made/spoilt.csv",
    ]


def test_the_benchmarks_own_layout_will_do(tmp_path: Path) -> None:
    whole = corpus(tmp_path / "data")
    (tmp_path / "labels").mkdir()
    (whole / "combined_windows.json").rename(tmp_path / "labels" / "combined_windows.json")
    assert len(read(tmp_path)) == len(read(tmp_path / "data")) == 2


def test_what_is_not_of_the_format_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=r"has no combined_windows\.json"):
        read(tmp_path)
    whole = corpus(tmp_path / "whole")
    (whole / "made" / "calm.csv").write_text("timestamp,value\nyesterday,much\n")
    with pytest.raises(BadDataset, match="no table of timestamp and value"):
        read(whole)
    (whole / "combined_windows.json").write_text("[1, 2]")
    with pytest.raises(BadDataset, match="does not name"):
        read(whole)
    (whole / "combined_windows.json").write_text("{}")
    with pytest.raises(BadDataset, match="None of the series"):
        read(whole)


def test_the_curve_can_be_drawn(tmp_path: Path) -> None:
    draw(evaluate(corpus(tmp_path / "data"), Progress()), tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
