"""``carewatch device add|list|rotate|remove``."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api import audit
from carewatch.commands.options import OPERATOR, AsJson, Data, connected
from gateway import registry

app = typer.Typer(help="Devices and their secrets.", no_args_is_help=True, add_completion=False)

Id = Annotated[str, typer.Argument(metavar="ID", help="1 to 64 of A-Z a-z 0-9 _ -")]


@app.command()
def add(
    ctx: typer.Context,
    device: Id,
    kind: Annotated[str, typer.Option(help="bed, fall, button, ambient, bridge or display.")],
    resident: Annotated[str | None, typer.Option(help="Whom it is placed with.")] = None,
    team: Annotated[str | None, typer.Option(help="Who owns it, where it is not placed.")] = None,
    vendor: Annotated[str | None, typer.Option()] = None,
    model: Annotated[str | None, typer.Option()] = None,
    place: Annotated[str | None, typer.Option(help="Such as bedroom.")] = None,
    interval: Annotated[
        float | None, typer.Option(help="Expected seconds between signs of life.")
    ] = None,
    through: Annotated[
        str | None, typer.Option(metavar="BRIDGE", help="A bridge that may publish for it too.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Register a device, and show its secret, once."""
    with connected(ctx, data) as connection:
        secret = registry.add(
            connection, device, kind, resident=resident, team=team, vendor=vendor,
            model=model, place=place, interval_s=interval,
        )  # fmt: skip
        if through:
            registry.attach(connection, through, [device])
        audit.changed(connection, OPERATOR, "create_device", f"device:{device}", [resident])
    _show(device, secret, as_json)


@app.command("list")
def list_(
    ctx: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Devices in use, and when they were last heard."""
    with connected(ctx, data) as connection:
        devices = registry.devices(connection, kind)
        audit.read(connection, OPERATOR, "list_devices", [each.resident_id for each in devices])
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in devices], default=str, indent=1))
        return
    table = Table("device", "kind", "resident", "team", "vendor", "model", "last heard", "online")
    for each in devices:
        heard = each.heard_at.isoformat(" ", "seconds") if each.heard_at else "never"
        online = "" if each.online is None else "yes" if each.online else "no"
        table.add_row(
            each.id, each.kind, each.resident_id, each.team_id, each.vendor, each.model,
            heard, online,
        )  # fmt: skip
    Console().print(table)


@app.command()
def rotate(ctx: typer.Context, device: Id, as_json: AsJson = False, data: Data = None) -> None:
    """Give a device another secret; who is logged in with the old one is put out."""
    with connected(ctx, data) as connection:
        secret = registry.rotate(connection, device)
        audit.changed(connection, OPERATOR, "rotate_device", f"device:{device}", (), ["secret"])
    _show(device, secret, as_json)


@app.command()
def remove(ctx: typer.Context, device: Id, data: Data = None) -> None:
    """Take a device out of use; what it told stays."""
    with connected(ctx, data) as connection:
        registry.remove(connection, device)
        audit.changed(connection, OPERATOR, "remove_device", f"device:{device}")
    typer.echo(f"{device} is out of use.")


def _show(device: str, secret: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"id": device, "secret": secret}))
        return
    typer.echo(f"user name: {device}\npassword:  {secret}\nThe password is not shown again.")
