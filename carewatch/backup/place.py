"""Where a backup is taken from and put back: a database that was named, or that of a folder."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carewatch import running
from carewatch.embedded.postgres import Postgres
from carewatch.settings import Settings
from carewatch.up import locked
from domain.errors import NotAllowed, Unavailable
from domain.time import Micros, to_datetime

_STOP_S = 30


@contextmanager
def database_of(settings: Settings) -> Iterator[str]:
    """The address of the database to save; an embedded one that is stopped runs for the block.

    Raises Unavailable where there is none.
    """
    instance = running.read(settings.data)
    folder = settings.data / "database"
    if settings.database_url or instance:
        yield settings.database_url or (instance.database if instance else "")
    elif (folder / "cluster").exists():
        with locked(settings.data):
            running.end_leftovers(settings.data)
            with _running(folder) as url:
                yield url
    else:
        raise Unavailable(
            f"There is no database in the folder {settings.data}: name the folder of your "
            "carewatch with --data, or its database with CAREWATCH_DATABASE_URL."
        )


@contextmanager
def database_at(settings: Settings, *, replace: bool, now: Micros) -> Iterator[str]:
    """The address of the database to fill, which runs for as long as the block lasts.

    ``replace`` puts an embedded database that is there already aside, and back again where the
    block fails. Raises NotAllowed where carewatch runs on the folder, or where a database that
    was named is to be replaced.
    """
    if settings.database_url:
        if replace:
            raise NotAllowed(
                "--replace puts the embedded database aside; CAREWATCH_DATABASE_URL names one of "
                "your own: make an empty one there, and name that."
            )
        yield settings.database_url
        return
    with locked(settings.data):
        running.end_leftovers(settings.data)
        place = settings.data / "database"
        with _put_aside(place, now, wanted=replace) as folder, _running(folder) as url:
            yield url


@contextmanager
def _put_aside(folder: Path, now: Micros, *, wanted: bool) -> Iterator[Path]:
    if not wanted or not folder.exists():
        yield folder
        return
    aside = folder.with_name(f"database.until-{to_datetime(now):%Y%m%dT%H%M%SZ}")
    folder.rename(aside)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        raise


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    postgres = Postgres(folder)
    postgres.prepare()
    process = postgres.start()
    try:
        postgres.wait()
        yield postgres.url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_STOP_S)
