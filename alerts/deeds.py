"""What a person does with an alert, as a change that is permitted: pure.

Asking twice for the same changes nothing. What somebody may do depends on who has the alert and
on what was offered to whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.alert import Actor, AlertRow, Change, ChangeName, Mistake, Outcome, change_of
from alerts.lifecycle import next_state
from alerts.offers import Offer
from alerts.reasons import Reason, because
from domain.errors import NotAllowed
from domain.refusals import refused
from domain.time import MINUTE, Micros

TIME_TO_TAKE_OVER: Micros = 2 * MINUTE
"""How long somebody has to say whether they take an alert over."""


class Taken(NotAllowed):
    """Somebody else has the alert; ``holder`` is the user name."""

    def __init__(self, holder: str) -> None:
        super().__init__(refused("taken", holder=holder))
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person asks for.

    ``mistake``      whose a false alarm was, where they know it
    ``to``           to whom it is to be handed over
    ``expected_at``  when the person on the way expects to be there
    """

    change: ChangeName
    by: Actor
    note: str | None = None
    outcome: Outcome | None = None
    mistake: Mistake | None = None
    to: Actor | None = None
    expected_at: Micros | None = None


def change_by(alert: AlertRow, offers: Sequence[Offer], deed: Deed, now: Micros) -> Change | None:
    """The change that a deed is; None where it is so already.

    ``offers`` are all of the alert, in order. Raises :class:`Taken` where another has it,
    NotAllowed where it is not possible.
    """
    if _is_so(alert, offers, deed):
        return None
    change = _name(alert, offers, deed)
    if _is_anothers(alert, deed.by) and change not in _OF_OTHERS:
        raise Taken(alert.holder or "Somebody")
    next_state(alert.state, change)
    _refuse(alert, deed)
    place = {"step": alert.step, "round": alert.round} if change in _REFUSALS else {}
    return change_of(
        alert, change, now, _reason(change, deed, alert),
        by=deed.by, note=deed.note, outcome=deed.outcome, expected_at=deed.expected_at,
        evidence=place | _evidence(deed), **_passed_on(alert, change, deed, now),
    )  # fmt: skip


_OF_OTHERS = frozenset({"taken_over", "hand_over_rejected", "joined", "left"})
"""What one can do though somebody else has the alert."""
_REFUSALS = frozenset({"rejected", "declined", "withdrawn"})

_REACHED: Mapping[str, tuple[str, ...]] = {
    "accepted": ("accepted", "responding", "on_site"),
    "arrived": ("on_site",),
}


def _is_so(alert: AlertRow, offers: Sequence[Offer], deed: Deed) -> bool:
    by, own = deed.by, alert.accepted_by == deed.by.id
    if deed.change == "joined":
        return by.username in alert.helpers
    if deed.change == "left":
        return by.username not in alert.helpers
    if deed.change in ("rejected", "withdrawn"):
        return not own and _said_no(alert, offers, by)
    if deed.change == "hand_over_offered":
        asked = (offer for offer in offers if offer.answer is None)
        return own and any(deed.to and offer.person == deed.to.id for offer in asked)
    if deed.change == "resolved":
        return own and alert.state == "resolved" and alert.outcome == deed.outcome
    if deed.change == "on_the_way" and alert.state == "responding":
        return own and deed.expected_at in (None, alert.expected_at)
    reached = _REACHED.get(deed.change, ("on_site",) if deed.change == "on_the_way" else ())
    return own and alert.state in reached


def _said_no(alert: AlertRow, offers: Sequence[Offer], by: Actor) -> bool:
    """Whether the person's last word in this round was no, or they had it and gave it back."""
    last = next((offer for offer in reversed(offers) if offer.person == by.id), None)
    if last is None or last.answer is None or last.round != alert.round:
        return False
    return last.answer == "rejected" or (last.answer == "accepted" and alert.state == "open")


def _name(alert: AlertRow, offers: Sequence[Offer], deed: Deed) -> ChangeName:
    """What it is called here: to decline what one has accepted is to give it back, and so on."""
    pending = [offer for offer in offers if offer.answer is None]
    mine = [offer for offer in pending if offer.person == deed.by.id]
    to_take_over = any(offer.handed_by for offer in mine)
    if deed.change == "accepted" and to_take_over:
        return "taken_over"
    if deed.change != "rejected":
        return deed.change
    if to_take_over:
        return "hand_over_rejected"
    if alert.state != "open":
        return "withdrawn" if alert.accepted_by == deed.by.id else "rejected"
    return "rejected" if mine or not pending else "declined"


def _is_anothers(alert: AlertRow, by: Actor) -> bool:
    return alert.state != "resolved" and alert.accepted_by not in (None, by.id)


def _refuse(alert: AlertRow, deed: Deed) -> None:
    if deed.change == "resolved" and deed.outcome is None:
        raise NotAllowed(refused("outcome_missing"))
    if deed.change == "joined" and alert.accepted_by == deed.by.id:
        raise NotAllowed(refused("own_alert"))
    if deed.to is not None and deed.to.id == deed.by.id:
        raise NotAllowed(refused("hand_over_to_self"))


def _reason(change: ChangeName, deed: Deed, alert: AlertRow) -> Reason:
    """A deed is its own reason, with what the person wrote."""
    to = deed.to and deed.to.username
    holder = alert.holder if change == "taken_over" else None
    return because(change, person=deed.by.username, to=to, holder=holder, note=deed.note or None)


def _evidence(deed: Deed) -> dict[str, object]:
    said = {"to": deed.to and deed.to.username, "mistake": deed.mistake}
    return {name: value for name, value in said.items() if value}


def _passed_on(alert: AlertRow, change: ChangeName, deed: Deed, now: Micros) -> dict[str, object]:
    """Who is to be told of a hand-over: the one who is asked, or the one who asked."""
    if change == "hand_over_offered" and deed.to and alert.deadline is not None:
        until = min(now + TIME_TO_TAKE_OVER, alert.deadline)
        return {"to": deed.to, "until": until, "tell": (f"person:{deed.to.username}",)}
    if change in ("taken_over", "hand_over_rejected"):
        return {"tell": (f"person:{alert.holder}",)}
    return {}
