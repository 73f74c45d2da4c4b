"""A backup holds all that is kept, and nobody waits while it is written."""

import io
import stat
import zipfile
from pathlib import Path

import psycopg
import pytest

from carewatch.backup.archive import MANIFEST, reading
from carewatch.backup.save import save, view
from carewatch.backup.tables import Part, tables_of
from carewatch.migrate import migrations
from carewatch.settings import Settings
from domain.errors import NotAllowed
from domain.time import HOUR
from ingest import packing
from tests.carewatch.backup.place import NOW, fill, press


def test_a_backup_is_for_its_owner_only_and_says_what_it_is(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with reading(backup) as reader:
        manifest = reader.manifest
    assert list(manifest["migrations"]) == [migration.name for migration in migrations()]
    assert (manifest["edition"], manifest["secrets"]) == ("plain", True)
    assert manifest["tables"]["resident"]["rows"] == 2
    assert set(zipfile.ZipFile(backup).namelist()) == {*manifest["sha256"], MANIFEST}


def test_a_backup_without_secrets_has_none(
    connection: psycopg.Connection, database_url: str, settings: Settings, tmp_path: Path
) -> None:
    fill(connection)
    save(database_url, settings, tmp_path / "open.zip", with_secrets=False)
    names = zipfile.ZipFile(tmp_path / "open.zip").namelist()
    assert not [name for name in names if name.startswith(("files/", "settings"))]


def test_nobody_waits_for_a_backup_and_it_sees_one_instant(
    connection: psycopg.Connection, database_url: str
) -> None:
    fill(connection)
    tables = {table.name: table for table in tables_of(connection)}
    alert, part = tables["alert"], Part(None, "alert")
    connection.execute("set lock_timeout = '1s'")
    connection.commit()
    with view(database_url) as seen:
        assert seen.copy(alert, part, io.BytesIO()) == 1
        # A lock that any reader or writer of the table would stand in the way of:
        connection.execute("lock table alert, sample in access exclusive mode")
        press(connection, NOW + HOUR)
        connection.commit()
        assert connection.execute("select count(*) from alert_event").fetchone() == (2,)
        assert seen.copy(tables["alert_event"], Part(None, "alert_event"), io.BytesIO()) == 1
        dropped = Part(None, "sample_19990101")
        assert seen.copy(tables["sample"], dropped, io.BytesIO()) == 0


def test_what_was_packed_is_not_dropped_while_a_backup_is_written(
    connection: psycopg.Connection, database_url: str
) -> None:
    connection.execute("select make_days('sample', date '2026-11-01', date '2026-11-01')")
    connection.execute("insert into progress values ('packed', '2026-11-03 00:00+00')")
    connection.commit()
    connection.autocommit = True
    with view(database_url):
        assert packing.drop(connection, NOW) == 0
    assert packing.drop(connection, NOW) == 1


def test_an_existing_file_is_never_written_over(
    backup: Path, database_url: str, settings: Settings
) -> None:
    before = backup.read_bytes()
    with pytest.raises(NotAllowed, match="another file"):
        save(database_url, settings, backup)
    assert backup.read_bytes() == before
    assert not backup.with_name(backup.name + ".part").exists()
