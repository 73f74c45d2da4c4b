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
from api.database import Jsonb, people, queries
from carewatch.demo_duty import CARERS, arrange
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


@dataclass(frozen=True, slots=True)
class _Words:
    """What a station writes down, in the language of the village."""

    risks: Sequence[str]
    ways_in: Sequence[str]
    """The first is by the key box; ``{next}`` is the number of the next house."""
    key_box: str
    floors: tuple[str, str]
    neighbour: tuple[str, str]
    """Their name, with ``{name}`` of the resident in it, and the relation; so is a cousin's."""
    cousin: tuple[str, str]
    assessor: str
    medication: str
    station: str


_IN_ENGLISH = _Words(
    risks=(
        "Lives alone; unsteady on her feet", "Heart failure; sleeps with two pillows",
        "Diabetes; poor sight", "After a stroke; weak left side", "Mild dementia; may wander",
        "COPD; short of breath on stairs", "Takes blood thinners", "Hard of hearing: ring twice",
    ),
    ways_in=(
        "Key box left of the door", "Neighbour at number {next} has a key",
        "The station keeps a key", "The side gate is not locked",
    ),
    key_box="left of the door",
    floors=("1st floor", "ground floor"),
    neighbour=("Neighbour of {name}", "neighbour"),
    cousin=("Cousin of {name}", "cousin"),
    assessor="Assessor of the township",
    medication="see the box in the kitchen",
    station="Station of Ashford",
)  # fmt: skip
_IN_CHINESE = _Words(
    risks=(
        "独居，走路不稳", "心力衰竭，睡觉需垫高两个枕头", "糖尿病，视力差", "中风后左侧肢体无力",
        "轻度认知障碍，可能走失", "慢阻肺，上楼气短", "服用抗凝药", "听力不好，请多按一次门铃",
    ),
    ways_in=("钥匙盒在门左侧", "{next} 号邻居有钥匙", "服务站有备用钥匙", "侧门没有锁"),
    key_box="门左侧",
    floors=("二楼", "一楼"),
    neighbour=("{name}的邻居", "邻居"),
    cousin=("{name}的表亲", "表亲"),
    assessor="镇评估员",
    medication="见厨房药盒",
    station="Station of Liushu 柳树村服务站",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Village:
    team: str
    zone: str
    names: Sequence[str]
    address: str
    point: tuple[float, float]
    """Latitude and longitude of its first house."""
    language: str
    doctor: str
    practice: str
    words: _Words


_VILLAGES = (
    _Village(
        "liushu", "Asia/Shanghai", _CHINESE, "柳树村 {number} 号", (34.512, 113.204), "zh",
        "沈医生", "青石镇卫生院", _IN_CHINESE,
    ),
    _Village(
        "ashford", "Europe/London", _ENGLISH, "{number} Mill Lane, Ashford Village",
        (51.146, 0.874), "en", "Dr Bell", "Mill Lane Surgery", _IN_ENGLISH,
    ),
)  # fmt: skip


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
    for village in _VILLAGES:
        arrange(connection, village.team, village.zone, made)
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
    village = _VILLAGES[number >= half]
    place = number % half
    name = village.names[place % len(village.names)]
    couple = place % _A_COUPLE_IN_EVERY == _A_COUPLE_IN_EVERY - 1
    way_in = int(random.integers(len(village.words.ways_in)))
    home = _home(connection, number - couple, place - couple, village, None if couple else way_in)
    id_ = f"resident-{number + 1:03d}"
    file = _file(number, name, village, couple or place % _A_COUPLE_IN_EVERY == 4)
    born = int(random.integers(1933, 1956))
    risks = village.words.risks[int(random.integers(len(village.words.risks)))]
    people.insert_resident(
        connection, id=id_, name=name, team=village.team, timezone=village.zone, home=home,
        birth_year=born, risks=risks, **file,
    )  # fmt: skip
    return {"id": id_, "name": name, "timezone": village.zone, "team": village.team}


def _home(
    connection: psycopg.Connection, number: int, place: int, village: _Village, way_in: int | None
) -> str:
    """The home at that place of the village; made, unless its first resident has made it.

    ``way_in`` is the number of its way in.
    """
    id_ = f"home-{number + 1:03d}"
    if way_in is None:
        return id_
    house, words, box = 2 * place + 1, village.words, way_in == 0
    people.insert_home(
        connection, id=id_, team=village.team, address=village.address.format(number=house),
        floor=words.floors[place % 2], way_in=words.ways_in[way_in].format(next=house + 2),
        key_box_place=words.key_box if box else None,
        key_box_code=f"{(7919 * (number + 1)) % 10_000:04d}" if box else None,
        latitude=village.point[0] + 0.0007 * (place % 5),
        longitude=village.point[1] + 0.0009 * (place // 5), notes=None,
    )  # fmt: skip
    return id_


def _file(number: int, name: str, village: _Village, couple: bool) -> dict[str, Any]:
    """What a station writes down of somebody; consents are of the day of the visit."""
    by_turns = ("alone", "empty_nest", "with_family", "alone")
    words = village.words
    (neighbour, next_door), (cousin, related) = words.neighbour, words.cousin
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
                            "assessed_on": "2026-03-02", "by": words.assessor}),
        "medication": words.medication if number % 3 == 0 else None,
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
         "name": village.words.station}
        for village in _VILLAGES
    ]  # fmt: skip
    told += [
        {"username": username, "role": "station", "team": village.team, "name": name}
        for village in _VILLAGES
        for username, name in CARERS[village.team]
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
