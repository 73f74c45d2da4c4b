"""Which policy holds for an alert, and those that a fresh database has.

The most specific one holds: that of the nearest team upwards that has one, and there that of
the kind before that of all kinds. An alert keeps the version of the policy that it was raised
under.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.alert import AlertRow
from alerts.policy import Policy, Step
from domain.finding import Priority
from domain.time import MINUTE, SECOND

EVERYBODY: frozenset[str] = frozenset({"family", "station", "centre", "contacts", "handover"})
"""The parties of the default policies."""


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a moment, and old versions that open alerts still keep.

    ``in_force`` by team, priority and kind (None stands for all).
    """

    in_force: Mapping[tuple[str | None, Priority, str | None], Policy]
    versions: Mapping[int, Policy] = field(default_factory=dict)

    @classmethod
    def of(cls, policies: Iterable[Policy], old: Iterable[Policy] = ()) -> "Policies":
        """These, with the default's for a priority that no policy for all teams has."""
        given = {(each.team, each.priority, each.kind): each for each in policies}
        versions = {each.id: each for each in (*old, *given.values()) if each.id is not None}
        return cls({**_DEFAULT, **given}, versions)

    @classmethod
    def default(cls) -> "Policies":
        """The policies that a fresh database has."""
        return cls(_DEFAULT)

    def find(self, teams: Sequence[str], priority: Priority, kind: str) -> Policy:
        """The most specific policy; ``teams`` are the alert's team and those above, in order."""
        for team in (*teams, None):
            for of_kind in (kind, None):
                found = self.in_force.get((team, priority, of_kind))
                if found is not None:
                    return found
        return _DEFAULT[None, priority, None]

    def of_alert(self, alert: AlertRow, teams: Sequence[str]) -> Policy:
        """The version that the alert was raised under; where that is unknown, today's."""
        kept = None if alert.policy_id is None else self.versions.get(alert.policy_id)
        return kept or self.find(teams, alert.priority, alert.kind)

    def parties(self) -> frozenset[str]:
        """All that any of these policies asks."""
        all_of_them = (*self.in_force.values(), *self.versions.values())
        return frozenset(party for policy in all_of_them for party in policy.parties())


_DEFAULT: Mapping[tuple[str | None, Priority, str | None], Policy] = {
    (None, policy.priority, None): policy
    for policy in (
        Policy(
            "high",
            (
                Step(("family", "station"), 60 * SECOND),
                Step(("centre",), 120 * SECOND),
                Step(("family", "station", "centre", "contacts", "handover"), 120 * SECOND),
            ),
        ),
        Policy(
            "medium",
            (
                Step(("family",), 3 * MINUTE),
                Step(("station",), 7 * MINUTE),
                Step(("centre",), 10 * MINUTE),
            ),
        ),
        Policy("low", (Step(("station",), None, quiet=True),)),
    )
}
