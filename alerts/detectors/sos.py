"""sos: somebody pressed an emergency button."""

from alerts.detectors.detector import Detector, told
from domain.event import Event
from domain.finding import Finding


class Sos(Detector):
    """Every press counts, and only a person ends it; a test or a cancellation raises nothing."""

    kinds = ("sos",)
    events = frozenset({"button_pressed"})

    def happen(self, event: Event, out: list[Finding]) -> None:
        out.append(told(event, "sos"))
