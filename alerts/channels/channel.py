"""What a channel is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.reasons import Reason, listed
from domain.errors import CarewatchError


class DeliveryFailed(CarewatchError):
    """The message did not get through; it may be tried again."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(listed(reasons))
        self.reasons = reasons


class AddressGone(DeliveryFailed):
    """The other side says that there is no such address any more."""


@dataclass(frozen=True, slots=True)
class Message:
    """One notification to one recipient by one channel.

    ``id`` is the same at each attempt: a receiver that has seen it may ignore the repetition.
    """

    id: str
    alert_id: str
    address: str
    payload: Mapping[str, Any]
    attempt: int = 1


class Channel(Protocol):
    """Delivers; called from several threads at once."""

    def deliver(self, message: Message) -> None:
        """Return when the other side has it; raise :class:`DeliveryFailed` else."""
        ...
