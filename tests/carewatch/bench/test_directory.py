"""How long the pump stands still depends on the machine; here, that the measurement works."""

from carewatch.bench.directory import Plan, measure


def test_turns_are_watched_with_changes_and_without() -> None:
    found = measure(Plan(beds=10, rate=20, changes=6, seconds=3))
    assert (found["beds"], found["changes"]) == (10, 6)
    for name in ("alone", "changing"):
        assert found[f"{name}_turns"] > 0
        assert 0 < found[f"{name}_p50_ms"] <= found[f"{name}_p99_ms"] <= found[f"{name}_longest_ms"]
