"""For everybody: in their language, colours and size of type, by ear and by key, on any screen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.console.home import Home
from tests.console.visitor import CONSOLE, DESKTOP, PHONE, Accounts, Arrives, View, Visitor

AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"
LAWS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

SMALLEST = View(width=320, height=640, large=True)
LOOKS = [
    PHONE,
    replace(PHONE, theme="light", language="zh"),
    replace(DESKTOP, theme="light"),
    replace(DESKTOP, large=True, language="zh"),
    SMALLEST,
    replace(SMALLEST, language="zh", theme="light"),
]
"""Both themes, languages and sizes of type, from the smallest screen to a desk."""


def screens(visitor: Visitor, home: Home) -> Iterator[str]:
    """Each screen in turn, as soon as it is drawn."""
    alert = visitor.card(home.name).get_by_role("link").first
    expect(alert).to_be_visible()
    places = ["#/now", alert.get_attribute("href"), "#/people", "#/devices", "#/settings"]
    for place in places:
        visitor.page.evaluate("place => { location.hash = place }", place)
        expect(drawn(visitor)).to_be_visible()
        expect(visitor.page.get_by_text(visitor.says("app.loading"))).to_have_count(0)
        yield str(place)
        visitor.page.set_viewport_size({"width": visitor.view.width, "height": visitor.view.height})


def drawn(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("main").get_by_role("heading", level=1)


def unroll(visitor: Visitor) -> None:
    """As high as all that is there: nothing is judged for lying below the navigation."""
    height = visitor.page.evaluate("document.documentElement.scrollHeight")
    visitor.page.set_viewport_size({"width": visitor.view.width, "height": height})


def broken_laws(visitor: Visitor) -> list[dict[str, Any]]:
    """What axe finds: rule, and the elements that break it."""
    found: list[dict[str, Any]] = visitor.page.evaluate(
        "laws => axe.run({ runOnly: laws }).then(({ violations }) => violations.map("
        "({ id, nodes }) => ({ id, at: nodes.map(node => node.html.slice(0, 200)) })))",
        LAWS,
    )
    return found


def wider_than_the_screen(visitor: Visitor) -> bool:
    wider: bool = visitor.page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_each_screen_is_for_everybody(
    arrives: Arrives, accounts: Accounts, home: Home, look: View, pictures: Path
) -> None:
    """No rule of WCAG 2.2 AA is broken, and nothing has to be scrolled sideways."""
    visitor = arrives(look).log_in(accounts["admin"])
    home.press()
    amiss = {}
    for place in screens(visitor, home):
        unroll(visitor)
        visitor.page.evaluate(AXE.read_text("utf-8"))  # by the debugger: no content policy stops it
        if broken := broken_laws(visitor):
            amiss[place, "axe"] = broken
        if wider_than_the_screen(visitor):
            amiss[place, "width"] = [{"id": "wider than the screen"}]
        visitor.page.screenshot(path=pictures / f"{place.split('/')[1]}-{look}.png")
    assert amiss == {}


def test_the_chosen_language_stays(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives(PHONE).log_in(accounts["family-1"], "#/settings")
    visitor.page.get_by_text("中文", exact=True).click()
    chinese = replace(visitor, view=replace(PHONE, language="zh"))
    expect(drawn(chinese)).to_have_text(chinese.says("nav.settings"))
    expect(visitor.page.locator("html")).to_have_attribute("lang", "zh-CN")
    visitor.page.reload()
    expect(drawn(chinese)).to_have_text(chinese.says("nav.settings"))


def test_large_type_and_colours_stay(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives(PHONE).log_in(accounts["family-1"], "#/settings")
    size = "heading => parseFloat(getComputedStyle(heading).fontSize)"
    colour = "getComputedStyle(document.body).backgroundColor"
    before, dark = drawn(visitor).evaluate(size), visitor.page.evaluate(colour)

    visitor.page.get_by_text(visitor.says("appearance.large")).click()
    visitor.page.get_by_text(visitor.says("theme.light"), exact=True).click()

    visitor.page.reload()
    assert drawn(visitor).evaluate(size) > before
    assert visitor.page.evaluate(colour) != dark
