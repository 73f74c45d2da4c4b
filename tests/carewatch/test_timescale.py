"""A TimescaleDB without containers: found where it is, fetched where it may be."""

from pathlib import Path

import pytest

from carewatch.embedded import timescale
from carewatch.embedded.timescale import Programs, Timescale
from domain.errors import Unavailable

APT = """\
Debian Debian-Security main http://mirror.example/debian-security
Debian Debian contrib http://mirror.example/debian
Debian Debian main http://mirror.example/debian
"""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for Debian 13 on a machine that has no TimescaleDB."""
    monkeypatch.setenv(timescale.ROOT_SETTING, str(tmp_path / "root"))
    monkeypatch.setattr(timescale, "_SYSTEM", tmp_path / "postgresql")
    monkeypatch.setattr(timescale.shutil, "which", lambda name: None)
    return tmp_path / "root"


def _put(root: Path) -> None:
    library = root / "usr/lib/postgresql/17/lib/timescaledb.so"
    library.parent.mkdir(parents=True)
    library.touch()


def test_where_it_cannot_be_fetched_the_ways_out_are_named(nowhere: Path) -> None:
    assert timescale.find() is None
    with pytest.raises(Unavailable, match=r"make timescale.*compose\.yaml"):
        timescale.install()


def test_what_was_fetched_before_is_used_by_root_and_by_nobody_else(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(nowhere)
    monkeypatch.setattr(timescale, "is_root", lambda: True)
    assert timescale.install() == Programs(Path("/usr/lib/postgresql/17/bin"), nowhere)
    monkeypatch.setattr(timescale, "is_root", lambda: False)
    assert timescale.find() is None


def test_the_systems_own_goes_first(nowhere: Path, tmp_path: Path) -> None:
    _put(nowhere)
    _put(tmp_path)
    (tmp_path / "usr/lib/postgresql/17/bin").mkdir()
    (tmp_path / "usr/lib/postgresql").rename(tmp_path / "postgresql")
    assert timescale.find() == Programs(tmp_path / "postgresql/17/bin")


def test_packages_come_from_the_mirror_of_this_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timescale, "_said", lambda *command: APT)
    assert timescale._mirror() == "http://mirror.example/debian"
    monkeypatch.setattr(timescale, "_said", lambda *command: "")
    with pytest.raises(Unavailable, match="apt-get update"):
        timescale._mirror()


def test_data_lies_below_the_root_that_the_server_sees(tmp_path: Path) -> None:
    server = Timescale(Programs(Path("/bin"), tmp_path), Path("/srv/a"))
    assert server.folder == tmp_path / "srv/a"
    server.folder.mkdir(parents=True)
    server.remove()
    assert not server.folder.exists()
