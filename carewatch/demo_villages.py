"""The two villages of the demo: who lives there, and what is written down of them.

Each is told in the language that is spoken there.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Village:
    """A village with its station. Relatives have the resident's ``{name}`` in theirs."""

    team: str
    zone: str
    language: str
    point: tuple[float, float]
    """Latitude and longitude of its first house."""
    address: str
    """Of a house, by its ``{number}``."""
    names: Sequence[str]
    """Of residents."""
    station: str
    carers: Sequence[tuple[str, str]]
    """User names and names."""
    errand: str
    """For which a carer leaves the duty to another."""
    doctor: str
    practice: str
    assessor: str
    risks: Sequence[str]
    medication: str
    ways_in: Sequence[str]
    """The first is by the key box; ``{next}`` is the number of the next house."""
    key_box: str
    floors: tuple[str, str]
    neighbour: tuple[str, str]
    """Their name and the relation; so is a cousin's."""
    cousin: tuple[str, str]


_LIUSHU = Village(
    team="liushu",
    zone="Asia/Shanghai",
    language="zh",
    point=(34.512, 113.204),
    address="柳树村 {number} 号",
    names=(
        "陈秀英", "李国华", "王桂兰", "张建国", "刘玉珍", "赵德明", "黄淑芬", "周文彬", "吴素琴",
        "徐长海", "孙凤英", "马志远", "朱慧芳", "胡永年", "郭翠莲", "何金山",
    ),
    station="Station of Liushu 柳树村服务站",
    carers=(
        ("zhao-mei", "Zhao Mei 赵梅"), ("sun-wei", "Sun Wei 孙伟"), ("he-jun", "He Jun 何军"),
    ),
    errand="看牙医",
    doctor="沈医生",
    practice="青石镇卫生院",
    assessor="镇评估员",
    risks=(
        "独居，走路不稳", "心力衰竭，睡觉需垫高两个枕头", "糖尿病，视力差", "中风后左侧肢体无力",
        "轻度认知障碍，可能走失", "慢阻肺，上楼气短", "服用抗凝药", "听力不好，请多按一次门铃",
    ),
    medication="见厨房药盒",
    ways_in=("钥匙盒在门左侧", "{next} 号邻居有钥匙", "服务站有备用钥匙", "侧门没有锁"),
    key_box="门左侧",
    floors=("二楼", "一楼"),
    neighbour=("{name}的邻居", "邻居"),
    cousin=("{name}的表亲", "表亲"),
)  # fmt: skip

_ASHFORD = Village(
    team="ashford",
    zone="Europe/London",
    language="en",
    point=(51.146, 0.874),
    address="{number} Mill Lane, Ashford Village",
    names=(
        "Margaret Hill", "Arthur Penn", "Dorothy Marsh", "Walter Brook", "Edith Lane",
        "Harold Frost", "Joan Whitaker", "Stanley Moss", "Beryl Carter", "Ronald Fenn",
        "Sheila Ward", "Cyril Oakes", "Maureen Dale", "Leonard Pike", "Hilda Stone", "Frank Rowe",
    ),
    station="Station of Ashford",
    carers=(("grace", "Grace Hart"), ("tom", "Tom Reed"), ("priya", "Priya Nair")),
    errand="Dentist",
    doctor="Dr Bell",
    practice="Mill Lane Surgery",
    assessor="Assessor of the township",
    risks=(
        "Lives alone; unsteady on her feet", "Heart failure; sleeps with two pillows",
        "Diabetes; poor sight", "After a stroke; weak left side", "Mild dementia; may wander",
        "COPD; short of breath on stairs", "Takes blood thinners", "Hard of hearing: ring twice",
    ),
    medication="see the box in the kitchen",
    ways_in=(
        "Key box left of the door", "Neighbour at number {next} has a key",
        "The station keeps a key", "The side gate is not locked",
    ),
    key_box="left of the door",
    floors=("1st floor", "ground floor"),
    neighbour=("Neighbour of {name}", "neighbour"),
    cousin=("Cousin of {name}", "cousin"),
)  # fmt: skip

VILLAGES = (_LIUSHU, _ASHFORD)
