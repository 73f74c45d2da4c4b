"""A county's bad day: five thousand alerts are open, and the next emergency is seen at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.instance import Instance, instance
from tests.console.crowd import crowd
from tests.console.home import Home
from tests.console.visitor import PHONE, arrive

COUNT = 5_000


@pytest.fixture
def crowded(folder: Path) -> Iterator[Instance]:
    """A carewatch of its own: nobody else has to live with so many."""
    with instance(folder / "crowded") as running:
        crowd(running.run["database"], COUNT)
        yield running


def test_five_thousand_are_no_burden(browser: Browser, crowded: Instance) -> None:
    account = next(a for a in crowded.demo["accounts"] if a["username"] == "station-liushu")
    visitor = arrive(browser, crowded, PHONE).log_in(account)
    articles = visitor.page.get_by_role("article")
    expect(articles).not_to_have_count(0)
    expect(visitor.page.get_by_role("main")).to_contain_text(f"{COUNT:,}")
    before = articles.count()
    more = visitor.page.get_by_role("button", name=re.compile(r"^Show \d+ more"))
    more.scroll_into_view_if_needed()
    more.click()
    expect(articles.nth(before + 1)).to_be_attached()

    first, second = (Home(crowded, f"resident-00{number}") for number in (5, 6))
    first.press()  # the first after so many newcomers may take its time
    expect(visitor.card(first.name)).to_be_visible()
    second.press()
    expect(visitor.card(second.name)).to_be_visible(timeout=2_000)
    for home in (first, second):
        home.leave()
    for place in range(2):
        expect(articles.nth(place)).to_contain_text(visitor.says("kind.sos"))

    visitor.page.evaluate("scrollTo(0, 0)")
    card = visitor.card(second.name)
    visitor.deed("accept", card).click()
    expect(card).to_contain_text(visitor.says("state.accepted"))
    visitor.context.close()
    assert visitor.complaints == []
