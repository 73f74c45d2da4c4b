"""What people have arranged, in PostgreSQL: rotas, swaps, holidays, policies and quiet hours.

The caller owns the transaction, and has asked :mod:`alerts.objections` before it writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.coverage import Gap, gaps_of
from alerts.duty import Rota, Shift, Span, duties
from alerts.muster import load_rotas, muster, teams_above
from alerts.policy import Policy, Step
from domain.directory import Subject
from domain.time import SECOND, Micros, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("arrangements.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]


def people_of(connection: Connection, team: str) -> list[str]:
    """User names of those who may be on duty in a team."""
    return [row["username"] for row in queries.people_of(connection, team=team)]


def all_people(connection: Connection) -> list[str]:
    """User names of all open accounts."""
    return [row["username"] for row in queries.all_people(connection)]


def all_teams(connection: Connection) -> list[str]:
    return [row["id"] for row in queries.all_teams(connection)]


def subject(connection: Connection, resident: str) -> Subject | None:
    """A resident as the reaction knows one; None where there is none of that name."""
    row = queries.resident(connection, id=resident)
    if row is None:
        return None
    return Subject(row["id"], row["slot"], row["id"], row["team_id"], row["timezone"])


# -- duty --------------------------------------------------------------------------------------


def coming_gaps(
    connection: Connection, now: Micros, until: Micros, teams: Iterable[str] | None = None
) -> list[Gap]:
    """Where nobody will be on duty, of these teams' rotas or of all, the soonest first."""
    with_rotas = [row["team"] for row in queries.teams_with_rotas(connection)]
    asked = with_rotas if teams is None else sorted(set(teams) & set(with_rotas))
    roster, _ = muster(connection, [], now, until, teams=asked)
    return sorted(gaps_of(roster, asked, now, until), key=lambda gap: (gap.start, gap.team))


def duties_of(connection: Connection, person: str, now: Micros, until: Micros) -> list[Span]:
    """When somebody is on duty, in any team."""
    teams = [row["team"] for row in queries.teams_with_rotas(connection)]
    above, _ = teams_above(connection, teams)
    return duties(load_rotas(connection, above, now, until), person, now, until)


def insert_rota(connection: Connection, rota: Rota, by: str, now: Micros) -> bool:
    """Whether it was made; not where its name or its place (team, party, layer) is taken."""
    made = queries.insert_rota(
        connection, **_rota(rota), team=rota.team, party=rota.party, by=by, at=to_datetime(now)
    )
    return bool(made)


def update_rota(connection: Connection, rota: Rota, version: int, by: str, now: Micros) -> bool:
    """Whether it was changed; not where it is of another version by now."""
    done = queries.update_rota(
        connection, **_rota(rota), version=version, by=by, at=to_datetime(now)
    )
    return bool(done)


def _rota(rota: Rota) -> dict[str, Any]:
    return {
        "id": rota.id,
        "layer": rota.layer,
        "name": rota.name,
        "timezone": rota.timezone,
        "shifts": Jsonb([shift_json(shift) for shift in rota.shifts]),
    }


def shift_json(shift: Shift) -> dict[str, Any]:
    return {
        "day": shift.day,
        "starts": f"{shift.starts:%H:%M}",
        "ends": f"{shift.ends:%H:%M}",
        "people": list(shift.people),
    }


# -- policies ----------------------------------------------------------------------------------


def put_policy(connection: Connection, policy: Policy, by: str, now: Micros) -> int:
    """Put a policy in force in place of the one that was; its version."""
    end_policy(connection, policy, by, now)
    quiet = policy.quiet_hours
    version: int = queries.insert_policy(
        connection,
        team=policy.team,
        priority=policy.priority,
        kind=policy.kind,
        steps=Jsonb([step_json(step) for step in policy.steps]),
        quiet_from=quiet and quiet.starts,
        quiet_until=quiet and quiet.ends,
        by=by,
        at=to_datetime(now),
    )
    return version


def end_policy(connection: Connection, policy: Policy, by: str, now: Micros) -> bool:
    """Whether there was one in force for the same team, priority and kind; it no longer is."""
    ended = queries.end_policy(
        connection,
        team=policy.team,
        priority=policy.priority,
        kind=policy.kind,
        by=by,
        at=to_datetime(now),
    )
    return ended is not None


def policy_rows(
    connection: Connection,
    *,
    id: int | None = None,
    teams: Sequence[str] | None = None,
    old: bool = False,
) -> list[Mapping[str, Any]]:
    """Policies for all teams, and those of ``teams`` (None: of every team)."""
    return list(
        queries.policies(
            connection, id=id, teams=list(teams or ()), everything=teams is None, old=old
        )
    )


def step_json(step: Step) -> dict[str, Any]:
    return {
        "parties": list(step.parties),
        "hold_s": None if step.hold is None else step.hold / SECOND,
        "quiet": step.quiet,
        "repeats": step.repeats,
    }
