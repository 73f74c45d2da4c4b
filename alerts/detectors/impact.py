"""fall, from a worn sensor's signal: a jolt that a learned model takes for a fall.

What a jolt looked like is measured by ``ingest.signals.acceleration``; how sure it was a fall is
the sum of the boosted trees in ``impact.json``, one set for the trunk, one for the wrist, one for
sensors of which nobody said where they are worn. A jolt is judged when 6 s behind it are known,
or, when the signal ends before that, by what there is after 5 s of silence. Jolts within 30 s
of a fall belong to it: somebody gets up, or is picked up.

The file names its training command, its data and its scores.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from alerts.detectors.detector import Detector
from alerts.detectors.news import LONG_AGO
from alerts.detectors.trees import Trees, read
from domain.event import Event, Impact
from domain.finding import KINDS, Finding
from domain.sample import Slots
from domain.time import MINUTE, NEVER, SECOND, Micros

MODELS = Path(__file__).with_name("impact.json")
SILENCE: Micros = 5 * SECOND
"""After so long without more of the signal, a jolt is judged by what there is."""
ONE_FALL: Micros = 30 * SECOND
"""Jolts this near to a fall are part of it."""
PLACEMENTS: tuple[str | None, ...] = (None, "waist", "wrist", "chest", "pocket")
TRAINED: Mapping[str | None, str] = {"waist": "waist", "chest": "waist", "wrist": "wrist"}
"""Which model judges which placement; any other the general one."""

_SETTLED: Micros = SECOND
"""Stillness is looked for from so long after the jolt on."""


class Impacts(Detector):
    """Memory, one element a device: the jolt that would be a fall if nothing followed
    (``since``, NEVER where there is none), when it is judged (``deadline``), what is known of it,
    and the latest ``fall``."""

    kinds = ("fall",)
    keyed_by = "device"
    events = frozenset({"impact"})
    columns = {
        "deadline": (np.int64, NEVER),
        "since": (np.int64, NEVER),
        "until": (np.int64, LONG_AGO),
        "fall": (np.int64, LONG_AGO),
        "subject": (np.int32, -1),
        "placement": (np.int8, 0),
        "known": (np.float32, np.nan, 4),
    }

    def __init__(self, models: Mapping[str, Any] | None = None) -> None:
        """``models`` are numbers as in the file, where they are not to be the file's."""
        super().__init__()
        numbers = read(MODELS)
        used = models or numbers["models"]
        self._models = {name: Trees(model) for name, model in used.items()}
        names = list(numbers["features"])
        self._peak, self._turn, self._still = (
            names.index(name) for name in ("peak_g", "posture_change_deg", "still_share")
        )

    def happen(self, event: Event, out: list[Finding]) -> None:
        if not isinstance(event, Impact):
            return
        model = self._models[TRAINED.get(event.placement, "general")]
        score = model.score(event.features)
        if event.whole:
            self._forget_jolt(event)
        if score >= model.limit:
            self._remember(event, score)
            if event.whole:
                self._conclude(event.device, event.received_at, out)
        elif self.memory["since"][event.device] == event.happened_at:
            self._forget_jolt(event)

    def margin(self, impact: Impact) -> float:
        """How far above its model's limit a jolt's score is."""
        model = self._models[TRAINED.get(impact.placement, "general")]
        return model.score(impact.features) - model.limit

    def due(self, slots: Slots, out: list[Finding]) -> None:
        for device in slots.tolist():
            self._conclude(device, int(self.memory["deadline"][device]), out)

    def _remember(self, event: Impact, score: float) -> None:
        """Take this jolt for the one that may be a fall; of several at a time, the likeliest."""
        memory, device = self.memory, event.device
        rival = memory["since"][device] != NEVER and memory["until"][device] == event.seen_until
        if rival and not event.whole and memory["known"][device, 0] >= score:
            return
        known = event.placement in PLACEMENTS
        memory["since"][device] = event.happened_at
        memory["until"][device] = event.seen_until
        memory["deadline"][device] = event.received_at + SILENCE
        memory["subject"][device] = event.slot
        memory["placement"][device] = PLACEMENTS.index(event.placement) if known else 0
        behind = (event.seen_until - event.happened_at - _SETTLED) / SECOND
        memory["known"][device] = (
            score,
            event.features[self._peak],
            event.features[self._turn],
            event.features[self._still] * behind,
        )

    def _forget_jolt(self, event: Impact) -> None:
        if self.memory["since"][event.device] == event.happened_at:
            self.memory["since"][event.device] = self.memory["deadline"][event.device] = NEVER

    def _conclude(self, device: int, at: Micros, out: list[Finding]) -> None:
        """It was a fall; told of once."""
        memory = self.memory
        since, subject = int(memory["since"][device]), int(memory["subject"][device])
        memory["since"][device] = memory["deadline"][device] = NEVER
        if abs(since - int(memory["fall"][device])) < ONE_FALL:
            return
        memory["fall"][device] = since
        evidence = self._evidence(device) | ({"late": True} if at - since > MINUTE else {})
        priority = KINDS["fall"].priority
        key = f"impact@{since}"
        out.append(Finding(at, subject, device, "fall", True, since, priority, evidence, key=key))

    def _evidence(self, device: int) -> dict[str, Any]:
        placement = PLACEMENTS[int(self.memory["placement"][device])]
        score, peak, turn, still = (float(value) for value in self.memory["known"][device])
        return {
            "source": "wave",
            "placement": placement,
            "peak_g": round(peak, 2),
            "posture_change_deg": round(turn, 1),
            "stillness_s": round(still, 1),
            "score": round(score, 2),
            "limit": self._models[TRAINED.get(placement, "general")].limit,
        }
