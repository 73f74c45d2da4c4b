"""How people can be reached: their channels in order, and the codes that confirm them.

A channel is used once its owner has entered the code that was sent there. Whoever sends the code
makes it, and only its hash is kept. The caller owns the transaction.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiosql
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.reasons import Reasons, as_json, listed
from domain.errors import CarewatchError, NotAllowed
from domain.finding import Priority
from domain.refusals import refused
from domain.time import HOUR, MINUTE, Micros, to_datetime

queries = aiosql.from_path(
    Path(__file__).with_name("reach.sql"), "psycopg", kwargs={"row_factory": dict_row}
)

Connection = psycopg.Connection[Any]

PUSH = "push"
KINDS: Mapping[str, str] = {
    "sms": r"\+[1-9][0-9]{6,14}",
    "email": r"[^@\s/?&%]{1,64}@[A-Za-z0-9.-]{1,190}",
    "wecom": r"[A-Za-z0-9-]{8,64}",
    "dingtalk": r"[A-Za-z0-9]{8,80}",
    "feishu": r"[A-Za-z0-9-]{8,64}",
    "telegram": r"-?[0-9]{3,20}",
    "ntfy": r"[A-Za-z0-9_-]{8,64}",
}
"""Kinds that a person can name an address of, and what an address looks like."""

EXAMPLES: Mapping[str, str] = {
    "sms": "+8613812345678",
    "email": "li@example.org",
    "wecom": "the key of a group robot",
    "dingtalk": "the access token of a group robot",
    "feishu": "the key of a group robot",
    "telegram": "the number of a chat with the bot",
    "ntfy": "a topic of 8 characters or more that nobody can guess",
}

CODE_LIVES: Micros = 15 * MINUTE
TRIES = 5
CODES_AN_HOUR = 8
_MOST = 12


class WrongCode(NotAllowed):
    """The code is not the one that was sent, or is too old."""


class NoSuchChannel(CarewatchError):
    """Nobody has a channel of that number, or somebody else has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A channel as its owner asks for it: one that is there (``id``), or a new address."""

    kind: str
    address: str
    priorities: Sequence[Priority]
    id: int | None = None


def channels(connection: Connection, account: str) -> list[dict[str, Any]]:
    """A person's channels in their order, as rows."""
    return list(queries.channels_of(connection, account=account))


def arrange(
    connection: Connection,
    account: str,
    wanted: Sequence[Wanted],
    language: str,
    now: Micros,
) -> None:
    """Replace somebody's channels: what is not named is taken away, what is new gets a code.

    Raises NotAllowed where an address cannot be one, or no channel is for high alerts.
    """
    _check(wanted)
    queries.lock_account(connection, account=account)
    queries.set_language(connection, account=account, language=language)
    mine = {row["id"] for row in channels(connection, account)}
    kept = []
    for place, each in enumerate(wanted):
        said = {"account": account, "place": place, "priorities": list(each.priorities)}
        if each.id is None:
            at = to_datetime(now)
            row = queries.add_channel(
                connection, **said, kind=each.kind, address=each.address, at=at
            )
            kept.append(row["id"])
            continue
        if each.id not in mine:
            raise NoSuchChannel(f"You have no channel {each.id}: GET /api/v1/me/channels.")
        queries.arrange_channel(connection, **said, id=each.id)
        kept.append(each.id)
    queries.drop_channels(connection, account=account, kept=kept)


def add_push(
    connection: Connection, account: str, endpoint: str, keys: Mapping[str, str], now: Micros
) -> int:
    """A browser's subscription; it comes last in the order, and needs no code."""
    queries.lock_account(connection, account=account)
    if len(channels(connection, account)) >= _MOST:
        raise NotAllowed(refused("channels_many", most=_MOST))
    row = queries.add_push(
        connection, account=account, address=endpoint, keys=Jsonb(dict(keys)), at=to_datetime(now)
    )
    made: int = row["id"]
    return made


def has_problem(connection: Connection, channel: int, why: Reasons) -> None:
    """What went wrong with a channel: it is not used again until it is confirmed anew."""
    queries.channel_problem(connection, id=channel, **_problem(why))


def language_of(connection: Connection, account: str) -> str:
    found: str = queries.language(connection, account=account)
    return found


# -- codes -------------------------------------------------------------------------------------


def refuse_code(connection: Connection, channel: int, why: Reasons) -> None:
    """No code is sent, though one is wanted."""
    queries.code_refused(connection, id=channel, **_problem(why))


def want_code(connection: Connection, account: str, channel: int, now: Micros) -> bool:
    """Have another code sent; not within a minute of the last one."""
    since = now + CODE_LIVES - MINUTE
    return bool(
        queries.want_code(
            connection,
            account=account,
            id=channel,
            at=to_datetime(now),
            not_since=to_datetime(since),
        )
    )


def new_code(connection: Connection, channel: int, now: Micros) -> str:
    """A code of six digits for a channel, good for 15 minutes."""
    code = f"{secrets.randbelow(1_000_000):06}"
    queries.code_sent(
        connection,
        id=channel,
        code_hash=_digest(channel, code),
        until=to_datetime(now + CODE_LIVES),
    )
    return code


def one_more(connection: Connection, account: str, now: Micros) -> bool:
    """Count a code that is about to be sent for somebody; False where that is too many."""
    since = to_datetime(now - HOUR)
    queries.forget_codes(connection, before=since)
    if queries.codes_since(connection, account=account, since=since) >= CODES_AN_HOUR:
        return False
    queries.count_code(connection, account=account, at=to_datetime(now))
    return True


def confirm(connection: Connection, account: str, channel: int, code: str, now: Micros) -> bool:
    """Whether the code was right, so that the channel is used from now on.

    A wrong one counts as a try; the caller commits in either case. Raises :class:`WrongCode`
    where no code can be tried any more, :class:`NoSuchChannel`.
    """
    row = next((row for row in channels(connection, account) if row["id"] == channel), None)
    if row is None:
        raise NoSuchChannel(f"You have no channel {channel}: GET /api/v1/me/channels.")
    if row["confirmed_at"] is not None:
        return True
    tried = queries.try_code(connection, account=account, id=channel, at=to_datetime(now))
    if tried["code_hash"] is None or not tried["in_time"] or tried["code_tries"] > TRIES:
        raise WrongCode(refused("code_over"))
    if not hmac.compare_digest(bytes(tried["code_hash"]), _digest(channel, code.strip())):
        return False
    queries.confirmed(connection, id=channel, at=to_datetime(now))
    return True


def _problem(why: Reasons) -> dict[str, Any]:
    return {"problem": listed(why), "reasons": Jsonb(as_json(why))}


def _check(wanted: Sequence[Wanted]) -> None:
    if len(wanted) > _MOST:
        raise NotAllowed(refused("channels_many", most=_MOST))
    for each in wanted:
        if each.id is None and not re.fullmatch(KINDS.get(each.kind, "$^"), each.address):
            hint = EXAMPLES.get(each.kind, "POST /api/v1/me/push adds a browser")
            raise NotAllowed(
                refused("address_unfit", address=each.address, channel=each.kind, example=hint)
            )
    if wanted and not any("high" in each.priorities for each in wanted):
        raise NotAllowed(refused("no_channel_for_high"))


def _digest(channel: int, code: str) -> bytes:
    return hashlib.sha256(f"{channel}|{code}".encode()).digest()
