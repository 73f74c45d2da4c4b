"""The people, teams and devices of `carewatch demo`: two villages of one county.

Everybody is invented. Names, homes and habits follow from the seed; secrets never do, and
passwords only where that is asked for.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import psycopg

from api import accounts
from api.access import Role
from api.database import Jsonb, people, queries
from carewatch.demo_duty import arrange
from carewatch.demo_villages import VILLAGES, Village
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

_DEVICES: tuple[tuple[str, str, str], ...] = (
    ("bed", "LT-Bed 2", "bedroom"),
    ("fall", "LT-Fall 3", "worn at the waist"),
    ("button", "LT-Button", "worn on the wrist"),
    ("ambient", "LT-Room", "living room"),
)
_AMBIENT_IN_EVERY = 2
"""Every second home has a room sensor."""
_A_COUPLE_IN_EVERY = 6
"""The last two of six residents live together."""


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
    others can reach the machine). ``now`` is when this is (None: at present).
    The caller owns the transaction. Raises NotAllowed where the demo's people are there already.
    """
    random = np.random.default_rng(seed)
    for id_, name, level, parent in _TEAMS:
        if not queries.insert_team(connection, id=id_, name=name, level=level, parent=parent):
            raise NotAllowed("The demo's people are here already: use another data folder.")
    people = [_resident(connection, number, residents, random) for number in range(residents)]
    password = _password_of(seed) if known_passwords else (lambda _: secrets.token_urlsafe(9))
    made = SystemClock().now() if now is None else now
    opened = [
        _account(connection, password, made, **who) for who in _accounts([p["id"] for p in people])
    ]
    for village in VILLAGES:
        arrange(connection, village, made)
    return {
        "accounts": opened,
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
    village = VILLAGES[number >= half]
    place = number % half
    name = village.names[place % len(village.names)]
    couple = place % _A_COUPLE_IN_EVERY == _A_COUPLE_IN_EVERY - 1
    way_in = int(random.integers(len(village.ways_in)))
    home = _home(connection, number - couple, place - couple, village, None if couple else way_in)
    id_ = f"resident-{number + 1:03d}"
    file = _file(number, name, village, couple or place % _A_COUPLE_IN_EVERY == 4)
    born = int(random.integers(1933, 1956))
    risks = village.risks[int(random.integers(len(village.risks)))]
    people.insert_resident(
        connection, id=id_, name=name, team=village.team, timezone=village.zone, home=home,
        birth_year=born, risks=risks, **file,
    )  # fmt: skip
    return {"id": id_, "name": name, "timezone": village.zone, "team": village.team}


def _home(
    connection: psycopg.Connection, number: int, place: int, village: Village, way_in: int | None
) -> str:
    """The home at that place of the village; made, unless its first resident has made it.

    ``way_in`` is the number of its way in.
    """
    id_ = f"home-{number + 1:03d}"
    if way_in is None:
        return id_
    house, box = 2 * place + 1, way_in == 0
    people.insert_home(
        connection, id=id_, team=village.team, address=village.address.format(number=house),
        floor=village.floors[place % 2], way_in=village.ways_in[way_in].format(next=house + 2),
        key_box_place=village.key_box if box else None,
        key_box_code=f"{(7919 * (number + 1)) % 10_000:04d}" if box else None,
        latitude=village.point[0] + 0.0007 * (place % 5),
        longitude=village.point[1] + 0.0009 * (place // 5), notes=None,
    )  # fmt: skip
    return id_


def _file(number: int, name: str, village: Village, couple: bool) -> dict[str, Any]:
    """What a station writes down of somebody; consents are of the day of the visit."""
    by_turns = ("alone", "empty_nest", "with_family", "alone")
    (neighbour, next_door), (cousin, related) = village.neighbour, village.cousin
    contacts = [
        {"name": neighbour.format(name=name), "relation": next_door, "holds_key": number % 2 == 0,
         "phones": [f"01632 960{number:03d}"]},
        {"name": cousin.format(name=name), "relation": related, "holds_key": False,
         "phones": [f"01632 961{number:03d}", f"01632 962{number:03d}"]},
    ]  # fmt: skip
    visit = {"given_on": "2026-03-02", "by": name}
    return {
        "phone": f"01632 963{number:03d}",
        "living": "with_partner" if couple else by_turns[number % len(by_turns)],
        "abilities": Jsonb({"level": number % 4, "score": (90, 75, 55, 38)[number % 4],
                            "assessed_on": "2026-03-02", "by": village.assessor}),
        "medication": village.medication if number % 3 == 0 else None,
        "languages": [village.language],
        "doctor": Jsonb({"name": village.doctor, "practice": village.practice,
                         "phone": "01632 960999"}),
        "contacts": Jsonb(contacts),
        "consents": Jsonb([visit | {"what": what} for what in ("monitoring", "emergency")]),
    }  # fmt: skip


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
    """Who may log in: families, station and carers of each village, centre, helpers and others."""
    half = (len(residents) + 1) // 2
    families = (
        residents[:2],
        residents[2:4],
        residents[half : half + 2],
        residents[half + 2 :][:2],
    )
    names = ("Chen Min 陈敏", "Wang Lei 王磊", "Helen Hill", "David Marsh")
    told: list[dict[str, Any]] = [
        {"username": f"family-{number}", "role": "family", "name": name, "residents": list(theirs),
         "phone": f"01632 96400{number}"}
        for number, (name, theirs) in enumerate(zip(names, families, strict=True), start=1)
        if theirs
    ]  # fmt: skip
    told += [
        {"username": f"station-{village.team}", "role": "station", "team": village.team,
         "name": village.station}
        for village in VILLAGES
    ]  # fmt: skip
    told += [
        {"username": username, "role": "station", "team": village.team, "name": name}
        for village in VILLAGES
        for username, name in village.carers
    ]
    return [
        *told,
        {"username": "centre", "role": "centre", "team": "linhe", "name": "County centre 县中心"},
        {
            "username": "responder",
            "role": "responder",
            "team": "linhe",
            "name": "Rescue 1 急救一组",
        },
        {"username": "volunteer", "role": "volunteer", "team": "qingshi", "name": "Lin Fang 林芳"},
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
    phone: str | None = None,
    residents: Sequence[str] = (),
) -> dict[str, Any]:
    password = password_of(username)
    made = accounts.add(
        connection, username, password, role, now,
        name=name, team=team, vendor=vendor, residents=residents,
    )  # fmt: skip
    people.set_phone(connection, account=made, phone=phone)
    said = {"username": username, "password": password, "role": role, "residents": list(residents)}
    return {**said, "team": team, **({"vendor": vendor} if vendor else {})}


def _password_of(seed: int) -> Callable[[str], str]:
    return lambda username: hashlib.sha256(f"{seed}|{username}".encode()).hexdigest()[:12]
