"""Bodies and answers about people and places: residents' files, homes, circles, the audit."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from api.schemas.fields import Answer, Body, Id, Line, Names, Phone, Text, Thresholds, Time, Zone

Living = Literal[
    "alone", "with_partner", "with_family", "with_carer", "empty_nest", "left_behind", "other"
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["zh"])]
Purpose = Literal[
    "monitoring",
    "family",
    "doctor",
    "emergency",
    "entry",
    "health_in_messages",
    "name_in_messages",
    "research",
]
"""What somebody consents to: being watched over, and that others learn of it."""
Version = Annotated[int, Field(description="Moves on with each change; name it in If-Match.")]

# -- a resident's file -------------------------------------------------------------------------


class Contact(Body):
    """Somebody to call, in the order of the list. ``phone`` is short for one of ``phones``."""

    name: Annotated[Line, Field(min_length=1)]
    relation: Line | None = None
    phones: Annotated[list[Phone], Field(max_length=5)] = []
    holds_key: bool = False
    note: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_phone(cls, said: Any) -> Any:
        if isinstance(said, dict) and "phone" in said and "phones" not in said:
            phone = said["phone"]
            rest = {name: value for name, value in said.items() if name != "phone"}
            return rest | {"phones": [] if phone is None else [phone]}
        return said


class Abilities(Body):
    """The result of the ability assessment for older adults, GB/T 42195-2022.

    ``level``: 0 intact, 1 mildly, 2 moderately, 3 severely, 4 completely dependent.
    ``score``: the points that the level follows from, 90 at most.
    """

    level: Annotated[int, Field(ge=0, le=4)]
    score: Annotated[int, Field(ge=0, le=90)] | None = None
    assessed_on: date | None = None
    by: Line | None = None


class Doctor(Body):
    """The family doctor."""

    name: Annotated[Line, Field(min_length=1)]
    practice: Line | None = None
    phone: Phone | None = None


class Consent(Body):
    """What was agreed to, on which day, and by whom: the person, or who speaks for them."""

    what: Purpose
    given_on: date
    by: Annotated[Line, Field(min_length=1)]
    withdrawn_on: date | None = None
    note: Text | None = None


class Resident(Answer):
    """``address`` and ``way_in`` are those of the ``home``.

    ``thresholds``: the resident's own; else those of the team, else of the device's model.
    A volunteer is shown null or nothing for ``abilities``, ``medication``, ``doctor`` and
    ``consents``.
    """

    id: str
    name: str
    team: str | None
    timezone: str
    birth_year: int | None
    home: str | None
    phone: str | None
    address: str | None
    way_in: str | None
    living: Living | None
    abilities: dict[str, Any] | None
    risks: str | None
    medication: str | None
    languages: list[str]
    doctor: dict[str, Any] | None
    contacts: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    thresholds: dict[str, float]
    devices: list[str]
    version: Version
    created_at: Time


class ResidentChange(Body):
    """``address`` and ``way_in`` change the home; where there is none, they make one.

    ``phone`` is the resident's own; those of others are in ``contacts``.
    """

    name: Annotated[Line, Field(min_length=1)] = ""
    team: Id | None = None
    timezone: Zone = "UTC"
    birth_year: Annotated[int, Field(ge=1850, le=2200)] | None = None
    home: Id | None = None
    phone: Phone | None = None
    address: Text | None = None
    way_in: Text | None = None
    living: Living | None = None
    abilities: Abilities | None = None
    risks: Text | None = None
    medication: Text | None = None
    languages: Annotated[list[Language], Field(max_length=10)] = []
    doctor: Doctor | None = None
    contacts: Annotated[list[Contact], Field(max_length=50)] = []
    consents: Annotated[list[Consent], Field(max_length=50)] = []
    thresholds: Thresholds = {}


class NewResident(ResidentChange):
    """Without an ``id``, one is made."""

    id: Id | None = None
    name: Annotated[Line, Field(min_length=1)]


class CircleMember(Answer):
    """One of the family, by user name. ``phone`` is what they have given themselves."""

    user: str
    name: str
    relation: str | None
    phone: str | None


class Circle(Answer):
    """The family in the order in which it is asked."""

    items: list[CircleMember]


class NewMember(Body):
    user: Annotated[str, Field(min_length=1, max_length=64)]
    relation: Line | None = None


class NewCircle(Body):
    """The whole circle, in order: who is left out is no longer in it."""

    items: Annotated[list[NewMember], Field(max_length=50)]


# -- homes -------------------------------------------------------------------------------------


class Home(Answer):
    """``residents``: those who live there and whom the caller may see."""

    id: str
    team: str | None
    address: str | None
    floor: str | None
    way_in: str | None
    key_box_place: str | None
    key_box_code: str | None
    latitude: float | None
    longitude: float | None
    notes: str | None
    residents: list[str]
    version: Version
    created_at: Time


class HomeChange(Body):
    team: Id | None = None
    address: Text | None = None
    floor: Line | None = None
    way_in: Text | None = None
    key_box_place: Line | None = None
    key_box_code: Line | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    notes: Text | None = None


class NewHome(HomeChange):
    """Without an ``id``, one is made."""

    id: Id | None = None


# -- the audit ---------------------------------------------------------------------------------


class AuditLine(Answer):
    """Who read or changed (``changed``) what about which residents; names of fields, no values.

    ``who`` is a user name, or ``cli:`` and the system's user who called a command;
    ``session`` tells one login from another.
    """

    at: Time
    who: str
    role: str
    address: str | None
    session: str | None
    action: str
    changed: bool
    thing: str | None
    residents: list[str]
    fields: list[str]
    names: Names
