"""Readings at home and alerts that a team confirmed: whose day is whose."""

from pathlib import Path

import pytest

from carewatch.evaluate.progress import Progress
from carewatch.evaluate.report import BadDataset
from carewatch.evaluate.tihm import evaluate

NAMES = ("Systolic blood pressure", "Diastolic blood pressure", "Heart rate")


def tables(folder: Path, readings: list[str], labels: list[str]) -> Path:
    """``readings``: 'person time systolic diastolic pulse'; ``labels``: 'person time type'."""
    rows = ["patient_id,date,device_type,value,unit"]
    for reading in readings:
        person, day, time, *values = reading.split()
        rows += [f"{person},{day} {time},{n},{v},x" for n, v in zip(NAMES, values, strict=True)]
    (folder / "physiology.csv").write_text("\n".join(rows))
    lines = [label.split(" ", 3) for label in labels]
    told = [f"{person},{day} {time},{kind}" for person, day, time, kind in lines]
    (folder / "labels.csv").write_text("\n".join(["patient_id,date,type", *told]))
    return folder


def test_a_confirmed_alert_counts_for_the_day_of_its_reading(tmp_path: Path) -> None:
    """It was taken at 22:30, after the team's hours, and confirmed the next morning."""
    folder = tables(
        tmp_path,
        [
            "ann 2019-05-01 22:30:00 175 90 70",
            "ann 2019-05-02 12:00:00 140 80 70",
            "ann 2019-05-03 12:00:00 140 80 70",
        ],
        ["ann 2019-05-02 08:00:00 Blood pressure"],
    )
    figures = evaluate(folder, Progress()).figures
    assert figures["blood_pressure"]["f1"] == 1
    assert figures["blood_pressure"]["by_calendar_day"]["f1"] == 0


def test_readings_that_nobody_could_have_confirmed_any_more_are_left_out(tmp_path: Path) -> None:
    folder = tables(
        tmp_path,
        ["ann 2019-05-01 10:00:00 175 90 70", "ann 2019-05-02 23:00:00 185 90 70"],
        ["ann 2019-05-01 09:20:00 Blood pressure"],
    )
    figures = evaluate(folder, Progress()).figures
    assert figures["patient_days"] == 1
    assert (figures["blood_pressure"]["found"], figures["blood_pressure"]["false"]) == (1, 0)


def test_pulse_and_what_limits_chosen_on_others_reach(tmp_path: Path) -> None:
    people = [f"p{n}" for n in range(4)]
    folder = tables(
        tmp_path,
        [f"{p} 2019-05-0{day} 10:00:00 130 80 {pulse}" for p in people for day, pulse in
         ((1, 70), (2, 112), (3, 75), (4, 46), (5, 66))],
        [f"{p} 2019-05-0{day} 09:15:00 Pulse" for p in people for day in (2, 4)],
    )  # fmt: skip
    figures = evaluate(folder, Progress(), cross_validate=True).figures
    assert figures["pulse"]["f1"] == 1
    assert figures["cross_validated"]["pulse"]["f1"] == 1
    assert figures["pulse"]["by_subject"]["p0"] == {"found": 2, "missed": 0, "false": 0}


def test_a_folder_without_the_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="no physiology"):
        evaluate(tmp_path, Progress())
