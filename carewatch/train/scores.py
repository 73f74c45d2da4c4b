"""``python -m carewatch.train.scores REPORT...``

Puts what the models score into their file. A report is what ``carewatch evaluate sisfall FILE
--json --cross-validate`` or ``carewatch evaluate umafall FILE --json`` (with ``--cross-validate``,
too, for the wrist) printed. Only honest figures are taken: those of people on whom the judged model
was not fitted.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alerts.detectors.impact import MODELS
from alerts.detectors.trees import read
from carewatch.evaluate import sisfall, umafall
from carewatch.train import record
from carewatch.train.record import Figures, Scores

Row = tuple[str, str, dict[str, Any]]
"""The model, who was judged, and its figures."""


def rows(report: Mapping[str, Any]) -> Iterator[Row]:
    """What a report says of models that did not know whom they judged."""
    anew = report["model"] != "shipped"
    if "by_placement" not in report:
        if anew:
            who = f"SisFall, {sisfall.FOLDS} folds of subjects"
            yield "waist", who, _figures(report, "accuracy")
        return
    placed = report["by_placement"]
    if anew:
        who = f"UMAFall wrist, {umafall.FOLDS} folds of subjects"
        yield "wrist", who, _figures(placed["wrist"], "balanced_accuracy")
        return
    who = "UMAFall {}, nothing fitted on it"
    yield "waist", who.format("waist"), _figures(placed["waist"], "balanced_accuracy")
    yield "waist", who.format("wrist"), _three(report["wrist_with_nothing_fitted"])


def collected(reports: Sequence[Mapping[str, Any]]) -> Scores:
    """The rows of all reports, by model."""
    scores: Scores = {}
    for report in reports:
        for model, who, figures in rows(report):
            scores.setdefault(model, {})[who] = figures
    return scores


def _figures(report: Figures, main: str) -> dict[str, Any]:
    return {
        main: round(report[main], 4),
        "interval": [round(end, 3) for end in report["intervals"][main]],
        "sensitivity": round(report["sensitivity"], 4),
        "specificity": round(report["specificity"], 4),
        "false_alarms_per_hour": round(report["false_alarms_per_hour"], 2),
    }


def _three(report: Figures) -> dict[str, float]:
    names = ("balanced_accuracy", "sensitivity", "specificity")
    return {name: round(report[name], 4) for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m carewatch.train.scores")
    parser.add_argument("reports", type=Path, nargs="+")
    parser.add_argument("--file", type=Path, default=MODELS)
    given = parser.parse_args(arguments)
    scores = collected([json.loads(path.read_bytes()) for path in given.reports])
    given.file.write_text(record.scored(read(given.file), scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
