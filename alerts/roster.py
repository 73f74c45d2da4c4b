"""Who is meant by a party of a policy's step, for one alert at one moment: people by name.

Station, centre, responders and volunteers are found upwards from the alert's team. A team that
has rotas for a party answers with those on duty; one without answers with all of the party. A
gap in the rotas falls through to the team above, and at the top to the centre.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from alerts.alert import AlertRow, Hold
from alerts.duty import DUTY_PARTIES, REACH, Rota, on_duty
from alerts.pauses import Pauses
from alerts.policy import QuietHours
from alerts.reasons import Reason, Reasons, because
from domain.finding import Priority
from domain.time import Micros, iso

PARTIES: tuple[str, ...] = ("family", "backup", "contacts", *DUTY_PARTIES)
"""Parties that people stand behind. ``handover`` is an address in the settings; ``team:ID`` and
``person:USERNAME`` name one team or one person."""

TEAM, PERSON = "team:", "person:"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told. ``id`` is an account's, or names a contact of the resident."""

    party: str
    id: str
    name: str
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """User name of an account; telephone numbers and so on of a contact."""
    on_duty: bool = field(default=False, compare=False)
    """By a rota: then the person's own quiet hours do not count."""

    def as_json(self) -> dict[str, Any]:
        return {"party": self.party, "name": self.name, **self.about}


THE_CENTRE = Recipient("centre", "centre", "the centre")
"""Told where nobody has an account: a first press on a new system must not ring in the dark."""

EMERGENCY_SERVICE = Recipient("handover", "handover", "emergency service")


@dataclass(frozen=True, slots=True)
class Found:
    """The people of a party, and why it is these where that is worth a word."""

    people: tuple[Recipient, ...]
    why: Reasons = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """A message to somebody, not before ``at``."""

    recipient: Recipient
    at: Micros


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who may have to be told of some alerts, as the database has them.

    ``family``, ``contacts``, ``timezones``  by resident
    ``above``     of each team: itself and the teams above it, in order
    ``names``     of teams
    ``staff``     by team and party
    ``rotas``     by team and party
    ``accounts``  by user name: whom rotas and policies name
    ``unowned``   the centre accounts that answer for what belongs to no team
    ``quiet``     own quiet hours and their time zone, by account id
    ``pauses``    the silences and absences of these alerts
    """

    family: Mapping[str, tuple[Recipient, ...]] = field(default_factory=dict)
    contacts: Mapping[str, tuple[Recipient, ...]] = field(default_factory=dict)
    timezones: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    staff: Mapping[tuple[str, str], tuple[Recipient, ...]] = field(default_factory=dict)
    rotas: Mapping[tuple[str, str], Sequence[Rota]] = field(default_factory=dict)
    accounts: Mapping[str, Recipient] = field(default_factory=dict)
    unowned: tuple[Recipient, ...] = ()
    quiet: Mapping[str, tuple[QuietHours, str]] = field(default_factory=dict)
    pauses: Pauses = field(default_factory=Pauses)


class Roster:
    """Who answers at one moment."""

    def __init__(self, people: People, now: Micros) -> None:
        self._people = people
        self._now = now
        self._found: dict[tuple[str | None, str], Found] = {}

    def at(self, now: Micros) -> "Roster":
        """The same people at another moment."""
        return Roster(self._people, now)

    def teams(self, alert: AlertRow) -> tuple[str, ...]:
        """The alert's team and those above it, in order."""
        return self._people.above.get(alert.team_id or "", ())

    def find(self, alert: AlertRow, party: str) -> Found:
        """The people of a party, with the reason; nobody where it has none."""
        if party == "family":
            return Found(self._people.family.get(alert.resident_id or "", ()))
        if party == "contacts":
            return Found(self._people.contacts.get(alert.resident_id or "", ()))
        return self.find_for(alert.team_id, party)

    def find_for(self, team: str | None, party: str) -> Found:
        """The same for alerts of a team; for a party that does not depend on the resident."""
        key = team, party
        if key not in self._found:
            self._found[key] = self._of_team(self._people.above.get(team or "", ()), party)
        return self._found[key]

    def rotas(self, team: str, party: str) -> Sequence[Rota]:
        """The layers of a team's own duty."""
        return self._people.rotas.get((team, party), ())

    def staff(self, team: str, party: str) -> tuple[Recipient, ...]:
        """The members of a team itself, on duty or not."""
        return self._people.staff.get((team, party), ())

    def named(self, people: Iterable[str], party: str) -> tuple[Recipient, ...]:
        """Those on duty, by user name, as they are told."""
        known = (self._people.accounts.get(name) for name in people)
        return tuple(replace(each, party=party, on_duty=True) for each in known if each)

    def who(self, alert: AlertRow, party: str) -> tuple[Recipient, ...]:
        """The people of a party; empty where it has nobody."""
        return self.find(alert, party).people

    def present(
        self, alert: AlertRow, parties: Collection[str] = PARTIES, priority: Priority = "high"
    ) -> dict[str, Reasons]:
        """The parties that can be asked about an alert of that priority, with the reasons.

        The centre always can: where no account stands for it, the log and the webhook do. A
        medium alert asks nobody whose own quiet hours it is.
        """
        found = {party: self.find(alert, party) for party in (*parties, "centre")}
        there = {
            party: each.why
            for party, each in found.items()
            if any(priority != "medium" or not self._quiet(one) for one in each.people)
        }
        return {"centre": found["centre"].why} | there

    def tellings(
        self, alert: AlertRow, parties: Iterable[str], priority: Priority
    ) -> Iterator[Telling]:
        """Messages to these parties, one a person; for the centre, at least to the centre as such.

        Own quiet hours hold back what is not high until they are over.
        """
        told = set()
        for party in parties:
            for recipient in self._recipients(alert, party):
                if recipient.id not in told:
                    told.add(recipient.id)
                    until = None if priority == "high" else self._quiet(recipient)
                    yield Telling(recipient, until or self._now)

    def hold(self, alert: AlertRow, priority: Priority) -> Hold | None:
        """The silence or absence that holds an alert back at that priority, if any does."""
        return self._people.pauses.hold(alert, priority, self.teams(alert), self._now)

    def timezone(self, alert: AlertRow) -> str:
        return self._people.timezones.get(alert.resident_id or "", "UTC")

    def _recipients(self, alert: AlertRow, party: str) -> tuple[Recipient, ...]:
        if party == "handover":
            return (EMERGENCY_SERVICE,)
        return self.who(alert, party) or ((THE_CENTRE,) if party == "centre" else ())

    def _quiet(self, recipient: Recipient) -> Micros | None:
        hours = self._people.quiet.get(recipient.id)
        if hours is None or recipient.on_duty:
            return None
        return hours[0].until(self._now, hours[1])

    # -- by team ---------------------------------------------------------------------------

    def _of_team(self, teams: Sequence[str], party: str) -> Found:
        if party == "centre":
            return self._centre(teams)
        if party == "backup":
            return self._backup(teams)
        if party in DUTY_PARTIES:
            return self._nearest(teams, party)
        if party.startswith(TEAM):
            return self._named_team(party.removeprefix(TEAM))
        person = self._people.accounts.get(party.removeprefix(PERSON))
        return Found((replace(person, party=party),) if person else ())

    def _nearest(self, teams: Sequence[str], party: str) -> Found:
        """The first team upwards that has somebody; the centre where rotas left a gap."""
        passed: Reasons = ()
        for team in teams:
            found = self._in_team(team, party)
            if found.people:
                return Found(found.people, (*passed, *found.why))
            passed += found.why
        if not passed or party != "station":
            return Found(())
        people = self._centre(teams).people or (THE_CENTRE,)
        return Found(people, (*passed, because("centre_stands_in")))

    def _in_team(self, team: str, party: str) -> Found:
        """Those on duty in this very team, or all where it has no rota."""
        name = self._people.names.get(team, team)
        rotas = self.rotas(team, party)
        if not rotas:
            return Found(self.staff(team, party))
        span = on_duty(rotas, self._now)
        if span.rota is None:
            return Found((), (self._lasting("off_duty", span.end, team=name),))
        people = self.named(span.people, party)
        names = tuple(each.name for each in people)
        why = self._lasting("on_duty", span.end, people=names, rota=span.rota.name, team=name)
        return Found(people, (why,))

    def _lasting(self, code: str, end: Micros, **values: Any) -> Reason:
        """Until when a duty or a gap lasts, as far as one looks: a weekend's gap is longer."""
        if end < self._now + REACH:
            return because(code, **values, until=iso(end))
        return because(f"{code}_long", **values)

    def _centre(self, teams: Sequence[str]) -> Found:
        """All centres upwards, those with rotas by them; in a gap, everybody: none is above."""
        people: list[Recipient] = []
        why: Reasons = ()
        for team in teams:
            found = self._in_team(team, "centre")
            people += found.people or self.staff(team, "centre")
            why += found.why
        return Found(tuple(people) if teams else self._people.unowned, why)

    def _backup(self, teams: Sequence[str]) -> Found:
        """The station's next layers that have people besides those who are on duty."""
        for team in teams:
            rotas = self.rotas(team, "station")
            first = on_duty(rotas, self._now) if rotas else None
            if first is None or first.rota is None:
                continue
            for rota in sorted(rotas, key=lambda rota: rota.layer):
                span = on_duty([rota], self._now)
                people = [each for each in span.people if each not in first.people]
                if rota.layer > first.rota.layer and people:
                    why = because("by_rota", rota=rota.name)
                    return Found(self.named(people, "backup"), (why,))
        return Found(())

    def _named_team(self, team: str) -> Found:
        """The station of a named team, or whoever else it has."""
        teams = self._people.above.get(team, ())
        for party in DUTY_PARTIES:
            if self.rotas(team, party) or self.staff(team, party):
                return self._nearest(teams, party)
        return Found(())


class Contacts(Mapping[str, tuple[Recipient, ...]]):
    """Contacts by resident, out of JSON that is read when somebody is to be called."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, resident: str) -> tuple[Recipient, ...]:
        return contacts_of(orjson.loads(self._texts[resident]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def contacts_of(contacts: Any) -> tuple[Recipient, ...]:
    """Recipients of ``resident.contacts``: a list of objects, as somebody typed them."""
    return tuple(
        Recipient(
            "contacts", f"contact {place}", str(contact.get("name") or f"contact {place}"), contact
        )
        for place, contact in enumerate(contacts if isinstance(contacts, list) else (), start=1)
        if isinstance(contact, dict)
    )
