"""`carewatch bench anomaly` tells what a point costs, with river or without it."""

import json
import sys

import pytest

from carewatch.bench.anomaly import MISSING, measure


def test_without_river_its_figure_is_missing_and_a_sentence_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "river", None)
    figures = measure(series=20, points=30)
    assert figures["river_us_per_point"] is None
    assert figures["note"] == MISSING
    json.dumps(figures, allow_nan=False)


def test_a_point_is_cheap_where_many_series_go_together() -> None:
    figures = measure(series=1000, points=100)
    assert figures["points"] == 100_000
    assert 0 < figures["us_per_point"] < 10
