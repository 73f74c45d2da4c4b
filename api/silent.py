"""Who had an alert, let its deadline pass and has not been heard of since."""

from collections.abc import Iterable, Mapping
from typing import Any

from alerts import store
from api.database import Connection


def with_silent(
    connection: Connection, alerts: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The alerts, each with ``went_silent``: None while somebody has it."""
    told = list(alerts)
    nobodys = [each["id"] for each in told if each["accepted_by"] is None]
    found = store.went_silent(connection, nobodys) if nobodys else {}
    return [{**each, "went_silent": _of(each, found)} for each in told]


def _of(alert: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    return None if alert["accepted_by"] else found.get(alert["id"])
