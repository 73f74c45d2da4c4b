"""What messages say, in both languages."""

import re
import tomllib
from pathlib import Path

import pytest

from alerts import wording
from alerts.wording import About, Privacy, Wording
from domain.finding import KINDS
from domain.time import HOUR

FOLDER = Path(wording.__file__).with_name("words")
WORDS = {name: tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")) for name in ("en", "zh")}


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
