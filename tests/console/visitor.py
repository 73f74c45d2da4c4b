"""Somebody before the console: an account, a language, a screen, and eyes for what is amiss."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from tests.acceptance.instance import Instance

CONSOLE = Path(__file__).parents[2] / "api" / "console"
PATIENCE_MS = 20_000
"""How long an expectation may take on a slow machine, where nothing is said about its time."""
expect.set_options(timeout=PATIENCE_MS)

Language = Literal["en", "zh"]
WORDS: dict[Language, dict[str, str]] = {
    language: json.loads((CONSOLE / "src" / "messages" / f"{language}.json").read_text("utf-8"))
    for language in ("en", "zh")
}
LOCALES: dict[Language, str] = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class View:
    """How somebody looks at the console: their language, screen, and what they have chosen."""

    language: Language = "en"
    width: int = 1440
    height: int = 900
    theme: Literal["dark", "light"] = "dark"
    large: bool = False

    @property
    def phone(self) -> bool:
        return self.width < 600

    def __str__(self) -> str:
        large = "-large" if self.large else ""
        return f"{self.language}-{self.width}-{self.theme}{large}"


DESKTOP = View()
PHONE = View(width=390, height=844)
VIEWS = [PHONE, replace(DESKTOP, language="zh")]
"""Each story is told twice: on a phone and at a desk, in English and in Chinese."""

Account = dict[str, Any]
Accounts = dict[str, Account]


@dataclass
class Visitor:
    """A browser of one person. ``complaints`` gathers what no story may cause."""

    context: BrowserContext
    page: Page
    url: str
    view: View
    complaints: list[str] = field(default_factory=list)

    def open(self, place: str = "") -> None:
        """Go to a place of the console by its address, such as ``#/people``."""
        self.page.goto(f"{self.url}/{place}")

    def log_in(self, account: Account, place: str = "") -> "Visitor":
        """Log in as the page does, without its form, and go to a place."""
        login = {"username": account["username"], "password": account["password"]}
        call = f"{self.url}/api/v1/session/cookie"
        answer = self.context.request.post(call, data=login, headers={"X-Carewatch-Console": "1"})
        assert answer.ok, answer.text()
        self.open(place)
        return self

    def settle(self) -> None:
        """Until the screen is drawn: it has its heading, and nothing is on its way any more."""
        heading = self.page.get_by_role("main").get_by_role("heading", level=1)
        expect(heading.first).to_be_visible()
        for wait in ("app.loading", "line.connecting"):
            expect(self.page.get_by_text(self.says(wait))).to_have_count(0)

    def says(self, name: str, **values: object) -> str:
        """What the console says under that name in this visitor's language."""
        message = WORDS[self.view.language][name]
        return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), message)

    def button(self, name: str) -> Locator:
        """The button that says exactly this."""
        return self.page.get_by_role("button", name=self.says(name), exact=True)

    def card(self, resident: str) -> Locator:
        """The card of somebody's alert, by the resident's name."""
        return self.page.get_by_role("article").filter(has_text=resident)

    def deed(self, name: str, within: Locator | None = None) -> Locator:
        """The button of something that can be done with an alert: ``accept``, ``arrive``."""
        return (within or self.page).get_by_text(self.says(f"deed.{name}"), exact=True)


Arrives = Callable[..., Visitor]
"""Lets somebody arrive, with a :class:`View`."""


def arrive(browser: Browser, carewatch: Instance, view: View = DESKTOP) -> Visitor:
    """Somebody new with a browser of their own, before anything is opened."""
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height},
        locale=LOCALES[view.language],
        color_scheme=view.theme,
        has_touch=view.phone,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    if view.large:
        chosen = json.dumps(json.dumps({"large": True}))
        context.add_init_script(f"localStorage.setItem('carewatch.appearance', {chosen})")
    visitor = Visitor(context, context.new_page(), carewatch.run["http"], view)
    _watch(visitor)
    return visitor


def _watch(visitor: Visitor) -> None:
    """Complain of broken scripts, of what the content policy forbids, and of other hosts."""
    home = urlsplit(visitor.url).netloc

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc not in (home, ""):
            visitor.complaints.append(f"asked another host: {request.url}")

    def logged(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "[svelte]" in message.text:
            visitor.complaints.append(message.text)

    visitor.context.on("request", asked)
    visitor.context.on("console", logged)
    visitor.context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
