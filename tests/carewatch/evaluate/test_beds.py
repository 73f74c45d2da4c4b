"""Nights of a reference monitor: read, played, and given episodes that must be found."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from carewatch.evaluate.beds import evaluate
from carewatch.evaluate.nights import breathing_night, heart_night
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset
from domain.time import HOUR, SECOND

TEN_IN_THE_EVENING = 1_700_000_000_000 // 86_400_000 * 86_400_000 + 22 * 3_600_000


def beats(hours: float, rate: float = 58, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    rates = rate + random.normal(0, 1.5, int(hours * 60 * rate))
    intervals = 60 / rates
    at = TEN_IN_THE_EVENING + np.floor(np.cumsum(intervals)) * 1000
    return np.column_stack((at, np.round(rates), intervals))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nights") / "nights.npz"
    nights: dict[str, Any] = {"01_20240101_RR": beats(3), "02_20240101_RR": beats(3, 66, seed=1)}
    np.savez(path, **nights)
    return path


def test_quiet_nights_are_quiet_and_episodes_are_found(file: Path) -> None:
    figures = evaluate(file, Progress()).figures
    assert (figures["nights"], figures["alerts_per_night"]) == (2, 0)
    assert figures["injected"] == sum(kind["injected"] for kind in figures["by_kind"].values())
    assert figures["found"] == 1
    assert figures["by_kind"]["heart_rate_up_40"]["delay_p50_s"] <= 70
    assert figures["by_kind"]["no_breath_25_s"]["delay_p50_s"] <= 25


def test_the_same_file_gives_the_same_figures(file: Path) -> None:
    assert evaluate(file, Progress()).figures == evaluate(file, Progress()).figures


def test_beats_become_samples_every_five_seconds() -> None:
    night = heart_night(beats(1), np.random.default_rng(0))
    assert set(np.diff(night.at)) == {5 * SECOND}
    assert np.nanmedian(night.values["heart_rate"]) == pytest.approx(58, abs=1)
    assert night.at[-1] - night.at[0] == pytest.approx(HOUR, rel=0.05)


def test_beats_whose_intervals_contradict_the_rate_are_bad_signal() -> None:
    table = beats(1)
    table[:, 2] = 2.0
    assert heart_night(table, np.random.default_rng(0)).values["signal_quality"].max() == 0


@pytest.mark.parametrize("rate", [9, 14, 22])
def test_breathing_effort_becomes_its_rate_and_its_absence_zero(rate: float) -> None:
    seconds = np.arange(0, 600, 0.05)
    effort = 300 * np.sin(2 * np.pi * rate / 60 * seconds)
    effort[seconds > 500] = 0
    night = breathing_night(effort.astype(np.float32), 0.0)
    told = night.values["respiration_rate"]
    assert np.median(told[:80]) == pytest.approx(rate, abs=0.5)
    assert told[-5:].max() == 0


def test_what_holds_no_nights_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", values=np.zeros(3))
    with pytest.raises(BadDataset, match="no nights"):
        evaluate(tmp_path / "other.npz", Progress())
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(BadDataset, match="cannot be read"):
        evaluate(tmp_path / "text.npz", Progress())


def test_what_cannot_be_used_is_skipped_with_a_sentence_and_the_rest_is_judged(
    tmp_path: Path,
) -> None:
    good = beats(3)
    timeless = good.copy()
    timeless[:, 0] = np.nan
    made: dict[str, Any] = {
        "01_20240101_RR": good,
        "02_20240101_RR": good[:1],
        "03_20240101_RR": good[:100],
        "04_20240101_RR": good[:, :2],
        "05_20240101_RR": good[:0],
        "06_20240101_RR": timeless,
        "07_20240101_resp": np.zeros(12_000, np.float32),
        "08_20240101_resp": np.array(["words"]),
    }
    np.savez(tmp_path / "nights.npz", **made)
    progress = Progress()
    figures = evaluate(tmp_path, progress).figures
    assert (figures["nights"], figures["found"]) == (1, 1)
    assert [sentence.split("_")[0] for sentence in progress.skipped] == [
        "08", "02", "03", "04", "05", "06", "07",
    ]  # fmt: skip


def test_a_night_without_room_for_an_episode_is_only_judged_for_false_alerts(
    tmp_path: Path,
) -> None:
    nap: dict[str, Any] = {"01_20240101_RR": beats(1)}
    np.savez(tmp_path / "nap.npz", **nap)
    figures = evaluate(tmp_path / "nap.npz", Progress()).figures
    assert (figures["nights"], figures["injected"], figures["found"]) == (1, 0, None)


def test_who_sleeps_by_day_is_looked_after_alike(tmp_path: Path, file: Path) -> None:
    with np.load(file) as nights:
        days: dict[str, Any] = {name: nights[name] + (12 * 3_600_000, 0, 0) for name in nights}
    np.savez(tmp_path / "days.npz", **days)
    by_night, by_day = (evaluate(f, Progress()).figures for f in (file, tmp_path / "days.npz"))
    assert (by_day["alerts"], by_day["found"]) == (by_night["alerts"], by_night["found"])


def test_breathing_that_was_made_up_is_told_apart(file: Path) -> None:
    figures = evaluate(file, Progress(), timezone="America/New_York").figures
    assert figures["found_heart"] == figures["found_breathing_made_up"] == 1
    assert figures["found_breathing_recorded"] is None


@pytest.mark.parametrize("content", [b"", b"PK", b"hello"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "nights.npz").write_bytes(content)
    with pytest.raises(BadDataset, match="cannot be read"):
        evaluate(tmp_path / "nights.npz", Progress())


def test_a_folder_of_several_files_asks_for_one(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        np.savez(tmp_path / name, values=np.zeros(3))
    with pytest.raises(BadDataset, match="name the file itself"):
        evaluate(tmp_path, Progress())
