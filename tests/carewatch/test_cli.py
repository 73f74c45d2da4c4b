"""The command line as a user meets it: real processes, real answers, exit codes."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from domain.time import stopwatch
from tests.waiting import eventually


def carewatch(
    *arguments: str, given: str = "", **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "carewatch", *arguments],
        input=given, capture_output=True, text=True, timeout=60, check=False,
        env=_environment(**settings),
    )  # fmt: skip


def _environment(**settings: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CAREWATCH_")}
    return own | {f"CAREWATCH_{name.upper()}": value for name, value in settings.items()}


@dataclass
class Instance:
    """A `carewatch up` of our own."""

    data: Path
    process: "subprocess.Popen[bytes]"

    @property
    def said(self) -> str:
        return (self.data / "said").read_text()

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return found

    def ready(self) -> bool:
        assert self.process.poll() is None, self.said
        return (self.data / "run.json").exists()

    def answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(self.run["http"] + "/readyz", timeout=2))
        except OSError:
            return False


def start(data: Path, command: str = "up", *more: str, **settings: str) -> Instance:
    data.mkdir(exist_ok=True)
    with (data / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "carewatch", command, *more],
            env=_environment(
                data=str(data), http_port="0", mqtt_port="0", nats_port="0", **settings
            ),
            stdout=said, stderr=said,
        )  # fmt: skip
    instance = Instance(data, process)
    _started.append(process)
    eventually(instance.ready, "readiness", 60)
    return instance


_started: list["subprocess.Popen[bytes]"] = []


@pytest.fixture(scope="module", autouse=True)
def _none_is_left() -> Iterator[None]:
    """A test that failed half way leaves nothing running."""
    yield
    for process in _started:
        process.terminate()
    for process in _started:
        process.wait(12)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = start(tmp_path_factory.mktemp("up"))
    yield instance
    instance.process.terminate()
    instance.process.wait(12)


def test_help_comes_at_once_and_lists_every_command() -> None:
    begun = stopwatch()
    done = carewatch("--help")
    assert stopwatch() - begun < 3  # some 0.3 s: no command's module is imported for it
    assert done.returncode == 0
    for name in ("up", "demo", "check", "device", "fleet", "simulate", "replay", "bench"):
        assert re.search(rf"^\W+{name} ", done.stdout, re.MULTILINE), name


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nonsense"], 2, "No such command"),
        (["fleet", "create"], 2, "Missing option"),
        (["up", "--http-port", "70000"], 2, "65535"),
        (["--config", "/nowhere.toml", "check"], 2, "There is no file /nowhere.toml"),
        (["device", "list", "--data", "/nowhere"], 3, "start it with `carewatch up`"),
        (["gateway"], 2, "CAREWATCH_DATABASE_URL"),
    ],
)
def test_a_call_that_cannot_be_says_why(arguments: list[str], code: int, sentence: str) -> None:
    done = carewatch(*arguments)
    assert done.returncode == code, done.stderr
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_is_refused_with_the_nearest_name() -> None:
    done = carewatch("check", http_prot="1")
    assert done.returncode == 2
    assert "CAREWATCH_HTTP_PORT" in done.stderr


def test_a_database_that_is_not_there_is_missing() -> None:
    done = carewatch("migrate", database_url="postgresql://127.0.0.1:1/carewatch")
    assert done.returncode == 3
    assert "does not answer" in done.stderr


def test_up_tells_where_it_is_and_who_works(instance: Instance) -> None:
    assert set(instance.run["pids"]) == {
        "broker", "database", "pump", "escalator", "keeper", "api", "auth",
    }  # fmt: skip
    assert all(psutil.pid_exists(pid) for pid in instance.run["pids"].values())
    assert (instance.data / "run.json").stat().st_mode & 0o077 == 0
    assert instance.answers()
    with urllib.request.urlopen(instance.run["http"] + "/readyz", timeout=5) as answer:
        parts = json.loads(answer.read())["parts"]
    assert set(parts) == {
        "database", "migrations", "pump", "escalator", "inspection", "keeper", "auth", "broker",
    }  # fmt: skip
    eventually(lambda: instance.run["http"] in instance.said)


def test_metrics_are_those_of_all_processes(instance: Instance) -> None:
    with urllib.request.urlopen(instance.run["http"] + "/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert "carewatch_messages_total" in text  # the pump's
    assert "carewatch_logins_total" in text or "carewatch_publishes_dropped_total" in text


def test_a_second_up_on_the_same_folder_is_refused(instance: Instance) -> None:
    done = carewatch("up", data=str(instance.data), http_port="0", mqtt_port="0", nats_port="0")
    assert done.returncode == 1
    assert f"process {instance.process.pid}" in done.stderr
    assert str(instance.data) in done.stderr
    assert instance.answers()


def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = carewatch("up", "--mqtt-port", str(port), data=str(tmp_path), http_port="0")
        nowhere = tmp_path / "new" / "data"
        again = carewatch("up", "--mqtt-port", str(port), data=str(nowhere), http_port="0")
    assert done.returncode == 3
    for word in (str(port), "CAREWATCH_MQTT_PORT", "--mqtt-port"):
        assert word in done.stderr
        assert word in again.stderr
    assert again.returncode == 3
    assert [path.name for path in tmp_path.iterdir()] == ["lock"], "no half-made folder is left"


@pytest.mark.parametrize(
    "part", ["pump", "auth", "api", "escalator", "keeper", "broker", "database"]
)
def test_a_part_that_is_killed_comes_back(instance: Instance, part: str) -> None:
    before = instance.run["pids"]
    os.kill(before[part], signal.SIGKILL)
    eventually(lambda: instance.run["pids"][part] != before[part])
    eventually(instance.answers)
    others = {name: pid for name, pid in before.items() if name != part}
    assert others.items() <= instance.run["pids"].items()


def test_a_device_is_added_listed_rotated_and_removed(instance: Instance) -> None:
    data = str(instance.data)
    added = carewatch("device", "add", "button-1", "--kind", "button", "--json", data=data)
    rotated = carewatch("device", "rotate", "button-1", "--json", data=data)
    secrets = [json.loads(done.stdout)["secret"] for done in (added, rotated)]
    assert secrets[0] != secrets[1]
    listed = carewatch("device", "list", "--json", data=data)
    assert "button-1" in [device["id"] for device in json.loads(listed.stdout)]
    assert not any(secret in listed.stdout for secret in secrets)
    assert carewatch("device", "remove", "button-1", data=data).returncode == 0
    gone = carewatch("device", "remove", "button-1", data=data)
    assert gone.returncode == 1
    assert "device list" in gone.stderr


def test_a_fleet_is_written_for_its_owner_only(instance: Instance, tmp_path: Path) -> None:
    out = tmp_path / "fleet.json"
    done = carewatch("fleet", "create", "--beds", "3", "--out", str(out), data=str(instance.data))
    assert done.returncode == 0, done.stderr
    fleet = json.loads(out.read_text())
    assert set(fleet["bridge"]) == {"username", "password"}
    assert fleet["devices"] == ["bed-00001", "bed-00002", "bed-00003"]
    assert out.stat().st_mode & 0o077 == 0
    assert "new password" not in done.stderr


def test_a_fleet_that_is_made_again_says_that_its_password_is_another(
    instance: Instance, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("first.json", "second.json")]
    for out in files:
        call = ("fleet", "create", "--beds", "3", "--out", str(out))
        done = carewatch(*call, data=str(instance.data))
        assert done.returncode == 0, done.stderr
    assert "bridge-fleet" in done.stderr
    assert "new password" in done.stderr
    assert "earlier call is no longer valid" in done.stderr
    first, second = (json.loads(out.read_text())["bridge"]["password"] for out in files)
    assert first != second


def test_an_account_that_was_added_can_log_in(instance: Instance) -> None:
    call = ("user", "add", "ada", "--role", "admin", "--password-stdin")
    assert carewatch(*call, given="a long word\n", data=str(instance.data)).returncode == 0
    again = carewatch(*call, given="a long word\n", data=str(instance.data))
    assert (again.returncode, "already" in again.stderr) == (1, True)
    body = json.dumps({"username": "ada", "password": "a long word"}).encode()
    request = urllib.request.Request(
        instance.run["http"] + "/api/v1/session", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert json.loads(answer.read())["token"]


def test_the_readmes_first_device_needs_five_lines_on_an_empty_carewatch(
    instance: Instance,
) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    section = text.split("### A device of your own")[1]
    lines = section.split("```sh\n")[1].split("```")[0].strip().splitlines()
    assert len(lines) == 5
    data = str(instance.data)
    for line in lines:
        _, *arguments = shlex.split(line)
        if arguments[0] == "user":
            arguments.append("--password-stdin")
        done = carewatch(*arguments, given="a long word\n", data=data)
        assert done.returncode == 0, (line, done.stderr)
    teams = json.loads(carewatch("team", "list", "--json", data=data).stdout)
    assert [team["id"] for team in teams] == ["my-county"]
    residents = json.loads(carewatch("resident", "list", "--json", data=data).stdout)
    (rosa,) = [each for each in residents if each["id"] == "rosa"]
    assert (rosa["team"], rosa["devices"], rosa["timezone"]) == (
        "my-county", ["my-button"], "Europe/Berlin",
    )  # fmt: skip
    assert rosa["way_in"] == "Key box left of the door"
    assert "my-county" in carewatch("team", "list", data=data).stdout
    assert "my-button" in carewatch("resident", "list", data=data).stdout


@pytest.mark.parametrize(
    ("call", "code", "sentence"),
    [
        ("resident add r1 --name R --team nowhere", 1, "carewatch team list"),
        ("resident add r1 --name R --timezone Mars/Olympus", 2, "timezone: "),
        ("resident add a.b --name R", 2, "id: "),
        ("team add t1 --name T --level village", 1, "below a township"),
        ("team add t1 --name T --level hamlet", 2, "level: "),
    ],
)
def test_a_team_or_resident_that_cannot_be_is_refused_with_the_reason(
    instance: Instance, call: str, code: int, sentence: str
) -> None:
    done = carewatch(*call.split(), data=str(instance.data))
    assert done.returncode == code, done.stderr
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_check_finds_everything_well(instance: Instance) -> None:
    done = carewatch("check", "--json", data=str(instance.data))
    found = {each["name"]: each for each in json.loads(done.stdout)}
    assert done.returncode == 0, found
    assert {"database", "clock", "tables", "broker"} <= set(found)


def test_its_files_hold_no_secret_that_others_can_read(instance: Instance) -> None:
    with psycopg.connect(instance.run["database"]) as connection:
        password = str(connection.info.password)
    keys = json.loads((instance.data / "broker" / "keys.json").read_text())
    logs = "".join(log.read_text() for log in (instance.data / "log").iterdir())
    logs += (instance.data / "broker" / "nats.log").read_text() + instance.said
    assert not any(secret in logs for secret in (password, *keys.values()))
    for private in ("broker/keys.json", "broker/nats.conf", "children.json"):
        assert (instance.data / private).stat().st_mode & 0o077 == 0, private


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_ten_seconds_and_leaves_nobody(
    tmp_path: Path, how: signal.Signals
) -> None:
    instance = start(tmp_path / "data", "demo", "--quiet")
    demo = json.loads((instance.data / "demo.json").read_text())
    assert {"accounts", "devices"} <= set(demo)
    eventually(lambda: demo["accounts"][0]["password"] in instance.said)
    family = psutil.Process(instance.process.pid).children(recursive=True)
    assert len(family) > 6
    instance.process.send_signal(how)
    assert instance.process.wait(10) == 0
    eventually(lambda: not any(process.is_running() for process in family), seconds=1)
    assert not (instance.data / "run.json").exists()


def test_children_end_when_up_is_killed_and_the_rest_is_ended_by_the_next(tmp_path: Path) -> None:
    first = start(tmp_path / "data")
    pids = first.run["pids"]
    first.process.kill()
    first.process.wait()
    assert carewatch("device", "list", data=str(first.data)).returncode == 3
    (first.data / "run.json").unlink()  # was left, and tells nothing any more
    ours = [pids[name] for name in ("pump", "escalator", "keeper", "api", "auth")]
    eventually(lambda: not any(_lives(pid) for pid in ours))
    second = start(tmp_path / "data")
    assert not _lives(pids["broker"])
    assert not _lives(pids["database"])
    second.process.terminate()
    assert second.process.wait(10) == 0


def test_a_database_of_ones_own_takes_the_place_of_the_embedded_one(
    tmp_path: Path, database_url: str
) -> None:
    instance = start(tmp_path / "data", database_url=database_url)
    assert instance.run["database"] == database_url
    assert "database" not in instance.run["pids"]
    assert not (instance.data / "database").exists()
    instance.process.terminate()
    assert instance.process.wait(10) == 0


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
