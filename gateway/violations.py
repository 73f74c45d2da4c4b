"""Publishes against the rights, as the broker's log tells of them.

MQTT 3.1.1 has no word for "you may not publish that": the broker drops the message, answers as
if nothing were wrong, and writes a line into its log, which is the only place to learn of it.
"""

import re
from dataclasses import dataclass

REASON = "not permitted: a device may publish below cw/v1/{device}/ only, and no receipt or command"

_LINE = re.compile(
    r' - mid:(?P<connection>\d+) - "(?P<client>[^"]*)" - '
    r'Publish Violation - Subject "(?P<subject>[^"]*)"'
)


@dataclass(frozen=True, slots=True)
class Violation:
    """Which connection tried to publish where; ``client`` is its MQTT client id."""

    connection: int
    client: str
    topic: str


def parse(line: str) -> Violation | None:
    """The violation that a line of the broker's log tells of, if it does.

    >>> parse('[7] 2026/11/21 20:37:42 [ERR] 127.0.0.1:4 - mid:30 - "bed-1" - '
    ...       'Publish Violation - Subject "cw.v1.bed-2.event"')
    Violation(connection=30, client='bed-1', topic='cw/v1/bed-2/event')
    """
    found = _LINE.search(line)
    if found is None:
        return None
    return Violation(int(found["connection"]), found["client"], _topic(found["subject"]))


def _topic(subject: str) -> str:
    # NATS writes a dot of a topic as two slashes.
    return "/".join(level.replace("//", ".") for level in subject.split("."))
