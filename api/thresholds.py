"""Own values in place of the detectors' defaults: of a resident, a team or a device model."""

from collections.abc import Mapping
from typing import Literal

from api.database import Connection, queries

Scope = Literal["resident", "team", "model"]


def own_thresholds(connection: Connection, scope: Scope, scope_id: str) -> dict[str, float]:
    rows = queries.thresholds_of(connection, scope=scope, scope_id=scope_id)
    return {row["name"]: row["value"] for row in rows}


def change_thresholds(
    connection: Connection, scope: Scope, scope_id: str, said: Mapping[str, float | None]
) -> None:
    """Set what has a value, take away what has none; what is left out stays."""
    of = {"scope": scope, "scope_id": scope_id}
    kept = {name: value for name, value in said.items() if value is not None}
    if kept:
        names, values = list(kept), list(kept.values())
        queries.set_thresholds(connection, **of, names=names, values=values)
    gone = [name for name, value in said.items() if value is None]
    if gone:
        queries.drop_thresholds(connection, **of, names=gone)
