"""What is open at this moment, and what can be done about it with a thumb."""

from dataclasses import replace

import pytest
from playwright.sync_api import Request, Route, expect

from tests.acceptance.instance import Instance
from tests.console.home import Home
from tests.console.visitor import DESKTOP, PHONE, Accounts, Arrives, Language, View


def test_a_press_appears_by_itself_and_is_followed_to_its_end(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"])
    expect(visitor.page.get_by_text(visitor.says("now.quiet"), exact=True)).to_be_visible()
    visitor.page.evaluate("window.name = 'never loaded again'")

    home.press()
    card = visitor.card(home.name)
    expect(card).to_be_visible(timeout=2_000)
    expect(card).to_contain_text(visitor.says("kind.sos"))
    expect(card).to_contain_text(visitor.says("state.open"))
    assert visitor.page.evaluate("window.name") == "never loaded again"

    place = card.get_by_role("link").get_attribute("href") or ""
    visitor.deed("accept", card).click()
    expect(card).to_contain_text(visitor.says("state.accepted"))
    visitor.deed("on-the-way", card).click()
    visitor.button("estimate.unknown").click()
    expect(card).to_contain_text(visitor.says("state.responding"))
    visitor.deed("arrive", card).click()
    expect(card).to_contain_text(visitor.says("state.on_site"))
    visitor.deed("resolve", card).click()
    ending = visitor.page.get_by_role("dialog")
    expect(ending.get_by_text(visitor.says("resolve.mistake"))).to_have_count(0)
    ending.get_by_text(visitor.says("outcome.false_alarm")).click()
    ending.get_by_text(visitor.says("mistake.person")).click()
    ending.get_by_role("textbox").fill("a cup fell")
    with visitor.page.expect_request("**/resolve") as asked:
        ending.get_by_role("button", name=visitor.says("deed.resolve"), exact=True).click()
    assert asked.value.post_data_json["mistake"] == "person"

    expect(card).to_have_count(0)
    expect(visitor.page.get_by_text(visitor.says("now.quiet"), exact=True)).to_be_visible()
    visitor.open(place)
    expect(card).to_contain_text(visitor.says("mistake.person"))
    last = visitor.page.get_by_role("listitem").filter(has_text="a cup fell")
    expect(last).to_contain_text(visitor.says("mistake.person"))


def test_what_ended_before_anybody_took_it_waits_for_a_look(
    arrives: Arrives, accounts: Accounts, sensed: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"])
    sensed.smoke(active=True)
    expect(visitor.card(sensed.name)).to_be_visible()
    sensed.smoke(active=False)
    ended = visitor.page.get_by_role("region", name=visitor.says("now.ended"))
    waiting = ended.get_by_role("listitem").filter(has_text=sensed.name)
    expect(waiting).to_contain_text(visitor.says("kind.smoke"))
    expect(visitor.card(sensed.name)).to_have_count(0)

    waiting.get_by_role("link").click()
    alone = visitor.says("alert.ended_alone", time="|").split("|")[1]
    expect(visitor.card(sensed.name)).to_contain_text(alone)
    visitor.page.get_by_role("link", name=visitor.says("nav.now"), exact=True).first.click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(visitor.says("now.title"))
    expect(waiting).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_to_be_done_is_in_sight_on_the_smallest_screen(
    arrives: Arrives, accounts: Accounts, home: Home, language: Language
) -> None:
    smallest = View(language, width=320, height=640, large=True)
    visitor = arrives(smallest).log_in(accounts["station-liushu"])
    home.press()
    accept = visitor.deed("accept", visitor.card(home.name))
    expect(accept).to_be_visible()
    box, below = accept.bounding_box(), visitor.page.get_by_role("navigation").first.bounding_box()
    assert box is not None
    assert below is not None
    assert box["y"] + box["height"] <= below["y"]


def test_what_became_of_it_is_told_in_the_language_of_its_reader_with_names(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives(replace(DESKTOP, language="zh")).log_in(accounts["station-liushu"])
    home.press()
    visitor.deed("accept", visitor.card(home.name)).click()
    visitor.card(home.name).get_by_role("link").click()

    history = visitor.page.locator("section").filter(
        has=visitor.page.get_by_role("heading", name=visitor.says("history.title"))
    )
    told = history.get_by_role("listitem")
    asked = visitor.says("reason.asked_now", parties=visitor.says("party.station"))
    expect(told.filter(has_text=visitor.says("change.raised"))).to_contain_text(asked)
    expect(told.filter(has_text=visitor.says("change.accepted"))).to_contain_text(
        "Station of Liushu"
    )
    expect(history.locator("[lang=en]")).to_have_count(0)


def test_who_cannot_go_passes_it_on(arrives: Arrives, accounts: Accounts, home: Home) -> None:
    visitor = arrives(PHONE).log_in(accounts["station-liushu"])
    home.press()
    visitor.deed("reject", visitor.card(home.name)).click()

    visitor.card(home.name).get_by_role("link").click()
    history = visitor.page.get_by_role("listitem")
    expect(history.filter(has_text=visitor.says("change.rejected"))).to_be_visible()
    centre = arrives().log_in(accounts["centre"])
    expect(centre.card(home.name)).to_contain_text(centre.says("state.open"))
    expect(centre.deed("accept", centre.card(home.name))).to_be_visible()


def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told_who(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitors = [arrives(PHONE), arrives()]
    for visitor, username in zip(visitors, ("station-liushu", "centre"), strict=True):
        visitor.log_in(accounts[username])
    home.press()
    for visitor in visitors:
        expect(visitor.deed("accept", visitor.card(home.name))).to_be_visible()

    held: list[Route] = []  # both have decided before either is heard
    for visitor in visitors:
        visitor.page.route("**/accept", lambda route: held.append(route))
        with visitor.page.expect_request("**/accept"):
            visitor.deed("accept", visitor.card(home.name)).click()
    for request in held:
        request.continue_()

    for visitor in visitors:
        expect(visitor.card(home.name)).to_contain_text(visitor.says("state.accepted"))
    have = [visitor.deed("on-the-way", visitor.card(home.name)).count() for visitor in visitors]
    assert sorted(have) == [0, 1]
    told = visitors[have.index(0)].card(home.name)
    expect(told).to_contain_text(("Station of Liushu", "County centre")[have.index(1)])


def test_who_is_too_late_reads_why_in_their_own_language(
    arrives: Arrives, accounts: Accounts, carewatch: Instance, home: Home
) -> None:
    visitor = arrives(replace(PHONE, language="zh")).log_in(accounts["station-liushu"])
    home.press()
    visitor.card(home.name).get_by_role("link").click()
    held: list[Route] = []
    visitor.page.route("**/accept", lambda route: held.append(route))
    with visitor.page.expect_request("**/accept"):
        visitor.deed("accept", visitor.card(home.name)).click()

    with carewatch.log_in("admin") as admin:
        (alert,) = admin.get("/alerts?state=open").raise_for_status().json()["items"]
        ending = {"outcome": "test", "note": ""}
        admin.post(f"/alerts/{alert['id']}/resolve", json=ending).raise_for_status()
    held[0].continue_()
    told = visitor.card(home.name).get_by_role("alert")
    expect(told).to_have_text(visitor.says("refused.alert_over"))


def test_nothing_is_asked_of_the_reader_before_they_have_seen_the_emergency(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives(PHONE).log_in(accounts["station-liushu"])
    question = visitor.page.get_by_text(visitor.says("sound.first"))
    expect(question).to_be_visible()

    home.press()
    card = visitor.card(home.name)
    expect(card).to_be_visible()
    expect(question).to_have_count(0)
    assert (card.bounding_box() or {"y": PHONE.height})["y"] < PHONE.height / 4

    visitor.button("sound.short.unasked").click()
    visitor.button("sound.not_here").click()
    expect(visitor.page.get_by_role("dialog")).to_contain_text(visitor.says("sound.off"))


def test_what_draws_is_fetched_with_the_first_chart(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives(PHONE).log_in(accounts["station-liushu"])
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    visitor.page.on("request", note)
    home.press()
    visitor.card(home.name).get_by_role("link").click()
    expect(visitor.page.get_by_text(visitor.says("alert.happened"))).to_be_visible()
    visitor.settle()
    assert [url for url in asked if "/chart-" in url] == []

    home.sleep(10)
    visitor.page.reload()
    expect(visitor.page.locator("canvas").first).to_be_visible()
    assert [url for url in asked if "/chart-" in url] != []


def test_the_keyboard_leads_to_the_most_urgent_and_takes_it(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives().log_in(accounts["station-liushu"])
    home.press()
    accept = visitor.deed("accept", visitor.card(home.name))
    expect(accept).to_be_visible()
    for _ in range(30):
        visitor.page.keyboard.press("Tab")
        if accept.evaluate("button => button === document.activeElement"):
            break
    visitor.page.keyboard.press("Enter")
    expect(visitor.card(home.name)).to_contain_text(visitor.says("state.accepted"))

    expect(visitor.deed("on-the-way", visitor.card(home.name))).to_be_focused()
    visitor.page.keyboard.press("Enter")
    visitor.button("estimate.unknown").press("Enter")
    expect(visitor.deed("arrive", visitor.card(home.name))).to_be_focused()


def test_what_was_said_of_open_emergencies_is_gone_when_it_is_no_longer_so(
    arrives: Arrives, accounts: Accounts, home: Home, carewatch: Instance
) -> None:
    home.press()
    seen = arrives().log_in(accounts["centre"])
    expect(seen.card(home.name)).to_be_visible()
    leaving, staying = (arrives().log_in(accounts["station-liushu"]) for _ in range(2))
    for visitor in (leaving, staying):
        said = visitor.page.locator("[data-news]")
        expect(said).to_have_text(visitor.says("now.high.one", count=1))

    leaving.page.get_by_role("link", name=leaving.says("nav.settings")).click()
    leaving.button("login.logout").click()
    expect(leaving.button("login.submit")).to_be_visible()
    expect(leaving.page.locator("[data-news]")).to_have_text("")

    with carewatch.log_in("centre") as centre:
        (alert,) = centre.get("/alerts?state=open").raise_for_status().json()["items"]
        ending = {"outcome": "test", "note": ""}
        centre.post(f"/alerts/{alert['id']}/resolve", json=ending).raise_for_status()
    expect(staying.page.locator("[data-news]")).to_have_text("")


def test_who_reads_from_afar_is_told_by_whose_clock(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives()
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/London"})
    visitor.log_in(accounts["station-liushu"])
    home.press()
    visitor.deed("accept", visitor.card(home.name)).click()
    expect(visitor.card(home.name)).to_contain_text("(China Time)")

    visitor.card(home.name).get_by_role("link").click()
    expect(visitor.page.get_by_text(visitor.says("charts.zone", zone="China Time"))).to_be_visible()
