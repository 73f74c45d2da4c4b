"""A reason is a code with values; its sentence is made of them, for whoever reads English."""

import re
from pathlib import Path
from typing import get_args

import pytest

from alerts.alert import ChangeName
from alerts.reasons import SENTENCES, Party, Reason, as_json, because, listed, sentence

ROOT = Path(__file__).parents[2]


def test_reasons_are_sentences_one_after_the_other() -> None:
    asked = because("asked_now", parties=(Party("family"), Party("station")))
    assert sentence([because("told", sources=("bed-1", "bed-2")), asked]) == (
        "Told by bed-1, bed-2. Asked now: family, station."
    )


def test_what_somebody_wrote_stands_at_the_end() -> None:
    assert str(because("accepted", person="li", note="Two minutes")) == (
        "Accepted by li: Two minutes"
    )
    assert str(because("accepted", person="li", note=None)) == "Accepted by li."


def test_a_party_says_why_it_is_these_people() -> None:
    why = (because("off_duty_long", team="Town"), because("centre_stands_in"))
    assert listed([because("asked_now", parties=(Party("station", why),))]) == (
        "Asked now: station (nobody is on duty in Town for two days or more; the centre stands in)"
    )


def test_other_programs_are_told_codes_and_values() -> None:
    why = (because("by_rota", rota="Nights"),)
    asked = because("asked_again", parties=(Party("backup", why),), time=2, times=3)
    assert as_json([asked]) == [
        {
            "code": "asked_again",
            "values": {
                "parties": [
                    {"name": "backup", "why": [{"code": "by_rota", "values": {"rota": "Nights"}}]}
                ],
                "time": 2,
                "times": 3,
            },
        }
    ]


def test_every_reason_that_is_given_is_in_the_catalogue_and_the_other_way_round() -> None:
    sources = [path for part in ("alerts", "carewatch") for path in (ROOT / part).rglob("*.py")]
    text = "".join(path.read_text("utf-8") for path in sources if path.name != "reasons.py")
    given = set(re.findall(r'because\(\s*"(\w+)"', text))
    lasting = set(re.findall(r'_lasting\("(\w+)"', text))
    given |= lasting | {f"{code}_long" for code in lasting}
    deeds = set(get_args(ChangeName)) & SENTENCES.keys()
    assert given | deeds == SENTENCES.keys()


def test_a_reason_that_nobody_knows_has_no_sentence() -> None:
    with pytest.raises(KeyError):
        str(Reason("because"))
