"""How often homes ring for inactivity, by a record of movement and doors."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carewatch.evaluate.activity import FILE, activity
from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset

HOURS = (7, 9, 11, 13, 15, 17, 19, 21)


def write(folder: Path, rows: list[tuple[str, str, str]]) -> None:
    with gzip.open(folder / FILE, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "location", "date-time"))
        writer.writerows(rows)


def days(name: str, count: int, quiet_on: int = -1) -> list[tuple[str, str, str]]:
    """A home that is seen every two hours by day; on one day not at all."""
    begin = datetime(2019, 4, 1, tzinfo=UTC)
    return [
        (name, "kitchen", f"{begin + timedelta(days=day, hours=hour):%Y-%m-%d %H:%M:%S}")
        for day in range(count)
        for hour in HOURS
        if day != quiet_on
    ]


def test_a_day_without_a_sign_is_counted_once(tmp_path: Path) -> None:
    write(tmp_path, days("anna", 20, quiet_on=12) + days("berta", 20))
    told = activity(tmp_path, Progress())
    assert told["inactivity"]["alerts"] == 1
    assert told["inactivity"]["by_subject"]["anna"] == {"alerts": 1, "days": 19.6}
    assert told["inactivity_per_resident_day"] == pytest.approx(1 / 39.2, rel=0.01)
    assert told["inactivity"]["quiet_above_20_h"] == 1


def test_when_everybody_is_silent_it_is_the_system(tmp_path: Path) -> None:
    write(tmp_path, [row for n in range(6) for row in days(f"r{n}", 20, quiet_on=12)])
    assert activity(tmp_path, Progress())["inactivity"]["alerts"] == 0


def test_a_folder_without_movement_tells_nothing(tmp_path: Path) -> None:
    assert activity(tmp_path, Progress()) == {}


def test_a_row_that_is_none_is_named(tmp_path: Path) -> None:
    write(tmp_path, [("anna", "kitchen", "yesterday")])
    with pytest.raises(BadDataset, match="date-time"):
        activity(tmp_path, Progress())
