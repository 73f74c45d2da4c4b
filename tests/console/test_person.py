"""How somebody has been: now, last night, and down to the minute."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.console.home import Home
from tests.console.visitor import Accounts, Arrives, View, Visitor


def chart(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("figure", name=visitor.says("quantity.heart_rate"))


def shown(visitor: Visitor) -> str:
    """From when until when the charts are drawn."""
    begin = visitor.says("charts.shown", **{"from": "\0", "to": ""}).split("\0")[0]
    return visitor.page.get_by_text(begin).inner_text()


def test_charts_go_from_a_day_to_a_minute_and_show_the_alerts(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    home.sleep(minutes=20)
    home.press()
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/people")
    visitor.page.get_by_role("searchbox").fill(home.name)
    visitor.page.get_by_role("link", name=home.name).click()
    expect(visitor.page.get_by_role("heading", name=home.name, level=1)).to_be_visible()

    visitor.page.get_by_role("link", name=visitor.says("part.charts")).click()
    expect(chart(visitor)).to_contain_text("62")
    expect(chart(visitor).locator("canvas")).to_be_visible()
    day = shown(visitor)
    visitor.page.get_by_text(visitor.says("length.hour"), exact=True).click()
    expect(visitor.page.get_by_text(day)).to_have_count(0)
    expect(chart(visitor).locator("canvas")).to_be_visible()

    main = visitor.page.get_by_role("main")
    main.get_by_role("link").filter(has_text=visitor.says("kind.sos")).first.click()
    expect(main.get_by_role("heading", level=1)).to_contain_text(visitor.says("kind.sos"))


def test_a_look_closer_is_drawn_with_the_mouse(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    home.sleep(minutes=30)
    visitor = arrives().log_in(accounts["centre"], f"#/person/{home.id}?part=charts")
    visitor.page.get_by_text(visitor.says("length.hour"), exact=True).click()
    ground = chart(visitor).locator(".u-over")
    expect(ground).to_be_visible()
    ground.hover()  # waits, where the chart is drawn anew meanwhile
    hour, box = shown(visitor), ground.bounding_box()
    assert box is not None
    mouse, height = visitor.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] * 0.6, height)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.8, height, steps=5)
    mouse.up()
    expect(visitor.page.get_by_text(hour)).to_have_count(0)
    expect(ground).to_be_visible()


def test_what_ended_before_anybody_looked_is_not_called_well(
    arrives: Arrives, accounts: Accounts, sensed: Home, view: View, pictures: Path
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/people")
    main, row = visitor.page.get_by_role("main"), visitor.card(sensed.name)
    sensed.smoke(active=True)
    expect(row).to_contain_text(visitor.says("kind.smoke"))
    sensed.smoke(active=False)
    expect(row).to_contain_text(visitor.says("condition.passed"))
    visitor.page.screenshot(path=pictures / f"people-passed-{view}.png")

    row.get_by_role("link").click()
    passed = main.get_by_role("region", name=visitor.says("now.ended"))
    expect(passed).to_contain_text(visitor.says("kind.smoke"))
    expect(main.get_by_text(visitor.says("condition.well"), exact=True)).to_have_count(0)
    visitor.page.screenshot(path=pictures / f"person-passed-{view}.png")
    passed.get_by_role("link").click()
    expect(main.get_by_role("heading", level=1)).to_contain_text(visitor.says("kind.smoke"))
    visitor.open(f"#/person/{sensed.id}")
    expect(main.get_by_role("heading", name=sensed.name, level=1)).to_be_visible()
    expect(main.get_by_text(visitor.says("condition.passed"))).to_have_count(0)
    expect(passed).to_have_count(0)


def test_a_family_sees_its_own_and_nobody_else(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives().log_in(accounts["family-1"], "#/people")
    names = visitor.page.get_by_role("article").get_by_role("heading")
    expect(names).to_have_count(2)
    visitor.open(f"#/person/{home.id}")
    expect(visitor.page.get_by_role("alert").filter(has_text="resident")).to_be_visible()
    assert home.name not in visitor.page.inner_text("main")


def test_a_station_keeps_the_file_and_what_it_leaves_alone_stays(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], f"#/person/{home.id}?part=file")
    main, form = visitor.page.get_by_role("main"), visitor.page.get_by_role("dialog")
    visitor.button("file.change").click()
    tongues = form.get_by_role("list", name=visitor.says("residents.languages"))
    expect(tongues).to_contain_text({"en": "Chinese", "zh": "中文"}[view.language])
    zone = form.get_by_label(visitor.says("rotas.zone"), exact=True)
    expect(zone).to_have_value(re.compile({"en": "^China", "zh": "^中国"}[view.language]))
    form.get_by_label(visitor.says("residents.medication")).fill("two in the morning")
    form.get_by_label(visitor.says("residents.floor")).fill("3")
    form.get_by_label(visitor.says("file.doctor")).fill(f"Dr {view.language}")
    form.get_by_role("button", name=visitor.says("residents.consent_add")).click()
    consent = form.get_by_role("list", name=visitor.says("file.consents")).get_by_role("listitem")
    consent.last.get_by_label(visitor.says("residents.consent_to")).select_option("entry")
    consent.last.get_by_label(visitor.says("residents.given_on")).fill("2026-11-28")
    consent.last.get_by_label(visitor.says("residents.given_by"), exact=True).fill("Rosa")
    phone = form.get_by_label(visitor.says("residents.phones"), exact=True).first
    phone.fill("ask the neighbour")
    form.get_by_role("button", name=visitor.says("form.save")).click()
    expect(phone).to_be_focused()
    phone.fill("+86 138 0000 0000")
    form.get_by_role("button", name=visitor.says("form.save")).click()

    expect(form).to_have_count(0)
    for said in ("two in the morning", f"Dr {view.language}", visitor.says("consent.entry")):
        expect(main).to_contain_text(said)
    expect(main).to_contain_text(visitor.says("consent.monitoring"))
    visitor.open(f"#/person/{home.id}")
    expect(main).to_contain_text("01632 96")


def test_who_lives_there_and_the_family_are_rung_with_one_tap(
    arrives: Arrives, accounts: Accounts, view: View, pictures: Path
) -> None:
    number = "+86 138 0000 0001"
    daughter = arrives(view).log_in(accounts["family-1"], "#/settings/reach")
    asked = daughter.page.get_by_role("dialog")
    daughter.page.get_by_role("button", name=daughter.says("reach.phone")).click()
    asked.get_by_label(daughter.says("residents.phones")).fill(number)
    asked.get_by_role("button", name=daughter.says("form.save")).click()
    expect(daughter.page.get_by_text(number)).to_be_visible()
    daughter.page.screenshot(path=pictures / f"own-phone-{view}.png")

    visitor = arrives(view).log_in(accounts["station-liushu"], "#/person/resident-001?part=file")
    visitor.button("file.change").click()
    edited = visitor.page.get_by_role("dialog")
    edited.get_by_label(visitor.says("residents.phone"), exact=True).fill("0371 654321")
    edited.get_by_role("button", name=visitor.says("form.save")).click()
    expect(edited).to_have_count(0)
    visitor.page.screenshot(path=pictures / f"file-phone-{view}.png")
    visitor.open("#/person/resident-001")
    calls = visitor.page.get_by_role("main").locator("a[href^='tel:']")
    expect(calls.first).to_have_attribute("href", "tel:0371 654321")
    expect(calls.first).to_contain_text(visitor.says("way.resident"))
    expect(calls.nth(1)).to_have_attribute("href", f"tel:{number}")
    visitor.page.screenshot(path=pictures / f"calls-{view}.png", full_page=True)


def test_a_family_reads_the_file_and_does_not_write_it(
    arrives: Arrives, accounts: Accounts
) -> None:
    visitor = arrives().log_in(accounts["family-1"], "#/person/resident-001?part=file")
    expect(visitor.page.get_by_text(visitor.says("file.consents"))).to_be_visible()
    expect(visitor.button("file.change")).to_have_count(0)
