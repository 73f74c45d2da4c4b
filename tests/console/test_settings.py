"""One's own channels, and for staff: who is on duty, and who is asked when."""

from playwright.sync_api import Locator, expect

from tests.console.visitor import Accounts, Arrives, View, Visitor


def form(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("dialog")


def field(visitor: Visitor, name: str) -> Locator:
    return form(visitor).get_by_label(visitor.says(name), exact=True)


def send(visitor: Visitor, name: str) -> None:
    form(visitor).get_by_role("button", name=visitor.says(name), exact=True).click()


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


def test_a_week_with_a_hole_says_when_nobody_is_on_duty(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["admin"], "#/settings/rotas")
    visitor.button("rotas.add").click()
    field(visitor, "settings.id").fill(f"week-{view.language}")
    field(visitor, "settings.name").fill(f"Week {view.language}")
    field(visitor, "devices.team").select_option("liushu")
    shift = form(visitor).get_by_role("button", name=visitor.says("rotas.shift"))
    shift.first.click()
    form(visitor).get_by_label("Station of Liushu").first.check()
    send(visitor, "form.save")

    expect(visitor.page.get_by_role("heading", name=f"Week {view.language}")).to_be_visible()
    gaps = visitor.page.locator("section").filter(
        has=visitor.page.get_by_role("heading", name=visitor.says("rotas.gaps"))
    )
    expect(gaps).to_contain_text(visitor.says("party.station"))

    visitor.page.get_by_role("button", name=visitor.says("form.take_away")).last.click()
    send(visitor, "form.take_away")
    expect(visitor.page.get_by_role("heading", name=f"Week {view.language}")).to_have_count(0)


def test_who_would_be_told_when_is_shown_and_nobody_is_told(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/settings/policies")
    main = visitor.page.get_by_role("main")
    main.get_by_label(visitor.says("trial.resident"), exact=True).select_option("resident-001")
    visitor.button("trial.act").click()

    lines = main.locator("ol[aria-live] > li")
    expect(lines.first).to_contain_text(visitor.says("change.raised"))
    expect(lines.first).to_contain_text(visitor.says("reason.rehearsed"))
    expect(lines.filter(has_text=visitor.says("party.centre")).first).to_be_visible()
    expect(lines.filter(has_text=visitor.says("reason.round_over")).first).to_be_visible()
    visitor.open("#/now")
    expect(main).to_contain_text(visitor.says("now.quiet"))
