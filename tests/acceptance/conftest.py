"""One running carewatch for all stories that can share it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.instance import Instance, instance


@pytest.fixture(scope="session")
def carewatch(folder: Path) -> Iterator[Instance]:
    with instance(folder / "instance") as running:
        yield running
