"""smoke, gas, carbon_monoxide and water_leak: while a sensor says so."""

import numpy as np

from alerts.detectors.detector import Detector, told
from alerts.detectors.news import LONG_AGO
from domain.event import Event
from domain.finding import Finding

HAZARDS = ("smoke", "gas", "carbon_monoxide", "water_leak")


class Hazard(Detector):
    """Active until the same sensor says that it is not.

    An alarm that arrives after a newer all-clear is told, and told to be over.
    Memory, one row a device and one column a hazard: when it last was ``on`` and ``off``.
    """

    kinds = HAZARDS
    keyed_by = "device"
    events = frozenset(HAZARDS)
    columns = {
        "on": (np.int64, LONG_AGO, len(HAZARDS)),
        "off": (np.int64, LONG_AGO, len(HAZARDS)),
    }

    def happen(self, event: Event, out: list[Finding]) -> None:
        place = event.device, HAZARDS.index(event.event)
        on, off = self.memory["on"], self.memory["off"]
        if event.active is False:
            off[place] = max(off[place], event.happened_at)
            if off[place] >= on[place]:
                out.append(told(event, event.event, active=False))
            return
        on[place] = max(on[place], event.happened_at)
        out.append(told(event, event.event))
        if on[place] < off[place]:
            out.append(told(event, event.event, active=False))
