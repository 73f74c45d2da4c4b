"""The columns of each kind of file, in English and Chinese, and what may stand in them.

A column fills a field of the API's own body, by a path such as ``abilities.level``; so a file is
checked by the rules of the API.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, create_model

from api.access import TeamRole
from api.schemas.accounts import NewTeam
from api.schemas.devices import NewDevice
from api.schemas.fields import Body, Id, Line
from api.schemas.persons import Contact, NewHome, NewResident

Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """``name`` is the heading, ``others`` are headings that mean the same."""

    name: str
    others: tuple[str, ...] = ()
    path: str = ""
    parse: Parse = str

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple((self.path or self.name).split("."))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its columns, the body that a line is checked by, what names a line."""

    name: str
    body: type[BaseModel]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("id",)
    """Columns that must be filled, and of which no two lines have the same; empty: none."""

    def column_of(self, heading: str) -> str | None:
        """The column that a heading names, however it is written."""
        plain = _plain(heading)
        for column in self.columns:
            if plain in {_plain(each) for each in (column.name, *column.others)}:
                return column.name
        return None


def said(kind: Kind, cells: Mapping[str, str]) -> dict[str, Any]:
    """A line's cells as the fields of the body.

    >>> said(KINDS["people"], {"id": "li", "ability_level": "轻度", "languages": "zh、en"})
    {'id': 'li', 'abilities': {'level': '1'}, 'languages': ['zh', 'en']}
    """
    fields: dict[str, Any] = {}
    for column in kind.columns:
        if column.name in cells:
            *above, last = column.steps
            place = fields
            for step in above:
                place = place.setdefault(step, {})
            place[last] = column.parse(cells[column.name])
    return fields


def column_at(kind: Kind, path: tuple[Any, ...]) -> str:
    """The column that a field of the body comes from."""
    for length in range(len(path), 0, -1):
        for column in kind.columns:
            if column.steps[:length] == path[:length]:
                return column.name
    return str(path[0]) if path else ""


def _plain(heading: str) -> str:
    return re.sub(r"[\s_-]+", "_", heading.strip().lower())


def _word(**words: str) -> Parse:
    """Chinese words for the API's own; ``words`` are lists with `|` by what they mean."""
    meaning = {word: own for own, listed in words.items() for word in listed.split("|")}
    return lambda cell: meaning.get(cell, cell)


def _several(cell: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;；、|，,]", cell) if part.strip()]


def _day(cell: str) -> str:
    """2026/3/2 and 2026年3月2日 as 2026-03-02; anything else as it is."""
    numbers = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", cell)
    return "{}-{:0>2}-{:0>2}".format(*numbers.groups()) if numbers else cell


def _yes(cell: str) -> str:
    words = {"是": "yes", "有": "yes", "x": "yes", "√": "yes", "否": "no", "无": "no"}
    return words.get(cell.lower(), cell)


_LEVEL = _word(county="县|县级|区|区级", township="镇|乡|街道|乡镇", village="村|社区|村级")
_LIVING = _word(
    alone="独居", with_partner="与配偶同住|夫妻同住", with_family="与子女同住|与家人同住",
    with_carer="与保姆同住|与护理员同住", empty_nest="空巢", left_behind="留守", other="其他|其它",
)  # fmt: skip
_ABILITY = _word(
    **{
        "0": "0级|完好|能力完好",
        "1": "1级|轻度|轻度失能",
        "2": "2级|中度|中度失能",
        "3": "3级|重度|重度失能",
        "4": "4级|完全|完全失能",
    }
)
_DEVICE = _word(
    bed="床垫|床|床带", fall="跌倒|跌倒探测器", button="按钮|呼叫按钮|紧急按钮",
    ambient="环境|环境传感器", bridge="网关",
)  # fmt: skip
_ROLE = _word(
    family="家属|家人", station="驿站|站点|村站", centre="中心", responder="急救|救援人员",
    volunteer="志愿者",
)  # fmt: skip
_CONSENT = _word(
    monitoring="监测|看护", family="家属", doctor="医生", emergency="急救", entry="入户",
    health_in_messages="短信含健康信息", name_in_messages="短信含姓名", research="研究",
)  # fmt: skip


class _Membership(Body):
    """A line of the file of memberships."""

    user: str = Field(pattern=r"^\S{1,64}$")
    name: Line = ""
    role: TeamRole | str = Field(pattern=r"^(family|station|centre|responder|volunteer)$")
    team: Id | None = None
    resident: Id | None = None
    relation: Line | None = None


def _with_id(body: type[BaseModel]) -> type[BaseModel]:
    """The same body, but the id must be said: it is what makes an import repeatable."""
    made: type[BaseModel] = create_model(f"Listed{body.__name__}", __base__=body, id=(Id, ...))
    return made


_TEAM = Column("team", ("站点", "所属站点", "机构", "团队"))
_NAME = Column("name", ("姓名", "名称"))

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("teams", NewTeam, (
            Column("id", ("编号",)), _NAME, Column("level", ("级别", "层级"), parse=_LEVEL),
            Column("parent", ("上级", "上级编号")),
        )),
        Kind("homes", _with_id(NewHome), (
            Column("id", ("编号", "住址编号")), _TEAM, Column("address", ("地址", "住址")),
            Column("floor", ("楼层",)), Column("way_in", ("进门方式", "入户方式")),
            Column("key_box_place", ("钥匙盒位置",)),
            Column("key_box_code", ("钥匙盒密码", "钥匙盒代码")),
            Column("latitude", ("纬度",)), Column("longitude", ("经度",)),
            Column("notes", ("备注",)),
        )),
        Kind("people", _with_id(NewResident), (
            Column("id", ("编号", "老人编号")), _NAME, _TEAM,
            Column("home", ("住址编号", "住所")), Column("timezone", ("时区",)),
            Column("phone", ("电话", "本人电话")),
            Column("birth_year", ("出生年", "出生年份")),
            Column("living", ("居住状况", "居住情况"), parse=_LIVING),
            Column("ability_level", ("能力等级", "失能等级"), "abilities.level", _ABILITY),
            Column("ability_score", ("评估分数", "评估得分"), "abilities.score"),
            Column("ability_assessed_on", ("评估日期",), "abilities.assessed_on", _day),
            Column("ability_by", ("评估人", "评估机构"), "abilities.by"),
            Column("risks", ("风险", "注意事项")), Column("medication", ("用药", "用药情况")),
            Column("languages", ("语言",), parse=_several),
            Column("doctor", ("家庭医生", "签约医生"), "doctor.name"),
            Column("doctor_practice", ("医疗机构", "签约机构"), "doctor.practice"),
            Column("doctor_phone", ("医生电话",), "doctor.phone"),
            Column("consents", ("同意事项", "知情同意"), "consents.what",
                   lambda cell: [_CONSENT(part) for part in _several(cell)]),
            Column("consents_on", ("同意日期",), "consents.given_on", _day),
            Column("consents_by", ("同意人", "签字人"), "consents.by"),
        )),
        Kind("contacts", create_model("ListedContact", __base__=Contact, resident=(Id, ...)), (
            Column("resident", ("老人编号", "编号")), Column("name", ("姓名", "联系人")),
            Column("relation", ("关系",)), Column("phones", ("电话", "手机"), parse=_several),
            Column("holds_key", ("有钥匙", "持有钥匙"), parse=_yes), Column("note", ("备注",)),
        ), key=()),
        Kind("devices", NewDevice, (
            Column("id", ("编号", "设备编号")), Column("kind", ("类型", "种类"), parse=_DEVICE),
            Column("resident", ("老人编号", "老人")), _TEAM, Column("vendor", ("厂商", "厂家")),
            Column("model", ("型号",)), Column("place", ("位置", "房间")),
            Column("interval_s", ("间隔秒", "间隔")),
        )),
        Kind("memberships", _Membership, (
            Column("user", ("用户名", "账号")), _NAME, Column("role", ("角色",), parse=_ROLE),
            _TEAM, Column("resident", ("老人编号", "老人")), Column("relation", ("关系",)),
        ), key=()),
    )
}  # fmt: skip
"""Kinds of files by name, in the order in which they build on each other."""
