"""Who may do what: the only place that decides it.

Two questions, in this order. May this *role* use this call at all (:data:`MAY`; 403 where it
may not)? And is this *thing* among the caller's own (:class:`Viewer`; 404 where it is not, the
same as for what does not exist)? Lists are restricted in SQL by :meth:`Viewer.scope`, and live
changes by :meth:`Viewer.sees`; both say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from domain.time import Micros

Role = Literal["family", "station", "centre", "vendor", "admin"]
ROLES: frozenset[Role] = frozenset(get_args(Role))

_EVERYONE = ROLES
_CARERS: frozenset[Role] = frozenset({"family", "station", "centre", "admin"})
_STAFF: frozenset[Role] = frozenset({"station", "centre", "admin"})
_TECHNICIANS: frozenset[Role] = frozenset({"station", "centre", "vendor", "admin"})
_ADMIN: frozenset[Role] = frozenset({"admin"})

MAY: Mapping[str, frozenset[Role]] = {
    "log_out": _EVERYONE,
    "who_am_i": _EVERYONE,
    "list_alerts": _CARERS,
    "get_alert": _CARERS,
    "get_alert_signal": _CARERS,
    "accept_alert": _CARERS,
    "reject_alert": _CARERS,
    "withdraw_alert": _CARERS,
    "alert_on_the_way": _CARERS,
    "alert_arrive": _CARERS,
    "resolve_alert": _CARERS,
    "follow_feed": _CARERS,
    "list_residents": _CARERS,
    "get_resident": _CARERS,
    "resident_samples": _CARERS,
    "resident_events": _CARERS,
    "create_resident": _STAFF,
    "change_resident": _STAFF,
    "list_devices": _EVERYONE,
    "get_device": _EVERYONE,
    "create_device": _TECHNICIANS,
    "change_device": _STAFF,
    "rotate_device": _TECHNICIANS,
    "remove_device": _TECHNICIANS,
    "list_commands": _TECHNICIANS,
    "send_command": _TECHNICIANS,
    "model_thresholds": _ADMIN,
    "set_model_thresholds": _ADMIN,
    "list_quarantine": _TECHNICIANS,
    "list_teams": _STAFF,
    "get_team": _STAFF,
    "create_team": _ADMIN,
    "change_team": _ADMIN,
    "list_users": _ADMIN,
    "get_user": _ADMIN,
    "create_user": _ADMIN,
    "change_user": _ADMIN,
}
"""Roles that may use a call, by the name of its route. A call that is not listed is nobody's."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A logged-in account, and what is its own.

    ``residents``  the family circle's residents
    ``teams``      the account's team and all below it (stations and centres)
    ``vendor``     the vendor whose devices are the account's own
    """

    account_id: str
    username: str
    name: str
    role: Role
    expires_at: Micros
    team_id: str | None = None
    residents: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    vendor: str | None = None

    @property
    def everything(self) -> bool:
        return self.role == "admin"

    @property
    def unowned(self) -> bool:
        """Whether it answers for what belongs to no team: somebody has to."""
        return self.role == "centre"

    def may(self, call: str) -> bool:
        return self.role in MAY.get(call, frozenset())

    def sees(self, resident_id: str | None, team_id: str | None) -> bool:
        """Whether a resident, or an alert, of that name and team is the viewer's own."""
        return (
            self.everything
            or (resident_id is not None and resident_id in self.residents)
            or (team_id in self.teams if team_id is not None else self.unowned)
        )

    def own_alerts(self) -> tuple[list[str] | None, list[str | None] | None]:
        """Residents and teams whose alerts are the viewer's own; both None means all."""
        if self.everything:
            return None, None
        unowned: list[str | None] = [None] if self.unowned else []
        return sorted(self.residents), [*sorted(self.teams), *unowned]

    def scope(self) -> dict[str, Any]:
        """The same for SQL: parameters that the statements of ``queries.sql`` restrict by."""
        return {
            "everything": self.everything,
            "residents": sorted(self.residents),
            "teams": sorted(self.teams),
            "unowned": self.unowned,
            "vendor": self.vendor,
        }


def own_things(
    role: Role, residents: list[str], teams: list[str], vendor: str | None
) -> tuple[frozenset[str], frozenset[str], str | None]:
    """Residents, teams and vendor that count for a role; what else an account has is ignored.

    >>> own_things("vendor", ["anna"], ["village"], "acme")
    (frozenset(), frozenset(), 'acme')
    """
    return (
        frozenset(residents) if role == "family" else frozenset(),
        frozenset(teams) if role in {"station", "centre"} else frozenset(),
        vendor if role == "vendor" else None,
    )
