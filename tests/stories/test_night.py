"""The night of a fall, from the sensor to the closed alert: undisturbed, and full of kills."""

import multiprocessing
import os
import signal
from typing import Any

import psycopg
import pytest

from tests.stories import night
from tests.stories.village import Village


def test_the_night_of_a_fall_from_sensor_to_closed_alert(county: Any) -> None:
    village = Village(county.connection)
    for number in range(len(night.LINES)):
        night.tell(village, number)
    (fall,) = village.alerts()
    assert (fall.state, fall.outcome, fall.note) == ("resolved", "real", "Bruised knee")
    assert village.history() == [
        ("raised", None), ("rejected", "mei"), ("no_answer", None), ("accepted", "station"),
        ("on_the_way", "station"), ("joined", "li"), ("hand_over_offered", "station"),
        ("hand_over_lapsed", None), ("hand_over_offered", "station"), ("taken_over", "li"),
        ("on_the_way", "li"), ("arrived", "li"), ("resolved", "li"),
    ]  # fmt: skip
    assert village.asked() == [
        (0, "Li"), (0, "Mei"), (0, "Station"), (20, "Centre"), (140, "Centre"), (140, "Li"),
        (140, "Mei"), (140, "Neighbour"), (140, "Station"), (200, "Centre"), (400, "Li"),
    ]  # fmt: skip


def test_a_process_killed_between_every_two_lines_changes_nothing(
    county: Any, database_url: str
) -> None:
    """Each line dies before its commit, dies right after it, and is then told once more."""
    undisturbed = Village(county.connection)
    for number in range(len(night.LINES)):
        night.tell(undisturbed, number)
    wanted = undisturbed.whole()
    county.connection.execute("delete from outbox; delete from alert_event; delete from alert")
    for number in range(len(night.LINES)):
        for when in ("before", "after"):
            assert _life(database_url, number, when) == -signal.SIGKILL
        assert _life(database_url, number, "never") == 0
    assert Village(county.connection).whole() == wanted


def _life(database_url: str, number: int, killed: str) -> int | None:
    """The exit code of a process of its own that tells one line."""
    process = _PROCESSES.Process(target=_live, args=(database_url, number, killed))
    process.start()
    process.join(60)
    return process.exitcode


def _live(database_url: str, number: int, killed: str) -> None:
    with psycopg.connect(database_url) as connection:
        night.tell(Village(connection), number)
        if killed == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        connection.commit()
        if killed == "after":
            os.kill(os.getpid(), signal.SIGKILL)


_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.stories.night"])


@pytest.fixture(autouse=True, scope="module")
def _end_of_forks() -> Any:
    """The server of forks is started by the first process; nothing of it is left behind."""
    yield
    from multiprocessing import forkserver

    forkserver._forkserver._stop()  # type: ignore[attr-defined]
