"""fall and fall_suspected: as a fall detector tells it, and what became of the suspicion.

A suspicion that is followed by no sign of life within a minute becomes a fall. Signs of life
are events that only a moving person causes, movement, and getting into or out of bed, from any
device of the same resident and measured after the suspicion.
"""

from typing import Any

import numpy as np

from alerts.detectors.detector import Detector, told
from alerts.detectors.news import LONG_AGO, News
from domain.event import SIGNS_OF_LIFE, Event
from domain.finding import KINDS, Finding
from domain.sample import Slots
from domain.time import MINUTE, NEVER, SECOND, Micros

PATIENCE = MINUTE
"""How long a suspicion waits for a sign of life."""


class Fall(Detector):
    """Memory, one element a subject: ``since`` and ``device`` of the suspicion that stands
    (NEVER where none does), ``deadline`` while it waits, ``alive`` the latest sign of life."""

    kinds = ("fall", "fall_suspected")
    events = SIGNS_OF_LIFE | {"fall"}
    columns = {
        "deadline": (np.int64, NEVER),
        "since": (np.int64, NEVER),
        "device": (np.int32, -1),
        "alive": (np.int64, LONG_AGO),
    }

    def observe(self, news: News, out: list[Finding]) -> None:
        rows = np.flatnonzero(news.stirs)
        if len(rows):
            self._alive(news.slot[rows], news.measured_at[rows])

    def happen(self, event: Event, out: list[Finding]) -> None:
        if event.event == "fall":
            self._fall(event, out)
            return
        self._alive(np.array([event.slot], np.int32), event.happened_at)
        if event.event == "button_cancelled":
            self._take_back(event, out)

    def due(self, slots: Slots, out: list[Finding]) -> None:
        memory = self.memory
        for slot in slots.tolist():
            at, since = int(memory["deadline"][slot]), int(memory["since"][slot])
            device = int(memory["device"][slot])
            memory["deadline"][slot] = memory["since"][slot] = NEVER
            evidence = {"event": "fall", "no_sign_of_life_s": PATIENCE / SECOND}
            out.append(_concluded(at, slot, device, "fall", since, evidence))
            out.append(_became_fall(at, slot, device, since))

    def _alive(self, slots: Slots, at: Any) -> None:
        alive = np.maximum(self.memory["alive"][slots], at)
        self.memory["alive"][slots] = alive
        self.memory["deadline"][slots[alive > self.memory["since"][slots]]] = NEVER

    def _fall(self, event: Event, out: list[Finding]) -> None:
        if event.certainty == "suspected":
            self._suspect(event, out)
        elif event.certainty == "cleared":
            self._take_back(event, out)
        else:
            out.append(told(event, "fall"))
            self._confirm(event, out)

    def _suspect(self, event: Event, out: list[Finding]) -> None:
        """Begin to wait, unless a suspicion stands already or a sign of life is known."""
        finding, slot, memory = told(event, "fall_suspected"), event.slot, self.memory
        out.append(finding)
        if memory["since"][slot] != NEVER and memory["deadline"][slot] != NEVER:
            return
        memory["since"][slot], memory["device"][slot] = finding.since, event.device
        if memory["alive"][slot] <= finding.since:
            memory["deadline"][slot] = event.received_at + PATIENCE

    def _confirm(self, event: Event, out: list[Finding]) -> None:
        since = int(self.memory["since"][event.slot])
        if since != NEVER:
            device = int(self.memory["device"][event.slot])
            self.memory["since"][event.slot] = self.memory["deadline"][event.slot] = NEVER
            out.append(_became_fall(event.received_at, event.slot, device, since))

    def _take_back(self, event: Event, out: list[Finding]) -> None:
        """End the suspicion that stands; a cancellation from before it says nothing about it."""
        since = int(self.memory["since"][event.slot])
        if since == NEVER or event.happened_at < since:
            return
        self.memory["since"][event.slot] = self.memory["deadline"][event.slot] = NEVER
        device = int(self.memory["device"][event.slot])
        evidence = {"event": event.event, "certainty": "cleared"}
        out.append(
            _concluded(
                event.received_at, event.slot, device, "fall_suspected", since, evidence, True
            )
        )


def _became_fall(at: Micros, slot: int, device: int, since: Micros) -> Finding:
    return _concluded(at, slot, device, "fall_suspected", since, {"became": "fall"}, over=True)


def _concluded(
    at: Micros,
    slot: int,
    device: int,
    kind: str,
    since: Micros,
    evidence: dict[str, Any],
    over: bool = False,
) -> Finding:
    priority = KINDS[kind].priority
    return Finding(at, slot, device, kind, not over, since, priority, evidence, over=over)
