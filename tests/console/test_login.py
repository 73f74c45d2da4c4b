"""Who comes in, who stays, and who comes back to where they were."""

import httpx
from playwright.sync_api import Route, expect

from tests.console.visitor import Account, Accounts, Arrives, View, Visitor


def fill(visitor: Visitor, account: Account) -> None:
    page = visitor.page
    page.get_by_label(visitor.says("login.username")).fill(account["username"])
    page.get_by_label(visitor.says("login.password")).fill(account["password"])
    visitor.button("login.submit").click()


def end_elsewhere(visitor: Visitor) -> None:
    """End the login at the server, as another device or the clock would: the page is not told."""
    (cookie,) = visitor.context.cookies()
    bearer = {"Authorization": f"Bearer {cookie['value']}"}
    httpx.delete(f"{visitor.url}/api/v1/session", headers=bearer).raise_for_status()


def test_somebody_logs_in_and_out(arrives: Arrives, accounts: Accounts, view: View) -> None:
    visitor = arrives(view)
    visitor.open()
    fill(visitor, accounts["centre"] | {"password": "not this one"})
    expect(visitor.page.get_by_role("alert")).not_to_be_empty()
    fill(visitor, accounts["centre"])
    expect(visitor.page.get_by_role("heading", name=visitor.says("now.title"))).to_be_visible()

    visitor.page.get_by_role("link", name=visitor.says("nav.settings")).click()
    visitor.button("login.logout").click()

    expect(visitor.button("login.submit")).to_be_visible()
    visitor.page.reload()
    expect(visitor.button("login.submit")).to_be_visible()


def test_a_device_of_ones_own_stays_logged_in(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view)
    visitor.open()
    visitor.page.get_by_label(visitor.says("login.stay")).check()
    fill(visitor, accounts["centre"])
    expect(visitor.page.get_by_role("heading", name=visitor.says("now.title"))).to_be_visible()
    (cookie,) = visitor.context.cookies()
    assert cookie["expires"] - visitor.page.evaluate("Date.now() / 1000") > 29 * 86_400


def test_a_slow_line_shows_at_once_that_something_comes(arrives: Arrives, view: View) -> None:
    visitor = arrives(view)
    held: list[Route] = []
    visitor.page.route("**/assets/*.js", lambda script: held.append(script))
    with visitor.page.expect_request("**/assets/*.js"):
        visitor.page.goto(visitor.url, wait_until="commit")
    expect(visitor.page.get_by_text("carewatch")).to_be_visible()
    expect(visitor.page.get_by_text("One moment")).to_be_visible()
    for script in held:
        script.continue_()
    expect(visitor.button("login.submit")).to_be_visible()
    expect(visitor.page.get_by_text("One moment")).to_have_count(0)


def test_the_keyboard_alone_is_enough(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives()
    visitor.open()
    keyboard = visitor.page.keyboard
    visitor.page.get_by_label(visitor.says("login.username")).focus()
    keyboard.type("centre")
    keyboard.press("Tab")
    keyboard.type(accounts["centre"]["password"])
    keyboard.press("Enter")
    expect(visitor.page.get_by_role("heading", name=visitor.says("now.title"))).to_be_visible()


def test_no_script_and_no_other_site_has_the_login(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives().log_in(accounts["centre"])
    (cookie,) = visitor.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert visitor.page.evaluate("document.cookie") == ""
    assert visitor.page.evaluate("JSON.stringify(localStorage)").find(cookie["value"]) == -1


def test_a_change_without_the_pages_own_header_is_refused(
    arrives: Arrives, accounts: Accounts
) -> None:
    visitor = arrives().log_in(accounts["centre"])
    answer = visitor.context.request.delete(f"{visitor.url}/api/v1/session")
    assert (answer.status, "X-Carewatch-Console" in answer.json()["detail"]) == (403, True)
    visitor.page.reload()
    expect(visitor.page.get_by_role("heading", name=visitor.says("now.title"))).to_be_visible()


def test_after_a_login_that_is_over_one_is_back_where_one_was(
    arrives: Arrives, accounts: Accounts, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"], "#/people")
    people = visitor.page.get_by_role("heading", name=visitor.says("nav.people"))
    expect(people).to_be_visible()

    end_elsewhere(visitor)
    expect(visitor.page.get_by_text(visitor.says("login.ended"))).to_be_visible()
    assert visitor.page.url.endswith("#/people")
    fill(visitor, accounts["station-liushu"])

    expect(people).to_be_visible()
