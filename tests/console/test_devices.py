"""For vendors and installers: a device from its secret to its first refused message."""

from playwright.sync_api import Locator, expect

from tests.acceptance.instance import Instance, Sender
from tests.console.visitor import PHONE, Account, Accounts, Arrives, View, Visitor


def part(visitor: Visitor, title: str) -> Locator:
    """The part of the screen under that heading."""
    heading = visitor.page.get_by_role("heading", name=visitor.says(title), exact=True)
    return visitor.page.locator("section").filter(has=heading)


def register(visitor: Visitor, name: str) -> Account:
    """Register a bed by its form, and take down what is shown this once."""
    visitor.button("devices.register").click()
    form = visitor.page.get_by_role("dialog")
    form.get_by_label(visitor.says("devices.id"), exact=True).fill(name)
    form.get_by_role("button", name=visitor.says("devices.register"), exact=True).click()
    expect(visitor.page.get_by_label(visitor.says("devices.secret_code"))).to_be_visible()
    secret = visitor.page.get_by_role("dialog").locator("code").last.inner_text()
    visitor.button("devices.secret_done").click()
    return {"id": name, "secret": secret, "resident": None}


def test_a_registered_device_is_seen_live_and_told_why_it_is_refused(
    arrives: Arrives, accounts: Accounts, carewatch: Instance, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["admin"], "#/devices")
    device = register(visitor, f"bed-{view}")

    visitor.page.get_by_label(visitor.says("devices.find")).fill(device["id"])
    visitor.page.get_by_role("link", name=device["id"]).click()
    messages = part(visitor, "devices.messages")
    expect(messages).to_contain_text(visitor.says("devices.messages_none"))
    assert device["secret"] not in visitor.page.content()

    bed = Sender(carewatch, device)
    bed.say("sample", {"heart_rate": 61})
    said = messages.get_by_role("listitem")
    expect(said.filter(has_text=visitor.says("told.heart_rate"))).to_contain_text("61")
    bed.say("sample", {"heart_rate": "quick"})
    refusal = said.filter(has_text=visitor.says("message.refusal"))
    expect(refusal).to_contain_text("quick")
    expect(refusal).to_contain_text(visitor.says("refusal.wrong_type"))
    bed.leave()

    refused = part(visitor, "devices.refused")
    expect(refused.locator("summary")).to_contain_text("heart_rate")
    refused.locator("summary").click()
    expect(refused.locator("pre")).to_contain_text("quick")
    why = refused.locator("summary strong").bounding_box()
    assert why is not None
    assert why["width"] > 8 * why["height"] or why["width"] > 150, "it is read in lines"

    bed = Sender(carewatch, device)
    bed.say("sample", {"t": 5, "heart_rate": 47})
    misdated = said.filter(has_text=visitor.says("told.clock_wrong"))
    expect(misdated).to_contain_text("47")
    bed.leave()

    visitor.open("#/devices")
    visitor.page.get_by_label(visitor.says("devices.order")).select_option("newest")
    visitor.page.get_by_label(visitor.says("devices.only_refused")).check()
    row = visitor.page.get_by_role("row").filter(has=visitor.page.get_by_role("link")).first
    expect(row).to_contain_text(device["id"])
    expect(row.locator("td").last).to_have_text("1")


def test_a_device_of_which_all_was_refused_is_not_called_unheard(
    arrives: Arrives, accounts: Accounts, carewatch: Instance
) -> None:
    visitor = arrives(PHONE).log_in(accounts["admin"], "#/devices")
    device = register(visitor, "bed-misled")
    visitor.open("#/devices/bed-misled")
    refused = part(visitor, "devices.refused")
    expect(refused).to_contain_text(visitor.says("devices.refused_none"))
    expect(visitor.page.get_by_text(visitor.says("contact.never")).first).to_be_visible()

    bed = Sender(carewatch, device)
    bed.say("receipt", {"id": "1"})  # ours to say, and not a device's
    expect(refused.locator("summary")).to_contain_text("not permitted")
    expect(refused).not_to_contain_text(visitor.says("devices.refused_none"))
    expect(visitor.page.get_by_text(visitor.says("devices.all_refused")).first).to_be_visible()
    bed.leave()


def test_the_list_is_short_enough_for_a_thumb_and_finds_by_any_word(
    arrives: Arrives, accounts: Accounts
) -> None:
    visitor = arrives(PHONE).log_in(accounts["admin"], "#/devices")
    rows = visitor.page.get_by_role("row")
    expect(rows).not_to_have_count(0)
    height: int = visitor.page.evaluate("document.documentElement.scrollHeight")
    assert height < 6 * PHONE.height
    visitor.page.get_by_label(visitor.says("devices.find")).fill("012 button")
    expect(visitor.page.get_by_role("link", name="button-012")).to_be_visible()
    expect(visitor.page.get_by_role("main")).to_contain_text("1 device")


def test_a_vendor_sees_its_own_devices_and_nobody_who_lives_with_them(
    arrives: Arrives, accounts: Accounts, carewatch: Instance
) -> None:
    visitor = arrives().log_in(accounts["vendor"])
    table = visitor.page.get_by_role("table")
    expect(table.get_by_role("link", name="bed-001")).to_be_visible()
    names = [resident["name"] for resident in carewatch.demo["residents"]]
    text = table.inner_text()
    assert [name for name in names if name in text] == []
