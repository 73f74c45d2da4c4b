"""A TimescaleDB for trials, tests and `carewatch bench`, without containers.

Where the system has PostgreSQL with TimescaleDB, that is used. Else, on Debian and its like, root
can have Debian 13 put into a folder (debootstrap), whose server then runs with that folder as its
root (chroot): 600 MB, a minute the first time. Debian's build is the Apache edition.

``python -m carewatch.embedded.timescale`` runs one in the foreground until Ctrl-C; with
``install`` it only sees to it that the programs are there.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fasteners
from platformdirs import user_cache_path

from carewatch.embedded.postgres import SYSTEM_USER, Postgres, as_system_user, is_root
from domain.errors import CarewatchError, Unavailable

ROOT_SETTING = "TIMESCALE_ROOT"
"""Environment variable that names another folder for Debian 13 than the user's cache."""

_SYSTEM = Path("/usr/lib/postgresql")
"""Where Debian and its like have PostgreSQL, a folder a version."""
_SUITE, _PACKAGE = "trixie", "postgresql-17-timescaledb"
_MIRRORS = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(COMPONENT) $(SITE)"]
_NOWHERE = (
    "There is no TimescaleDB on this machine. Install it beside PostgreSQL; or, on Debian, run "
    "`make timescale` as root with debootstrap installed; or use Docker: see compose.yaml."
)


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the programs of a PostgreSQL with TimescaleDB are; ``root`` is what they see as /."""

    folder: Path
    root: Path = Path("/")

    @property
    def apart(self) -> bool:
        """Whether they live in a root of their own."""
        return self.root != Path("/")

    def call(self, name: str) -> list[str]:
        """How to call one of them, as the system user where they live apart."""
        program = str(self.folder / name)
        if not self.apart:
            return [program]
        return ["chroot", f"--userspec={_user_inside(self.root)}", str(self.root), program]


def find() -> Programs | None:
    """The programs, where they are on this machine already."""
    return next(_found(), None)


def install() -> Programs:
    """The programs, fetched where they are missing. Raises Unavailable where that cannot be."""
    root = _root()
    root.parent.mkdir(parents=True, exist_ok=True)
    with fasteners.InterProcessLock(str(root.with_name(root.name + ".lock"))):
        programs = find()
        if programs is None:
            _bootstrap(root)
            programs = find()
    if programs is None:
        raise Unavailable(_NOWHERE)
    return programs


class Timescale(Postgres):
    """A server with TimescaleDB, like :class:`Postgres` but for its programs.

    Where these have a root of their own, ``folder`` is the one of that path below it. Without
    ``background`` there are no workers that connect to each database by themselves.
    """

    def __init__(
        self,
        programs: Programs,
        folder: Path,
        port: int = 0,
        *,
        durable: bool = True,
        background: bool = True,
    ) -> None:
        self._programs = programs
        self._background = background
        below = programs.root / folder.absolute().relative_to("/")
        super().__init__(below, port, durable=durable)

    def remove(self) -> None:
        """Take its data away; it must have ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._programs.apart:
            with suppress(OSError):  # something else may be in there
                self.folder.parent.rmdir()

    def _options(self) -> dict[str, str]:
        more = {
            "shared_preload_libraries": "timescaledb",
            "timescaledb.telemetry_level": "off",
            "max_locks_per_transaction": "256",  # a query may touch every chunk
        }
        if not self._background:
            more["timescaledb.max_background_workers"] = "0"
        if self._programs.apart:
            more["dynamic_shared_memory_type"] = "mmap"  # there is no /dev/shm
        return super()._options() | more

    def _program(self, name: str) -> list[str]:
        return self._programs.call(name)

    def seen(self, path: Path) -> str:
        return str(Path("/") / path.relative_to(self._programs.root))

    def _user(self) -> dict[str, Any]:
        return {} if self._programs.apart else as_system_user()


def _found() -> Iterator[Programs]:
    for folder in sorted(_SYSTEM.glob("*/bin"), reverse=True):
        if (folder.parent / "lib" / "timescaledb.so").exists():
            yield Programs(folder)
    if shutil.which("pg_config"):
        folder, libraries = (Path(_said("pg_config", f"--{a}")) for a in ("bindir", "pkglibdir"))
        if (libraries / "timescaledb.so").exists() and (folder / "postgres").exists():
            yield Programs(folder)
    for library in _root().glob("usr/lib/postgresql/*/lib/timescaledb.so"):
        if is_root():
            yield Programs(Path("/") / library.parents[1].relative_to(_root()) / "bin", _root())


def _root() -> Path:
    named = os.environ.get(ROOT_SETTING)
    return Path(named).absolute() if named else user_cache_path("carewatch") / "timescale"


def _bootstrap(root: Path) -> None:
    """Put Debian 13 with the package into a folder, whole or not at all."""
    if not is_root() or not shutil.which("debootstrap") or not shutil.which("apt-get"):
        raise Unavailable(_NOWHERE)
    beside = root.with_name(root.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    print(f"fetching TimescaleDB into {root} (a minute, the first time)", file=sys.stderr)  # noqa: T201
    command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGE}", _SUITE, str(beside)]
    done = subprocess.run([*command, _mirror()], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-3:]
        raise Unavailable(f"TimescaleDB could not be fetched: {' '.join(last)} {_NOWHERE}")
    for unneeded in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(beside / unneeded, ignore_errors=True)
    beside.rename(root)


def _mirror() -> str:
    """Where this system gets its own packages from."""
    for line in _said(*_MIRRORS, "Created-By: Packages").splitlines():
        origin, label, component, site = line.split()
        if (origin, label, component) == ("Debian", "Debian", "main"):
            return site
    raise Unavailable(f"apt knows no mirror of Debian here: try `apt-get update`. {_NOWHERE}")


def _user_inside(root: Path) -> str:
    """The ids of our system user, who is made known below ``root``: the server asks its name."""
    import pwd

    user = pwd.getpwnam(SYSTEM_USER)
    known = root / "etc" / "passwd"
    line = f"{SYSTEM_USER}:x:{user.pw_uid}:{user.pw_gid}::/nonexistent:/usr/sbin/nologin\n"
    if line not in known.read_text():
        with known.open("a") as file:
            file.write(line)
    return f"{user.pw_uid}:{user.pw_gid}"


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _run(programs: Programs) -> int:
    """A server on a folder that stays, until it is told to stop."""
    folder = Path("/srv/carewatch") if programs.apart else user_cache_path("carewatch") / "trial"
    server = Timescale(programs, folder)
    server.prepare()
    process = server.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.send_signal(signal.SIGINT))
    last_port = server.last_port
    server.wait()
    if last_port not in (0, server.port):
        print(f"Port {last_port} is taken: the address is a new one.", file=sys.stderr)  # noqa: T201
    print(f"export CAREWATCH_DATABASE_URL={server.url}", flush=True)  # noqa: T201
    print("TimescaleDB runs until Ctrl-C; its data and its address stay.", file=sys.stderr)  # noqa: T201
    return process.wait()


def _main(arguments: list[str]) -> int:
    try:
        programs = install()
        return 0 if "install" in arguments else _run(programs)
    except CarewatchError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 3


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
