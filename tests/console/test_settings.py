"""One's own channels, and for staff: who is on duty, and who is asked when."""

import re

from playwright.sync_api import Locator, expect

from tests.console.visitor import Accounts, Arrives, View, Visitor


def form(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("dialog")


def field(visitor: Visitor, name: str) -> Locator:
    return form(visitor).get_by_label(visitor.says(name), exact=True)


def send(visitor: Visitor, name: str) -> None:
    form(visitor).get_by_role("button", name=visitor.says(name), exact=True).click()


def pick(visitor: Visitor, within: Locator, name: str, typed: str) -> None:
    """Find somebody by typing, and take the first who fits, by the keyboard alone."""
    box = within.get_by_role("combobox", name=visitor.says(name), exact=True).first
    box.fill(typed)
    first = within.get_by_role("listbox").get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(first).to_have_count(0)


def test_a_way_to_be_reached_is_added_and_waits_for_its_code(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["responder"], "#/settings/reach")
    address = f"rescue-{view.language}@example.org"
    visitor.button("reach.add").click()
    field(visitor, "reach.kind").select_option("email")
    field(visitor, "reach.address").fill(address)
    send(visitor, "reach.add")

    expect(
        form(visitor).filter(has_text=visitor.says("reach.code_sent", address=address))
    ).to_be_visible()
    field(visitor, "reach.code").fill("000000")
    send(visitor, "reach.confirm")
    expect(form(visitor).get_by_role("alert").last).not_to_be_empty()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("listitem").filter(has_text=address)).to_be_visible()


def test_a_week_is_made_by_copying_days_and_shows_its_hole_before_it_is_saved(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["admin"], "#/settings/rotas")
    visitor.button("rotas.add").click()
    field(visitor, "devices.team").select_option("qingshi")
    field(visitor, "settings.name").fill(f"Week {view.language}")
    monday, tuesday, sunday = (
        form(visitor).get_by_role("region", name=visitor.says(f"day.{day}"), exact=True)
        for day in ("monday", "tuesday", "sunday")
    )
    shift = re.compile(re.escape(visitor.says("rotas.shift")))
    monday.get_by_role("button", name=shift).first.click()
    pick(visitor, monday, "rotas.people", "Fang")
    monday.get_by_role("button", name=shift).first.click()
    before = visitor.says("rotas.as_before", day=visitor.says("day.monday"))
    tuesday.get_by_role("button", name=before).click()
    expect(tuesday.get_by_text("Lin Fang")).to_have_count(2)
    nobody = visitor.says("rotas.nobody_at", hours="")
    expect(tuesday.get_by_text(nobody)).to_have_count(0)
    expect(sunday.get_by_text(nobody)).to_be_visible()

    tuesday.get_by_text(visitor.says("rotas.copy")).click()
    tuesday.get_by_role("button", name=visitor.says("rotas.copy_all")).click()
    tuesday.get_by_role("button", name=re.compile(f"^{visitor.says('rotas.copy_do')}")).click()
    expect(form(visitor).get_by_text(visitor.says("rotas.no_gaps_week"))).to_be_visible()
    sunday.get_by_role("button", name=visitor.says("rotas.shift_away")).first.click()
    expect(sunday.get_by_text(nobody)).to_contain_text("08:00")
    send(visitor, "form.save")

    week = visitor.page.get_by_role("heading", name=f"Week {view.language}")
    expect(week).to_be_visible()
    gaps = visitor.page.locator("section").filter(
        has=visitor.page.get_by_role("heading", name=visitor.says("rotas.gaps"))
    )
    expect(gaps).to_contain_text("Qingshi")
    away = visitor.says("form.take_away")
    visitor.page.get_by_role("button", name=f"{away} Week {view.language}").click()
    send(visitor, "form.take_away")
    expect(week).to_have_count(0)


def test_who_would_be_told_when_is_shown_and_nobody_is_told(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/settings/policies")
    main = visitor.page.get_by_role("main")
    pick(visitor, main, "trial.resident", "1 秀英")  # a part of the address, and one of the name
    visitor.button("trial.act").click()

    lines = main.locator("ol[aria-live] > li")
    expect(lines.first).to_contain_text(visitor.says("change.raised"))
    expect(lines.first).to_contain_text(visitor.says("reason.rehearsed"))
    expect(lines.first).to_contain_text(visitor.says("reached.unreachable"))
    expect(lines.filter(has_text=visitor.says("party.centre")).first).to_be_visible()
    expect(lines.filter(has_text=visitor.says("reason.round_over")).first).to_be_visible()
    visitor.open("#/now")
    expect(main).to_contain_text(visitor.says("now.quiet"))
