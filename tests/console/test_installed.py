"""On the home screen: it starts without a network, shows what is old as old, and is pushed to."""

import json
from typing import Any

from playwright.sync_api import expect

from tests.acceptance.instance import Instance
from tests.console.home import Home
from tests.console.visitor import PHONE, Accounts, Arrives, Visitor
from tests.talking import now_ms


def wait_for_the_worker(visitor: Visitor) -> None:
    visitor.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    visitor.page.wait_for_function("() => navigator.serviceWorker.controller")


def test_it_can_be_installed(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives(PHONE).log_in(accounts["family-1"])
    wait_for_the_worker(visitor)
    devtools = visitor.context.new_cdp_session(visitor.page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["display"] == "standalone"
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors] == ["in-incognito"]  # as every test is


def test_without_a_network_it_starts_and_shows_what_was_last_seen_as_old(
    arrives: Arrives, accounts: Accounts, home: Home
) -> None:
    visitor = arrives(PHONE).log_in(accounts["station-liushu"])
    wait_for_the_worker(visitor)
    home.press()
    card = visitor.card(home.name)
    expect(card).to_be_visible()
    kept = "name => (localStorage.getItem('carewatch.last-seen') ?? '').includes(name)"
    visitor.page.wait_for_function(kept, arg=home.name)

    visitor.context.set_offline(True)
    visitor.page.reload()
    expect(visitor.page.get_by_role("alert")).to_contain_text(visitor.says("line.lost"))
    expect(card).to_be_visible()
    visitor.deed("accept", card).click()
    expect(card).to_contain_text(visitor.says("problem.not_done"))

    visitor.context.set_offline(False)
    expect(visitor.page.get_by_text(visitor.says("line.lost"))).to_have_count(0)
    expect(card).to_contain_text(visitor.says("state.open"))


def test_whom_to_call_is_there_again_with_the_network_and_as_it_is_by_then(
    arrives: Arrives, accounts: Accounts, home: Home, carewatch: Instance
) -> None:
    visitor = arrives(PHONE).log_in(accounts["station-liushu"])
    wait_for_the_worker(visitor)
    home.press()
    visitor.card(home.name).get_by_role("link").click()
    calls = visitor.page.locator("a[href^='tel:']")
    expect(calls).not_to_have_count(0)
    kept = "name => (localStorage.getItem('carewatch.last-seen') ?? '').includes(name)"
    visitor.page.wait_for_function(kept, arg=home.name)

    visitor.context.set_offline(True)
    visitor.page.reload()
    expect(visitor.page.get_by_role("alert")).to_contain_text(visitor.says("line.lost"))
    expect(visitor.page.locator(".old").get_by_role("article")).to_contain_text(home.name)
    expect(calls).to_have_count(0)
    expect(visitor.page.get_by_text(visitor.says("problem.unreachable"))).to_have_count(0)
    visitor.context.set_offline(False)
    expect(calls).not_to_have_count(0)
    expect(visitor.page.locator(".old")).to_have_count(0)
    expect(visitor.page.get_by_text(visitor.says("problem.unreachable"))).to_have_count(0)

    visitor.page.get_by_role("main").get_by_role("link", name=visitor.says("nav.now")).click()
    contacts = [{"name": "Somebody new", "phones": ["+441632960777"]}]
    with carewatch.log_in("admin") as admin:
        admin.patch(f"/residents/{home.id}", json={"contacts": contacts}).raise_for_status()
    visitor.card(home.name).get_by_role("link").click()
    expect(visitor.page.locator("a[href='tel:+441632960777']")).to_be_visible()


def push(visitor: Visitor, told: dict[str, Any]) -> None:
    """Deliver a message to the service worker, as the browser's own push service would."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    seen: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: seen.append(told))
    devtools.send("ServiceWorker.enable")
    visitor.page.wait_for_function("() => true")
    registration = seen[-1]["registrations"][-1]
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": visitor.url,
            "registrationId": registration["registrationId"],
            "data": json.dumps(told),
        },
    )


def test_a_push_is_shown_with_its_alert(arrives: Arrives, accounts: Accounts) -> None:
    visitor = arrives(PHONE)
    visitor.context.grant_permissions(["notifications"], origin=visitor.url)
    visitor.log_in(accounts["family-1"])
    wait_for_the_worker(visitor)
    alert = f"alert-{now_ms()}"
    push(visitor, {"title": "SOS", "body": "Rosa", "alert": alert, "priority": "high"})
    visitor.page.wait_for_function(
        "alert => navigator.serviceWorker.ready"
        ".then(found => found.getNotifications())"
        ".then(shown => shown.some(one => one.data === alert && one.title === 'SOS'))",
        arg=alert,
    )
