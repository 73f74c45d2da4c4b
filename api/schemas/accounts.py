"""Bodies and answers about logins, accounts and teams."""

from typing import Annotated

from pydantic import Field

from api.access import Role, TeamRole
from api.schemas.fields import Answer, Body, Id, Level, Line, Password, Phone, Thresholds, Time


class Login(Body):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(max_length=1000)]


class ConsoleLogin(Login):
    """``stay``: the device is one's own, and stays logged in."""

    stay: bool = False


class Stay(Answer):
    """For how many days without use a device stays logged in where that is wished; 0: none does."""

    days: int


class Session(Answer):
    token: str
    expires_at: Time


class CookieSession(Answer):
    """The token is in the cookie alone."""

    expires_at: Time


class Membership(Body):
    """What somebody is of a team."""

    team: Id
    role: TeamRole


class _Account(Answer):
    id: str
    username: str
    name: str
    role: Role
    team: str | None
    vendor: str | None
    phone: str | None
    residents: list[str]
    memberships: list[Membership]


class Me(_Account):
    """``role`` is the first; ``memberships`` are all, the first among them."""

    expires_at: Time


class MeChange(Body):
    """``phone``: for people to call, shown to whoever sees one's residents; null: none."""

    phone: Phone | None = None


class User(_Account):
    """``role`` and ``team`` are the first membership; ``memberships`` are all of them."""

    disabled: bool
    created_at: Time


class NewUser(Body):
    """``memberships``: what the person is besides ``role`` of ``team``."""

    username: Annotated[str, Field(pattern=r"^\S{1,64}$")]
    password: Password
    role: Role
    name: Line = ""
    team: Id | None = None
    vendor: Line | None = None
    residents: Annotated[list[Id], Field(max_length=1000)] = []
    memberships: Annotated[list[Membership], Field(max_length=100)] = []


class UserChange(Body):
    """A role does not change: make another account, and disable this one."""

    name: Line = ""
    team: Id | None = None
    vendor: Line | None = None
    residents: Annotated[list[Id], Field(max_length=1000)] = []
    memberships: Annotated[list[Membership], Field(max_length=100)] = []
    password: Password | None = None
    disabled: bool = False


class Team(Answer):
    """``thresholds``: the team's own; they hold for the teams below it too.

    ``timezone``: where most of its residents live, those of the teams below it included; null
    where it has none.
    """

    id: str
    name: str
    level: Level
    parent: str | None
    timezone: str | None
    thresholds: dict[str, float]


class NewTeam(Body):
    id: Id
    name: Line
    level: Level
    parent: Id | None = None
    thresholds: Thresholds = {}


class Member(Answer):
    user: str
    name: str
    role: TeamRole


class TeamChange(Body):
    name: Line = ""
    parent: Id | None = None
    thresholds: Thresholds = {}
