"""Offers: to whom an alert is offered, by name, until when, and what became of it.

Each step that is asked offers the alert to every person behind its parties; whoever has the
alert may offer it to one person more, to hand it over. An offer ends with an answer: the
person's own, or that of the deadline, or that somebody else has answered. Pure but for the two
functions at the end; what is written follows from the changes alone (:func:`follow`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import aiosql
import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import Actor, AlertRow
from alerts.consequences import Entry
from alerts.roster import Roster
from domain.time import Micros, from_datetime, iso, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("offers.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]

Answer = Literal["accepted", "rejected", "no_answer", "taken", "redirected", "over"]

_ASKING = frozenset({"raised", "asked", "rejected", "withdrawn", "no_answer", "priority_raised"})
"""Changes after which a step is asked, where they leave the alert open and not held back."""

_ANSWERS: Mapping[str, tuple[Answer, Answer | None]] = {
    "accepted": ("accepted", "taken"),
    "taken_over": ("accepted", "taken"),
    "rejected": ("rejected", "redirected"),
    "declined": ("rejected", None),
    "hand_over_rejected": ("rejected", None),
    "withdrawn": ("redirected", "redirected"),
    "hand_over_offered": ("redirected", "redirected"),
    "hand_over_lapsed": ("no_answer", None),
    "held_back": ("redirected", "redirected"),
    "no_answer": ("no_answer", "no_answer"),
    "resolved": ("over", "over"),
    "cleared": ("over", "over"),
}
"""Of the one who answers, and of all others who have not; None: theirs stays open."""

_TIMES = ("offered_at", "deadline", "answered_at")


@dataclass(frozen=True, slots=True)
class Offer:
    """An alert offered to one person.

    ``sequence``   of the change that offered it; with the person, the offer's name
    ``person``     an account's id, or as :class:`alerts.roster.Recipient`
    ``party``      as which the person is asked; empty where they answered without being asked
    ``handed_by``  the user name of the one who wants to hand the alert over
    ``answer``     None while it may still be given
    """

    alert_id: str
    sequence: int
    person: str
    name: str
    username: str | None
    party: str
    step: int
    round: int
    offered_at: Micros
    deadline: Micros
    handed_by: str | None = None
    answer: Answer | None = None
    answered_at: Micros | None = None
    why: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "username": self.username,
            "party": self.party,
            "step": self.step,
            "round": self.round,
            "offered_at": iso(self.offered_at),
            "deadline": iso(self.deadline),
            "handed_by": self.handed_by,
            "answer": self.answer,
            "answered_at": None if self.answered_at is None else iso(self.answered_at),
            "why": self.why,
        }


def follow(entries: Iterable[Entry], pending: Iterable[Offer], roster: Roster) -> list[Offer]:
    """The offers that are new or altered by these changes, as they are afterwards.

    ``pending`` are the unanswered ones of the alerts; ``roster`` must know whoever is asked.
    """
    following = _Following(pending)
    for entry in entries:
        following.take(entry, roster)
    return list(following.altered.values())


class _Following:
    """The unanswered offers by alert and person, and whatever was altered."""

    def __init__(self, pending: Iterable[Offer]) -> None:
        self._pending: dict[str, dict[str, Offer]] = {}
        for offer in pending:
            self._pending.setdefault(offer.alert_id, {})[offer.person] = offer
        self.altered: dict[tuple[str, int, str], Offer] = {}

    def take(self, entry: Entry, roster: Roster) -> None:
        change, after = entry.change, entry.after
        if change.change == "cleared" and after.state != "resolved":
            return
        if change.change == "priority_raised" and change.duty is not None:
            self._close(entry, "", "redirected", "redirected")
        if change.change in _ANSWERS:
            self._close(entry, _who(entry), *_ANSWERS[change.change])
        for offer in _made(entry, roster):
            self._put(offer)
        if after.state == "open" and after.deadline is not None:
            self._keep_time(after)

    def _close(self, entry: Entry, who: str, own: Answer, others: Answer | None) -> None:
        why = entry.change.note or entry.change.reason
        for offer in list(self._pending.get(entry.after.id, {}).values()):
            answer = own if offer.person == who else others
            if answer is not None:
                self._put(replace(offer, answer=answer, answered_at=entry.change.at, why=why))
        if entry.change.change in ("accepted", "rejected", "declined") and entry.change.by:
            self._answered(entry, entry.change.by, own, why)

    def _answered(self, entry: Entry, by: Actor, answer: Answer, why: str) -> None:
        """Who answers without being asked at this moment has a row of their own."""
        after, at = entry.after, entry.change.at
        if any(
            offer.person == by.id and offer.alert_id == after.id and offer.answered_at == at
            for offer in self.altered.values()
        ):
            return
        self._put(
            Offer(
                after.id, after.sequence, by.id, by.username, by.username, "", after.step,
                after.round, at, at, None, answer, at, why,
            )
        )  # fmt: skip

    def _keep_time(self, alert: AlertRow) -> None:
        """Who is asked has as long as the alert has."""
        for offer in list(self._pending.get(alert.id, {}).values()):
            if offer.deadline != alert.deadline and alert.deadline is not None:
                self._put(replace(offer, deadline=alert.deadline))

    def _put(self, offer: Offer) -> None:
        open_ones = self._pending.setdefault(offer.alert_id, {})
        if offer.answer is None:
            open_ones[offer.person] = offer
        else:
            open_ones.pop(offer.person, None)
        self.altered[offer.alert_id, offer.sequence, offer.person] = offer


def _who(entry: Entry) -> str:
    """The person whose answer a change is."""
    person = entry.change.to or entry.change.by
    return person.id if person else ""


def _made(entry: Entry, roster: Roster) -> Iterator[Offer]:
    """The offers that a change makes."""
    change, after = entry.change, entry.after
    if change.change == "hand_over_offered" and change.to and change.until and change.by:
        yield Offer(
            after.id, after.sequence, change.to.id, change.to.username, change.to.username,
            "person", after.step, after.round, change.at, change.until, change.by.username,
        )  # fmt: skip
    asks = change.change in _ASKING and change.duty is not None and after.state == "open"
    if not asks or not after.asked or after.deadline is None:
        return
    for telling in roster.tellings(after, after.responsible.split(", "), after.priority):
        one = telling.recipient
        yield Offer(
            after.id, after.sequence, one.id, one.name, one.about.get("username"), one.party,
            after.step, after.round, telling.at, after.deadline,
        )  # fmt: skip


# -- as stored ---------------------------------------------------------------------------------


def pending(connection: Connection, alerts: Iterable[str]) -> list[Offer]:
    """The unanswered offers of these alerts."""
    return [offer_of(row) for row in queries.pending_offers(connection, alerts=sorted(alerts))]


def of_alert(connection: Connection, alert: str) -> list[Offer]:
    """All offers of an alert, in order."""
    return [offer_of(row) for row in queries.offers_of(connection, alert=alert)]


def save(connection: Connection, offers: Sequence[Offer]) -> None:
    """Write offers, new ones and altered ones."""
    if offers:
        rows = [_row(offer) for offer in offers]
        queries.save_offers(connection, rows=Jsonb(rows, dumps=orjson.dumps))


def offer_of(row: Mapping[str, Any]) -> Offer:
    """An offer out of a row of the table."""
    values = {name: row[name] for name in _FIELDS}
    for name in _TIMES:
        values[name] = None if values[name] is None else from_datetime(values[name])
    return Offer(**values)


_FIELDS = tuple(field.name for field in fields(Offer))


def _row(offer: Offer) -> dict[str, Any]:
    row = {name: getattr(offer, name) for name in _FIELDS}
    for name in _TIMES:
        row[name] = None if row[name] is None else to_datetime(row[name])
    return row
