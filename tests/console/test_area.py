"""A station's and the centre's area: every home at a glance, and the wall."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.instance import Instance
from tests.console.home import Home
from tests.console.visitor import DESKTOP, Accounts, Arrives, View

WALLS = [View(width=1920, height=1080), View("zh", width=3840, height=2160)]
READABLE = 0.012
"""The least size of type on a wall, as a share of its height."""


def size_of(text: Locator) -> float:
    """The size of its type in pixels."""
    size: float = text.evaluate("text => parseFloat(getComputedStyle(text).fontSize)")
    return size


def test_a_home_that_needs_somebody_stands_out(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/area")
    main = visitor.page.get_by_role("main")
    expect(main.get_by_text(home.name)).to_be_visible()
    home.press()
    alarmed = main.get_by_role("button", name=visitor.says("condition.alarmed"))
    alarmed.click()
    expect(main.get_by_role("listitem").filter(has_text=home.name)).to_be_visible()
    main.get_by_label(visitor.says("area.find")).fill("nobody is called so")
    expect(main).to_contain_text(visitor.says("area.no_homes"))


def test_the_ledger_asks_for_a_test_and_notices_the_press(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/area?part=tests")
    button = f"button-{home.id.rpartition('-')[2]}"
    visitor.page.get_by_role("button", name=visitor.says("tests.start_of", device=button)).click()
    row = visitor.page.get_by_role("listitem").filter(has_text=home.name)
    expect(row.filter(has_text=visitor.says("tests.press_now"))).to_be_visible()
    home.press()
    expect(row.filter(has_text=visitor.says("tests.last"))).to_be_visible()
    expect(row.filter(has_text=visitor.says("tests.press_now"))).to_have_count(0)
    visitor.open("#/now")
    expect(visitor.page.get_by_role("main")).to_contain_text(visitor.says("now.quiet"))


def test_a_test_is_found_by_a_word(arrives: Arrives, accounts: Accounts, home: Home) -> None:
    visitor = arrives().log_in(accounts["station-liushu"], "#/area?part=tests")
    starts = visitor.page.get_by_role("button", name=re.compile(visitor.says("tests.start")))
    expect(starts.nth(1)).to_be_visible()
    visitor.page.get_by_label(visitor.says("tests.find")).fill(f"{home.name} button")
    expect(starts).to_have_count(1)


def test_the_duty_of_an_area_is_that_of_all_its_teams_with_a_rota(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["centre"], "#/area?part=duty")
    main = visitor.page.get_by_role("main")
    expect(main.get_by_text(visitor.says("duty.no_gaps"))).to_be_visible()
    teams = visitor.page.get_by_role("article")
    for village in ("柳树村", "Ashford"):
        card = teams.filter(has=visitor.page.get_by_role("heading", name=re.compile(village)))
        expect(card).to_contain_text(visitor.says("duty.next", who="|", time="").split("|")[0])
    without = visitor.says("duty.without", teams="|").split("|")[0]
    expect(main.get_by_text(without)).to_be_visible()


def test_a_wall_names_the_team_below_that_has_nobody_now(
    arrives: Arrives, accounts: Accounts, carewatch: Instance
) -> None:
    with carewatch.log_in("admin") as admin:
        rota = {"team": "qingshi", "name": "Nobody", "timezone": "UTC", "shifts": []}
        made = admin.post("/rotas", json=rota).raise_for_status().json()
        try:
            visitor = arrives().log_in(accounts["centre"], "#/wall")
            on_duty = visitor.page.get_by_role("region", name=visitor.says("duty.title"))
            line = on_duty.get_by_role("paragraph").filter(has_text="青石镇")
            expect(line).to_contain_text(visitor.says("duty.gap_now"))
        finally:
            admin.delete(f"/rotas/{made['id']}").raise_for_status()


def test_a_large_screen_is_used_to_its_edge(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives(View(width=3840, height=2160)).log_in(accounts["centre"], "#/area")
    box = visitor.page.get_by_role("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] > 0.98 * 3840


def test_one_alert_judges_nobody_and_a_false_one_says_whose_mistake_it_was(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"])
    home.press()
    card = visitor.card(home.name)
    visitor.deed("accept", card).click()
    visitor.deed("on-the-way", card).click()
    visitor.button("estimate.unknown").click()
    visitor.deed("arrive", card).click()
    visitor.deed("resolve", card).click()
    ending = visitor.page.get_by_role("dialog")
    ending.get_by_text(visitor.says("outcome.false_alarm")).click()
    ending.get_by_text(visitor.says("mistake.person")).click()
    ending.get_by_role("button", name=visitor.says("deed.resolve"), exact=True).click()
    expect(card).to_have_count(0)

    visitor.open("#/area?part=figures")
    figures = visitor.page.get_by_role("listitem")
    there_soon = figures.filter(has_text=visitor.says("figure.arrived_20min"))
    expect(there_soon).to_contain_text(visitor.says("met.too_few"))
    expect(there_soon).to_contain_text(visitor.says("counted.alerts"))
    mistakes = figures.filter(has_text=visitor.says("figures.mistakes"))
    expect(mistakes).to_contain_text(visitor.says("mistake.person"))


def test_the_wall_shows_what_is_open_and_nothing_to_press_by_mistake(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives().log_in(accounts["centre"], "#/area")
    visitor.page.get_by_role("link", name=visitor.says("wall.open")).click()
    expect(visitor.page.get_by_text(visitor.says("wall.connected"))).to_be_visible()
    expect(visitor.page.get_by_role("navigation")).to_have_count(0)
    home.press()
    expect(visitor.card(home.name)).to_be_visible()
    expect(visitor.deed("accept")).to_have_count(0)
    visitor.page.get_by_role("link", name=visitor.says("wall.leave")).click()
    expect(visitor.page.get_by_role("navigation").first).to_be_visible()


@pytest.mark.parametrize("wall", WALLS, ids=str)
def test_a_wall_is_read_from_across_the_room(
    arrives: Arrives, accounts: Accounts, home: Home, wall: View, pictures: Path
) -> None:
    visitor = arrives(wall).log_in(accounts["station-liushu"], "#/wall")
    main = visitor.page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_contain_text("柳树村")
    on_duty = main.get_by_role("region", name=visitor.says("duty.title"))
    expect(on_duty).to_contain_text("Station of Liushu")
    home.press()
    expect(visitor.card(home.name)).to_be_visible()

    assert size_of(main) >= READABLE * wall.height
    card = visitor.card(home.name)
    holder = card.get_by_text(visitor.says("state.open"), exact=True)
    assert size_of(holder) == size_of(card.get_by_text(home.name, exact=True))
    width = card.bounding_box()
    assert width is not None
    assert width["width"] > 0.8 * wall.width, "the only alert has all the room"
    facts = visitor.card(home.name).get_by_text(visitor.says("priority.high"), exact=True)
    assert size_of(facts) >= READABLE * wall.height
    unheard = main.get_by_role("listitem").filter(has_text=visitor.says("condition.unheard"))
    assert size_of(unheard.locator(".figure")) >= 3 * READABLE * wall.height
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not visitor.page.evaluate(wider)
    visitor.page.screenshot(path=pictures / f"wall-{wall}.png")


def test_a_wall_with_room_says_what_ended_last(
    arrives: Arrives, accounts: Accounts, sensed: Home, pictures: Path
) -> None:
    wall = WALLS[0]
    visitor = arrives(wall).log_in(accounts["station-liushu"], "#/wall")
    main = visitor.page.get_by_role("main")
    nothing = main.get_by_text(visitor.says("now.quiet"), exact=True)
    assert size_of(nothing) >= 3 * READABLE * wall.height
    sensed.smoke(active=True)
    expect(visitor.card(sensed.name)).to_be_visible()
    expect(nothing).to_have_count(0)
    sensed.smoke(active=False)
    last = main.get_by_role("region", name=visitor.says("wall.last")).get_by_role("listitem")
    newest = last.filter(has_text=sensed.name).first
    expect(newest).to_contain_text(visitor.says("kind.smoke"))
    expect(newest).to_contain_text(visitor.says("wall.by_itself"))
    assert size_of(newest) >= 1.5 * READABLE * wall.height
    visitor.page.screenshot(path=pictures / "wall-ended.png")


def test_a_wall_tells_whether_it_is_heard_and_whether_it_is_live(
    arrives: Arrives, accounts: Accounts, pictures: Path
) -> None:
    visitor = arrives(DESKTOP).log_in(accounts["centre"], "#/wall")
    visitor.button("sound.short.unasked").click()
    expect(visitor.page.get_by_text(visitor.says("sound.short.on"), exact=True)).to_be_visible()
    kept = visitor.page.evaluate("JSON.parse(localStorage.getItem('carewatch.alarm'))")
    assert kept["station"], "who hears it hears also that it is cut off"

    visitor.context.set_offline(True)
    said = visitor.page.get_by_role("alert").get_by_text(visitor.says("line.lost"))
    expect(said).to_be_visible()
    assert size_of(said) >= DESKTOP.height / 15
    visitor.page.screenshot(path=pictures / "wall-lost.png")
    visitor.context.set_offline(False)
    expect(said).to_have_count(0)
