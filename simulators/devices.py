"""Devices that do what real ones do: pure, told the time, answering with messages.

A device names the instant at which it wants to act (``next_at``); whoever runs it calls
:meth:`Device.act` then, and :meth:`Device.hear` when a receipt or command arrives.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from domain.time import MINUTE, NEVER, SECOND, Micros
from simulators import signals
from simulators.message import MILLISECOND, Message, message, milliseconds
from simulators.residents import ON_THEIR_FEET, Incident, Resident

RESEND: Micros = 5 * SECOND
"""A button that has no ``stored`` by then sends again."""

WAVE_RATE = 50
_PIECE_S = 4.0

Line = Callable[[Micros], Message | None]
"""Says something, told the time; or finds that there is nothing left to say."""


class Device:
    """What all devices share: status and will, a rhythm, commands, a death and a return.

    ``period``: microseconds between two calls of ``_rhythm``; the first comes within one period
    after ``begin``, so that devices do not all speak at once.
    """

    firmware = "1.4.2"

    def __init__(
        self, id_: str, resident: Resident, begin: Micros, period: Micros, seed: int = 7
    ) -> None:
        self.id = id_
        self.resident = resident
        self.random = np.random.default_rng((seed, crc32(id_.encode())))
        self.period = period
        self._battery = self.random.uniform(60, 100)
        self._begin = begin
        self._beat = begin + int(self.random.integers(period)) // MILLISECOND * MILLISECOND
        self._script: list[tuple[Micros, int, Line]] = []
        self._lines = 0
        self._dead_until: Micros | None = None
        self.plan([(begin, self._status)])

    @property
    def will(self) -> tuple[str, bytes]:
        """Topic and payload that the broker sends when the device falls silent."""
        return f"cw/v1/{self.id}/status", b'{"online":false}'

    @property
    def next_at(self) -> Micros:
        """When it wants to act."""
        planned = self._script[0][0] if self._script else NEVER
        return min(self._beat, planned)

    def act(self, now: Micros) -> list[Message]:
        """Everything that it says at ``now``, which is not before ``next_at``."""
        said: list[Message] = []
        while self._script and self._script[0][0] <= now:
            if (line := heapq.heappop(self._script)[2](now)) is not None:
                said.append(line)
        if self._beat <= now:
            self._beat += self.period
            said += self._rhythm(now)
        return self._unless_dead(said, now)

    def hear(self, what: str, said: Mapping[str, Any], now: Micros) -> list[Message]:
        """Answer a receipt or a command; anything else is passed over."""
        if what != "command" or not isinstance(said.get("id"), str):
            return []
        ok = said.get("command") in ("identify", "test", "configure")
        return [message(now, self.id, "result", {"id": said["id"], "ok": ok})]

    def plan(self, script: Iterable[tuple[Micros, Line]]) -> None:
        """Say these things at their time."""
        for at, line in script:
            self._lines += 1
            heapq.heappush(self._script, (at, self._lines, line))

    def dies(self, at: Micros, until: Micros) -> None:
        """Fall silent without a farewell, and come back at ``until``."""
        self.plan([(at, partial(self._die, until=until)), (until, self._return)])

    def _rhythm(self, now: Micros) -> list[Message]:
        raise NotImplementedError

    def _sign_of_life(self, now: Micros) -> Message:
        said = {
            "t": milliseconds(now),
            "battery": self._charge(now),
            "rssi": int(self.random.integers(-75, -55)),
        }
        return message(now, self.id, "sample", said)

    def _charge(self, now: Micros) -> int:
        """Percent left; half a percent a day is used up."""
        return max(round(self._battery - 0.5 * (now - self._begin) / (24 * 60 * MINUTE)), 20)

    def _status(self, now: Micros) -> Message:
        said = {"online": True, "firmware": self.firmware, "battery": self._charge(now)}
        return message(now, self.id, "status", said, retain=True)

    def _die(self, now: Micros, until: Micros) -> Message:
        self._dead_until = until
        topic, payload = self.will
        return Message(now, self.id, topic, payload, retain=True, will=True)

    def _return(self, now: Micros) -> Message:
        self._dead_until = None
        return self._status(now)

    def _unless_dead(self, said: list[Message], now: Micros) -> list[Message]:
        dead = self._dead_until is not None and now < self._dead_until
        return [each for each in said if each.will] if dead else said


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
        return [_event(now, self.id, "bed_entry" if in_bed else "bed_exit")]


class FallDetector(Device):
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
            _event, device=self.id, event="fall", happened=incident.at, certainty=certainty
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


class Button(Device):
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
        press = _event(now, self.id, "button_pressed")
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
            smoke = partial(_event, device=self.id, event="smoke", active=active)
            self.plan([(at, smoke)])

    def _rhythm(self, now: Micros) -> list[Message]:
        activity = self.resident.activity(now)
        before, self._before = self._before, activity
        said = self._door(before, activity, now)
        if activity in ON_THEIR_FEET and (before != activity or now >= self._next_motion):
            self._next_motion = now + round(self.random.uniform(1, 4) * MINUTE)
            said.append(_event(now, self.id, "motion", place="living room"))
        if now >= self._next_air:
            self._next_air = now + self._AIR_EVERY
            said.append(self._air(now, activity))
        return said

    def _door(self, before: str | None, activity: str, now: Micros) -> list[Message]:
        if before is None or (before == "out") == (activity == "out"):
            return []
        closing = now + 5 * SECOND
        closed = partial(_event, device=self.id, event="door_closed", place="front door")
        self.plan([(closing, closed)])
        return [_event(now, self.id, "door_opened", place="front door")]

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


def _event(
    now: Micros, device: str, event: str, happened: Micros | None = None, **more: Any
) -> Message:
    """An event message; its id follows from its time, so that a resent one is recognised."""
    at = milliseconds(now if happened is None else happened)
    said = {"t": at, "id": f"{event}-{at}", "event": event, **more}
    return message(now, device, "event", said)
