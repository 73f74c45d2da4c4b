"""Falls found in files of the data sets' formats, made by simulators."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from carewatch.evaluate import sisfall, umafall
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset
from simulators import signals


def _axes(fall: bool, rate: int, seed: int) -> Any:
    random = np.random.default_rng(seed)
    make = signals.falling(7, 8, rate, random) if fall else signals.walking(15, rate, random)
    return make.T


def test_sisfall_is_scored_by_recording_and_subject(tmp_path: Path) -> None:
    file = tmp_path / "sisfall.npz"
    keys = {"D01_SA90_R01": 0, "F01_SA90_R01": 1, "D01_SE91_R01": 0, "F02_SE91_R01": 1}
    made: dict[str, Any] = {
        key: np.round(_axes(bool(fall), 200, n) * 256).astype(np.int16)
        for n, (key, fall) in enumerate(keys.items())
    }
    np.savez(file, **made)
    report = sisfall.evaluate(file, Progress())
    figures = report.figures
    assert (figures["accuracy"], figures["sensitivity"], figures["specificity"]) == (1, 1, 1)
    assert (figures["older_specificity"], figures["false_alarms_per_hour"]) == (1, 0)
    assert 5 < figures["delay_p50_s"] <= 15
    assert list(figures["by_subject"]) == ["SA90", "SE91"]
    assert not figures["model_saw_subjects_of_these_names"]
    assert not report.notes


def test_umafall_is_scored_by_placement(tmp_path: Path) -> None:
    file = tmp_path / "umafall.npz"
    made: dict[str, Any] = {}
    for seed, kind in enumerate(("ADL_Walking", "Fall_lateralFall")):
        for place in ("WAIST", "WRIST"):
            axes = _axes(kind.startswith("F"), 20, seed)
            jitter = np.random.default_rng(seed).uniform(-8, 8, len(axes))
            at = 100 + 50 * np.arange(len(axes)) + jitter
            made[f"90_{kind}_1_{place}"] = np.column_stack((at, axes)).astype(np.float32)
    np.savez(file, **made)
    figures = umafall.evaluate(file, Progress()).figures
    assert sorted(figures["by_placement"]) == ["waist", "wrist"]
    assert figures["by_placement"]["waist"]["balanced_accuracy"] == 1
    assert figures["falls"] == 2


def test_a_file_of_something_else_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "other.npz"
    np.savez(file, something=np.zeros((3, 3)))
    for evaluate in (sisfall.evaluate, umafall.evaluate):
        with pytest.raises(BadDataset, match="something"):
            evaluate(file, Progress())


def test_recordings_that_cannot_be_used_are_skipped_and_the_rest_is_scored(tmp_path: Path) -> None:
    file = tmp_path / "umafall.npz"
    axes = _axes(True, 20, 1)
    good = np.column_stack([50 * np.arange(len(axes)), axes]).astype(np.float32)
    timeless = good.copy()
    timeless[:, 0] = np.nan
    made: dict[str, Any] = {
        "01_Fall_lateral_1_WAIST": good,
        "01_Fall_lateral_2_WAIST": timeless,
        "01_Fall_lateral_3_WAIST": good[:0],
        "01_Fall_lateral_4_WAIST": good[:, :2],
        "other": good,
    }
    np.savez(file, **made)
    progress = Progress()
    assert umafall.evaluate(tmp_path, progress).figures["recordings"] == 1
    assert len(progress.skipped) == 4
