"""What a fault does to a stream, and what it leaves alone."""

import json

import pytest

from domain.time import SECOND
from simulators.faults import FAULTS, BadFault, parse, through
from simulators.message import Message, message

STREAM = [message(n * SECOND, "bed-7", "sample", {"t": n * 1000, "n": n}) for n in range(1_000)]


def after(*faults: str, seed: int = 7) -> list[Message]:
    """The stream behind these faults, in the order of arrival."""
    chosen = [parse(text, seed) for text in faults]
    out = [changed for each in STREAM for changed in through(chosen, each)]
    return sorted(out, key=lambda each: each.at)


def numbers(messages: list[Message]) -> list[int]:
    return [json.loads(each.payload)["n"] for each in messages]


def test_drop_loses_its_share() -> None:
    assert len(after("drop=0.3")) == pytest.approx(700, abs=50)


def test_duplicate_repeats_to_the_byte() -> None:
    out = after("duplicate=0.3")
    assert len(out) == pytest.approx(1_300, abs=50)
    assert {each.payload for each in out} == {each.payload for each in STREAM}


@pytest.mark.parametrize("fault", ["delay=0.2:30", "reorder=0.2:5"])
def test_delay_and_reorder_lose_nothing_and_change_the_order(fault: str) -> None:
    found = numbers(after(fault))
    assert sorted(found) == list(range(1_000))
    assert found != sorted(found)


def test_skew_moves_the_clock_of_a_device_and_not_the_message() -> None:
    out = after("skew=1:600")
    assert [each.at for each in out] == [each.at for each in STREAM]
    assert [json.loads(each.payload)["t"] for each in out[:2]] == [600_000, 601_000]


def test_garbage_is_not_what_was_said() -> None:
    out = after("garbage=0.2")
    known = {each.payload for each in STREAM}
    assert sum(each.payload not in known for each in out) == pytest.approx(200, abs=40)


def test_faults_compose_in_any_order() -> None:
    every = [f"{name}=0.1" for name in FAULTS]
    assert after(*every)
    assert after(*reversed(every))


def test_the_same_seed_makes_the_same_faults_and_another_others() -> None:
    every = [f"{name}=0.1" for name in FAULTS]
    assert after(*every) == after(*every)
    assert after(*every) != after(*every, seed=8)


def test_a_will_comes_through() -> None:
    will = Message(0, "bed-7", "cw/v1/bed-7/status", b'{"online":false}', will=True)
    assert through([parse("drop=1", 7)], will) == [will]


@pytest.mark.parametrize(
    "text", ["", "drop", "drop=", "drop=2", "lose=0.1", "drop=0.1:5", "delay=1:x"]
)
def test_a_fault_that_is_none_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadFault, match=r"name=share|between 0 and 1"):
        parse(text, 7)
