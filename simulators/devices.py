"""Bed, fall detector, button and room sensor, each doing what a real one does."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from domain.time import DAY, HOUR, MINUTE, SECOND, Micros
from simulators import signals
from simulators.device import Device, event
from simulators.message import Message, message, milliseconds
from simulators.residents import ON_THEIR_FEET, Incident, Resident

RESEND: Micros = 5 * SECOND
"""A button that has no ``stored`` by then sends again."""

TEST_EVERY: Micros = 7 * DAY
"""How often somebody tries a device for emergencies."""
_TEST_HOURS = range(9, 19)
"""On the resident's clock."""

WAVE_RATE = 50
_PIECE_S = 4.0


class Bed(Device):
    """A bed that measures heart, breath and movement, ``1 / period`` times a second."""

    firmware = "bed-2.1.0"
    _SPO2_EVERY: Micros = 10 * SECOND

    def __init__(
        self, id_: str, resident: Resident, begin: Micros, period: Micros, seed: int = 7
    ) -> None:
        super().__init__(id_, resident, begin, period, seed)
        self._seq = 0
        self._in_bed: bool | None = None
        self._next_spo2 = begin

    def _rhythm(self, now: Micros) -> list[Message]:
        moment = self.resident.moment(now)
        self._seq += 1
        said: dict[str, Any] = {"t": milliseconds(now), "seq": self._seq}
        if moment.heart_rate is not None and moment.respiration_rate is not None:
            # A pause counts as "no breath seen" only once it is longer than what one reports on.
            paused = moment.breathless_s * SECOND >= max(self.period, 3 * SECOND)
            said["heart_rate"] = round(moment.heart_rate)
            said["respiration_rate"] = 0 if paused else round(moment.respiration_rate, 1)
            if moment.respiration_rate == 0 and not paused:
                del said["respiration_rate"]
        said["in_bed"] = moment.in_bed
        said["movement"] = round(moment.movement, 2)
        if moment.in_bed:
            said["signal_quality"] = round(moment.signal_quality, 2)
            if now >= self._next_spo2:
                self._next_spo2 = now + self._SPO2_EVERY
                said["spo2"] = round(moment.spo2)
        return [*self._crossing(moment.in_bed, now), message(now, self.id, "sample", said)]

    def _crossing(self, in_bed: bool, now: Micros) -> list[Message]:
        before, self._in_bed = self._in_bed, in_bed
        if before is None or before == in_bed:
            return []
        return [event(now, self.id, "bed_entry" if in_bed else "bed_exit")]


class ForEmergencies(Device):
    """A device that somebody tries once a week, in the daytime, on a day of its own."""

    def __init__(
        self, id_: str, resident: Resident, begin: Micros, period: Micros, seed: int = 7
    ) -> None:
        super().__init__(id_, resident, begin, period, seed)
        minutes = 1 + crc32(id_.encode()) % (6 * DAY // MINUTE)
        self.plan([(begin + minutes * MINUTE, self._test)])

    def _test(self, now: Micros) -> Message | None:
        if int(self.resident.days.hour(now)) not in _TEST_HOURS:
            self.plan([(now + HOUR, self._test)])
            return None
        self.plan([(now + TEST_EVERY, self._test)])
        return event(now, self.id, "button_test")


class FallDetector(ForEmergencies):
    """A worn sensor: falls as events, and some seconds of acceleration around them.

    Walking and sitting down are sent now and then too, so that a listener hears more than falls.
    """

    firmware = "fall-3.0.7"
    _WAVE_CHANCE = 0.1
    """Of a wave at each minute spent on one's feet."""

    def _rhythm(self, now: Micros) -> list[Message]:
        said = [self._sign_of_life(now)]
        on_feet = self.resident.activity(now) in ON_THEIR_FEET
        if self.random.random() < self._WAVE_CHANCE and on_feet:
            make = signals.walking if self.random.random() < 0.7 else signals.sitting_down
            said.append(self._wave(now, make(_PIECE_S, WAVE_RATE, self.random)))
        return said

    def falls(self, incident: Incident) -> None:
        """Tell of a fall: the event a second after it, the waveform in three pieces."""
        certainty = "confirmed" if incident.kind == "fall" else "suspected"
        axes = signals.falling(_PIECE_S, 2 * _PIECE_S, WAVE_RATE, self.random)
        piece = int(_PIECE_S * WAVE_RATE)
        for number in range(3):
            end = incident.at + number * round(_PIECE_S * SECOND)
            part = axes[:, number * piece : (number + 1) * piece]
            self.plan([(end, partial(self._wave, axes=part))])
        fall = partial(
            event, device=self.id, what="fall", happened=incident.at, certainty=certainty
        )
        self.plan([(incident.at + SECOND, fall)])

    def _wave(self, end: Micros, axes: signals.Axes) -> Message:
        begin = end - axes.shape[1] * SECOND // WAVE_RATE
        x, y, z = np.round(axes, 3).tolist()
        said = {
            "t": milliseconds(begin),
            "rate": WAVE_RATE,
            "signal": "acceleration",
            "unit": "g",
            "placement": "waist",
            "x": x,
            "y": y,
            "z": z,
        }
        return message(end, self.id, "wave", said)


class Button(ForEmergencies):
    """An emergency button. A press is sent again every 5 s until it is known to be stored."""

    firmware = "button-1.1.3"

    def __init__(
        self, id_: str, resident: Resident, begin: Micros, period: Micros, seed: int = 7
    ) -> None:
        super().__init__(id_, resident, begin, period, seed)
        self._unheard: dict[str, Message] = {}

    def pressed(self, at: Micros) -> None:
        """Somebody will press it at that instant."""
        self.plan([(at, self._press)])

    def hear(self, what: str, said: Mapping[str, Any], now: Micros) -> list[Message]:
        if what == "receipt" and said.get("state") in ("stored", "accepted", "resolved"):
            self._unheard.pop(str(said.get("event")), None)
        return super().hear(what, said, now)

    @property
    def waiting(self) -> int:
        """How many presses nobody has answered yet."""
        return len(self._unheard)

    def _press(self, now: Micros) -> Message:
        press = event(now, self.id, "button_pressed")
        name = json.loads(press.payload)["id"]
        self._unheard[name] = press
        self.plan([(now + RESEND, partial(self._resend, name=name))])
        return press

    def _resend(self, now: Micros, name: str) -> Message | None:
        if (press := self._unheard.get(name)) is None:
            return None
        self.plan([(now + RESEND, partial(self._resend, name=name))])
        return replace(press, at=now)

    def _rhythm(self, now: Micros) -> list[Message]:
        return [self._sign_of_life(now)]


class Ambient(Device):
    """A room sensor: motion, the front door, smoke, and the air."""

    firmware = "room-0.9.1"
    _AIR_EVERY: Micros = 5 * MINUTE

    def __init__(
        self, id_: str, resident: Resident, begin: Micros, period: Micros, seed: int = 7
    ) -> None:
        super().__init__(id_, resident, begin, period, seed)
        self._before: str | None = None
        self._next_motion = self._next_air = begin
        self._warmth = signals.Drift(3600, 0.6)

    def smokes(self, incident: Incident) -> None:
        """Smell smoke from ``at`` until ``until``."""
        for at, active in ((incident.at, True), (incident.until, False)):
            smoke = partial(event, device=self.id, what="smoke", active=active)
            self.plan([(at, smoke)])

    def _rhythm(self, now: Micros) -> list[Message]:
        activity = self.resident.activity(now)
        before, self._before = self._before, activity
        said = self._door(before, activity, now)
        if activity in ON_THEIR_FEET and (before != activity or now >= self._next_motion):
            self._next_motion = now + round(self.random.uniform(1, 4) * MINUTE)
            said.append(event(now, self.id, "motion", place="living room"))
        if now >= self._next_air:
            self._next_air = now + self._AIR_EVERY
            said.append(self._air(now, activity))
        return said

    def _door(self, before: str | None, activity: str, now: Micros) -> list[Message]:
        if before is None or (before == "out") == (activity == "out"):
            return []
        closing = now + 5 * SECOND
        closed = partial(event, device=self.id, what="door_closed", place="front door")
        self.plan([(closing, closed)])
        return [event(now, self.id, "door_opened", place="front door")]

    def _air(self, now: Micros, activity: str) -> Message:
        home = activity != "out"
        said = {
            "t": milliseconds(now),
            "presence": home,
            "temperature": round(21.5 + self._warmth.at(now, self.random), 1),
            "humidity": round(45 + 3 * self.random.standard_normal(), 1),
            "co2": round(480 + 320 * home + 20 * self.random.standard_normal()),
            "battery": self._charge(now),
        }
        return message(now, self.id, "sample", said)
