"""Logging in and out."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api import accounts, audit, cookie
from api.access import Viewer
from api.context import Caller, Context, Now, Shared, Token, Transaction
from api.database import Connection, people
from api.problems import Problem, documented
from api.schemas.accounts import ConsoleLogin, CookieSession, Login, Me, MeChange, Session, Stay
from domain.refusals import refused
from domain.time import DAY, SECOND, Micros, iso

router = APIRouter(tags=["session"])


@router.post("/session", response_model=Session, responses=documented(401, 422, 429))
def log_in(login: Login, request: Request, shared: Shared, now: Now) -> object:
    """A token for twelve hours. Too many wrong passwords have to wait."""
    session = _open(login, request, shared, now)
    return {"token": session.token, "expires_at": iso(session.expires_at)}


@router.post(
    "/session/cookie", response_model=CookieSession, responses=documented(401, 403, 422, 429)
)
def log_in_console(
    login: ConsoleLogin, request: Request, response: Response, shared: Shared, now: Now
) -> object:
    """The same for the console: the token goes into a cookie that no script can read.

    With ``stay`` it lasts for days, anew with each day of use; a vendor's does not.
    """
    cookie.require_proof(request)
    session = _open(login, request, shared, now, shared.stay if login.stay else 0)
    cookie.give(request, response, session.token, (session.expires_at - now) // SECOND)
    return {"expires_at": iso(session.expires_at)}


@router.get("/session/stay", response_model=Stay)
def get_stay(shared: Shared) -> object:
    """Whether the console may offer to stay logged in."""
    return {"days": shared.stay // DAY}


@router.delete("/session", status_code=204, responses=documented(401))
def log_out(_: Caller, request: Request, token: Token, connection: Transaction) -> Response:
    """The token ends, and with it each feed that was opened with it."""
    accounts.log_out(connection, token)
    response = Response(status_code=204)
    cookie.take_back(request, response)
    return response


@router.get("/me", response_model=Me, responses=documented(401))
def who_am_i(
    caller: Caller,
    request: Request,
    response: Response,
    token: Token,
    connection: Transaction,
    shared: Shared,
    now: Now,
) -> object:
    """The account that is logged in. On a device that stays so, its days begin anew."""
    expires_at = accounts.prolong(connection, token, caller, shared.stay, now)
    if expires_at > caller.expires_at and cookie.token_of(request) == token:
        cookie.give(request, response, token, (expires_at - now) // SECOND)
    return _me(connection, caller, expires_at)


@router.patch("/me", response_model=Me, responses=documented(401, 403, 422))
def change_me(body: MeChange, caller: Caller, connection: Transaction) -> object:
    """One's own telephone."""
    if "phone" in body.said():
        people.set_phone(connection, account=caller.account_id, phone=body.phone)
    audit.changed(connection, caller, "change_me", f"account:{caller.account_id}", (), body.said())
    return _me(connection, caller, caller.expires_at)


def _me(connection: Connection, caller: Viewer, expires_at: Micros) -> dict[str, Any]:
    account = accounts.account_of(connection, caller.account_id) or {}
    return account | {
        "team": caller.team_id,
        "residents": sorted(caller.residents),
        "expires_at": iso(expires_at),
    }


def _open(
    login: Login, request: Request, shared: Context, now: Micros, stay: Micros = 0
) -> accounts.Session:
    """A session, or a problem that says why there is none."""
    address = request.client.host if request.client else ""
    wait = shared.throttle.wait_s(login.username, address, now)
    if wait:
        raise Problem(
            429,
            refused("login_wait", minutes=-(-wait // 60)),
            headers={"Retry-After": str(wait)},
        )
    session = accounts.log_in(shared.database, login.username, login.password, now, stay)
    if session is None:
        shared.throttle.failed(login.username, address, now)
        raise Problem(401, refused("login_wrong"))
    shared.throttle.succeeded(login.username, address)
    return session
