"""For everybody: in their language, colours and size of type, by ear and by key, on any screen."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from domain.time import SystemClock, to_datetime
from tests.acceptance.instance import Instance
from tests.console.home import Home
from tests.console.visitor import CONSOLE, DESKTOP, PHONE, Accounts, Arrives, View, Visitor

AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"
NEXT_HEIGHT = """new Promise(tell => requestAnimationFrame(() => requestAnimationFrame(
    () => tell(document.documentElement.scrollHeight))))"""
"""The height of all that is there, once it is drawn."""
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


SCREENS = (
    "now", "alert/{alert}", "people", "person/{resident}", "area", "wall", "devices",
    "devices/bed-001", "settings",
)  # fmt: skip
PARTS = (
    *(f"person/{{resident}}?part={part}" for part in (
        "charts", "file", "devices", "alerts", "away",
    )),
    *(f"area?part={part}" for part in ("duty", "tests", "contact", "figures")),
    *(f"settings/{part}" for part in (
        "reach", "duties", "residents", "rotas", "policies", "teams", "accounts", "audit",
    )),
)  # fmt: skip


def visit(visitor: Visitor, places: Iterable[str], home: Home) -> Iterator[str]:
    """Each place in turn, as soon as it is drawn, and as high as all that is there.

    So nothing is judged for lying below the navigation.
    """
    link = visitor.card(home.name).get_by_role("link").first.get_attribute("href") or ""
    for place in places:
        address = place.format(alert=link.rpartition("/")[2], resident=home.id)
        visitor.page.evaluate("place => { location.hash = '#/' + place }", address)
        visitor.settle()
        size = visitor.page.viewport_size or {"width": 0, "height": 0}
        stretch(visitor)
        yield place
        visitor.page.set_viewport_size(size)


def stretch(visitor: Visitor) -> None:
    """Make the window as high as all that is there; what is drawn once it is seen may be higher."""
    size = visitor.page.viewport_size or {"width": 0, "height": 0}
    while (height := visitor.page.evaluate(NEXT_HEIGHT)) > size["height"]:
        size["height"] = height
        visitor.page.set_viewport_size(size)


def drawn(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("main").get_by_role("heading", level=1).first


def amiss(visitor: Visitor, place: str) -> list[dict[str, Any]]:
    """What is against the rules of WCAG, or has to be scrolled sideways."""
    # The debugger runs it: the content policy of the page, which forbids it, stays as it is.
    visitor.page.evaluate(AXE.read_text("utf-8"))
    found = broken_laws(visitor)
    if found:  # a live page may have grown meanwhile, and its last lines lie below the navigation
        stretch(visitor)
        found = broken_laws(visitor)
    wide = [{"id": "wider than the screen"}] if wider_than_the_screen(visitor) else []
    return [{"place": place, **each} for each in [*found, *wide]]


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
    visitor = arrives(look).log_in(accounts["admin"])
    home.press()
    found = []
    for place in visit(visitor, SCREENS, home):
        found += amiss(visitor, place)
        visitor.page.screenshot(path=pictures / f"{place.split('/')[0]}-{look}.png")
    assert found == []


@pytest.mark.parametrize("look", [DESKTOP, LOOKS[-1]], ids=str)
def test_each_part_of_a_screen_is_for_everybody(
    arrives: Arrives, accounts: Accounts, home: Home, look: View, pictures: Path
) -> None:
    visitor = arrives(look).log_in(accounts["admin"])
    home.press()
    found = []
    for place in visit(visitor, PARTS, home):
        found += amiss(visitor, place)
        name = re.sub(r"\W+", "-", place.replace("{resident}", ""))
        visitor.page.screenshot(path=pictures / f"{name}-{look}.png")
    assert found == []


def test_a_wall_is_read_at_night_and_without_its_connection(
    arrives: Arrives, accounts: Accounts, carewatch: Instance, home: Home, pictures: Path
) -> None:
    visitor = arrives(DESKTOP)
    _make_it_night(visitor)
    visitor.log_in(accounts["station-liushu"], "#/wall")
    home.press()
    expect(visitor.card(home.name)).to_be_visible()
    with carewatch.log_in("station-liushu") as station:  # while nobody has it, the wall is bright
        (alert,) = station.get("/alerts?state=open").raise_for_status().json()["items"]
        station.post(f"/alerts/{alert['id']}/accept").raise_for_status()
    expect(visitor.page.locator("html[data-dim]")).to_have_count(1)
    assert faded(visitor) == 0
    assert amiss(visitor, "wall at night") == []
    visitor.page.screenshot(path=pictures / "wall-night.png")

    visitor.context.set_offline(True)
    old = visitor.page.get_by_text(visitor.says("wall.old", time=""))
    expect(old).to_be_visible()
    expect(visitor.card(home.name)).to_be_visible()
    assert faded(visitor) == 0
    assert amiss(visitor, "wall without its connection") == []
    visitor.page.screenshot(path=pictures / "wall-night-lost.png")


def faded(visitor: Visitor) -> int:
    """How much lies behind a veil, of which axe knows nothing."""
    count: int = visitor.page.evaluate(
        "[...document.querySelectorAll('main, main *')].map(each => getComputedStyle(each))"
        ".filter(({ filter, opacity }) => filter !== 'none' || opacity !== '1').length"
    )
    return count


def _make_it_night(visitor: Visitor) -> None:
    """The browser is where it is past eleven in the evening now."""
    ahead = (23 - to_datetime(SystemClock().now()).hour + 12) % 24 - 12
    zone = f"Etc/GMT{-ahead:+d}"  # these zones count westwards
    debugger = visitor.context.new_cdp_session(visitor.page)
    debugger.send("Emulation.setTimezoneOverride", {"timezoneId": zone})


@pytest.mark.parametrize("look", [DESKTOP, LOOKS[-1]], ids=str)
def test_somebody_is_found_by_everybody(arrives: Arrives, accounts: Accounts, look: View) -> None:
    visitor = arrives(look).log_in(accounts["admin"], "#/settings/rotas")
    change = re.compile(f"^{visitor.says('settings.change')}")
    visitor.page.get_by_role("button", name=change).first.click()
    box = visitor.page.get_by_role("dialog").get_by_role("combobox").first
    box.press("ArrowDown")
    people = visitor.page.get_by_role("listbox")
    expect(people.get_by_role("option").first).to_be_visible()
    assert amiss(visitor, "a list to choose from") == []

    box.press("Escape")
    expect(people).to_have_count(0)
    expect(box).to_be_focused()
    box.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("light", [True, False], ids=["light", "dark"])
def test_the_first_picture_is_as_bright_as_its_reader_likes(arrives: Arrives, light: bool) -> None:
    """Before the script of the console is there, and against the device where one has chosen."""
    ground = {True: "rgb(245, 244, 240)", False: "rgb(14, 15, 17)"}
    colour = "getComputedStyle(document.body).backgroundColor"
    visitor = arrives(replace(PHONE, theme="light" if light else "dark"))
    visitor.page.route("**/assets/*.js", lambda script: script.abort())
    visitor.open()
    assert visitor.page.evaluate(colour) == ground[light]
    other = json.dumps({"theme": "dark" if light else "light"})
    visitor.page.evaluate("kept => localStorage.setItem('carewatch.appearance', kept)", other)
    visitor.page.reload()
    assert visitor.page.evaluate(colour) == ground[not light]


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
