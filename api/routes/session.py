"""Logging in and out."""

from fastapi import APIRouter, Request, Response

from api import accounts
from api.context import Caller, Now, Shared, Token, Transaction
from api.problems import Problem, documented
from api.schemas import Login, Me, Session
from domain.time import iso

router = APIRouter(tags=["session"])


@router.post("/session", response_model=Session, responses=documented(401, 422, 429))
def log_in(login: Login, request: Request, shared: Shared, now: Now) -> object:
    """A token for twelve hours. Too many wrong passwords have to wait."""
    address = request.client.host if request.client else ""
    wait = shared.throttle.wait_s(login.username, address, now)
    if wait:
        raise Problem(
            429,
            f"Too many wrong passwords: try again in {-(-wait // 60)} min.",
            {"Retry-After": str(wait)},
        )
    session = accounts.log_in(shared.database, login.username, login.password, now)
    if session is None:
        shared.throttle.failed(login.username, address, now)
        raise Problem(401, "This name and password do not belong together: check both.")
    shared.throttle.succeeded(login.username, address)
    return {"token": session.token, "expires_at": iso(session.expires_at)}


@router.delete("/session", status_code=204, responses=documented(401))
def log_out(_: Caller, token: Token, connection: Transaction) -> Response:
    """The token ends, and with it each feed that was opened with it."""
    accounts.log_out(connection, token)
    return Response(status_code=204)


@router.get("/me", response_model=Me, responses=documented(401))
def who_am_i(caller: Caller, connection: Transaction) -> object:
    """The account that is logged in."""
    return {
        "id": caller.account_id,
        "username": caller.username,
        "name": caller.name,
        "role": caller.role,
        "team": caller.team_id,
        "vendor": caller.vendor,
        "residents": sorted(caller.residents),
        "memberships": accounts.memberships_of(connection, caller.account_id),
        "expires_at": iso(caller.expires_at),
    }
