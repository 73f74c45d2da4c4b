"""People's channels as last read: for the time in which nobody can be looked up.

What is written then has no link and no code: they could not be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.reach import Connection, queries
from alerts.wording import About, Privacy, Wording
from domain.time import Micros, from_datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A confirmed channel of a person."""

    id: int
    kind: str
    address: str
    keys: Mapping[str, str] | None
    priorities: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Resident:
    """What a message may say of somebody."""

    name: str
    timezone: str
    privacy: Privacy


@dataclass(frozen=True, slots=True)
class Cards:
    """Channels in their order by account id, and residents by id."""

    of: Mapping[str, tuple[Card, ...]] = field(default_factory=dict)
    residents: Mapping[str, Resident] = field(default_factory=dict)

    def letters(
        self, recipient: str, message: Mapping[str, Any], now: Micros
    ) -> tuple[Card, list[dict[str, Any]]] | None:
        """A person's first channel for a message, and the letter for each that may be tried."""
        alert = message["alert"]
        cards = [
            card for card in self.of.get(recipient, ()) if alert["priority"] in card.priorities
        ]
        if not cards:
            return None
        about = self._about(alert, message["occasion"])
        return cards[0], [_letter(card, about, now) for card in cards]

    def _about(self, alert: Mapping[str, Any], occasion: str) -> About:
        since = from_datetime(datetime.fromisoformat(alert["since"]))
        known = self.residents.get(alert["resident"] or "")
        what = alert["kind"], alert["priority"], occasion, since
        if known is None:
            return About(*what, None)
        return About(*what, known.name, known.privacy, known.timezone)


def read_cards(connection: Connection) -> Cards:
    """Everybody's."""
    of: dict[str, tuple[Card, ...]] = {}
    for row in queries.all_channels(connection):
        account = row.pop("account_id")
        of[account] = (*of.get(account, ()), Card(**row | {"priorities": tuple(row["priorities"])}))
    if not of:
        return Cards()
    residents = {
        row["id"]: Resident(row["name"], row["timezone"], Privacy.of(row["consents"]))
        for row in queries.all_residents(connection)
    }
    return Cards(of, residents)


def _letter(card: Card, about: About, now: Micros) -> dict[str, Any]:
    text = Wording(card.language).alert(about, now)
    return {
        "kind": card.kind,
        "address": card.address,
        "title": text.title,
        "body": text.body,
        "link": None,
        "priority": about.priority,
        "keys": card.keys,
    }
