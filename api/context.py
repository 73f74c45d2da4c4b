"""What a route is handed: the database, the time, and who asks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api import accounts, cookie
from api.access import Viewer
from api.database import Connection, Database
from api.feed import Feed
from api.problems import Problem
from api.throttle import Throttle
from domain.time import Clock, Micros


@dataclass(frozen=True, slots=True)
class Part:
    """A part of carewatch as ``/readyz`` shows it."""

    ok: bool
    detail: str


Look = Callable[[], Mapping[str, Part]]
"""Looks at all parts; never raises."""


def no_parts() -> Mapping[str, Part]:
    return {}


@dataclass(frozen=True, slots=True)
class Context:
    """All that the routes of one application share; it hangs on ``app.state.context``."""

    database: Database
    clock: Clock
    feed: Feed
    throttle: Throttle
    look: Look
    reply_secret: str | None = None
    """Signs the replies of people that a gateway for SMS or mail passes on."""
    device_url: str | None = None
    """Where devices reach the broker."""
    stay: Micros = 0
    """How long a login lasts on a device that stays logged in; 0: none does."""


def context(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def transaction(context: "Shared") -> Iterator[Connection]:
    with context.database.transaction() as connection:
        yield connection


def now(context: "Shared") -> Micros:
    return context.clock.now()


_bearer = HTTPBearer(auto_error=False, description="The token that POST /session answered.")

Shared = Annotated[Context, Depends(context)]
Transaction = Annotated[Connection, Depends(transaction, scope="function")]
"""Committed before the answer is sent: who reads 200 can rely on it."""
Now = Annotated[Micros, Depends(now)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def token(request: Request, credentials: Credentials) -> str:
    """That of the header, or else that of the console's cookie."""
    found = credentials.credentials if credentials else cookie.token_of(request)
    if found is None:
        raise Problem(
            401,
            "Log in first: POST /api/v1/session, then send `Authorization: Bearer` and the token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found


Token = Annotated[str, Depends(token)]


def caller(request: Request, token: Token, connection: Transaction, now: Now) -> Viewer:
    """Who asks, with what is theirs for this call; a problem where they have no use of it."""
    address = request.client.host if request.client else None
    viewer = accounts.viewer(connection, token, now, address)
    if viewer is None:
        raise Problem(
            401,
            "This login is over or was never valid: log in again with POST /api/v1/session.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    call = request.scope["route"].name
    if not viewer.may(call):
        raise Problem(403, f"An account with the role {viewer.role} has no use of this call.")
    return viewer.using(call)


Caller = Annotated[Viewer, Depends(caller)]
