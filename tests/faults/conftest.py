"""One rig of each edition for all faults: each leaves it as well as it found it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carewatch.embedded.postgres import Postgres
from carewatch.embedded.timescale import Timescale
from tests import databases
from tests.faults.rig import BEDS, Rig
from tests.faults.rig import rig as a_rig
from tests.talking import Talk


@pytest.fixture(scope="package", params=["plain", "apache"])
def rig(folder: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    place = folder / f"faults-{request.param}"
    server = (
        Postgres(place / "database")
        if request.param == "plain"
        else Timescale(databases.programs(), folder / "faults-timescale")
    )
    with a_rig(place, server) as running:
        yield running


@pytest.fixture
def talk(rig: Rig) -> Iterator[Talk]:
    """Beds that talk while the fault goes on."""
    talk = Talk(rig.devices, *BEDS)
    talk.start()
    yield talk
    talk.end()
