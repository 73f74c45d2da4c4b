"""``carewatch up`` and ``carewatch demo``: everything, until Ctrl-C."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from carewatch.commands.options import Data, settings_of
from carewatch.commands.services import stop_on_signals
from carewatch.embedded.nats import write_private
from carewatch.ports import check_ports
from carewatch.settings import Settings
from carewatch.up import Extra, Instance, locked

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0: a free one.")]


def up(
    ctx: typer.Context,
    data: Data = None,
    host: Host = None,
    http_port: Port = None,
    mqtt_port: Port = None,
    nats_port: Port = None,
    database_port: Port = None,
) -> None:
    """Start everything, embedded unless settings name a URL, and keep it running."""
    ports = {"http_port": http_port, "mqtt_port": mqtt_port, "nats_port": nats_port}
    settings = settings_of(ctx, data=data, host=host, database_port=database_port, **ports)
    _run(settings, None, lambda console, instance: None)


def demo(
    ctx: typer.Context,
    data: Data = None,
    host: Host = None,
    http_port: Port = None,
    mqtt_port: Port = None,
    nats_port: Port = None,
    database_port: Port = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No simulated devices: nothing rings by itself.")
    ] = False,
) -> None:
    """Start everything with sample residents, accounts and simulated devices."""
    ports = {"http_port": http_port, "mqtt_port": mqtt_port, "nats_port": nats_port}
    settings = settings_of(ctx, data=data, host=host, database_port=database_port, **ports)
    file = settings.data / "demo.json"

    def simulator(mqtt: str) -> list[str]:
        return ["simulate", "--devices", str(file), "--mqtt", mqtt, "--scenario", "demo"]

    extra = Extra(lambda connection: _seed(connection, file), None if quiet else simulator)
    _run(settings, extra, lambda console, _: _show_accounts(console, file))


def _run(
    settings: Settings, extra: Extra | None, greet: Callable[[Console, Instance], None]
) -> None:
    stop = stop_on_signals()
    console = Console(stderr=True)
    if not settings.data.exists():
        check_ports(settings)  # nothing is made where nothing can start
    with locked(settings.data):
        instance = Instance(settings, stop)
        try:
            with console.status("starting") as status:
                instance.start(lambda what: status.update(f"starting {what}"), extra)
            if not stop.is_set():
                greet(console, instance)
                _show_addresses(console, instance)
                instance.watch()
        finally:
            instance.close()


def _seed(connection: psycopg.Connection, file: Path) -> None:
    """Sample people and devices, once a database; ``file`` is written before the commit."""
    from carewatch.demo import seed

    if not _is_seeded(connection, file):
        write_private(file, json.dumps(seed(connection), indent=1, default=str) + "\n")


def _is_seeded(connection: psycopg.Connection, file: Path) -> bool:
    if not file.exists():
        return False
    names = [account["username"] for account in json.loads(file.read_text())["accounts"]]
    known = connection.execute(
        "select count(*) from account where username = any(%s)", (names,)
    ).fetchone()
    return known == (len(names),)


def _show_accounts(console: Console, file: Path) -> None:
    table = Table("account", "password", "role", "sees", title="Accounts of the demo")
    for account in json.loads(file.read_text())["accounts"]:
        table.add_row(account["username"], account["password"], account["role"], _sees(account))
    console.print(table)


def _sees(account: Mapping[str, Any]) -> str:
    residents = ", ".join(account.get("residents") or ())
    return residents or account.get("team") or account.get("vendor") or "everything"


def _show_addresses(console: Console, instance: Instance) -> None:
    console.print(f"carewatch is ready: [bold]{instance.http}[/]", highlight=False)
    console.print(f"Devices connect to {instance.mqtt}.", highlight=False)
    console.print(
        f"Its data lies in {instance.settings.data}. Ctrl-C stops it. (process {os.getpid()})",
        highlight=False,
    )
