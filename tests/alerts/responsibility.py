"""One alert in memory: what people do, what deadlines do, and what must hold after each step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts import deadlines, offers
from alerts.alert import Actor, AlertRow, Change, change_of
from alerts.consequences import Circumstances, Entry, follow
from alerts.deeds import Deed, change_by
from alerts.offers import Offer
from alerts.policies import Policies
from alerts.react import Book
from alerts.reasons import because
from alerts.roster import Roster
from domain.directory import Directory
from domain.errors import NotAllowed
from domain.finding import Finding
from domain.time import MINUTE, SECOND, Micros

LI = Actor("a-li", "li", "family")
MEI = Actor("a-mei", "mei", "family")
STATION = Actor("a-station", "station", "station")
CENTRE = Actor("a-centre", "centre", "centre")
PEOPLE = (LI, MEI, STATION, CENTRE)
HOLDER = Actor("holder", "holder", "")
"""Stands for whoever has the alert at the moment."""


@dataclass(frozen=True)
class Wait:
    """Time passes; deadlines are kept on the way."""

    seconds: int


Step = Deed | Wait


class InMemory:
    """An alert with its offers, by the code of live alerts and without a database."""

    def __init__(self, roster: Roster, policies: Policies) -> None:
        self._roster = roster
        self._policies = policies
        self.alert: AlertRow | None = None
        self.offers: dict[tuple[str, int, str], Offer] = {}
        self.entries: list[Entry] = []
        self.now: Micros = 0

    def hears(self, finding: Finding, directory: Directory) -> None:
        self.now = finding.at
        (change,) = Book().react([finding], directory, self._policies, finding.at)
        self._append(change)

    def does(self, step: Step) -> None:
        """A person's deed, which may be refused, or time that passes."""
        if isinstance(step, Wait):
            self._pass(step.seconds * SECOND)
            return
        assert self.alert is not None
        try:
            change = change_by(self.alert, self._in_order(), self._at_now(step), self.now)
        except NotAllowed:
            return
        if change is not None:
            self._append(change)

    def meant(self, step: Step) -> Step:
        """The same step with whoever has the alert in the place of HOLDER; LI where nobody has."""
        if isinstance(step, Wait) or step.by != HOLDER:
            return step
        has = self.alert.accepted_by if self.alert else None
        return replace(step, by=next((each for each in PEOPLE if each.id == has), LI))

    def pending(self) -> list[Offer]:
        return [offer for offer in self.offers.values() if offer.answer is None]

    def _at_now(self, deed: Deed) -> Deed:
        minutes = deed.expected_at
        return deed if minutes is None else replace(deed, expected_at=self.now + minutes * MINUTE)

    def _in_order(self) -> list[Offer]:
        return sorted(self.offers.values(), key=lambda offer: offer.sequence)

    def _pass(self, time: Micros) -> None:
        end = self.now + time
        while (due := self._next()) is not None and due <= end:
            self.now = max(due, self.now)
            self._append(self._overdue())
        self.now = end

    def _next(self) -> Micros | None:
        assert self.alert is not None
        waiting = [offer.deadline for offer in self.pending() if offer.handed_by]
        own = [] if self.alert.deadline is None else [self.alert.deadline]
        return min([*own, *waiting], default=None)

    def _overdue(self) -> Change:
        assert self.alert is not None
        assert self.alert.deadline is not None
        if self.alert.deadline <= self.now:
            return deadlines.overdue(self.alert, self.now)
        asked = next(offer for offer in self.pending() if offer.handed_by)
        to = Actor(asked.person, asked.username or "", "")
        reason = because("hand_over_lapsed", name=asked.name, holder=self.alert.holder)
        return change_of(self.alert, "hand_over_lapsed", self.now, reason, to=to)

    def _append(self, change: Change) -> None:
        roster = self._roster.at(self.now)
        around = Circumstances(roster, self._policies, self.now, {})
        alerts = [] if self.alert is None else [self.alert]
        (entry,) = follow([change], alerts, around)
        entry = replace(entry, after=replace(entry.after, sequence=len(self.entries) + 1))
        before = dict(self.offers)
        altered = offers.follow([entry], self.pending(), roster)
        self.offers |= {(each.alert_id, each.sequence, each.person): each for each in altered}
        self.alert = entry.after
        self.entries.append(entry)
        self._check(before, entry, roster)

    # -- what must hold --------------------------------------------------------------------

    def _check(
        self, before: dict[tuple[str, int, str], Offer], entry: Entry, roster: Roster
    ) -> None:
        alert = entry.after
        for key, offer in before.items():
            assert offer.answer is None or self.offers[key] == offer, "an answer is the last word"
        asked = [offer.person for offer in self.pending()]
        assert len(asked) == len(set(asked)), "nobody is asked twice at a time"
        if alert.state == "resolved":
            assert not asked
            return
        assert alert.responsible
        assert alert.deadline is not None
        assert alert.deadline > self.now, "there is always a live deadline"
        if alert.state == "open":
            self._check_open(entry, roster)
        else:
            self._check_held(alert)

    def _check_open(self, entry: Entry, roster: Roster) -> None:
        alert = entry.after
        assert alert.accepted_by is None
        for offer in self.pending():
            assert (offer.handed_by, offer.deadline) == (None, alert.deadline)
        if entry.change.duty is not None and alert.asked:
            told = roster.tellings(alert, alert.responsible.split(", "), alert.priority)
            wanted = {telling.recipient.id for telling in told}
            assert {offer.person for offer in self.pending()} == wanted, "nobody is left out"

    def _check_held(self, alert: AlertRow) -> None:
        assert alert.responsible == alert.holder
        assert alert.holder not in alert.helpers
        assert len(self.pending()) <= 1
        for offer in self.pending():
            assert offer.handed_by == alert.holder
            assert alert.deadline is not None
            assert offer.deadline <= alert.deadline


def told(found: Sequence[Offer]) -> list[tuple[object, ...]]:
    """Offers without the numbers that a database gives."""
    return sorted(
        (each.person, each.party, each.step, each.round, each.offered_at, each.deadline,
         each.handed_by or "", each.answer or "", each.answered_at or 0, each.why or "")
        for each in found
    )  # fmt: skip
