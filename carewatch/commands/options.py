"""Options and words that several commands have, and what they lead to."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import psycopg
import typer
from pydantic import BaseModel, ValidationError

from api.access import Viewer
from carewatch import log, running
from carewatch.settings import Settings, load
from domain.errors import Unavailable
from domain.time import NEVER, Micros, SystemClock, from_datetime

Data = Annotated[Path | None, typer.Option("--data", help="Folder of everything that is kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return str(os.getuid())


OPERATOR = Viewer("", f"cli:{_system_user()}", "", "admin", NEVER, frozenset({"admin"}))
"""Who calls commands on the machine itself: sees everything, as an admin of the API does."""
ALL = 1_000_000
"""The most rows that a list of a command shows."""

Body = TypeVar("Body", bound=BaseModel)


def described(body: type[Body], **said: Any) -> Body:
    """What was said on the command line, by the same rules as the API's."""
    try:
        return body.model_validate(said)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise typer.BadParameter(f"{wrong['loc'][0]}: {wrong['msg']}") from None


def moment(at: str | None) -> Micros:
    """A moment that somebody named (ISO 8601 with a zone), else the present."""
    if at is None:
        return SystemClock().now()
    try:
        return from_datetime(datetime.fromisoformat(at))
    except ValueError as error:
        raise typer.BadParameter(f"{at}: {error}; write it as 2026-11-21T03:00+08:00") from None


def settings_of(ctx: typer.Context, **options: Any) -> Settings:
    """The settings in force for this call, with the log set up as they say."""
    settings = load(ctx.obj.config if ctx.obj else None, **options)
    log.configure(settings.log, settings.log_format)
    return settings


def database_of(settings: Settings) -> str:
    """The database to work on: the one that was set, else that of the running instance."""
    if settings.database_url:
        return settings.database_url
    instance = running.read(settings.data)
    if instance is None:
        raise Unavailable(
            f"No carewatch runs on the folder {settings.data}: start it with `carewatch up`, "
            "name its folder with --data, or its database with CAREWATCH_DATABASE_URL."
        )
    return instance.database


@contextmanager
def connected(ctx: typer.Context, data: Path | None) -> Iterator[psycopg.Connection]:
    """A connection to the database, committed at the end."""
    url = database_of(settings_of(ctx, data=data))
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database does not answer: {str(error).strip()}") from error
    except psycopg.errors.UndefinedTable as error:
        raise Unavailable("The database has no tables yet: run `carewatch migrate`.") from error
