"""Everybody who may have to be told of some alerts, and the policies that ask them, as stored.

What is read here is decided on in :mod:`alerts.roster`, :mod:`alerts.duty` and
:mod:`alerts.policy`; the same answers serve live alerts, the views of duty and the dry run.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row

from alerts.alert import AlertRow
from alerts.duty import Day, Rota, Shift, Swap
from alerts.in_force import pauses_of
from alerts.pauses import Pauses
from alerts.policies import Policies
from alerts.policy import Policy, QuietHours, Step
from alerts.roster import PERSON, TEAM, Contacts, People, Recipient, Roster
from domain.time import DAY, SECOND, Micros, from_datetime, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("muster.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]
Rows = Iterable[Mapping[str, Any]]

_PARTY_OF_ROLE: Mapping[str, str] = {
    "station": "station",
    "centre": "centre",
    "responder": "responders",
    "volunteer": "volunteers",
}
_AROUND: Micros = 3 * DAY
"""Swaps and holidays this far around the asked span can still matter to a shift in it."""


def muster(
    connection: Connection,
    alerts: Iterable[AlertRow],
    now: Micros,
    until: Micros | None = None,
    teams: Iterable[str] = (),
    people: Iterable[str] = (),
    since: Micros | None = None,
) -> tuple[Roster, Policies]:
    """Who answers for these alerts at ``now``, and by which policies.

    ``since`` and ``until`` are the first and the last moment that the roster will be asked about
    (:meth:`Roster.at`), ``now`` where they are left out. It knows of ``teams`` besides those of
    the alerts, and of ``people`` (user names) besides those that rotas and policies name.
    """
    alerts = list(alerts)
    above, names = teams_above(connection, {*teams, *(a.team_id for a in alerts if a.team_id)})
    policies = load_policies(connection, names, {a.policy_id for a in alerts if a.policy_id})
    named = policies.parties()
    of_policies = teams_above(connection, _named(TEAM, named) - above.keys())
    above, names = above | of_policies[0], names | of_policies[1]
    rotas = _rotas(connection, above, since or now, until or now)
    accounts = _accounts(connection, _named(PERSON, named) | _on(rotas) | {*people})
    rotas = _without_absent(rotas, accounts)
    pauses = pauses_of(connection, alerts, names, now, until or now) if alerts else Pauses()
    everybody = _people(connection, alerts, above, names, rotas, accounts, pauses)
    return Roster(everybody, now), policies


def teams_above(
    connection: Connection, teams: Collection[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Each team with those above it, itself first; and the names of all of them."""
    above: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for row in queries.teams_above(connection, teams=sorted(teams)) if teams else ():
        above[row["origin"]] = (*above.get(row["origin"], ()), row["id"])
        names[row["id"]] = row["name"]
    return above, names


def load_policies(
    connection: Connection, teams: Iterable[str], versions: Iterable[int] = ()
) -> Policies:
    """What is in force for all and for these teams, and these versions."""
    rows = queries.policies(connection, teams=sorted(teams), versions=sorted(versions))
    found = [(row["in_force"], policy_of(row)) for row in rows]
    return Policies.of(
        (policy for in_force, policy in found if in_force),
        (policy for in_force, policy in found if not in_force),
    )


def policy_of(row: Mapping[str, Any]) -> Policy:
    """A policy out of a row of the table."""
    quiet = None
    if row["quiet_from"] is not None:
        quiet = QuietHours(row["quiet_from"], row["quiet_until"])
    steps = tuple(step_of(step) for step in row["steps"])
    return Policy(row["priority"], steps, row["team_id"], row["kind"], quiet, row["id"])


def step_of(step: Mapping[str, Any]) -> Step:
    """A step out of JSON: ``parties``, ``hold_s`` (null: next working morning), and so on."""
    hold = None if step["hold_s"] is None else round(step["hold_s"] * SECOND)
    return Step(tuple(step["parties"]), hold, step.get("quiet", False), step.get("repeats", 0))


def load_rotas(
    connection: Connection, above: Mapping[str, Sequence[str]], start: Micros, end: Micros
) -> list[Rota]:
    """The rotas of all these teams, good for any instant from start to end.

    ``above`` is of each team the teams above it, itself first; of those, too, rotas are loaded.
    """
    rotas = _rotas(connection, above, start, end)
    return _without_absent(rotas, _accounts(connection, _on(rotas)))


# -- how muster goes about it ------------------------------------------------------------------


def _rotas(
    connection: Connection, above: Mapping[str, Sequence[str]], start: Micros, end: Micros
) -> list[Rota]:
    teams = sorted({team for chain in above.values() for team in chain})
    span = {"since": to_datetime(start - _AROUND), "until": to_datetime(end + _AROUND)}
    rows = list(queries.rotas(connection, teams=teams, **span)) if teams else []
    if not rows:
        return []
    holidays = _holidays(queries.holidays(connection, teams=teams, **span), above)
    return [_rota(row, holidays.get(row["team_id"], {})) for row in rows]


def _people(
    connection: Connection,
    alerts: Sequence[AlertRow],
    above: Mapping[str, tuple[str, ...]],
    names: Mapping[str, str],
    rotas: Sequence[Rota],
    accounts: Mapping[str, Recipient],
    pauses: Pauses,
) -> People:
    residents = sorted({alert.resident_id for alert in alerts if alert.resident_id})
    known = list(queries.residents(connection, ids=residents))
    family: dict[str, list[Recipient]] = {}
    for row in queries.families(connection, residents=residents):
        family.setdefault(row["resident_id"], []).append(_account("family", row))
    teamless = any(alert.team_id is None for alert in alerts)
    centres = queries.centres(connection) if teamless else ()
    unowned = tuple(_account("centre", row) for row in centres)
    staff = _staff(connection, names)
    of_teams: dict[tuple[str, str], list[Rota]] = {}
    for rota in rotas:
        of_teams.setdefault((rota.team, rota.party), []).append(rota)
    everybody = [*unowned, *accounts.values()]
    everybody += [one for group in (*staff.values(), *family.values()) for one in group]
    return People(
        family={resident: tuple(told) for resident, told in family.items()},
        contacts=Contacts({row["id"]: row["contacts"] for row in known}),
        timezones={row["id"]: row["timezone"] for row in known},
        above=above,
        names=names,
        staff={key: tuple(members) for key, members in staff.items()},
        rotas=of_teams,
        accounts=accounts,
        unowned=unowned,
        quiet=_quiet(connection, {one.id for one in everybody}),
        pauses=pauses,
    )


def _staff(connection: Connection, teams: Iterable[str]) -> dict[tuple[str, str], list[Recipient]]:
    staff: dict[tuple[str, str], list[Recipient]] = {}
    asked = sorted(teams)
    for row in queries.staff(connection, teams=asked) if asked else ():
        party = _PARTY_OF_ROLE[row["role"]]
        staff.setdefault((row["team_id"], party), []).append(_account(party, row))
    return staff


def _accounts(connection: Connection, usernames: Collection[str]) -> dict[str, Recipient]:
    """Those of these accounts that are open, by user name."""
    if not usernames:
        return {}
    rows = queries.accounts(connection, usernames=sorted(usernames))
    return {row["username"]: _account("person", row) for row in rows}


def _quiet(connection: Connection, accounts: Collection[str]) -> dict[str, tuple[QuietHours, str]]:
    rows = queries.quiet_hours(connection, accounts=sorted(accounts)) if accounts else ()
    return {
        row["account_id"]: (QuietHours(row["starts_at"], row["ends_at"]), row["timezone"])
        for row in rows
    }


def _account(party: str, row: Mapping[str, Any]) -> Recipient:
    about = {"username": row["username"]}
    return Recipient(party, row["id"], row["name"] or row["username"], about)


def _named(prefix: str, parties: Iterable[str]) -> set[str]:
    return {party.removeprefix(prefix) for party in parties if party.startswith(prefix)}


def _on(rotas: Iterable[Rota]) -> set[str]:
    """The user names of all who may be on duty."""
    found: set[str] = set()
    for rota in rotas:
        found |= {person for shift in rota.shifts for person in shift.people}
        found |= {swap.taker for swap in rota.swaps}
    return found


def _rota(row: Mapping[str, Any], holidays: Mapping[date, Day]) -> Rota:
    return Rota(
        id=row["id"],
        team=row["team_id"],
        party=row["party"],
        layer=row["layer"],
        name=row["name"],
        timezone=row["timezone"],
        shifts=tuple(shift_of(shift) for shift in row["shifts"]),
        swaps=tuple(_swap(swap) for swap in row["swaps"]),
        holidays=holidays,
    )


def shift_of(shift: Mapping[str, Any]) -> Shift:
    """A shift out of JSON: ``day``, ``starts``, ``ends`` (HH:MM), ``people``."""
    people = tuple(shift["people"])
    return Shift(
        shift["day"], time.fromisoformat(shift["starts"]), time.fromisoformat(shift["ends"]), people
    )


def _swap(swap: Mapping[str, Any]) -> Swap:
    start, end = (datetime.fromisoformat(swap[name]) for name in ("starts_at", "ends_at"))
    return Swap(swap["giver"], swap["taker"], from_datetime(start), from_datetime(end))


def _holidays(rows: Rows, above: Mapping[str, Sequence[str]]) -> dict[str, dict[date, Day]]:
    """The pattern of each date for each team: that of the nearest team upwards that has one."""
    own: dict[str, dict[date, Day]] = {}
    for row in rows:
        own.setdefault(row["team_id"], {})[row["date"]] = row["pattern"]
    found: dict[str, dict[date, Day]] = {}
    for chain in above.values():
        for place, team in enumerate(chain):
            patterns: dict[date, Day] = {}
            for upper in reversed(chain[place:]):
                patterns |= own.get(upper, {})
            found[team] = patterns
    return found


def _without_absent(rotas: Sequence[Rota], accounts: Mapping[str, Recipient]) -> list[Rota]:
    """The same, with those who have no open account marked as absent."""
    absent = frozenset(_on(rotas) - accounts.keys())
    return [replace(rota, absent=absent) for rota in rotas] if absent else list(rotas)
