"""Recorded messages in, the timeline of alerts out.

``NAME.jsonl`` is a recording, ``NAME.directory.json`` (where there is one) whose devices they
are, ``NAME.expected.jsonl`` what ``carewatch replay --json`` must print. A bug arrives first as
a scenario: record it, write down what should have been told, and see it fail.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from carewatch.replay import read_people, replay

HERE = Path(__file__).parent
SCENARIOS = sorted(
    path.name.removesuffix(".jsonl")
    for path in HERE.glob("*.jsonl")
    if not path.name.endswith(".expected.jsonl")
)


def timeline(name: str, chunk: int = 2000) -> list[dict[str, Any]]:
    people = HERE / f"{name}.directory.json"
    directory = read_people(people) if people.exists() else None
    lines = (HERE / f"{name}.jsonl").read_text().splitlines()
    return list(replay(lines, directory=directory, chunk=chunk))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_recording_gives_its_alerts(name: str) -> None:
    expected = (HERE / f"{name}.expected.jsonl").read_text().splitlines()
    assert timeline(name) == [json.loads(line) for line in expected]


@pytest.mark.parametrize("chunk", [1, 7])
@pytest.mark.parametrize("name", SCENARIOS)
def test_chunks_of_any_size_give_the_same(name: str, chunk: int) -> None:
    assert timeline(name, chunk) == timeline(name)
