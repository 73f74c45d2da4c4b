"""Who is meant by a party of a policy's step, for one alert: people by name.

Rotas of duty come later; they will narrow :meth:`Roster.who` to those who are on duty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.alert import AlertRow

PARTIES = ("family", "station", "centre", "contacts")
"""Parties that people stand behind; ``handover`` is an address in the settings."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told. ``id`` is an account's, or names a contact of the resident."""

    party: str
    id: str
    name: str
    about: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """User name of an account; telephone number and so on of a contact."""

    def as_json(self) -> dict[str, Any]:
        return {"party": self.party, "name": self.name, **self.about}


THE_CENTRE = Recipient("centre", "centre", "the centre")
"""Told where nobody has an account: a first press on a new system must not ring in the dark."""


@dataclass(frozen=True, slots=True)
class Staff:
    """An account of a team or of one above it. ``distance`` is 0 in the team itself."""

    team_id: str
    distance: int
    recipient: Recipient


class Roster:
    """Everybody who may have to be told of some alerts, as of one moment.

    ``family`` and ``contacts`` by resident, ``staff`` of the alerts' teams and those above them,
    ``unowned`` the centre accounts that answer for what belongs to no team.
    """

    def __init__(
        self,
        family: Mapping[str, tuple[Recipient, ...]],
        contacts: Mapping[str, tuple[Recipient, ...]],
        staff: Iterable[Staff],
        unowned: tuple[Recipient, ...],
        timezones: Mapping[str, str],
    ) -> None:
        self._of_resident = {"family": family, "contacts": contacts}
        self._staff = tuple(staff)
        self._unowned = unowned
        self._timezones = timezones

    def who(self, alert: AlertRow, party: str) -> tuple[Recipient, ...]:
        """The people of a party; empty where it has nobody."""
        if party in self._of_resident:
            return self._of_resident[party].get(alert.resident_id or "", ())
        if party == "station":
            return self._nearest(alert.team_id)
        if party == "centre":
            return self._unowned if alert.team_id is None else self._centre(alert.team_id)
        return ()

    def present(self, alert: AlertRow) -> frozenset[str]:
        """The parties that can be asked.

        The centre always can: where no account stands for it, the log and the webhook do.
        """
        return frozenset(party for party in PARTIES if self.who(alert, party)) | {"centre"}

    def recipients(self, alert: AlertRow, party: str) -> tuple[Recipient, ...]:
        """Whom a message to the party goes to; for the centre, at least to the centre as such."""
        nobody = (THE_CENTRE,) if party == "centre" else ()
        return self.who(alert, party) or nobody

    def timezone(self, alert: AlertRow) -> str:
        return self._timezones.get(alert.resident_id or "", "UTC")

    def _nearest(self, team_id: str | None) -> tuple[Recipient, ...]:
        """The station of the team, or of the nearest team above it that has one."""
        stations = [
            each
            for each in self._staff
            if each.team_id == team_id and each.recipient.party == "station"
        ]
        nearest = min((each.distance for each in stations), default=0)
        return tuple(each.recipient for each in stations if each.distance == nearest)

    def _centre(self, team_id: str) -> tuple[Recipient, ...]:
        return tuple(
            each.recipient
            for each in self._staff
            if each.team_id == team_id and each.recipient.party == "centre"
        )


def contacts_of(contacts: Any) -> tuple[Recipient, ...]:
    """Recipients of ``resident.contacts``: a list of objects, as somebody typed them."""
    return tuple(
        Recipient(
            "contacts", f"contact {place}", str(contact.get("name") or f"contact {place}"), contact
        )
        for place, contact in enumerate(contacts if isinstance(contacts, list) else (), start=1)
        if isinstance(contact, dict)
    )
