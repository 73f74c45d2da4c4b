"""A backup is put back as it was, into what is empty, and nothing else is."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from carewatch.backup.archive import BadBackup, reading
from carewatch.backup.load import check_empty, load, put_files
from carewatch.backup.tables import Table, copy_out, parts_of, tables_of
from carewatch.edition import Kind
from carewatch.embedded.nats import Nats
from carewatch.migrate import migrate
from domain.errors import NotAllowed
from tests.carewatch.backup.place import an_empty_one, contents
from tests.databases import Databases, OneAtATime


@pytest.mark.parametrize(
    ("database_kind", "target"),
    [
        ("plain", "plain"),
        ("plain", "apache"),
        ("plain", "timescale"),
        ("apache", "plain"),
        ("apache", "apache"),
    ],
    indirect=["database_kind"],
)
def test_each_table_is_put_back_as_it_was_on_whichever_edition(
    connection: psycopg.Connection,
    backup: Path,
    database_kind: Kind,
    target: Kind,
    databases_of: Callable[[Kind], Databases],
) -> None:
    before = contents(connection)
    assert (before["sample"][0], before["sample_minute"][0]) == (164, 20)
    databases = databases_of(target)
    url = databases.make(f"beside_{database_kind}_{target}")
    alone = isinstance(databases, OneAtATime)
    with an_empty_one(url, one_at_a_time=alone) as empty, reading(backup) as reader:
        load(empty, reader)
        assert contents(empty) == before
        finished = "select * from samples(array(select slot from device), '-infinity', now())"
        told = [set(each.execute(finished).fetchall()) for each in (empty, connection)]
        assert told[0] == told[1]
        assert {table.name: parts(empty, table) for table in tables_of(empty)} == {
            name: rows for name, (rows, _) in before.items()
        }
        assert empty.execute("select count(*) from session").fetchone() == (0,)
        assert migrate(empty) == []
        # Numbers that the database gives go on after those that were given.
        for sequence in ("slot", "alert_sequence", "outbox_id_seq"):
            query = f"select last_value from {sequence}"
            assert empty.execute(query).fetchone() == connection.execute(query).fetchone()
    databases.drop(f"beside_{database_kind}_{target}")


def parts(connection: psycopg.Connection, table: Table) -> int:
    """How many rows a backup would find in the table."""
    return sum(
        copy_out(connection, table, part, io.BytesIO()) for part in parts_of(connection, table)
    )


def test_keys_and_settings_are_put_back_for_the_owner_only(
    backup: Path, data: Path, tmp_path: Path
) -> None:
    with reading(backup) as reader:
        put = put_files(reader, tmp_path / "new")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in put)
    assert Nats(tmp_path / "new" / "broker").folder.joinpath("keys.json").read_text() == (
        (data / "broker" / "keys.json").read_text()
    )
    chosen = (tmp_path / "new" / "restored.toml").read_text()
    assert chosen == ('webhook_url = "https://example.org/?a=1"\nwebhook_secret = "whsec_QQ=="\n')


def test_only_an_empty_database_is_filled(
    connection: psycopg.Connection, database_url: str
) -> None:
    with pytest.raises(NotAllowed, match=r"not empty.*--data"):
        check_empty(connection)
    with an_empty_one(database_url) as empty:
        other = psycopg.connect(
            empty.info.dsn, password=empty.info.password, application_name="tool"
        )
        with other, pytest.raises(NotAllowed, match="tool"):
            check_empty(empty)


def test_a_file_that_is_cut_short_or_changed_is_refused(
    backup: Path, database_url: str, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(backup.read_bytes()[:-2000])
    with pytest.raises(BadBackup, match="cut short"), reading(cut):
        pass
    changed = rewritten(backup, "rows/team/team", b"x\tX\tcounty\t\\N\n")
    with (
        reading(changed) as reader,
        an_empty_one(database_url) as empty,
        pytest.raises(BadBackup, match="rows/team/team"),
    ):
        load(empty, reader)


def rewritten(backup: Path, member: str, content: bytes) -> Path:
    """The same file with another content of one member."""
    other = backup.with_name("changed.zip")
    with zipfile.ZipFile(backup) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            after.writestr(name, content if name == member else before.read(name))
    return other


@pytest.mark.parametrize(
    ("name", "digest", "said"),
    [("9999_later.sql", "x", "newer"), ("0001_people.sql", "x", "another wording")],
)
def test_a_backup_of_other_tables_is_refused(
    backup: Path, database_url: str, name: str, digest: str, said: str
) -> None:
    with reading(backup) as reader, an_empty_one(database_url) as empty:
        reader.manifest["migrations"][name] = digest
        with pytest.raises(BadBackup, match=said):
            load(empty, reader)
        check_empty(empty)
