"""fall, from a worn sensor's signal: a jolt that a learned model takes for one; fall_suspected.

What a jolt looked like is measured by ``ingest.signals.acceleration``; how sure it was a fall is
the sum of the boosted trees in ``impact.json``, one set for the trunk, one for the wrist, one for
sensors of which nobody said where they are worn. A jolt is judged when 6 s behind it are known,
or, when the signal ends before that, by what there is when the next message is 5 s overdue (it
may take as long as the one before). Jolts within 30 s of a fall belong to it: somebody gets up,
or is picked up. Where the signal ends within 1.5 s of a strong jolt, nothing is known of what came
of it: that is ``fall_suspected``, whatever the jolt was like.

For the trunk there is one more set, which knows from the person's own walking which way is up: so
it knows who lay before (rolling over, sitting up) and who is upright afterwards. Where there is an
upright it decides; but sensors are turned and people fall out of bed, so it takes away no more
than ``TRUST`` from what the first set says, and what that is sure of stays a fall.

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
from domain.time import MINUTE, NEVER, SECOND, Micros, iso

MODELS = Path(__file__).with_name("impact.json")
SILENCE: Micros = 5 * SECOND
"""When the next message is so long overdue, a jolt is judged by what there is."""
UNSEEN: Micros = 1_400_000
"""A jolt with less than this behind it cannot be judged, only suspected."""
ONE_FALL: Micros = 30 * SECOND
"""Jolts this near to a fall are part of it."""
PLACEMENTS: tuple[str | None, ...] = (None, "waist", "wrist", "chest", "pocket")
TRAINED: Mapping[str | None, str] = {"waist": "waist", "chest": "waist", "wrist": "wrist"}
"""Which model judges which placement; any other the general one."""
UPRIGHT = "upright"
"""The model for the trunk where it is known which way is up."""
TRUST = 5.0
"""How much less it may say than the one that does not know (log odds)."""

_SETTLED: Micros = SECOND
"""Stillness is looked for from so long after the jolt on."""


class Impacts(Detector):
    """Memory, one element a device: the jolt that would be a fall if nothing followed
    (``since``, NEVER where there is none), when it is judged (``deadline``), what is known of it,
    and the latest ``fall``."""

    kinds = ("fall", "fall_suspected")
    keyed_by = "device"
    events = frozenset({"impact"})
    columns = {
        "deadline": (np.int64, NEVER),
        "since": (np.int64, NEVER),
        "until": (np.int64, LONG_AGO),
        "fall": (np.int64, LONG_AGO),
        "subject": (np.int32, -1),
        "placement": (np.int8, 0),
        "known": (np.float32, np.nan, 5),
    }

    def __init__(self, models: Mapping[str, Any] | None = None) -> None:
        """``models`` are numbers as in the file, where they are not to be the file's."""
        super().__init__()
        numbers = read(MODELS)
        used = models or numbers["models"]
        self._models = {name: Trees(model) for name, model in used.items()}
        names = list(numbers["features"])
        self._peak, self._turn, self._still, self._leaning = (
            names.index(name)
            for name in ("peak_g", "posture_change_deg", "still_share", "leaning_before_deg")
        )

    def happen(self, event: Event, out: list[Finding]) -> None:
        if not isinstance(event, Impact):
            return
        score = self._score(event)
        self._forget_jolt(event)
        if self.unseen(event):
            self._suspect(event, score)
        elif score >= self._limit(event.placement):
            self._remember(event, score)
            if event.whole:
                self._conclude(event.device, event.received_at, out)

    def _suspect(self, event: Impact, score: float) -> None:
        """Wait for more of this jolt, unless another one is taken for a fall already."""
        if self.memory["since"][event.device] == NEVER:
            self._remember(event, score)

    def unseen(self, impact: Impact) -> bool:
        """Whether too little is known behind a jolt to judge it."""
        return impact.seen_until - impact.happened_at < UNSEEN

    def margin(self, impact: Impact) -> float:
        """How far above its model's limit a jolt's score is."""
        return self._score(impact) - self._limit(impact.placement)

    def _score(self, impact: Impact) -> float:
        name = TRAINED.get(impact.placement, "general")
        plain = self._models[name].score(impact.features)
        if name != "waist" or impact.features[self._leaning] < 0:
            return plain
        return max(self._models[UPRIGHT].score(impact.features), plain - TRUST)

    def _limit(self, placement: str | None) -> float:
        return self._models[TRAINED.get(placement, "general")].limit

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
        memory["deadline"][device] = event.received_at + event.message + SILENCE
        memory["subject"][device] = event.slot
        memory["placement"][device] = PLACEMENTS.index(event.placement) if known else 0
        behind = max(event.seen_until - event.happened_at - _SETTLED, 0) / SECOND
        memory["known"][device] = (
            score,
            event.features[self._peak],
            event.features[self._turn],
            event.features[self._still] * behind,
            event.features[self._leaning],
        )

    def _forget_jolt(self, event: Impact) -> None:
        """Forget what was thought of this jolt, and a suspicion of which no more was said since."""
        memory, device = self.memory, event.device
        since, until = int(memory["since"][device]), int(memory["until"][device])
        stale = until - since < UNSEEN and event.seen_until > until
        if since != NEVER and (since == event.happened_at or stale):
            memory["since"][device] = memory["deadline"][device] = NEVER

    def _conclude(self, device: int, at: Micros, out: list[Finding]) -> None:
        """It was a fall, or may have been one; told of once."""
        memory = self.memory
        since, subject = int(memory["since"][device]), int(memory["subject"][device])
        memory["since"][device] = memory["deadline"][device] = NEVER
        if abs(since - int(memory["fall"][device])) < ONE_FALL:
            return
        seen = int(memory["until"][device]) - since >= UNSEEN
        kind = "fall" if seen else "fall_suspected"
        if seen:
            memory["fall"][device] = since
        late = {"late": True} if at - since > MINUTE else {}
        evidence = self._evidence(device) | {"happened_at": iso(since)} | late
        priority = KINDS[kind].priority
        key = f"impact@{since}"
        out.append(Finding(at, subject, device, kind, True, since, priority, evidence, key=key))

    def _evidence(self, device: int) -> dict[str, Any]:
        placement = PLACEMENTS[int(self.memory["placement"][device])]
        known = self.memory["known"][device]
        score, peak, turn, still, leaning = (float(value) for value in known)
        return {
            "source": "wave",
            "placement": placement,
            "peak_g": round(peak, 2),
            "posture_change_deg": round(turn, 1),
            "stillness_s": round(still, 1),
            "leaning_before_deg": round(leaning, 1) if leaning >= 0 else None,
            "score": round(score, 2),
            "limit": self._limit(placement),
        }
