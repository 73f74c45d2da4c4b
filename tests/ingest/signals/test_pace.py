"""A declared rate that does not fit is a fault of the device; what is lost or repeated is none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from domain.event import Event
from domain.time import MINUTE, SECOND, Micros
from domain.wave import Wave
from ingest.signals import Signals, standard
from ingest.signals.pace import ENOUGH

START: Micros = 1_795_249_800 * SECOND


def waves(
    declared: float, sent: float, count: int = 40, seconds: float = 4, start: Micros = START
) -> Iterator[Wave]:
    """A bed that says ``declared`` values a second, and measures ``sent``."""
    random = np.random.default_rng(7)
    length = round(seconds * sent)
    for n in range(count):
        begin = start + round(n * length * 1000 / sent) * 1000
        values = random.normal(500, 50, (length, 1)).astype(np.float32)
        arrives = begin + round(length / sent * SECOND)
        yield Wave(0, 2, 3, "bed", begin, arrives, declared, values)


def faults(messages: Sequence[Wave], signals: Signals | None = None) -> list[Event]:
    told = (signals or standard()).take(messages).events
    return [event for event in told if event.event == "fault"]


@pytest.mark.parametrize("sent", [80, 90, 110, 125])
@pytest.mark.parametrize("seconds", [0.5, 4, 10])
def test_a_rate_that_does_not_fit_is_a_fault_told_once(sent: float, seconds: float) -> None:
    messages = list(waves(100, sent, seconds=seconds))
    (fault,) = faults(messages)
    assert fault.active
    assert fault.received_at == messages[ENOUGH].received_at
    assert fault.detail == f"bed: rate says 100 values a second, {sent} come"


@pytest.mark.parametrize("sent", [96, 99.9, 100, 100.1, 104])
def test_a_cheap_clock_is_none(sent: float) -> None:
    assert faults(list(waves(100, sent))) == []


def test_the_fault_is_over_when_the_rate_fits_again() -> None:
    wrong = list(waves(100, 125))
    right = list(waves(125, 125, start=wrong[-1].start + MINUTE))
    assert [fault.active for fault in faults([*wrong, *right])] == [True, False]


def test_messages_that_are_lost_late_or_twice_are_none() -> None:
    random = np.random.default_rng(1)
    sent = list(waves(100, 100, count=300))
    kept = [wave for wave in sent if random.random() > 0.3]
    twice = [wave for wave in kept for _ in range(1 + (random.random() < 0.3))]
    late = sorted(twice, key=lambda wave: wave.start + int(random.exponential(3) * SECOND))
    assert faults(late) == []


def test_what_is_sent_again_with_the_next_message_is_none() -> None:
    whole = np.concatenate([wave.values for wave in waves(100, 100)])
    cut = [
        Wave(0, 2, 3, "bed", START + n * SECOND * 35 // 10, 0, 100, whole[350 * n : 350 * n + 400])
        for n in range(40)
    ]
    assert faults(cut) == []


def test_times_that_jump_about_are_none() -> None:
    random = np.random.default_rng(2)
    jumpy = [
        replace(wave, start=wave.start + int(random.uniform(-0.6, 0.6) * SECOND))
        for wave in waves(100, 100, count=300)
    ]
    assert faults(jumpy) == []


@pytest.mark.parametrize("cut", [3, ENOUGH, 25])
def test_what_was_saved_goes_on(cut: int) -> None:
    messages = list(waves(100, 125))
    first, second = standard(), standard()
    before = faults(messages[:cut], first)
    second.load({name: array.copy() for name, array in first.state().items()})
    assert before + faults(messages[cut:], second) == faults(messages)
