"""Files of people and places: taken in whole or not at all, and told line by line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from carewatch.commands.options import OPERATOR
from carewatch.importing.columns import KINDS
from carewatch.importing.intake import Report, take_in
from carewatch.importing.sheet import read
from domain.errors import NotAllowed

NOW = 1_795_249_800_000_000

TEAMS = (
    "id,name,level,parent\ncounty,County,county,\ntown,Town,township,county\nliu,Liu,village,town\n"
)
HOMES = (
    "id,team,address,way_in,key_box_place,key_box_code,latitude,longitude\n"
    'h1,liu,"Mill Lane 1, Liu",key box,left of the door,0417,34.5,113.2\nh2,liu,Mill Lane 2,,,,,\n'
)
PEOPLE = (
    "编号,姓名,站点,住址编号,出生年,居住状况,失能等级,评估日期,"
    "风险,语言,家庭医生,医生电话,同意事项,同意日期,同意人,电话\n"
    "li,李秀英,liu,h1,1941,与配偶同住,中度,2026/3/2,"
    "易跌倒,zh、en,沈医生,0371 123456,监测、急救,2026年3月2日,本人,0371 654321\n"
    "wang,王建国,liu,h1,1939,与配偶同住,0级,,,zh,,,,,,\n"
)
CONTACTS = (
    "resident;name;relation;phones;holds_key\nli;Rosa;daughter;+86 10 1234|+86 10 5678;yes\n"
    "li;Neighbour;;;no\nwang;Rosa;daughter;+86 10 1234;是\n"
)
DEVICES = "id,kind,resident,place,model\nbed-li,床垫,li,卧室,M1\nbutton-li,button,li,wrist,\n"
MEMBERSHIPS = (
    "user,name,role,team,resident,relation\nrosa,Rosa,family,,li,daughter\n"
    "rosa,Rosa,volunteer,liu,,\nzhao,Zhao,station,liu,,\n"
)
FILES = {
    "teams": TEAMS, "homes": HOMES, "people": PEOPLE, "contacts": CONTACTS, "devices": DEVICES,
    "memberships": MEMBERSHIPS,
}  # fmt: skip


def bring(connection: psycopg.Connection, kind: str, text: str, coding: str = "utf-8") -> Report:
    return take_in(connection, OPERATOR, kind, text.encode(coding), NOW, "Asia/Shanghai")


def bring_all(connection: psycopg.Connection) -> dict[str, Report]:
    return {kind: bring(connection, kind, FILES[kind]) for kind in KINDS}


def troubles(connection: psycopg.Connection, kind: str, text: str) -> list[str]:
    return [str(each) for each in bring(connection, kind, text).troubles]


def test_a_whole_village_is_taken_in_and_again_changes_nothing(
    connection: psycopg.Connection,
) -> None:
    first = bring_all(connection)
    assert [str(each) for report in first.values() for each in report.troubles] == []
    assert {kind: report.new for kind, report in first.items()} == {
        "teams": 3, "homes": 2, "people": 2, "contacts": 0, "devices": 2, "memberships": 3,
    }  # fmt: skip
    assert first["contacts"].changed == 2
    assert first["memberships"].accounts == ("rosa", "zhao")
    assert [name for name, _ in first["devices"].secrets] == ["bed-li", "button-li"]
    again = bring_all(connection)
    assert {(report.new, report.changed) for report in again.values()} == {(0, 0)}
    assert again["people"].same == 2


def test_what_was_said_is_there(connection: psycopg.Connection) -> None:
    bring_all(connection)
    row = connection.execute(
        "select name, team_id, home_id, timezone, birth_year, living, abilities, risks, languages,"
        " doctor, consents, contacts, phone from resident where id = 'li'"
    ).fetchone()
    assert row is not None
    assert row[:6] == ("李秀英", "liu", "h1", "Asia/Shanghai", 1941, "with_partner")
    assert row[6] == {"level": 2, "score": None, "assessed_on": "2026-03-02", "by": None}
    assert row[7:9] == ("易跌倒", ["zh", "en"])
    assert row[9] == {"name": "沈医生", "practice": None, "phone": "0371 123456"}
    assert [(each["what"], each["given_on"], each["by"]) for each in row[10]] == [
        ("monitoring", "2026-03-02", "本人"), ("emergency", "2026-03-02", "本人"),
    ]  # fmt: skip
    assert [(each["name"], each["phones"], each["holds_key"]) for each in row[11]] == [
        ("Rosa", ["+86 10 1234", "+86 10 5678"], True), ("Neighbour", [], False),
    ]  # fmt: skip
    assert row[12] == "0371 654321"
    told = connection.execute("select team_id, role from membership order by role").fetchall()
    assert told == [("liu", "station"), ("liu", "volunteer")]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_programs_file_is_read(coding: str, separator: str) -> None:
    text = f"sep={separator}\r\n" if coding == "utf-8" else ""
    text += f'编号{separator}姓名\r\n\r\nli{separator}"李\r\n秀英"\r\nwang{separator}王\r\n'
    sheet = read(text.encode(coding), KINDS["people"].column_of, [])
    assert [row.cells["name"].split() for row in sheet.rows] == [["李", "秀英"], ["王"]]
    begins = 3 if coding != "utf-8" else 4
    assert [row.line for row in sheet.rows] == [begins, begins + 2]


@pytest.mark.parametrize(
    ("kind", "text", "columns"),
    [
        ("teams", "id,name,level,parent\nno id,New,village,nowhere\n", ["id", "parent"]),
        ("teams", "id,name,level,parent\nnew,New,village,no id\n", ["parent"]),
        ("homes", "id,address,team,latitude\nno id,Mill Lane,nowhere,1\n",
         ["id", "team", "latitude"]),
        ("people", "id,name,team,home,birth_year\nx,X,nowhere,none,old\n",
         ["birth_year", "team", "home"]),
        ("people", "id,name,home,consents\nx,X,none,monitoring\n",
         ["consents_on", "consents_by", "home"]),
        ("contacts", "resident,name,holds_key\nnone,X,perhaps\n", ["holds_key", "resident"]),
        ("contacts", "resident,name\nno id,X\n", ["resident"]),
        ("devices", "id,kind,resident\nx,kettle,none\n", ["kind", "resident"]),
        ("memberships", "user,role,team\nno name,station,nowhere\n", ["user", "team"]),
        ("memberships", "user,role,team\nzhao,king,liu\n", ["role"]),
    ],
)  # fmt: skip
def test_all_faults_of_a_line_are_told_at_once(
    connection: psycopg.Connection, kind: str, text: str, columns: list[str]
) -> None:
    bring_all(connection)
    assert [each.column for each in bring(connection, kind, text).troubles] == columns


def test_a_line_with_a_fault_is_there_for_those_that_name_it(
    connection: psycopg.Connection,
) -> None:
    text = "id,name,level,parent\ncounty,,county,\ntown,Town,township,county\n"
    assert troubles(connection, "teams", text) == ["line 2, name: this is needed: fill it in."]


def test_an_empty_cell_says_nothing(connection: psycopg.Connection) -> None:
    bring_all(connection)
    report = bring(connection, "people", "id,name,risks,ability_score,ability_level\nli,,,52,\n")
    assert [str(each) for each in report.troubles] == [
        "line 2, name: this is needed: fill it in.",
        "line 2, ability_level: this is needed: fill it in.",
    ]
    report = bring(connection, "people", "id,name,ability_score,ability_level\nli,李,52,2\n")
    assert (report.new, report.changed) == (0, 1)
    row = connection.execute("select risks, abilities from resident where id = 'li'").fetchone()
    assert row == (
        "易跌倒", {"level": 2, "score": 52, "assessed_on": "2026-03-02", "by": None},
    )  # fmt: skip


WRONG: list[tuple[str, str, str]] = [
    ("people", "id,name,nmae\nx,X,Y", "line 1, nmae: no column has this name: did you mean 'na"),
    ("people", "name\nX", "line 1, id: this column is missing: add it."),
    ("people", "编号,姓名\na b,X", "line 2, 编号: use 1 to 64 of A-Z a-z 0-9 _ - without spaces."),
    ("people", "id,name\nx,X\nx,Y", "line 3, id: x is in line 2 already: keep one."),
    ("people", "id,name\nx", "line 2, name: this is needed: fill it in."),
    ("people", "id,name,team\nx,X,mars", "line 2, team: there is no team mars: add it first."),
    ("people", "id,name,出生年\nx,X,四一", "line 2, 出生年: write a whole number."),
    ("people", "id,name,失能等级\nx,X,7", "line 2, 失能等级: this must be 4 or less."),
    ("people", "id,name,living\nx,X,tent", "line 2, living: use one of 'alone'"),
    ("people", "id,name,timezone\nx,X,Mars", "line 2, timezone: use a name of the time zone"),
    ("people", "id,name,doctor,doctor_phone\nx,X,D,1.38E+10",
     "line 2, doctor_phone: a spreadsheet has shortened this number"),
    ("people", "id,name,doctor,doctor_phone\nx,X,D,none",
     "line 2, doctor_phone: this is no telephone number"),
    ("people", "id,name,consents,consents_by\nx,X,监测,X", "line 2, consents_on: this is needed"),
    ("people", "id,name\nx,X,Y", "line 2: it has 3 cells for 2 columns"),
    ("homes", "id,latitude\nx,34.5", "line 2, latitude: give latitude and longitude, or neither."),
    ("teams", "id,name,level,parent\nx,X,village,county", "line 2, parent: a village stands"),
    ("teams", "id,name,level,parent\ntown,T,village,town", "line 2, level: it is a township"),
    ("contacts", "resident,name\nnobody,X", "line 2, resident: there is no resident nobody"),
    ("devices", "id,kind,resident\nx,bed,nobody", "line 2, resident: there is no resident nobody"),
    ("devices", "id,kind\nbed-li,fall", "line 2, kind: it is a bed: a kind stays."),
    ("memberships", "user,role,team\nx,king,liu", "line 2, role: use one of family, station"),
    ("memberships", "user,role\nx,station", "line 2, team: a station needs one: fill it in."),
    ("memberships", "user,role,resident\nx,family,no", "line 2, resident: there is no resident no"),
]  # fmt: skip


def test_what_is_wrong_is_told_by_line_and_column_with_what_to_do(
    connection: psycopg.Connection, subtests: pytest.Subtests
) -> None:
    bring_all(connection)
    for kind, text, sentence in WRONG:
        with subtests.test(sentence):
            told = troubles(connection, kind, text)
            assert len(told) == 1
            assert told[0].startswith(sentence)


def test_a_file_with_one_wrong_line_changes_nothing(connection: psycopg.Connection) -> None:
    bring_all(connection)
    report = bring(connection, "people", "id,name,team\nnew,New,liu\nli,Other,liu\nx,X,mars\n")
    assert (report.new, report.changed, len(report.troubles)) == (0, 0, 1)
    names = connection.execute("select name from resident order by id").fetchall()
    assert names == [("李秀英",), ("王建国",)]


def test_neither_empty_nor_unreadable_files_are_taken_in(connection: psycopg.Connection) -> None:
    for content, sentence in ((b"\n \n", "empty"), (b"id,name\nx,\xff\xff\n", "UTF-8")):
        with pytest.raises(NotAllowed, match=sentence):
            take_in(connection, OPERATOR, "people", content, NOW)


def test_the_audit_knows_whose_file_changed_and_which_fields(
    connection: psycopg.Connection,
) -> None:
    bring_all(connection)
    bring(connection, "people", "id,name,risks\nli,李秀英,none\n")
    *_, last = connection.execute(
        "select who, action, changed, residents, fields from audit order by id"
    ).fetchall()
    assert last == (OPERATOR.username, "import_people", True, ["li"], ["risks"])
    assert OPERATOR.username.startswith("cli:")


def test_the_command_tells_and_ends_as_it_should(database_url: str, tmp_path: Path) -> None:
    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "carewatch", "import", *arguments],
            capture_output=True, text=True, timeout=60, check=False,
            env=os.environ | {"CAREWATCH_DATABASE_URL": database_url},
        )  # fmt: skip

    def count() -> Any:
        with psycopg.connect(database_url) as connection:
            return connection.execute("select count(*) from team").fetchone()

    teams = tmp_path / "teams.csv"
    teams.write_text(TEAMS)
    tried = call("teams", str(teams), "--dry-run", "--json")
    assert json.loads(tried.stdout)["new"] == 3
    assert count() == (0,)
    assert "3 new, 0 changed, 0 as they were" in call("teams", str(teams)).stdout
    assert count() == (3,)
    devices = tmp_path / "devices.csv"
    devices.write_text("id,kind,team\nb1,button,liu\n")
    kept = call("devices", str(devices))
    assert kept.returncode == 1
    assert "--secrets FILE" in kept.stderr
    secrets = tmp_path / "secrets.csv"
    assert call("devices", str(devices), "--secrets", str(secrets)).returncode == 0
    assert secrets.read_text().startswith("id,secret\r\nb1,") or "b1," in secrets.read_text()
    assert secrets.stat().st_mode & 0o077 == 0
    teams.write_text(TEAMS + "x,X,village,\n")
    wrong = call("teams", str(teams))
    assert wrong.returncode == 1
    assert "line 5, parent: a village stands below a township" in wrong.stderr
    assert "Nothing was imported." in wrong.stderr
