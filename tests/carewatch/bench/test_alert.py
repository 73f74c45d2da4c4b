"""The way of a press is measured on a whole carewatch; here, that the measurement works."""

from carewatch.bench.alert import Plan, measure


def test_every_press_is_seen_on_the_feed() -> None:
    found = measure(Plan(presses=3, rate=20, beds=10))
    assert (found["presses"], found["lost"]) == (3, 0)
    assert 0 < found["p50_ms"] <= found["p99_ms"]
