"""Emergencies that are told before they can be recorded, so that nobody waits for a database.

What is told, and to whom, is decided as always (``react``, ``follow``), with the policies and
the people as last read. Once the alert is recorded, its first messages to those who were told
already are written as sent: nobody is told twice.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg.types.json import Jsonb

from alerts import ledger, outbox
from alerts.alert import AlertRow, Change, change_of
from alerts.cards import Cards, read_cards
from alerts.channels.channel import Message
from alerts.consequences import Circumstances, follow
from alerts.muster import muster
from alerts.policies import Policies
from alerts.react import react
from alerts.reasons import Party, because
from alerts.roster import People, Roster
from domain.directory import Directory, Subject
from domain.finding import Finding
from domain.time import DAY, MINUTE, Micros, iso, to_datetime

OCCASION = "raised"
"""What is told of an alert that is not recorded; all else waits for the database."""

_LEASE: Micros = MINUTE
"""How long a message that is being told when its alert is recorded is left alone."""
_NOTED = "told before it was recorded"


@dataclass(frozen=True, slots=True)
class LastKnown:
    """Who is asked about an alert, as last read; the rotas are good for a day."""

    roster: Roster
    policies: Policies
    cards: Cards = field(default_factory=Cards)

    @classmethod
    def nothing(cls) -> "LastKnown":
        """The default policies, and the centre as such."""
        return cls(Roster(People(), 0), Policies.default())


@dataclass(frozen=True, slots=True)
class Told:
    """A message of an alert that is not recorded.

    ``alert_id`` is the name that the alert will have (unless the event came without a time or
    name of its own). ``at`` is when the message got through, None while it is tried.
    """

    subject: str
    kind: str
    alert_id: str
    party: str
    recipient: str
    channel: str
    address: str
    at: Micros | None = None
    route: outbox.Route | None = None

    @property
    def message_id(self) -> str:
        """The same as that of the recorded message: who has seen one needs not read the other."""
        return outbox.message_id(
            (self.alert_id, OCCASION, self.recipient, self.channel, self.address)
        )


def read_all(connection: ledger.Connection, directory: Directory, now: Micros) -> LastKnown:
    """Everybody who may have to be told of an alert of anybody."""
    alerts = [_anybodys(subject) for subject in directory.subjects()]
    with connection.transaction():
        roster, policies = muster(connection, alerts, now, until=now + DAY)
        return LastKnown(roster, policies, read_cards(connection))


def first_messages(
    finding: Finding, directory: Directory, known: LastKnown, routes: outbox.Routes, now: Micros
) -> list[tuple[Told, Message]]:
    """Who is told first of the alert that this finding would raise, by which channels."""
    changes = react([finding], {}, directory, known.policies, now)
    around = Circumstances(known.roster.at(now), known.policies, now, {})
    due = [
        (entry.after, message)
        for entry in follow(changes, (), around)
        for message in ledger.messages([entry], around.roster)
        if message["next_at"] <= now
    ]
    found = [
        _copy(alert, message, channel, address, route)
        for alert, message in due
        for channel, address, route in routes.of(message["party"])
    ]
    return found + [
        letter for alert, message in due for letter in _personal(alert, message, known.cards, now)
    ]


def keep_from_others(connection: ledger.Connection, subjects: Set[str]) -> None:
    """Lock the open alerts that :func:`already_told` may look at; before any others are."""
    if subjects:
        ledger.lock_alerts(connection, subjects=subjects)


def already_told(connection: ledger.Connection, told: Sequence[Told], now: Micros) -> None:
    """Write messages of alerts that are recorded by now as sent, or as on their way.

    For the transaction that records them; may be repeated. What belongs to no open alert is left
    out.
    """
    if not told:
        return
    alerts = ledger.lock_alerts(connection, subjects={each.subject for each in told})
    rows = [
        _row(alert, each, now)
        for alert in alerts
        for each in told
        if (alert.subject, alert.kind) == (each.subject, each.kind)
        # A letter that is on its way is written anew from the alert, with a link.
        and (each.channel != outbox.PERSON or each.at is not None)
    ]
    if rows:
        ledger.queries.already_told(connection, rows)
    notes = [note for alert in alerts for note in _notes(alert, told, now)]
    ledger.append(connection, notes, now)


def _notes(alert: AlertRow, told: Sequence[Told], now: Micros) -> list[Change]:
    """For the alert's history, once: who was told when."""
    key = alert.subject, alert.kind
    mine = [each for each in told if (each.subject, each.kind) == key and each.at is not None]
    if not mine or _NOTED in alert.occurrences:
        return []
    parties = tuple(Party(each) for each in dict.fromkeys(each.party for each in mine))
    at = iso(min(each.at for each in mine if each.at is not None))
    reason = because("told_before_recorded", at=at, parties=parties)
    note = change_of(
        alert, "repeated", now, reason, sources=alert.sources, occurrence=_NOTED,
        evidence={"told_before_recorded": at},
    )  # fmt: skip
    return [note]


def _anybodys(subject: Subject) -> AlertRow:
    """As much of an alert of this subject as tells who answers for it."""
    return replace(
        _ANY, subject=subject.id, resident_id=subject.resident_id, team_id=subject.team_id
    )


_ANY = AlertRow(
    id="", subject="", resident_id=None, device_id=None, team_id=None, kind="sos",
    priority="high", latching=True, state="open", since=0, raised_at=0, evidence={}, sources=(),
    incident_id="", step=0, round=0, responsible="", deadline=None, occurrences=(), heard_at=0,
)  # fmt: skip


def _copy(
    alert: AlertRow,
    message: Mapping[str, Any],
    channel: str,
    address: str,
    route: outbox.Route | None = None,
) -> tuple[Told, Message]:
    party, recipient = message["party"], message["recipient"]
    told = Told(
        alert.subject, alert.kind, alert.id, party, recipient, channel, address, None, route
    )
    payload = {
        **message["payload"],
        "reason": f"Not yet recorded. {message['payload']['reason']}",
        "recorded": False,
    }
    return told, Message(told.message_id, told.alert_id, address, payload)


def _personal(
    alert: AlertRow, message: Mapping[str, Any], cards: Cards, now: Micros
) -> list[tuple[Told, Message]]:
    """The letter to a person, by whichever of the channels takes it."""
    found = cards.letters(message["recipient"], message["payload"], now)
    if found is None:
        return []
    first, letters = found
    told, _ = _copy(alert, message, outbox.PERSON, str(first.id))
    return [(told, Message(told.message_id, alert.id, first.address, {"letters": letters}))]


def _row(alert: AlertRow, told: Told, now: Micros) -> dict[str, Any]:
    return {
        "alert_id": alert.id,
        "occasion": OCCASION,
        "party": told.party,
        "recipient": told.recipient,
        "channel": told.channel,
        "address": told.address,
        "route": told.route,
        "payload": Jsonb({"occasion": OCCASION, "recorded": False}),
        "now": to_datetime(now),
        "next_at": to_datetime(now + _LEASE),
        "sent_at": None if told.at is None else to_datetime(told.at),
    }
