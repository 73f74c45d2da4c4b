"""The people, teams and devices of `carewatch demo`: two villages of one county.

Everybody is invented. Names, homes and habits follow from the seed; secrets never do, and
passwords only where that is asked for.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from api import accounts
from api.access import Role
from api.database import Jsonb, queries
from domain.errors import NotAllowed
from domain.time import Micros, SystemClock
from gateway import registry

VENDOR = "Lanting"

_TEAMS: tuple[tuple[str, str, str, str | None], ...] = (
    ("linhe", "Linhe County 临河县", "county", None),
    ("qingshi", "Qingshi Township 青石镇", "township", "linhe"),
    ("liushu", "Liushu Village 柳树村", "village", "qingshi"),
    ("ashford", "Ashford Village", "village", "qingshi"),
)

_CHINESE = (
    "陈秀英", "李国华", "王桂兰", "张建国", "刘玉珍", "赵德明", "黄淑芬", "周文彬", "吴素琴",
    "徐长海", "孙凤英", "马志远", "朱慧芳", "胡永年", "郭翠莲", "何金山",
)  # fmt: skip
_ENGLISH = (
    "Margaret Hill", "Arthur Penn", "Dorothy Marsh", "Walter Brook", "Edith Lane", "Harold Frost",
    "Joan Whitaker", "Stanley Moss", "Beryl Carter", "Ronald Fenn", "Sheila Ward", "Cyril Oakes",
    "Maureen Dale", "Leonard Pike", "Hilda Stone", "Frank Rowe",
)  # fmt: skip
_RISKS = (
    "Lives alone; unsteady on her feet", "Heart failure; sleeps with two pillows",
    "Diabetes; poor sight", "After a stroke; weak left side", "Mild dementia; may wander",
    "COPD; short of breath on stairs", "Takes blood thinners", "Hard of hearing: ring twice",
)  # fmt: skip
_WAYS_IN = (
    "Key box left of the door", "Neighbour at number {next} has a key",
    "The station keeps a key", "The side gate is not locked",
)  # fmt: skip

_DEVICES: tuple[tuple[str, str, str], ...] = (
    ("bed", "LT-Bed 2", "bedroom"),
    ("fall", "LT-Fall 3", "worn at the waist"),
    ("button", "LT-Button", "worn on the wrist"),
    ("ambient", "LT-Room", "living room"),
)
_AMBIENT_IN_EVERY = 2
"""Every second home has a room sensor."""


@dataclass(frozen=True, slots=True)
class _Village:
    team: str
    zone: str
    names: Sequence[str]
    address: str


_VILLAGES = (
    _Village("liushu", "Asia/Shanghai", _CHINESE, "柳树村 {number} 号"),
    _Village("ashford", "Europe/London", _ENGLISH, "{number} Mill Lane, Ashford Village"),
)


def seed(
    connection: psycopg.Connection,
    residents: int = 24,
    seed: int = 7,
    *,
    known_passwords: bool = False,
    now: Micros | None = None,
) -> dict[str, Any]:
    """Add the demo's world; what belongs into ``demo.json``, secrets included.

    ``known_passwords``: derive the passwords from the seed (for tests and pictures; never where
    others can reach the machine). ``now`` is when the accounts were made (None: at present).
    The caller owns the transaction. Raises NotAllowed where the demo's people are there already.
    """
    random = np.random.default_rng(seed)
    for id_, name, level, parent in _TEAMS:
        if not queries.insert_team(connection, id=id_, name=name, level=level, parent=parent):
            raise NotAllowed("The demo's people are here already: use another data folder.")
    people = [_resident(connection, number, residents, random) for number in range(residents)]
    password = _password_of(seed) if known_passwords else (lambda _: secrets.token_urlsafe(9))
    made = SystemClock().now() if now is None else now
    return {
        "accounts": [
            _account(connection, password, made, **who)
            for who in _accounts([p["id"] for p in people])
        ],
        "devices": [
            device
            for number, person in enumerate(people)
            for device in _devices(connection, number, person)
        ],
        "residents": people,
        "teams": [{"id": id_, "name": name, "level": level} for id_, name, level, _ in _TEAMS],
    }


def _resident(
    connection: psycopg.Connection, number: int, residents: int, random: np.random.Generator
) -> dict[str, Any]:
    """Somebody of the first village (the first half) or of the second."""
    half = (residents + 1) // 2
    village = _VILLAGES[number >= half]
    place = number % half
    name = village.names[place % len(village.names)]
    house = 2 * place + 1
    way_in = _WAYS_IN[int(random.integers(len(_WAYS_IN)))].format(next=house + 2)
    contacts = [
        {"name": f"Neighbour of {name}", "relation": "neighbour", "phone": f"01632 960{number:03d}"}
    ]
    id_ = f"resident-{number + 1:03d}"
    queries.insert_resident(
        connection, id=id_, name=name, team=village.team, timezone=village.zone,
        birth_year=int(random.integers(1933, 1956)), address=village.address.format(number=house),
        way_in=way_in, risks=_RISKS[int(random.integers(len(_RISKS)))], contacts=Jsonb(contacts),
    )  # fmt: skip
    return {"id": id_, "name": name, "timezone": village.zone, "team": village.team}


def _devices(
    connection: psycopg.Connection, number: int, person: dict[str, Any]
) -> list[dict[str, Any]]:
    made = []
    for kind, model, place in _DEVICES:
        if kind == "ambient" and number % _AMBIENT_IN_EVERY:
            continue
        id_ = f"{kind}-{number + 1:03d}"
        secret = registry.add(
            connection, id_, kind, resident=person["id"], vendor=VENDOR, model=model, place=place
        )
        made.append({"id": id_, "secret": secret, "kind": kind, "resident": person["id"]})
    return made


def _accounts(residents: Sequence[str]) -> list[dict[str, Any]]:
    """Who may log in: four families, a station for each village, centre, vendor, admin."""
    half = (len(residents) + 1) // 2
    families = (
        residents[:2],
        residents[2:4],
        residents[half : half + 2],
        residents[half + 2 :][:2],
    )
    names = ("Chen Min 陈敏", "Wang Lei 王磊", "Helen Hill", "David Marsh")
    told: list[dict[str, Any]] = [
        {"username": f"family-{number}", "role": "family", "name": name, "residents": list(theirs)}
        for number, (name, theirs) in enumerate(zip(names, families, strict=True), start=1)
        if theirs
    ]
    told += [
        {"username": f"station-{village.team}", "role": "station", "team": village.team,
         "name": f"Station of {village.team.title()}"}
        for village in _VILLAGES
    ]  # fmt: skip
    return [
        *told,
        {"username": "centre", "role": "centre", "team": "linhe", "name": "County centre"},
        {"username": "vendor", "role": "vendor", "vendor": VENDOR, "name": f"{VENDOR} support"},
        {"username": "admin", "role": "admin", "name": "Administrator"},
    ]


def _account(
    connection: psycopg.Connection,
    password_of: Callable[[str], str],
    now: Micros,
    *,
    username: str,
    role: Role,
    name: str,
    team: str | None = None,
    vendor: str | None = None,
    residents: Sequence[str] = (),
) -> dict[str, Any]:
    password = password_of(username)
    accounts.add(
        connection, username, password, role, now,
        name=name, team=team, vendor=vendor, residents=residents,
    )  # fmt: skip
    said = {"username": username, "password": password, "role": role, "residents": list(residents)}
    return {**said, "team": team, **({"vendor": vendor} if vendor else {})}


def _password_of(seed: int) -> Callable[[str], str]:
    return lambda username: hashlib.sha256(f"{seed}|{username}".encode()).hexdigest()[:12]
