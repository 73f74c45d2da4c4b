"""The night of a fall, line by line: each is one transaction, at a second of the night."""

from domain.time import MINUTE, SECOND
from tests.stories.village import NIGHT, Line, Village

LINES: tuple[tuple[int, Line], ...] = (
    (0, lambda village: village.sensor("fall", "f1", certainty="confirmed")),
    (20, lambda village: village.person("mei", "rejected", note="I am abroad")),
    (140, Village.keep_deadlines),
    (150, lambda village: village.person("station", "accepted")),
    (160, lambda village: village.person("station", "on_the_way", expected_at=_minute(15))),
    (170, lambda village: village.person("li", "joined")),
    (200, lambda village: village.person("station", "hand_over_offered", to="centre")),
    (320, Village.keep_deadlines),
    (400, lambda village: village.person("station", "hand_over_offered", to="li")),
    (410, lambda village: village.person("li", "accepted")),
    (420, lambda village: village.person("li", "on_the_way", expected_at=_minute(12))),
    (700, lambda village: village.person("li", "arrived")),
    (2400, lambda village: village.person("li", "resolved", outcome="real", note="Bruised knee")),
)


def tell(village: Village, number: int) -> None:
    """One line of it, at its moment."""
    second, line = LINES[number]
    village.clock.advance(NIGHT + second * SECOND - village.clock.now())
    line(village)


def _minute(number: int) -> int:
    return NIGHT + number * MINUTE
