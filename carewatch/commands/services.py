"""``carewatch gateway|escalator|keeper|api|auth|migrate``: single processes, to be run apart."""

import signal
import threading
from collections.abc import Callable

import typer

from carewatch.commands.options import Data, connected, settings_of
from carewatch.settings import Settings

Run = Callable[[Settings, threading.Event], None]


def gateway(ctx: typer.Context, data: Data = None) -> None:
    """Read devices' messages from the broker, keep them, and raise alerts."""
    from carewatch.pump import run

    _serve(ctx, data, run)


def escalator(ctx: typer.Context, data: Data = None) -> None:
    """Keep deadlines, and deliver notifications."""
    from carewatch.escalator import run

    _serve(ctx, data, run)


def keeper(ctx: typer.Context, data: Data = None) -> None:
    """Roll readings up, and let go of what is no longer kept."""
    from carewatch.keeper import run

    _serve(ctx, data, run)


def api(ctx: typer.Context, data: Data = None) -> None:
    """Serve the REST API, the feed and the page."""
    from carewatch.server import run

    _serve(ctx, data, run)


def auth(ctx: typer.Context, data: Data = None) -> None:
    """Answer the broker's questions about logins, and put out revoked devices."""
    from carewatch.authority import run

    _serve(ctx, data, run)


def migrate(ctx: typer.Context, data: Data = None) -> None:
    """Bring the database's tables up to date; safe to repeat."""
    from carewatch.migrate import migrate as apply

    with connected(ctx, data) as connection:
        applied = apply(connection)
    typer.echo(f"Applied {', '.join(applied)}." if applied else "Nothing to do.")


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _serve(ctx: typer.Context, data: Data, run: Run) -> None:
    from carewatch.edition import log_edition

    stop = stop_on_signals()
    settings = settings_of(ctx, data=data)
    if settings.database_url:
        log_edition(settings.database_url)
    run(settings, stop)
