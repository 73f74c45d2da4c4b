"""``python -m carewatch.train.fall --sisfall FILE [--umafall FILE] [--out FILE]``

Learns which jolts are falls, and writes ``alerts/detectors/impact.json``: boosted trees of three
questions each (scikit-learn's HistGradientBoostingClassifier). The trunk's two models see SisFall
alone, as 200 and as 20 values a second, so that UMAFall stays an independent check of them. The
one that knows which way is up sees each person's recordings on one device, in their order, so that
it learns from what was walked before; how far it is trusted is the detector's affair. The wrist's
sees UMAFall's wrists with UMAFall's waists and SisFall beside them; the general one sees all alike.
The same data and the same seed give the same file. What the models score is measured afterwards and
put in by ``python -m carewatch.train.scores``.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.detectors.impact import MODELS
from alerts.detectors.trees import NO_LIMIT, read
from carewatch.evaluate.motion import Recording, sisfall, umafall
from carewatch.train import record
from carewatch.train.jolts import Jolts, jolts
from domain.time import SystemClock, iso
from ingest.signals.jolt import FEATURES

DEPTH = 3
TREES = 120
RATE = 0.1
LEAST = 20
ROUNDS = 2
PLAIN = FEATURES.index("leaning_before_deg")
"""The features from this one on need the upright."""
LIMITS = {"waist": 0.5, "upright": 0.5, "wrist": -0.5, "general": 1.0}
"""Score (log odds) from which on it is a fall. The wrist's classes are weighted alike, and a missed
fall is the greater harm."""


def learn(
    parts: Sequence[tuple[Jolts, float]], *, balanced: bool = False, trees: int = TREES
) -> Any:
    """A fitted classifier of jolts; each part comes with the weight of its rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    features = np.concatenate([part.features for part, _ in parts])
    weight = np.concatenate([np.full(len(part.jolt), each) for part, each in parts])
    model = None
    for _ in range(ROUNDS):
        score = None if model is None else model.decision_function
        labels = np.concatenate([part.labels(score) for part, _ in parts])
        known = labels >= 0
        model = HistGradientBoostingClassifier(
            max_iter=trees,
            max_depth=DEPTH,
            learning_rate=RATE,
            min_samples_leaf=LEAST,
            l2_regularization=1.0,
            max_features=0.5,
            early_stopping=False,
            class_weight="balanced" if balanced else None,
            random_state=1,
        ).fit(features[known], labels[known], sample_weight=weight[known])
    return model


def numbers(model: Any, limit: float) -> dict[str, Any]:
    """The model as the plain numbers that :class:`alerts.detectors.trees.Trees` takes."""
    trees = [_full(stage[0].nodes) for stage in model._predictors]
    return {
        "limit": limit,
        "base": round(float(np.ravel(model._baseline_prediction)[0]), 6),
        "feature": [feature for feature, _, _ in trees],
        "threshold": [threshold for _, threshold, _ in trees],
        "leaf": [leaf for _, _, leaf in trees],
    }


def _full(nodes: NDArray[Any]) -> tuple[list[int], list[float], list[float]]:
    """A tree as a full binary tree of ``DEPTH`` levels."""
    feature, threshold, leaf = [], [], []
    level = [0]
    for _ in range(DEPTH):
        below = []
        for at in level:
            node = nodes[at]
            split = not node["is_leaf"]
            feature.append(int(node["feature_idx"]) if split else 0)
            threshold.append(_digits(node["num_threshold"], 6) if split else NO_LIMIT)
            below += [int(node["left"]), int(node["right"])] if split else [at, at]
        level = below
    leaf = [_digits(nodes[at]["value"], 5) for at in level]
    return feature, threshold, leaf


def _digits(value: float, digits: int) -> float:
    return float(f"{float(value):.{digits}g}")


def of_sisfall(recordings: Iterable[Recording]) -> Jolts:
    """SisFall's jolts, as 200 and as 20 values a second."""
    random = np.random.default_rng(1)
    both = (
        form
        for recording in recordings
        for form in (recording, recording.sampled(20.0, random.random()))
    )
    return jolts(both)


def waist(sisfall_: Jolts) -> dict[str, Any]:
    """The trunk's model, of SisFall alone."""
    return numbers(learn([(sisfall_.about(PLAIN), 1.0)]), LIMITS["waist"])


def upright(sisfall_: Jolts) -> dict[str, Any]:
    """The trunk's model where it is known which way is up."""
    known = sisfall_.take(sisfall_.features[:, PLAIN] >= 0)
    return numbers(learn([(known, 1.0)]), LIMITS["upright"])


def wrist(sisfall_: Jolts | None, waist_: Jolts, wrist_: Jolts) -> dict[str, Any]:
    """The wrist's model: mostly of wrists, and a little of how people fall at all."""
    parts = [(waist_, 0.2), (wrist_, 1.0)] + ([(sisfall_, 0.05)] if sisfall_ else [])
    plain = [(part.about(PLAIN), weight) for part, weight in parts]
    return numbers(learn(plain, balanced=True), LIMITS["wrist"])


def general(sisfall_: Jolts, waist_: Jolts, wrist_: Jolts) -> dict[str, Any]:
    """For sensors that do not say where they are worn: all together."""
    parts = [(sisfall_, 0.5), (waist_, 1.0), (wrist_, 2.0)]
    return numbers(learn([(part.about(PLAIN), each) for part, each in parts]), LIMITS["general"])


def shipped() -> Mapping[str, Any]:
    """The models that are in the file."""
    models: Mapping[str, Any] = read(MODELS)["models"]
    return models


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m carewatch.train.fall")
    parser.add_argument("--sisfall", type=Path, required=True)
    parser.add_argument("--umafall", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODELS)
    given = parser.parse_args(arguments)
    young = of_sisfall(sisfall(given.sisfall))
    worn = list(umafall(given.umafall))
    at_waist, at_wrist = (
        jolts(recording for recording in worn if recording.placement == placement)
        for placement in ("waist", "wrist")
    )
    learned = {
        "waist": waist(young),
        "upright": upright(young),
        "wrist": wrist(young, at_waist, at_wrist),
        "general": general(young, at_waist, at_wrist),
    }
    given.out.write_text(record.text(_head(given.sisfall, given.umafall, young, worn), learned))
    return 0


def _head(
    of_sisfall: Path, of_umafall: Path, young: Jolts, worn: Sequence[Recording]
) -> dict[str, Any]:
    from sklearn import __version__ as version

    subjects = {
        "sisfall": sorted({str(name) for name in young.subject}),
        "umafall": sorted({recording.subject for recording in worn}),
    }
    data = record.data((of_sisfall, of_umafall))
    return record.head(iso(SystemClock().now())[:10], version, data, subjects)


if __name__ == "__main__":
    sys.exit(main())
