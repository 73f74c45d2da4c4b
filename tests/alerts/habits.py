"""Weeks of one resident's life for detectors that learn: nights in bed, days at home."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.alerts.stage import AMBIENT, BED, Stage, event, instant

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
"""The story's first day; in Berlin clocks go back on the 25th, in its third week."""


def local(day: int, clock: str, zone: str = BERLIN) -> float:
    """Seconds of the stage at a local time of the story's day."""
    hour, minute = clock.split(":")
    wall = MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute))
    return instant(wall.replace(tzinfo=ZoneInfo(zone)).isoformat())


def night(stage: Stage, day: int, bed: str = "22:00", rise: str = "07:00") -> Stage:
    """From the evening of ``day`` to the next morning, as the bed's events tell it."""
    stage.happen(event(local(day, bed), "bed_entry", BED))
    return stage.happen(event(local(day + 1, rise), "bed_exit", BED))


def motions(stage: Stage, day: int, *clocks: str, name: str = "motion") -> Stage:
    """Somebody is seen at these hours."""
    return stage.happen(*(event(local(day, clock), name, AMBIENT) for clock in clocks))


def asleep(stage: Stage, day: int, **said: Any) -> Stage:
    """A night from 22:00 to 06:30, told every ten minutes, 60 and 14 where nothing else is said."""
    values = {"in_bed": True, "heart_rate": 60.0, "respiration_rate": 14.0} | said
    stage.every(600, local(day, "22:00"), local(day + 1, "06:30"), **values)
    return stage.say({"t": local(day + 1, "06:31"), "in_bed": False})
