"""Publishes and subscriptions against the rights, as the broker's log tells of them.

MQTT 3.1.1 has no word for "you may not publish that": the broker drops the message, answers as
if nothing were wrong, and writes a line into its log, which is the only place to learn of it. A
last will that may not be spoken is told like a publish, at the moment at which it would have been
spoken. Of a subscription the device is told by the failure code of its SUBACK, and we by the log.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

Act = Literal["Publish", "Subscription"]

CODE = "not_permitted"
"""How the quarantine calls it."""

_REASONS: dict[Act, str] = {
    "Publish": "a device may publish below cw/v1/{device}/ only, and no receipt or command",
    "Subscription": "a device may subscribe below cw/v1/{device}/ only",
}

_LINE = re.compile(
    r' - mid:(?P<connection>\d+) - "(?P<client>[^"]*)" - '
    r'(?P<act>Publish|Subscription) Violation - Subject "(?P<subject>[^"]*)"'
)


@dataclass(frozen=True, slots=True)
class Violation:
    """Which connection tried what; ``client`` is its MQTT client id, ``topic`` may be a filter."""

    connection: int
    client: str
    act: Act
    topic: str

    def reason(self, device: str) -> str:
        """Why it was refused, for the device that did it."""
        return "not permitted: " + _REASONS[self.act].format(device=device)


def parse(line: str) -> Violation | None:
    """The violation that a line of the broker's log tells of, if it does.

    >>> parse('[7] 2026/11/21 20:37:42 [ERR] 127.0.0.1:4 - mid:30 - "bed-1" - '
    ...       'Publish Violation - Subject "cw.v1.bed-2.event"')
    Violation(connection=30, client='bed-1', act='Publish', topic='cw/v1/bed-2/event')
    >>> parse('[7] 2026/11/21 20:37:43 [ERR] 127.0.0.1:4 - mid:30 - "bed-1" - '
    ...       'Subscription Violation - Subject "cw.v1.*.>", SID cw.v1.*.>')
    Violation(connection=30, client='bed-1', act='Subscription', topic='cw/v1/+/#')
    """
    found = _LINE.search(line)
    if found is None:
        return None
    act = cast(Act, found["act"])
    return Violation(int(found["connection"]), found["client"], act, _topic(found["subject"]))


def _topic(subject: str) -> str:
    # NATS writes a dot of a topic as two slashes, and has wildcards of its own.
    levels = [_WILD.get(level, level.replace("//", ".")) for level in subject.split(".")]
    return "/".join(levels)


_WILD = {"*": "+", ">": "#"}
