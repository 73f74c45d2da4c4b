"""A bed that sends the raw signal of its sensor, and leaves it to others to make sense of it."""

import numpy as np

from domain.time import SECOND, Micros
from simulators.bed_signal import BedSignal, Counts, Person, Sensor
from simulators.device import Device
from simulators.message import Message, message, milliseconds
from simulators.residents import Moment, Resident

RATE = 100
MESSAGE_S = 4
_STIRS = 0.3
"""Less movement than this of a resident is not felt beside heart and breath."""
_CROSSING_S = 3
"""How long somebody sits up or lies down."""


class RawBed(Device):
    """Counts at 100 a second, four seconds a message; no rates and no events."""

    firmware = "bed-raw-0.4.0"

    def __init__(self, id_: str, resident: Resident, begin: Micros, seed: int = 7) -> None:
        super().__init__(id_, resident, begin, MESSAGE_S * SECOND, seed)
        gain = self.random.uniform(20, 200)
        self._body = BedSignal(
            Sensor(RATE, gain, 2.0**15, 16, snr_db=15), Person.of(self.random), self.random
        )
        self._in_bed: bool | None = None
        self._crossing = 0

    def _rhythm(self, now: Micros) -> list[Message]:
        begin = now - MESSAGE_S * SECOND
        counts = [self._second(begin + n * SECOND) for n in range(MESSAGE_S)]
        said = {
            "t": milliseconds(begin),
            "rate": RATE,
            "signal": "bed",
            "unit": "count",
            "values": np.concatenate(counts).tolist(),
        }
        return [message(now, self.id, "wave", said)]

    def _second(self, at: Micros) -> Counts:
        moment = self.resident.moment(at)
        movement = moment.movement if moment.movement > _STIRS else 0.0
        if self._crosses(moment):
            movement = 0.6
        return self._body.piece(RATE, moment.heart_rate, moment.respiration_rate or None, movement)

    def _crosses(self, moment: Moment) -> bool:
        """Whether they are just getting in or out."""
        if self._in_bed not in (None, moment.in_bed):
            self._crossing = _CROSSING_S
        self._in_bed = moment.in_bed
        self._crossing -= 1
        return self._crossing >= 0
