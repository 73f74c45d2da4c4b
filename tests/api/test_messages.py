"""What the console says is in message files, complete in each language, and nowhere else."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from alerts.alert import OUTCOMES, ChangeName, State
from alerts.detectors import threshold_names
from alerts.reasons import SENTENCES
from api.access import ROLES
from api.schemas.accounts import NewTeam, NewUser, TeamChange, UserChange
from api.schemas.devices import NewDevice
from api.schemas.pauses import AbsenceBody, SilenceBody
from api.schemas.persons import NewHome, NewResident, Purpose
from domain import refusals
from domain.directory import DeviceKind
from domain.finding import KINDS, RANK

SOURCES = Path(__file__).parents[2] / "api" / "console" / "src"
WORDS = Path(__file__).parents[2] / "alerts" / "words"
LANGUAGES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (SOURCES / "messages").glob("*.json")
}
COMPONENTS = sorted(SOURCES.rglob("*.svelte"))
AUDITED = (NewDevice, NewHome, NewResident, NewTeam, TeamChange, NewUser, UserChange, SilenceBody,
           AbsenceBody)  # fmt: skip
"""Bodies whose fields the audit names."""
FAMILIES = {
    "kind": KINDS,
    "priority": RANK,
    "state": get_args(State),
    "change": get_args(ChangeName),
    "outcome": OUTCOMES,
    "role": ROLES,
    "device": get_args(DeviceKind),
    "threshold": sorted(threshold_names()),
    "consent": get_args(Purpose),
    "field": sorted(name for body in AUDITED for name in body.model_fields),
}
TOLD = r"(?:title|label|alt|placeholder|aria-label|aria-description)"


def test_both_languages_say_the_same_things() -> None:
    assert LANGUAGES.keys() == {"en", "zh"}
    assert LANGUAGES["en"].keys() == LANGUAGES["zh"].keys()


@pytest.mark.parametrize("name", sorted(LANGUAGES["en"]))
def test_a_message_is_there_and_has_the_same_holes(name: str) -> None:
    texts = [messages[name] for messages in LANGUAGES.values()]
    assert all(text.strip() for text in texts)
    assert _holes(texts[0]) == _holes(texts[1])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_the_api_has_words(family: str) -> None:
    for messages in LANGUAGES.values():
        assert [value for value in FAMILIES[family] if f"{family}.{value}" not in messages] == []


@pytest.mark.parametrize("messages", LANGUAGES.values(), ids=LANGUAGES)
def test_every_reason_is_said_with_all_that_it_tells(messages: Mapping[str, str]) -> None:
    said = {name.removeprefix("reason."): _holes(text) for name, text in messages.items()
            if name.startswith("reason.")}  # fmt: skip
    assert said == {code: _holes(text) for code, text in SENTENCES.items()}


@pytest.mark.parametrize("messages", LANGUAGES.values(), ids=LANGUAGES)
def test_every_refusal_of_a_person_has_words(messages: Mapping[str, str]) -> None:
    said = {name.removeprefix("refused."): _holes(text) for name, text in messages.items()
            if name.startswith("refused.")}  # fmt: skip
    assert said.keys() == refusals.SENTENCES.keys()
    told = {code: _holes(text) for code, text in refusals.SENTENCES.items()}
    assert [code for code, holes in said.items() if not holes <= told[code]] == []


def test_every_refusal_of_the_contract_has_words() -> None:
    codes = set(re.findall(r"^\| `(\w+)` \|", _chapter("What is refused"), re.MULTILINE))
    assert len(codes) > 15
    for messages in LANGUAGES.values():
        assert {name for name in messages if name.startswith("refusal.")} == {
            f"refusal.{code}" for code in codes
        }


def test_a_figure_that_was_misread_has_one_name_on_the_screen_and_in_the_report() -> None:
    for language, messages in LANGUAGES.items():
        report = tomllib.loads((WORDS / f"{language}.toml").read_text("utf-8"))["report"]
        assert messages["figure.per_carer_10min"] == report["per_carer_10min"]


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_has_no_text_of_its_own(path: Path) -> None:
    assert _text_of(path.read_text("utf-8")) == []


def test_text_in_a_component_would_be_found() -> None:
    assert _text_of('<p class="a">{t("x")} Hello</p>') == ["Hello"]
    assert _text_of("<button aria-label='Close'>{#if a > 1}{b}{/if}</button>") == ["Close"]


def test_every_message_is_said_somewhere() -> None:
    code = "".join(
        path.read_text("utf-8") for path in SOURCES.rglob("*") if path.suffix in (".ts", ".svelte")
    )
    families = set(re.findall(r"(?:word\(|t\(`|messages\[`)'?(\w+)", code))
    unsaid = [
        name
        for name in LANGUAGES["en"]
        if name.split(".")[0] not in families
        and not re.search(rf"['`\"]{re.escape(re.sub(r'[.](one|other)$', '', name))}['`\"]", code)
    ]
    assert unsaid == []


def _holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)(?:!r)?\}", text))


def _chapter(title: str) -> str:
    contract = (SOURCES.parents[2] / "docs" / "contract.md").read_text("utf-8")
    return re.split(r"^## ", contract.split(f"## {title}")[1], flags=re.MULTILINE)[0]


def _text_of(component: str) -> list[str]:
    """What a reader would see or hear that stands in the component itself."""
    markup = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", component, flags=re.DOTALL)
    markup = _without_braces(markup)
    spoken = re.findall(rf"\s{TOLD}=[\"']([^\"']*[^\W\d_][^\"']*)[\"']", markup)
    shown = re.sub(r"<[^>]*>", "\n", markup).split("\n")
    return [text.strip() for text in [*spoken, *shown] if re.search(r"[^\W\d_]", text)]


def _without_braces(markup: str) -> str:
    depth, kept = 0, []
    for letter in markup:
        depth += letter == "{"
        kept.append(letter if depth == 0 else "")
        depth -= letter == "}"
    return "".join(kept)
