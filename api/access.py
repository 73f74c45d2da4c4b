"""Who may do what: the only place that decides it.

Two questions, in this order. May any of the caller's *roles* use this call at all (:data:`MAY`;
403 where none may)? And is this *thing* among the caller's own (:class:`Viewer`; 404 where it is
not, the same as for what does not exist)? A person may be several: of the station in one
village, a daughter in another. For each call only those roles count which may use it
(:meth:`Viewer.using`), so that a daughter's rights do not widen a station's. Lists are restricted
in SQL by :meth:`Viewer.scope`, and live changes by :meth:`Viewer.sees_alert`; both say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from domain.time import Micros

Role = Literal["family", "station", "centre", "responder", "volunteer", "vendor", "admin"]
ROLES: frozenset[Role] = frozenset(get_args(Role))

TeamRole = Literal["station", "centre", "responder", "volunteer"]
"""What a person can be of a team."""
TEAM_ROLES: tuple[TeamRole, ...] = get_args(TeamRole)

PARTY_OF: Mapping[str, str] = {"responder": "responders", "volunteer": "volunteers"}
"""The party of a policy that asks those who see an alert only when they are asked."""

_EVERYONE = ROLES
_HELPERS: frozenset[Role] = ROLES - {"vendor"}
_CARERS: frozenset[Role] = frozenset({"family", "station", "centre", "admin"})
_STAFF: frozenset[Role] = frozenset({"station", "centre", "admin"})
_CENTRE: frozenset[Role] = frozenset({"centre", "admin"})
_TECHNICIANS: frozenset[Role] = frozenset({"station", "centre", "vendor", "admin"})
_ADMIN: frozenset[Role] = frozenset({"admin"})

MAY: Mapping[str, frozenset[Role]] = {
    "log_out": _EVERYONE,
    "who_am_i": _EVERYONE,
    "change_me": _HELPERS,
    "list_alerts": _HELPERS,
    "get_alert": _HELPERS,
    "get_alert_signal": _HELPERS,
    "accept_alert": _HELPERS,
    "reject_alert": _HELPERS,
    "withdraw_alert": _HELPERS,
    "alert_on_the_way": _HELPERS,
    "alert_arrive": _HELPERS,
    "hand_over_alert": _HELPERS,
    "list_takers": _HELPERS,
    "my_offers": _HELPERS,
    "join_alert": _HELPERS,
    "leave_alert": _HELPERS,
    "resolve_alert": _HELPERS,
    "follow_feed": _HELPERS,
    "list_residents": _HELPERS,
    "get_resident": _HELPERS,
    "resident_samples": _HELPERS,
    "resident_nights": _HELPERS,
    "resident_events": _HELPERS,
    "list_latest": _HELPERS,
    "create_resident": _STAFF,
    "change_resident": _STAFF,
    "get_circle": _CARERS | {"responder"},
    "set_circle": _STAFF,
    "list_homes": _STAFF,
    "create_home": _STAFF,
    "get_home": _HELPERS,
    "change_home": _STAFF,
    "list_devices": _EVERYONE,
    "get_device": _EVERYONE,
    "create_device": _TECHNICIANS,
    "change_device": _STAFF,
    "rotate_device": _TECHNICIANS,
    "remove_device": _TECHNICIANS,
    "list_commands": _TECHNICIANS,
    "send_command": _TECHNICIANS,
    "announce_test": _CARERS,
    "list_tests": _CARERS,
    "model_thresholds": _ADMIN,
    "set_model_thresholds": _ADMIN,
    "follow_messages": _TECHNICIANS,
    "list_quarantine": _TECHNICIANS,
    "list_teams": _STAFF,
    "get_team": _STAFF,
    "team_members": _STAFF,
    "create_team": _ADMIN,
    "change_team": _ADMIN,
    "list_users": _ADMIN,
    "get_user": _ADMIN,
    "create_user": _ADMIN,
    "change_user": _ADMIN,
    "list_audit": _CENTRE,
    "show_duty": _STAFF,
    "list_gaps": _STAFF,
    "list_my_duties": _HELPERS,
    "my_duties": _HELPERS,
    "list_rotas": _STAFF,
    "create_rota": _STAFF,
    "try_rota": _STAFF,
    "get_rota": _STAFF,
    "put_rota": _STAFF,
    "drop_rota": _STAFF,
    "list_swaps": _STAFF,
    "create_swap": _STAFF,
    "withdraw_swap": _STAFF,
    "list_holidays": _STAFF,
    "put_holiday": _STAFF,
    "drop_holiday": _STAFF,
    "list_policies": _STAFF,
    "get_policy": _STAFF,
    "put_policy": _STAFF,
    "end_policy": _STAFF,
    "try_policy": _STAFF,
    "list_silences": _CARERS,
    "create_silence": _CARERS,
    "end_silence": _CARERS,
    "list_absences": _CARERS,
    "create_absence": _CARERS,
    "change_absence": _CARERS,
    "end_absence": _CARERS,
    "get_quiet_hours": _HELPERS,
    "set_quiet_hours": _HELPERS,
    "drop_quiet_hours": _HELPERS,
    "get_channels": _HELPERS,
    "set_channels": _HELPERS,
    "confirm_channel": _HELPERS,
    "send_code": _HELPERS,
    "push_key": _HELPERS,
    "add_push": _HELPERS,
    "get_handover": _CARERS | {"responder"},
    "get_figures": _STAFF,
    "figures_csv": _STAFF,
}
"""Roles that may use a call, by the name of its route. A call that is not listed is nobody's."""


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Viewer:
    """A logged-in account, and what is its own.

    ``role``       the account's first role, as which it logs in
    ``roles``      all that it is; after :meth:`using` those that count for a call
    ``residents``  those in whose care circle it is
    ``areas``      by role, the teams that it belongs to with all below them
    ``incidents``  those of which it has an open alert, helps with one, or is offered one now, and
    ``patients`` the residents of those that it has
    ``vendor``     the vendor whose devices are the account's own
    ``address``, ``session``  where it asks from; for the audit
    ``stays``      whether the login is of a device that stays logged in
    """

    account_id: str
    username: str
    name: str
    role: Role
    expires_at: Micros
    roles: frozenset[Role] = frozenset()
    team_id: str | None = None
    residents: frozenset[str] = _NONE
    areas: Mapping[TeamRole, frozenset[str]] = field(default_factory=dict)
    incidents: frozenset[str] = _NONE
    patients: frozenset[str] = _NONE
    vendor: str | None = None
    address: str | None = None
    session: str | None = None
    stays: bool = False

    @property
    def everything(self) -> bool:
        return "admin" in self.roles

    @property
    def unowned(self) -> bool:
        """Whether it answers for what belongs to no team: somebody has to."""
        return "centre" in self.roles

    @property
    def teams(self) -> frozenset[str]:
        """Teams whose residents, devices and alerts are its own: staff's areas."""
        return self.areas.get("station", _NONE) | self.areas.get("centre", _NONE)

    @property
    def asked(self) -> frozenset[str]:
        """Parties for which it sees open alerts as long as they are asked.

        ``party@team`` for helpers; ``person:`` and its user name, ``team:`` and its own teams.
        """
        helpers = {
            f"{PARTY_OF[role]}@{team}"
            for role, teams in self.areas.items()
            if role in PARTY_OF
            for team in teams
        }
        teams = {f"team:{team}" for teams in self.areas.values() for team in teams}
        return frozenset({*helpers, *teams, f"person:{self.username}"})

    def may(self, call: str) -> bool:
        return bool(self.roles & MAY.get(call, frozenset()))

    def using(self, call: str) -> "Viewer":
        """The same with the roles, and the things, that count for a call."""
        allowed = MAY.get(call, frozenset())
        goes_there = "responder" in allowed
        return replace(
            self,
            roles=self.roles & allowed,
            residents=self.residents if "family" in allowed else _NONE,
            areas={role: teams for role, teams in self.areas.items() if role in allowed},
            incidents=self.incidents if goes_there else _NONE,
            patients=self.patients if goes_there else _NONE,
            vendor=self.vendor if "vendor" in allowed else None,
        )

    def cares_for(self, resident_id: str | None, team_id: str | None) -> bool:
        """Whether a resident of that name and team is its own, not only for an incident."""
        return (
            self.everything
            or (resident_id is not None and resident_id in self.residents)
            or (team_id in self.teams if team_id is not None else self.unowned)
        )

    def sees(self, resident_id: str | None, team_id: str | None) -> bool:
        """Whether it may see a resident of that name and team, or what belongs to a team."""
        return self.cares_for(resident_id, team_id) or resident_id in self.patients

    def sees_alert(self, alert: Mapping[str, Any]) -> bool:
        """Whether an alert, as the API tells it, is its own: to see, or to answer."""
        team = alert.get("team")
        parties = str(alert.get("responsible")).split(", ") if alert.get("state") == "open" else ()
        return (
            self.cares_for(alert.get("resident"), team)
            or alert.get("incident") in self.incidents
            or alert.get("accepted_by") == self.username
            or any(not {party, f"{party}@{team}"}.isdisjoint(self.asked) for party in parties)
        )

    def own_alerts(self) -> dict[str, Any]:
        """The same for :func:`alerts.store.page` and ``snapshot``, as their arguments."""
        if self.everything:
            return {}
        unowned: list[str | None] = [None] if self.unowned else []
        return {
            "resident_ids": sorted(self.residents),
            "team_ids": [*sorted(self.teams), *unowned],
            "incidents": sorted(self.incidents),
            "asked": sorted(self.asked),
        }

    def scope(self) -> dict[str, Any]:
        """The same for SQL: parameters that the statements of the API restrict by."""
        return {
            "everything": self.everything,
            "residents": sorted(self.residents | self.patients),
            "teams": sorted(self.teams),
            "unowned": self.unowned,
            "vendor": self.vendor,
        }


def roles_of(role: Role, residents: list[str], areas: Mapping[TeamRole, Any]) -> frozenset[Role]:
    """All that an account is. A vendor is nothing besides, and so learns of no person.

    >>> sorted(roles_of("station", ["anna"], {"station": ["village"], "volunteer": ["town"]}))
    ['family', 'station', 'volunteer']
    >>> sorted(roles_of("vendor", ["anna"], {}))
    ['vendor']
    """
    if role == "vendor":
        return frozenset({role})
    family: frozenset[Role] = frozenset({"family"} if residents else ())
    return frozenset({role}) | frozenset(areas) | family
