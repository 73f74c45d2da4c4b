"""What goes wrong between a device and its reader: each fault turns one message into any number.

A fault is called with each message in order and answers what becomes of it; later instants in
the answer are delays. Faults compose: the next sees what the one before let through. Each has
its own seed, so one fault more does not change what another does. A broker's will is not touched.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from domain.errors import CarewatchError
from domain.time import SECOND, Micros
from simulators.message import Message

Fault = Callable[[Message], Iterable[Message]]


class BadFault(CarewatchError):
    """The description of a fault cannot be understood."""


def drop(share: float, seed: int) -> Fault:
    """Lose this share of all messages."""
    random = np.random.default_rng((seed, 1))
    return lambda message: () if random.random() < share else (message,)


def delay(share: float, seed: int, seconds: float = 30) -> Fault:
    """Hold this share back, for up to ``seconds``."""
    random = np.random.default_rng((seed, 2))

    def late(message: Message) -> Iterable[Message]:
        if random.random() >= share:
            return (message,)
        return (_later(message, random.uniform(0, seconds)),)

    return late


def duplicate(share: float, seed: int, seconds: float = 5) -> Fault:
    """Send this share twice, the second time up to ``seconds`` later."""
    random = np.random.default_rng((seed, 3))

    def twice(message: Message) -> Iterable[Message]:
        if random.random() >= share:
            return (message,)
        return (message, _later(message, random.uniform(0, seconds)))

    return twice


def reorder(share: float, seed: int, seconds: float = 3) -> Fault:
    """Let this share be overtaken by what follows within ``seconds``."""
    random = np.random.default_rng((seed, 4))

    def overtaken(message: Message) -> Iterable[Message]:
        return (_later(message, seconds) if random.random() < share else message,)

    return overtaken


def skew(share: float, seed: int, seconds: float = 600) -> Fault:
    """Set the clocks of this share of the devices ahead by ``seconds`` (behind where negative)."""
    random = np.random.default_rng((seed, 5))
    wrong: dict[str, bool] = {}

    def shifted(message: Message) -> Iterable[Message]:
        if message.device not in wrong:
            wrong[message.device] = bool(random.random() < share)
        return (_shift(message, seconds) if wrong[message.device] else message,)

    return shifted


def garbage(share: float, seed: int) -> Fault:
    """Spoil this share: cut short, random bytes, no object, a number in quotes."""
    random = np.random.default_rng((seed, 6))

    def spoilt(message: Message) -> Iterable[Message]:
        if random.random() >= share:
            return (message,)
        payload = message.payload
        ways = (
            payload[: len(payload) // 2],
            random.bytes(40),
            b"[1, 2, 3]",
            b'{"t":"yesterday","heart_rate":"61"}',
            b"",
        )
        return (replace(message, payload=ways[int(random.integers(len(ways)))], retain=False),)

    return spoilt


FAULTS: dict[str, Callable[..., Fault]] = {
    "drop": drop,
    "delay": delay,
    "duplicate": duplicate,
    "reorder": reorder,
    "skew": skew,
    "garbage": garbage,
}


def parse(text: str, seed: int) -> Fault:
    """A fault from ``name=share`` or ``name=share:seconds``; BadFault where it is none.

    >>> list(parse("drop=1", seed=7)(Message(0, "bed-7", "cw/v1/bed-7/sample", b"{}")))
    []
    """
    name, _, numbers = text.partition("=")
    share, _, seconds = numbers.partition(":")
    known = f"Write it as name=share or name=share:seconds; names: {', '.join(FAULTS)}."
    if name not in FAULTS or (seconds and name in ("drop", "garbage")):
        raise BadFault(f"{text!r} is no fault. {known}")
    try:
        values = [float(share), *([float(seconds)] if seconds else [])]
    except ValueError:
        raise BadFault(f"{text!r} has no number where one belongs. {known}") from None
    if not 0 <= values[0] <= 1:
        raise BadFault(f"The share in {text!r} is not between 0 and 1.")
    return FAULTS[name](values[0], seed, *values[1:])


def through(faults: Sequence[Fault], message: Message) -> list[Message]:
    """What becomes of a message on its way through all faults, in their order."""
    messages = [message]
    if message.will:
        return messages
    for fault in faults:
        messages = [after for before in messages for after in fault(before)]
    return messages


def _later(message: Message, seconds: float) -> Message:
    return replace(message, at=message.at + _micros(seconds))


def _shift(message: Message, seconds: float) -> Message:
    try:
        said: Any = json.loads(message.payload)
    except ValueError:
        return message
    if not isinstance(said, dict) or not isinstance(said.get("t"), int):
        return message
    said["t"] += _micros(seconds) // 1000
    return replace(message, payload=json.dumps(said, separators=(",", ":")).encode())


def _micros(seconds: float) -> Micros:
    return round(seconds * SECOND)
