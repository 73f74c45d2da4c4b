"""What people are called, beside the user names by which an answer tells of them.

Who has set no name has none here: the user name stands for them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from alerts.roster import PERSON
from api.database import Connection, people

Row = Mapping[str, Any]
Users = Iterable[str | None]


def with_names(
    connection: Connection, rows: Iterable[Row], users_in: Callable[[Row], Users]
) -> list[dict[str, Any]]:
    """The rows, each with the ``names`` of the users in it."""
    told = [(row, {user for user in users_in(row) if user}) for row in rows]
    asked = sorted({user for _, users in told for user in users})
    found = people.names(connection, users=asked) if asked else ()
    names = {row["username"]: row["name"] for row in found}
    return [
        {**row, "names": {user: names[user] for user in sorted(users & names.keys())}}
        for row, users in told
    ]


def in_alert(alert: Row) -> Users:
    """Who has it or had it, who helps, and who is asked by name."""
    silent = (alert["went_silent"] or {}).get("person")
    return alert["accepted_by"], silent, *alert["helpers"], *_parties(alert["responsible"])


def in_history(alert: Row) -> Users:
    """All who are told of in an alert with its history, its offers and its deliveries."""
    yield from in_alert(alert)
    for change in alert["history"]:
        yield change["by"]
        yield from _texts(change["reasons"])
    for offer in alert["offers"]:
        yield from (offer["username"], offer["handed_by"])
    for delivery in alert["deliveries"]:
        yield delivery["recipient"]


def in_trial(trial: Row) -> Users:
    """Who would be asked by name, and whoever a reason tells of."""
    for line in trial["lines"]:
        yield from _parties(line["responsible"])
        yield from _texts(line["reasons"])


def in_pause(pause: Row) -> Users:
    """Who made a silence or an absence, and who ended it."""
    return pause["made_by"], pause["ended_by"]


def in_audit(line: Row) -> Users:
    """Who looked or changed something, and the account that it was about."""
    kind, _, about = (line["thing"] or "").partition(":")
    return line["who"], about if kind == "user" else None


def in_command(command: Row) -> Users:
    """Who sent it."""
    return (command["created_by"],)


def _parties(responsible: str) -> Iterator[str]:
    return (party.removeprefix(PERSON) for party in responsible.split(", "))


def _texts(told: Any) -> Iterator[str]:
    """All texts in reasons: some are user names."""
    if isinstance(told, str):
        yield told.removeprefix(PERSON)
        return
    for each in told.values() if isinstance(told, Mapping) else told or ():
        if isinstance(each, str | Mapping | list):
            yield from _texts(each)
