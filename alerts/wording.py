"""What messages say: plain words, in Chinese and English, by kind and occasion.

The words are in ``words/en.toml`` and ``words/zh.toml``, the same keys in both. What is about a
person's health is told only where the resident agreed to it (``health_in_messages`` among the
consents): a text message is read on locked screens and kept by others.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alerts.hours import zone_of
from domain.time import Micros, to_datetime

LANGUAGES = ("en", "zh")

OF_HEALTH: frozenset[str] = frozenset(
    {
        "fall", "fall_suspected", "breathing_stopped", "heart_rate_high", "heart_rate_low",
        "respiration_high", "respiration_low", "spo2_low", "blood_pressure", "body_temperature",
        "weight_change", "bed_exit_long", "not_up", "inactivity", "trend",
    }
)  # fmt: skip
"""Kinds that say something about a body. A button, smoke and devices do not."""

NEWS: frozenset[str] = frozenset(
    {"hand_over_offered", "hand_over_rejected", "hand_over_lapsed", "taken_over"}
)
"""Occasions that a link does not answer: they are between two people who are on it already."""

DEFECT = "defect"
"""The occasion of what the standing audit has found: it is about no alert."""

HEALTH, NAME = "health_in_messages", "name_in_messages"


@dataclass(frozen=True, slots=True)
class Privacy:
    """What a resident allows messages to say."""

    health: bool = False
    name: bool = False

    @classmethod
    def of(cls, consents: Iterable[Mapping[str, Any]]) -> "Privacy":
        """Of the consents in a resident's file; one that was withdrawn counts no more."""
        given = {each.get("what") for each in consents if not each.get("withdrawn_on")}
        return cls(HEALTH in given, NAME in given)


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about. ``resident`` None: a device that is nobody's."""

    kind: str
    priority: str
    occasion: str
    since: Micros
    resident: str | None
    privacy: Privacy = Privacy()
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Text:
    """A message as it is read."""

    title: str
    body: str


class Wording:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self._words = _words(language if language in LANGUAGES else LANGUAGES[0])

    def alert(
        self, about: About, now: Micros, link: str | None = None, code: str | None = None
    ) -> Text:
        """An alert, with how to answer it."""
        who = self.who(about)
        texts = self._words["text"]
        text = texts.get(about.occasion, texts["other"]).format(
            who=who, what=self.what(about), since=_clock(about.since, now, zone_of(about.timezone))
        )
        more = self._words["more"]
        parts = [text]
        asks = about.occasion not in NEWS
        parts += [more["link" if asks else "open"].format(link=link)] if link else []
        parts += [more["reply"].format(code=code)] if code else []
        return Text(self._words["title"][about.priority].format(who=who), "\n".join(parts))

    def many(self, all_of_them: Sequence[About], link: str | None = None) -> Text:
        """Several alerts in one message."""
        who = _listed(self.who(about) for about in all_of_them)
        what = _listed(self.what(about) for about in all_of_them)
        text = self._words["more"]["many"].format(count=len(all_of_them), who=who, what=what)
        urgent = min((about.priority for about in all_of_them), key=_ORDER.index)
        title = self._words["title"][urgent].format(who=who)
        return Text(title, f"{text}\n{link}" if link else text)

    def code(self, code: str) -> Text:
        """A code that confirms an address."""
        return Text(self.more("code_title"), self.more("code", code=code))

    def defect(self, sentence: str) -> Text:
        """What the standing audit has found; its sentence names no resident."""
        return Text(self.more("defect_title"), sentence)

    def test(self, who: str) -> Text:
        return Text(self.more("test_title"), self.more("test", who=who))

    def more(self, name: str, **what: str) -> str:
        """A sentence of the section ``more``."""
        return self._words["more"][name].format(**what)

    def page(self, name: str, **what: str) -> str:
        """A sentence of the page behind a link."""
        return self._words["page"][name].format(**what)

    def event(self, kind: str) -> str:
        """What an alert of a kind is, for those who may know all."""
        names = self._words["what"]
        return names.get(kind, names["other"])

    def label(self, name: str) -> str:
        """The heading of a section or a line of the hand-over page."""
        return self._words["label"].get(name, name)

    def word(self, family: str, name: str, **what: str) -> str:
        """The word of a family for a value, filled in; the value itself where there is none."""
        return self._words[family].get(name, name).format(**what)

    def place(self, place: str) -> str:
        """Where a device is, of which somebody wrote "Living room" or "worn on the wrist"."""
        plain = _WORN.sub("", place.strip().lower())
        return self._words["place"].get(re.sub(r"[\s-]+", "_", plain), place)

    def report(self, name: str) -> str:
        """A figure, a heading or a word of a report of figures."""
        return self._words["report"].get(name, name)

    def counted(self, thing: str) -> str:
        """What the counts of a figure are counts of."""
        return self._words["counted"][thing]

    def amount(self, unit: str, value: str) -> str:
        """A figure's value with its unit."""
        return self._words["unit"][unit].format(value=value)

    def what(self, about: About) -> str:
        """What has happened, as far as it may be said."""
        if about.kind in OF_HEALTH and not about.privacy.health:
            return self._words["what"]["private"]
        return self.event(about.kind)

    def who(self, about: About) -> str:
        """The resident, as far as the name may be said."""
        if about.resident is None:
            return self._words["more"]["nobody"]
        return about.resident if about.privacy.name else short_name(about.resident)


def short_name(name: str) -> str:
    """A name that neighbours do not know somebody by: the first word, or the family name.

    >>> short_name("Rosa Weber"), short_name("王秀英"), short_name("Mei")
    ('Rosa', '王**', 'Mei')
    """
    name = name.strip()
    if "\u4e00" <= name[:1] <= "\u9fff":
        return name[0] + "*" * (len(name) - 1)
    return name.split(" ")[0]


_WORN = re.compile(r"^worn (on|at|around|in) (the )?")
_ORDER = ("high", "medium", "low")


def _clock(at: Micros, now: Micros, zone: ZoneInfo) -> str:
    """The time of day, with the date where that is another."""
    then, today = to_datetime(at).astimezone(zone), to_datetime(now).astimezone(zone)
    near = abs(today - then) < timedelta(hours=12)
    return then.strftime("%H:%M" if near else "%Y-%m-%d %H:%M")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


@cache
def _words(language: str) -> dict[str, dict[str, str]]:
    file = Path(__file__).with_name("words") / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8"))
