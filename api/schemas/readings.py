"""Answers about what was measured of a resident, and what happened."""

from datetime import date
from typing import Literal

from api.schemas.fields import Answer, Time
from api.schemas.pauses import Cause


class Samples(Answer):
    """``points``: milliseconds since 1970 and value, in order; true and false are 1 and 0.

    ``level`` says what a point is. ``raw``: a reading; where a span holds more of them than
    ``points``, the lowest and the highest of each of points/2 equal spans are given, each at its
    own time, so that no peak is lost. ``minute``, ``hour``, ``day``: the mean of that time (or of
    several), with the lowest and the highest reading of each in ``low`` and ``high``. A day is a
    whole one where the resident lives, and its time is its beginning.
    """

    quantity: str
    unit: str
    points: list[tuple[int, float]]
    level: Literal["raw", "minute", "hour", "day"]
    low: list[float] | None = None
    high: list[float] | None = None


class Spread(Answer):
    """A rate over a night: of all readings the lowest, the mean and the highest.

    ``p10``, ``p50``, ``p90``: quantiles of the medians of its minutes, each of which counts once.
    """

    low: float
    mean: float
    high: float
    p10: float
    p50: float
    p90: float


class Night(Answer):
    """21:00 to 07:00 where the resident lives; ``night`` is the day on whose evening it began.

    ``time_in_bed``: minutes. ``exits``: changes from a reading in bed to the next one, out of bed.
    ``restlessness``: minutes with movement in an hour in bed. Null where nothing told of it.
    """

    night: date
    begins_at: Time
    ends_at: Time
    time_in_bed: float | None
    exits: int | None
    restlessness: float | None
    heart_rate: Spread | None
    respiration_rate: Spread | None


class Nights(Answer):
    """Nights that are over, the oldest first."""

    items: list[Night]


class Latest(Answer):
    """A resident as it is now: ``heard_at`` is when a device of its was last heard.

    ``measured_at`` is of the newest sample, and the quantities are the last of those that its
    devices told in their latest 8 samples; null where none told. ``priority``: the highest of
    its open alerts. ``absence``: why it is not at home; null where it is.
    """

    resident: str
    name: str
    team: str | None
    heard_at: Time | None
    measured_at: Time | None
    heart_rate: float | None
    respiration_rate: float | None
    spo2: float | None
    in_bed: bool | None
    movement: float | None
    presence: bool | None
    open_alerts: int
    priority: str | None
    absence: Cause | None


class Happening(Answer):
    at: Time
    received_at: Time
    device: str | None
    event: str
    id: str | None
    certainty: str | None
    place: str | None
    active: bool | None
    detail: str | None
    clock_wrong: bool
