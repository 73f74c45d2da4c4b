"""Policies: who is asked about an alert, in which order and how long; and how to try them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from alerts import arrangements as stored
from alerts import in_force, objections
from alerts.muster import muster, policy_of, teams_above
from alerts.policy import Policy, QuietHours, Step
from alerts.reach import queries as reach
from alerts.rehearsal import raising, rehearse
from api import audit
from api.access import Viewer
from api.context import Caller, Now, Transaction
from api.database import Connection
from api.names import in_trial, with_names
from api.problems import Problem, conflict, documented, not_found, unprocessable
from api.schemas.fields import Id
from api.schemas.policies import (
    OwnQuietHours,
    OwnQuietHoursAnswer,
    PolicyAnswer,
    PolicyBody,
    PolicyList,
    StepBody,
    Trial,
    TrialAnswer,
    clock,
)
from domain.refusals import refused
from domain.time import HOUR, SECOND, Micros, from_datetime

router = APIRouter(tags=["policies"])

Version = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/policies", response_model=PolicyList, responses=documented(401, 403, 422))
def list_policies(
    caller: Caller,
    connection: Transaction,
    team: Annotated[
        Id | None, Query(description="Those that hold for this team, its own and from above.")
    ] = None,
    old: Annotated[bool, Query(description="Also versions that are no longer in force.")] = False,
) -> object:
    """The policies of the caller's area, and those for all teams."""
    return {"items": policies_of(connection, caller, team=team, old=old)}


@router.post(
    "/policies", response_model=PolicyAnswer, status_code=201, responses=documented(401, 403, 422)
)
def put_policy(body: PolicyBody, caller: Caller, connection: Transaction, now: Now) -> object:
    """Put a policy in force, in place of the one for the same team, priority and kind.

    Open alerts keep the version that they were raised under.
    """
    _check_area(caller, body.team)
    policy = policy_of_body(body)
    check(connection, policy)
    version = stored.put_policy(connection, policy, caller.username, now)
    audit.changed(connection, caller, "put_policy", f"policy:{version}")
    return _one(connection, caller, version)


@router.get(
    "/policies/{version}", response_model=PolicyAnswer, responses=documented(401, 403, 404, 422)
)
def get_policy(version: Version, caller: Caller, connection: Transaction) -> object:
    """A version, in force or not."""
    return _one(connection, caller, version)


@router.delete(
    "/policies/{version}", status_code=204, responses=documented(401, 403, 404, 409, 422)
)
def end_policy(version: Version, caller: Caller, connection: Transaction, now: Now) -> None:
    """End a team's own policy: what holds above it holds for it again."""
    found = _one(connection, caller, version)
    _check_area(caller, found["team"])
    if found["ended_at"] is not None:
        raise conflict(refused("policy_ended"))
    if found["team"] is None and found["kind"] is None:
        raise conflict(refused("policy_of_all_stays"))
    stored.end_policy(connection, policy_of(found), caller.username, now)
    audit.changed(connection, caller, "end_policy", f"policy:{version}")


@router.post("/policies/try", response_model=TrialAnswer, responses=documented(401, 403, 422))
def try_policy(body: Trial, caller: Caller, connection: Transaction, now: Now) -> object:
    """Who would be told when, if nobody ever answered; nothing is raised and nobody told."""
    return trial(connection, caller, body, now)


@router.get("/me/quiet-hours", response_model=OwnQuietHoursAnswer, responses=documented(401, 403))
def get_quiet_hours(caller: Caller, connection: Transaction) -> object:
    """One's own quiet hours; null where there are none."""
    row = stored.queries.quiet_hours(connection, account=caller.account_id)
    return {"quiet_hours": row and _quiet(row["starts_at"], row["ends_at"], row["timezone"])}


@router.put(
    "/me/quiet-hours", response_model=OwnQuietHoursAnswer, responses=documented(401, 403, 422)
)
def set_quiet_hours(body: OwnQuietHours, caller: Caller, connection: Transaction) -> object:
    """Hold back what is not high at these hours. Who is on duty by a rota is told all the same."""
    if body.starts == body.ends:
        raise unprocessable(refused("quiet_all_day"))
    stored.queries.put_quiet_hours(
        connection,
        account=caller.account_id,
        starts_at=clock(body.starts),
        ends_at=clock(body.ends),
        timezone=body.timezone,
    )
    audit.changed(connection, caller, "set_quiet_hours", f"account:{caller.account_id}")
    return {"quiet_hours": body.model_dump()}


@router.delete("/me/quiet-hours", status_code=204, responses=documented(401, 403))
def drop_quiet_hours(caller: Caller, connection: Transaction) -> None:
    stored.queries.drop_quiet_hours(connection, account=caller.account_id)
    audit.changed(connection, caller, "drop_quiet_hours", f"account:{caller.account_id}")


def policies_of(
    connection: Connection, caller: Viewer, *, team: str | None = None, old: bool = False
) -> list[dict[str, Any]]:
    """Policies that the caller may see, in the words of the API."""
    teams = None if caller.everything else sorted(caller.teams)
    if team is not None:
        if not (caller.everything or team in caller.teams):
            raise unprocessable(refused("team_not_yours"))
        teams = list(teams_above(connection, [team])[0].get(team, ()))
    return [_shown(row) for row in stored.policy_rows(connection, teams=teams, old=old)]


def check(connection: Connection, policy: Policy) -> None:
    """Raises a Problem with every objection to the policy, if there is any."""
    teams, people = stored.all_teams(connection), stored.all_people(connection)
    if policy.team is not None and policy.team not in teams:
        raise unprocessable(refused("team_unknown", team=policy.team))
    found = objections.of_policy(policy, teams, people)
    if found:
        raise unprocessable(*found)


def trial(connection: Connection, caller: Viewer, body: Trial, now: Micros) -> dict[str, Any]:
    """The dry run of an alert, for the API and the command line alike."""
    subject = stored.subject(connection, body.resident)
    if subject is None or not caller.sees(subject.id, subject.team_id):
        raise unprocessable(refused("resident_unknown", resident=body.resident))
    audit.read(connection, caller, "try_policy", [subject.id])
    if body.device is not None and body.device not in in_force.devices(connection, subject.id):
        raise unprocessable(refused("device_elsewhere", resident=body.resident, device=body.device))
    at = from_datetime(body.at) if body.at else now
    until = at + round(body.hours * HOUR)
    raised = raising(subject, body.kind, at, body.priority, body.device)
    assert raised.raised is not None
    roster, policies = muster(connection, [raised.raised], at, until)
    policy = policies.find(roster.teams(raised.raised), raised.priority, raised.kind)
    lines = [line.as_json() for line in rehearse(raised, roster, policies, until)]
    _mark_reachable(connection, lines, raised.raised.priority)
    answer = {"policy": policy.id, "timezone": subject.timezone, "lines": lines}
    return with_names(connection, [answer], in_trial)[0]


def _mark_reachable(connection: Connection, lines: Sequence[dict[str, Any]], priority: str) -> None:
    """Say of each who is told whether any channel reaches them."""
    told = [each for line in lines for each in line["told"]]
    users = sorted({each["username"] for each in told if "username" in each})
    found = reach.reachable(connection, usernames=users, priority=priority) if users else ()
    reached = {row["username"] for row in found}
    for each in told:
        each.setdefault("username", None)
        each["reachable"] = each["username"] and each["username"] in reached


def policy_of_body(body: PolicyBody) -> Policy:
    """The policy that a body describes."""
    quiet = body.quiet_hours
    return Policy(
        priority=body.priority,
        steps=tuple(_step(step) for step in body.steps),
        team=body.team,
        kind=body.kind,
        quiet_hours=QuietHours(clock(quiet.starts), clock(quiet.ends)) if quiet else None,
    )


def _step(step: StepBody) -> Step:
    hold = None if step.hold_s is None else round(step.hold_s * SECOND)
    return Step(tuple(step.parties), hold, step.quiet, step.repeats)


def _check_area(caller: Viewer, team: str | None) -> None:
    if caller.everything or (team is not None and team in caller.teams):
        return
    if team is None:
        raise Problem(403, refused("policy_of_all"))
    raise unprocessable(refused("team_not_yours"))


def _one(connection: Connection, caller: Viewer, version: int) -> dict[str, Any]:
    teams = None if caller.everything else sorted(caller.teams)
    for row in stored.policy_rows(connection, id=version, teams=teams, old=True):
        return _shown(row)
    raise not_found("policy", str(version))


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    quiet = _quiet(row["quiet_from"], row["quiet_until"]) if row["quiet_from"] else None
    return {**row, "team": row["team_id"], "quiet_hours": quiet}


def _quiet(starts: Any, ends: Any, timezone: str | None = None) -> dict[str, Any]:
    hours = {"starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
    return hours if timezone is None else hours | {"timezone": timezone}
