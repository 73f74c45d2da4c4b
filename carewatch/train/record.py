"""The file of the models: their numbers, what they were learned from, and what they score."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.signals.jolt import FEATURES

WHAT = "Boosted trees: which jolts of a worn sensor are falls"
COMMAND = "python -m carewatch.train.fall --sisfall FILE --umafall FILE"
HOW = (
    "by recording, on the stream; 95 % intervals with subjects drawn again; "
    "more in docs/detectors.md"
)
NOT_MEASURED = "not measured yet: python -m carewatch.train.scores"

Figures = Mapping[str, Any]
Scores = dict[str, Any]
"""By model, then by what was judged; and ``how``."""


def head(
    date: str, version: str, data: Mapping[str, Any], subjects: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """All but the models, of models that were just learned."""
    return {
        "what": WHAT,
        "command": COMMAND,
        "date": date,
        "subjects": subjects,
        "scikit-learn": version,
        "data": data,
        "scores": NOT_MEASURED,
        "features": list(FEATURES),
    }


def data(paths: Sequence[Path]) -> dict[str, Any]:
    """Size and SHA-256 of each file of data, so that it can be recognised."""
    contents = {path.name: path.read_bytes() for path in paths}
    return {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    }


def text(head: Mapping[str, Any], models: Mapping[str, Figures]) -> str:
    """The file: a line for each thing that is said, and one for each tree."""
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    bodies = ",\n".join(f"{json.dumps(name)}: {_body(model)}" for name, model in models.items())
    return "{\n" + ",\n".join(lines) + ',\n"models": {\n' + bodies + "\n}\n}\n"


def scored(file: Mapping[str, Any], scores: Scores) -> str:
    """The text of the same file with these scores in it; what else was measured stays."""
    before = file["scores"] if isinstance(file["scores"], dict) else {}
    rows = {name: {**before.get(name, {}), **scores.get(name, {})} for name in file["models"]}
    said = {"how": HOW} | {name: row for name, row in rows.items() if row}
    told = {name: value for name, value in file.items() if name != "models"}
    return text({**told, "scores": said}, file["models"])


def _body(model: Figures) -> str:
    """A model, one tree a line."""
    parts = []
    for name, value in model.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value)
            parts.append(f"{json.dumps(name)}: [\n{rows}\n]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}"
