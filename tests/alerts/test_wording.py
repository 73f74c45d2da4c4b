"""What messages say, in both languages."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from alerts import wording
from alerts.alert import State
from alerts.wording import About, Privacy, Wording
from api.access import ROLES
from api.schemas.persons import Living
from domain.finding import KINDS
from domain.time import HOUR

FOLDER = Path(wording.__file__).with_name("words")
WORDS = {name: tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")) for name in ("en", "zh")}

OF_THE_HAND_OVER = {
    "state": get_args(State),
    "role": sorted(set(ROLES) - {"vendor"}),
    "living": get_args(Living),
    "ability": ("0", "1", "2", "3", "4"),
    "vital": (
        "heart_rate",
        "respiration_rate",
        "spo2",
        "body_temperature",
        "systolic",
        "diastolic",
    ),
}


def _flat(words: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    return {
        f"{section}.{name}": set(re.findall(r"{(\w+)}", text))
        for section, texts in words.items()
        for name, text in texts.items()
    }


def test_both_languages_say_the_same_things() -> None:
    assert _flat(WORDS["en"]) == _flat(WORDS["zh"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_and_occasion_has_words(language: str) -> None:
    assert KINDS.keys() <= WORDS[language]["what"].keys()
    for kind in KINDS:
        for occasion in ("raised", "no_answer", "rejected", "withdrawn", "priority_raised", "new"):
            about = About(kind, "high", occasion, 0, "Rosa", Privacy(health=True))
            text = Wording(language).alert(about, HOUR, "https://x/a/t", "7K3M9Q")
            assert "{" not in text.body + text.title
            assert "https://x/a/t" in text.body
            assert WORDS[language]["what"][kind] in text.body


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_link_does_not_answer_has_words_of_its_own(language: str) -> None:
    assert WORDS[language]["text"].keys() >= wording.NEWS
    about = About("sos", "high", "taken_over", 0, "Rosa")
    asked = WORDS[language]["more"]["link"].format(link="L")
    assert asked not in Wording(language).alert(about, HOUR, "L").body


def test_a_consent_that_was_withdrawn_counts_no_more() -> None:
    given = {"what": "health_in_messages", "given_on": "2026-01-01"}
    assert Privacy.of([given]).health
    assert not Privacy.of([given | {"withdrawn_on": "2026-02-01"}]).health


@pytest.mark.parametrize("family", OF_THE_HAND_OVER)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_hand_over_page_has_a_word_for_each_code(language: str, family: str) -> None:
    assert WORDS[language][family].keys() >= set(OF_THE_HAND_OVER[family])


def test_a_room_is_known_however_it_is_written() -> None:
    written = ("Living room", "worn on the wrist", "attic")
    assert [Wording("zh").place(place) for place in written] == ["客厅", "戴在手腕上", "attic"]
