"""Accounts of people, as an admin keeps them."""

from typing import Any

from fastapi import APIRouter

from api import accounts, audit
from api.accounts import Rights
from api.context import Caller, Now, Transaction
from api.cursor import Cursor, Limit, decode, encode, page
from api.database import Connection, people
from api.problems import documented, not_found
from api.schemas.accounts import NewUser, User, UserChange
from api.schemas.fields import Line, Page

router = APIRouter(prefix="/users", tags=["users"])


@router.get("", response_model=Page[User], responses=documented(401, 403, 422))
def list_users(
    _: Caller, connection: Transaction, cursor: Cursor = None, limit: Limit = 100
) -> object:
    after = decode(cursor, str)[0] if cursor else None
    rows = list(people.accounts(connection, id=None, after=after, limit=limit + 1))
    items, following = page(rows, limit, lambda row: encode(row["username"]))
    return {"items": [_shown(row) for row in items], "next": following}


@router.post("", response_model=User, status_code=201, responses=documented(401, 403, 409, 422))
def create_user(body: NewUser, caller: Caller, connection: Transaction, now: Now) -> object:
    account = accounts.add(
        connection, body.username, body.password, body.role, now, name=body.name, team=body.team,
        vendor=body.vendor, residents=body.residents,
        memberships=[(each.team, each.role) for each in body.memberships],
    )  # fmt: skip
    audit.changed(
        connection, caller, "create_user", f"user:{body.username}", body.residents, body.said()
    )
    return _shown(_one(connection, account))


@router.get("/{user}", response_model=User, responses=documented(401, 403, 404, 422))
def get_user(user: Line, _: Caller, connection: Transaction) -> object:
    return _shown(_one(connection, user))


@router.patch("/{user}", response_model=User, responses=documented(401, 403, 404, 409, 422))
def change_user(
    user: Line, body: UserChange, caller: Caller, connection: Transaction, now: Now
) -> object:
    """What is left out stays. A new password, or ``disabled``, ends every login of the account."""
    people.lock_account(connection, id=user)
    before = _shown(_one(connection, user))
    account = before | body.said()
    if "team" in body.said():  # the first membership moves with the team
        account["memberships"] = [
            each
            for each in account["memberships"]
            if each != {"team": before["team"], "role": before["role"]}
        ]
    accounts.change(connection, account, _rights(account), now)
    about = {*before["residents"], *account["residents"]} if "residents" in body.said() else ()
    audit.changed(
        connection, caller, "change_user", f"user:{before['username']}", about, body.said()
    )
    return _shown(_one(connection, user))


def _rights(account: dict[str, Any]) -> Rights:
    return Rights(
        role=account["role"],
        team=account["team"],
        vendor=account["vendor"],
        residents=account["residents"],
        memberships=[(each["team"], each["role"]) for each in account["memberships"]],
    )


def _one(connection: Connection, user: str) -> dict[str, Any]:
    found = accounts.account_of(connection, user)
    if found is None:
        raise not_found("user", user)
    return found


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"team": row["team_id"]}
