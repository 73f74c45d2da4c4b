"""What is installed by `make demo` and `make test` is what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def _names(requirements: list[str]) -> set[str]:
    """The packages that requirements are of, spelled one way.

    >>> sorted(_names(["psycopg[binary,pool]>=3.2", "PyYAML"]))
    ['psycopg', 'pyyaml']
    """
    found = [re.match(r"[A-Za-z0-9._-]+", each) for each in requirements]
    return {re.sub(r"[-_.]+", "-", each[0]).lower() for each in found if each}


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["dependencies"] + EXTRAS["build"]),
        ("requirements-dev.lock", EXTRAS["dev"]),
    ],
)
def test_each_dependency_is_locked(lock: str, wanted: list[str]) -> None:
    locked = re.findall(r"^(\S+)==", (ROOT / lock).read_text(), re.MULTILINE)
    assert _names(wanted) - _names(locked) == set()
