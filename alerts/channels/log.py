"""The channel that is always there: a line in the log.

The line says that there is something to do and where to look. What it is about is health data,
and stays out of logs.
"""

import structlog

from alerts.channels.channel import Message

_log = structlog.get_logger("carewatch.notify")


class LogChannel:
    """Writes one line a message."""

    def deliver(self, message: Message) -> None:
        recipient, alert = message.payload["recipient"], message.payload["alert"]
        _log.info(
            "notification",
            alert=message.alert_id,
            priority=alert["priority"],
            occasion=message.payload["occasion"],
            party=recipient["party"],
            message=message.id,
            recorded=message.payload.get("recorded", True),
        )
