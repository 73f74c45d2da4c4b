"""One running carewatch for all stories that can share it, and one broker for all at its door."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from carewatch.embedded.nats import Nats
from tests.acceptance.door import Door, serving
from tests.acceptance.instance import Instance, instance


@pytest.fixture(scope="session")
def carewatch(folder: Path) -> Iterator[Instance]:
    with instance(folder / "instance") as running:
        yield running


@pytest.fixture(scope="package")
def broker(folder: Path) -> Iterator[Nats]:
    """One that nobody else writes the log of."""
    nats = Nats(folder / "door")
    nats.prepare()
    process = nats.start()
    nats.wait()
    yield nats
    process.terminate()
    process.wait(10)


@pytest.fixture
def door(broker: Nats, database_url: str) -> Iterator[Door]:
    with serving(broker, database_url), closing(Door(broker, database_url)) as door:
        yield door
