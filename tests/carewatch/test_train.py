"""The shipped models' file is what the training writes, and says where its scores come from."""

import json
from pathlib import Path
from typing import Any

from alerts.detectors.impact import MODELS
from alerts.detectors.trees import read
from carewatch.train import fall, record, scores

FIGURES = {
    "accuracy": 0.98912,
    "balanced_accuracy": 0.98432,
    "sensitivity": 0.97403,
    "specificity": 0.99487,
    "false_alarms_per_hour": 1.2194,
    "intervals": {"accuracy": [0.97, 0.99], "balanced_accuracy": [0.96612, 0.9979]},
}
UMAFALL = {"by_placement": {"waist": FIGURES, "wrist": FIGURES}, **FIGURES}
SHIPPED = {**UMAFALL, "model": "shipped", "wrist_with_nothing_fitted": FIGURES}
ANEW = "fitted without each subject"


def written(tmp_path: Path, *reports: dict[str, Any], file: Path = MODELS) -> dict[str, Any]:
    """The models' file after these reports."""
    paths = [tmp_path / f"{n}.json" for n in range(len(reports))]
    for path, report in zip(paths, reports, strict=True):
        path.write_text(json.dumps(report))
    out = tmp_path / "models.json"
    out.write_bytes(file.read_bytes())
    assert scores.main([*map(str, paths), "--file", str(out)]) == 0
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def test_the_shipped_file_is_as_the_training_writes_it() -> None:
    file = read(MODELS)
    fresh = record.head(file["date"], file["scikit-learn"], file["data"], file["subjects"])
    told = {name: value for name, value in file.items() if name != "models"}
    assert list(told) == list(fresh)
    assert {**told, "scores": fresh["scores"]} == fresh
    assert record.text(told, file["models"]) == MODELS.read_text()
    assert {name: model["limit"] for name, model in file["models"].items()} == fall.LIMITS


def test_every_shipped_model_but_that_of_the_upright_has_scores_of_its_own() -> None:
    told = read(MODELS)["scores"]
    assert set(told) == {"how", "waist", "wrist", "general"}, "upright is judged with waist"
    assert told["how"] == record.HOW


def test_reports_of_the_evaluation_become_scores(tmp_path: Path) -> None:
    told = written(tmp_path, SHIPPED, {**FIGURES, "model": ANEW})["scores"]["waist"]
    assert told["UMAFall waist, nothing fitted on it"] == {
        "balanced_accuracy": 0.9843,
        "interval": [0.966, 0.998],
        "sensitivity": 0.974,
        "specificity": 0.9949,
        "false_alarms_per_hour": 1.22,
    }
    assert told["SisFall, 6 folds of subjects"]["accuracy"] == 0.9891


def test_scores_of_people_whom_the_model_has_seen_are_not_taken(tmp_path: Path) -> None:
    assert written(tmp_path, {**FIGURES, "model": "shipped"}) == read(MODELS)
    fitted = written(tmp_path, {**UMAFALL, "model": ANEW})["scores"]
    assert fitted["waist"] == read(MODELS)["scores"]["waist"]
    assert fitted["wrist"]["UMAFall wrist, 9 folds of subjects"]["sensitivity"] == 0.974


def test_models_that_were_just_learned_have_none() -> None:
    assert "not measured" in record.head("2026-11-22", "1.9.1", {}, {})["scores"]
