"""``carewatch policy check|try``."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from alerts import arrangements as stored
from alerts import objections
from alerts.hours import zone_of
from alerts.muster import policy_of
from alerts.policy import Policy
from api.routes import policies
from api.schemas.policies import PolicyBody, Trial
from carewatch.commands.options import OPERATOR, AsJson, Data, connected, described, moment
from domain.errors import NotAllowed

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""A time as the API writes it."""

app = typer.Typer(
    help="Policies: check them, and try who would be told when.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def check(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A policy as JSON, as POST /policies takes it.")
    ] = None,
    data: Data = None,
) -> None:
    """Whether a policy can be used, or all that are in force still can; 1 where one cannot."""
    with connected(ctx, data) as connection:
        teams, people = stored.all_teams(connection), stored.all_people(connection)
        if file is not None:
            asked = [(str(file), _of_file(file))]
        else:
            rows = stored.policy_rows(connection)
            asked = [(_name(row), policy_of(row)) for row in rows]
    wrong = False
    for name, policy in asked:
        found = objections.of_policy(policy, teams, people)
        wrong = wrong or bool(found)
        typer.echo(f"{name}: {' '.join(map(str, found)) or 'good.'}")
    if wrong:
        raise typer.Exit(1)


@app.command("try")
def try_(
    ctx: typer.Context,
    alert: Annotated[str, typer.Option(metavar="KIND", help="As sos, fall or device_silent.")],
    resident: Annotated[str, typer.Option(metavar="ID", help="Whose alert it would be.")],
    device: Annotated[
        str | None, typer.Option(metavar="ID", help="Which of the resident's devices tells of it.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="When, ISO 8601 with a zone; else now.")] = None,
    priority: Annotated[
        str | None, typer.Option(help="high, medium or low; else the kind's.")
    ] = None,
    hours: Annotated[float, typer.Option(help="How long nobody answers.")] = 4,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Who would be told when, and why, if nobody ever answered; nobody is told."""
    body = described(
        Trial, kind=alert, resident=resident, device=device, priority=priority, at=at, hours=hours
    )
    with connected(ctx, data) as connection:
        found = policies.trial(connection, OPERATOR, body, moment(None))
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    typer.echo(f"Times are on the resident's clock, {found['timezone']}.")
    for line in found["lines"]:
        typer.echo(_on_the_clock_of(zone_of(found["timezone"]), _said(line)))


def _said(line: dict[str, Any]) -> str:
    told = ", ".join(_told(each, line["at"]) for each in line["told"])
    place = f"round {line['round'] + 1}, step {line['step'] + 1}"
    sent = f"told: {told}" if told else "no message goes out"
    return f"{line['at']}  {place}  {line['reason']}\n{'':27}{sent}"


def _on_the_clock_of(zone: ZoneInfo, text: str) -> str:
    """The same with each time as the zone's clock shows it; reasons tell of times too."""

    def local(time: re.Match[str]) -> str:
        return datetime.fromisoformat(time[0]).astimezone(zone).isoformat(" ", "seconds")

    return _TIME.sub(local, text)


def _told(each: dict[str, Any], at: str) -> str:
    later = f", at {each['at']}" if each["at"] != at else ""
    return f"{each['name']} ({each['party']}{later})"


def _of_file(file: Path) -> Policy:
    try:
        return policies.policy_of_body(PolicyBody.model_validate_json(file.read_bytes()))
    except OSError as error:
        raise NotAllowed(f"{file} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(str(step) for step in wrong["loc"])
        raise NotAllowed(f"{file}: {where or 'the file'}: {wrong['msg']}.") from None


def _name(row: Any) -> str:
    return f"{row['team_id'] or 'all teams'}, {row['priority']}, {row['kind'] or 'all kinds'}"
