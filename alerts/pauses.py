"""What holds alerts back for a while: silences and absences. Pure.

A *silence* is made by somebody for alerts of some kinds and priorities of a resident, a device or
a team. An *absence* says that a resident is not at home, and pauses what their home tells of
them. Both end by themselves. Neither ever holds back what is of high priority, nor a kind of
:data:`ALWAYS_RING`: whoever presses a button is there, whatever the calendar says.

An alert that is held back is raised, and shown, and asks nobody until the pause is over.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from alerts.alert import AlertRow, Hold
from alerts.reasons import because
from domain.finding import Priority
from domain.time import DAY, Micros, iso

ALWAYS_RING: frozenset[str] = frozenset({"sos", "fall", "smoke", "gas", "carbon_monoxide"})
"""Kinds that nothing holds back, whatever their priority."""

OF_THE_BUILDING: frozenset[str] = frozenset({"water_leak"})
"""Kinds that an absence does not hold back: in an empty home they do more harm, not less."""

ABOUT_DEVICES: frozenset[str] = frozenset(
    {"device_silent", "battery_low", "device_fault", "clock_skew", "button_test_overdue"}
)
FOR_EVERYBODY: frozenset[str] = frozenset({"button", "fall", "ambient"})
"""Kinds of devices that serve whoever is at home, and not their resident alone."""

LONGEST_SILENCE: Micros = 7 * DAY
LONGEST_OF_FAMILY: Micros = DAY
"""The family may hold back what the station would be asked about, so for a day and no longer."""
LONGEST_ABSENCE: Micros = 92 * DAY
UNCONFIRMED: Micros = 7 * DAY
"""How long an absence without an end holds, from when it was last confirmed."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts of a resident, a device or a team that ask nobody; empty lists stand for all."""

    id: int
    starts: Micros
    ends: Micros
    by: str
    reason: str
    resident: str | None = None
    device: str | None = None
    team: str | None = None
    kinds: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()

    def covers(self, alert: AlertRow, priority: Priority, teams: Collection[str]) -> bool:
        """Whether the alert is one of these; of a device, where no other tells of it too."""
        if self.kinds and alert.kind not in self.kinds:
            return False
        if self.priorities and priority not in self.priorities:
            return False
        if self.device is not None:
            return set(alert.sources) == {self.device}
        if self.resident is not None:
            return alert.resident_id == self.resident
        return self.team in teams

    def hold(self) -> Hold:
        until = iso(self.ends)
        why = because("silenced_until", person=self.by, until=until, note=self.reason)
        return Hold(self.ends, f"silence:{self.id}", why)


@dataclass(frozen=True, slots=True)
class Absence:
    """A resident is not at home."""

    id: int
    resident: str
    cause: str
    starts: Micros
    ends: Micros

    def hold(self) -> Hold:
        until = iso(self.ends)
        why = because("absent_until", resident=self.resident, cause=self.cause, until=until)
        return Hold(self.ends, f"absence:{self.id}", why)


@dataclass(frozen=True, slots=True)
class Pauses:
    """The silences and absences around some alerts.

    ``housemates`` of each absent resident; ``devices`` are kinds by the device's id, of those
    that are placed with absent residents.
    """

    silences: Sequence[Silence] = ()
    absences: Sequence[Absence] = ()
    housemates: Mapping[str, Collection[str]] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)

    def hold(
        self, alert: AlertRow, priority: Priority, teams: Collection[str], now: Micros
    ) -> Hold | None:
        """What holds the alert back at ``now``, as one of that priority: the last to end.

        ``teams`` are the alert's team and those above it.
        """
        if priority == "high" or alert.kind in ALWAYS_RING:
            return None
        holds = [each.hold() for each in _at(self.silences, now)
                 if each.covers(alert, priority, teams)]  # fmt: skip
        if not self._rings_all_the_same(alert, now):
            holds += [each.hold() for each in self._absent(alert.resident_id, now)]
        return max(holds, key=lambda hold: hold.until, default=None)

    def _absent(self, resident: str | None, now: Micros) -> Iterator[Absence]:
        return (each for each in _at(self.absences, now) if each.resident == resident)

    def _rings_all_the_same(self, alert: AlertRow, now: Micros) -> bool:
        """Whether it matters although the resident is away: to others, or to the building."""
        if alert.kind in OF_THE_BUILDING:
            return True
        if alert.kind not in ABOUT_DEVICES:
            return False
        others = self.housemates.get(alert.resident_id or "", ())
        somebody = any(not any(self._absent(other, now)) for other in others)
        return somebody and any(self.devices.get(each) in FOR_EVERYBODY for each in alert.sources)


Pause = TypeVar("Pause", Silence, Absence)


def _at(pauses: Iterable[Pause], now: Micros) -> Iterator[Pause]:
    return (each for each in pauses if each.starts <= now < each.ends)
