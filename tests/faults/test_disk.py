"""The disk of the database is full, and then it is not."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig, within
from tests.talking import Talk, now_ms

SOON = 2.0
ROOM = "48m"


@pytest.fixture
def small_disk(rig: Rig) -> Iterator[Path]:
    """The database's tables on a disk of their own."""
    disk = rig.postgres.folder.with_name("disk")
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        disk.rmdir()
        pytest.skip("needs root and the right to mount a tmpfs")
    try:
        rig.move_tables(disk)
        yield disk
        rig.move_tables(None)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()


def fill(disk: Path) -> Path:
    """Put something there that takes all the room."""
    ballast = disk / "ballast"
    left = os.statvfs(disk)
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for _ in range(left.f_bavail * left.f_frsize // 4096 + 1):
            file.write(bytes(4096))
    return ballast


def test_the_disk_is_full(rig: Rig, talk: Talk, small_disk: Path) -> None:
    ballast = fill(small_disk)
    now = now_ms()
    for number in range(3000):  # what room is left in the tables themselves is soon used up
        said = {"t": now - number, "heart_rate": 61}
        rig.devices.publish(f"flood-{number % 20}", "sample", said)
    rig.wait_said("pump", "disk of the database is full")
    pressed = rig.press()
    rig.wait_told_unrecorded(pressed)
    ballast.unlink()
    within(SOON, lambda: rig.alerts(pressed), "the alert")
    rig.all_is_well(talk, pressed)
