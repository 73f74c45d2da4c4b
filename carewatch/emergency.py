"""An emergency that was heard and is not recorded yet."""

from dataclasses import dataclass, field

from alerts.unrecorded import Told
from domain.directory import Directory
from domain.finding import Finding
from domain.time import SECOND, Micros
from gateway.inbox import Message

PATIENCE: Micros = 5 * SECOND
"""How long an emergency may be unrecorded before it is told all the same."""

Mark = tuple[str, str]
"""A device, and what tells its events (or findings) apart."""
Key = tuple[str, str]
"""Subject and kind."""


@dataclass(slots=True)
class Emergency:
    """One that is not recorded yet, or of which some messages are still on their way.

    ``directory`` is the one that the finding's slots are of; both are None where an earlier
    process has told of it. ``offered`` is what the latest transaction wrote of ``tellings``, and
    ``offered_at`` when, until it is known whether that transaction was committed.
    """

    key: Key
    mark: Mark
    heard_at: Micros
    finding: Finding | None = None
    directory: Directory | None = None
    message: Message | None = None
    again_at: Micros = 0
    recorded: bool = False
    tellings: dict[str, Told] = field(default_factory=dict)
    offered: dict[str, Told] = field(default_factory=dict)
    offered_at: Micros | None = None

    def is_due(self, now: Micros) -> bool:
        """Whether it waited long enough; also for the commit that may record it just now."""
        waits_since = self.heard_at if self.offered_at is None else self.offered_at
        return not self.recorded and max(waits_since + PATIENCE, self.again_at) <= now

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done about it."""
        done = all(telling.at is not None for telling in self.tellings.values())
        return self.recorded and done and self.tellings == self.offered
