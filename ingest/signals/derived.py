"""What a waveform told."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.event import Event
from domain.sample import Batch


@dataclass(frozen=True, slots=True)
class Derived:
    """What waves of a turn told: samples (as if a device had said them), and impacts."""

    samples: Batch
    events: Sequence[Event]
