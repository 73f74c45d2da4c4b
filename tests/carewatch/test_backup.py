"""A backup holds all that is kept, is put back as it was, and the past is not told again."""

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from alerts import store as alert_store
from alerts.deadlines import escalate
from carewatch.backup.aftercare import FRESH, GAP, GRACE, attend
from carewatch.backup.archive import MANIFEST, BadBackup, reading
from carewatch.backup.load import check_empty, load, put_files
from carewatch.backup.save import save, view
from carewatch.backup.tables import Part, Table, copy_out, parts_of, tables_of
from carewatch.edition import Kind
from carewatch.embedded.nats import Nats
from carewatch.migrate import migrate, migrations
from carewatch.settings import Settings
from domain.errors import NotAllowed
from domain.finding import Finding
from domain.time import HOUR, MINUTE, SECOND, Micros, SystemClock, to_datetime
from gateway.directory import load_directory
from ingest import packing
from tests.databases import Databases, OneAtATime

Tables = dict[str, tuple[int, str]]
NOW: Micros = SystemClock().now() // SECOND * SECOND


def contents(connection: psycopg.Connection) -> Tables:
    """Rows and checksum of each table, whatever the order of its rows."""
    told: Tables = {}
    for table in tables_of(connection):
        query = sql.SQL(
            "select count(*), coalesce(md5(string_agg(md5(({} )::text), '' order by "
            "md5(({})::text))), '') from {} t"
        )
        row = sql.SQL("row({})").format(sql.SQL(", ").join(map(sql.Identifier, table.columns)))
        found = connection.execute(query.format(row, row, sql.Identifier(table.name))).fetchone()
        assert found is not None
        told[table.name] = (found[0], found[1])
    return told


PEOPLE = """
insert into team (id, name, level, parent_id) values
    ('county', 'County', 'county', null), ('town', 'Town', 'township', 'county'),
    ('village', '柳树村', 'village', 'town');
insert into account (id, username, password_hash, role, team_id) values
    ('a1', 'wang', 'x', 'station', 'village'), ('a2', 'li', 'x', 'centre', 'county');
insert into resident (id, name, team_id, contacts) values
    ('r1', 'Chen', 'village', '[{"name": "Li", "phone": "1"}]'), ('r2', 'Hill', 'village', '[]');
insert into device (id, kind, resident_id, secret_hash)
    select d.id || r.id, d.kind, r.id, '\\x00ff' from resident r
    cross join (values ('bed', 'bed'), ('button', 'button')) d (id, kind) order by r.id;
insert into session select '\\x01', id, now(), now() from account limit 1;
insert into quarantine (at, topic, reason, size, payload)
    values (now(), 'cw/v1/x', E'a\\\\b\\tc\\nd', 3, '\\x00ff09');
insert into sample (device, subject, measured_at, received_at, heart_rate, in_bed)
    select d.slot, r.slot, at, now(), 61.25, true
    from device d join resident r on r.id = resident_id
    cross join (select now() - make_interval(mins => n * 97) as at from generate_series(1, 40) n
                union select to_timestamp(0)) t;
"""
"""Rows that each version of the tables takes: people, devices, readings of three days and 1970."""

PACKED = """
insert into progress
    select name, date_trunc('day', now()) - interval '7 days'
    from unnest('{closed,packed}'::text[]) name;
insert into sample_pack (device, at, samples, subject, gap, delay, heart_rate, in_bed)
    select slot, date_trunc('day', now()) - interval '9 days', 2, array[slot, slot],
           '{1,1000001}', '{120007,-5}', '{61.3,null}', '{true,false}' from device;
insert into late_sample (device, subject, measured_at, received_at, heart_rate)
    select slot, slot, date_trunc('day', now()) - interval '8 days', now(), 62.5 from device;
"""
"""Three samples of each device that are older than the recent window."""


def fill(connection: psycopg.Connection) -> None:
    """The people with their readings, minutes of them, and an open alert with its messages."""
    connection.execute(PEOPLE)
    connection.execute(
        "insert into sample_minute (subject, at, heart_rate_mean)"
        " select slot, date_trunc('hour', now()) - make_interval(days => n * 20), 61.5"
        " from resident, generate_series(0, 9) n"
    )
    connection.execute(PACKED)
    press(connection, NOW)
    connection.commit()


def press(connection: psycopg.Connection, at: Micros) -> None:
    """A button is pressed: an alert, and messages to those who are asked."""
    directory = load_directory(connection)
    button = next(device for device in directory.devices() if device.kind == "button")
    found = Finding(
        at, button.subject, button.slot, "sos", True, at, "high", {"key": f"press-{at}"}
    )
    alert_store.record(connection, [found], directory, at)


def parts(connection: psycopg.Connection, table: Table) -> int:
    """How many rows a backup would find in the table."""
    return sum(
        copy_out(connection, table, part, io.BytesIO()) for part in parts_of(connection, table)
    )


@contextmanager
def an_empty_one(url: str, *, one_at_a_time: bool = False) -> Iterator[psycopg.Connection]:
    """A connection to an empty database beside that of the address."""
    server, _, name = url.rpartition("/")
    if one_at_a_time:
        with psycopg.connect(f"{server}/{name}_empty") as connection:
            yield connection
        return
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f"create database {name}_empty template template0")
        try:
            with psycopg.connect(f"{server}/{name}_empty") as connection:
                yield connection
        finally:
            maintenance.execute(f"drop database {name}_empty with (force)")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the keys of a broker."""
    Nats(tmp_path / "data" / "broker").prepare()
    return tmp_path / "data"


@pytest.fixture
def settings(data: Path) -> Settings:
    return Settings(data=data, webhook_url="https://example.org/?a=1", webhook_secret="whsec_QQ==")


@pytest.fixture
def backup(
    connection: psycopg.Connection, database_url: str, settings: Settings, tmp_path: Path
) -> Path:
    fill(connection)
    save(database_url, settings, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


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


def test_a_backup_is_for_its_owner_only_and_says_what_it_is(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with reading(backup) as reader:
        manifest = reader.manifest
    assert list(manifest["migrations"]) == [migration.name for migration in migrations()]
    assert (manifest["edition"], manifest["secrets"]) == ("plain", True)
    assert manifest["tables"]["resident"]["rows"] == 2
    assert set(zipfile.ZipFile(backup).namelist()) == {*manifest["sha256"], MANIFEST}


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


def test_an_existing_file_is_never_written_over(
    backup: Path, database_url: str, settings: Settings
) -> None:
    before = backup.read_bytes()
    with pytest.raises(NotAllowed, match="another file"):
        save(database_url, settings, backup)
    assert backup.read_bytes() == before
    assert not backup.with_name(backup.name + ".part").exists()


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


def test_a_restored_place_repeats_nothing_and_forgets_nobody(
    connection: psycopg.Connection,
) -> None:
    fill(connection)
    made_at, now = NOW + SECOND, NOW + 3 * HOUR
    press(connection, now - MINUTE)  # of another occurrence: its alert is the same one
    connection.execute(
        "insert into outbox (alert_id, occasion, party, recipient, channel, payload, created_at,"
        " next_at) select alert_id, occasion, party, 'other', channel, payload, now(), now()"
        " from outbox"
    )
    connection.execute(
        "update outbox set created_at = %s where id > 1", (to_datetime(now - FRESH + SECOND),)
    )
    connection.execute("update outbox set created_at = %s where id = 1", (to_datetime(NOW),))
    connection.execute(
        "insert into command (id, device_id, command) select 'c', id, 'test' from device limit 1"
    )
    connection.execute(
        "insert into downlink (device_id, topic, payload, created_at)"
        " select device_id, 'cw/v1/d/command', '{\"id\": \"c\"}', %s from command",
        (to_datetime(NOW),),
    )
    connection.execute("update command set created_at = %s", (to_datetime(NOW),))
    latest = alert_store.latest_sequence(connection)

    (alert,) = attend(connection, made_at, now)

    assert (alert.state, alert.deadline) == ("open", now + GRACE)
    assert alert.sequence > latest + GAP
    assert alert_store.history(connection, alert.id)[-1]["change"] == "restored"
    (old, *fresh) = connection.execute(
        "select given_up_at is not null, last_error from outbox order by id"
    ).fetchall()
    assert old[0]
    assert "restored from the backup" in old[1]
    assert fresh
    assert not any(given_up for given_up, _ in fresh)
    assert connection.execute("select count(*) from downlink").fetchone() == (0,)
    assert connection.execute("select ok, detail from command").fetchone() == (False, old[1])


def rewritten(backup: Path, member: str, content: bytes) -> Path:
    """The same file with another content of one member."""
    other = backup.with_name("changed.zip")
    with zipfile.ZipFile(backup) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            after.writestr(name, content if name == member else before.read(name))
    return other


def test_a_database_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it(
    database_url: str,
) -> None:
    with an_empty_one(database_url) as old:
        migrate(old, until="0004_waves.sql")
        old.execute("select make_days('sample', (now() - interval '1 day')::date, now()::date)")
        old.execute(PEOPLE)
        old.execute("update policy_step set hold_s = 45 where priority = 'high' and step = 1")
        old.execute(ALERT, {"now": to_datetime(NOW)})
        counts = {name: rows for name, (rows, _) in contents(old).items()}
        sample = contents(old)["sample"]

        assert migrate(old) == [each.name for each in migrations() if each.name > "0004_waves.sql"]

        after = contents(old)
        assert after["sample"] == sample
        kept = {name: rows for name, (rows, _) in after.items() if name in counts}
        assert kept == {name: rows for name, rows in counts.items() if name in kept}
        # The open alert goes on where it was, with the policy that the place had made its own.
        escalate(old, NOW + MINUTE)
        (alert,) = alert_store.snapshot(old, None, None)[0]
        assert (alert.step, alert.responsible) == (1, "centre")
        assert alert.deadline == NOW + MINUTE + 45 * SECOND


ALERT = """
insert into alert (id, subject, resident_id, device_id, team_id, kind, priority, latching, state,
                   since, raised_at, incident_id, responsible, deadline)
values ('x', 'r1', 'r1', 'buttonr1', 'village', 'sos', 'high', true, 'open', %(now)s, %(now)s, 'x',
        'station', %(now)s::timestamptz + interval '1 min');
"""
