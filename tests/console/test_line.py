"""When the connection is gone, the console says so loudly; when it is back, nothing was missed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Locator, expect

from tests.acceptance.instance import Instance
from tests.console.home import Home
from tests.console.visitor import Accounts, Arrives, View, Visitor


def band(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("alert").filter(has_text=visitor.says("line.lost"))


def since_when(visitor: Visitor) -> str:
    """The beginning of what the band says of the age of what is shown."""
    return visitor.says("line.old", time="\0", ago="").split("\0")[0]


def test_a_cut_network_is_told_and_caught_up_with(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"])
    expect(visitor.page.get_by_text(visitor.says("now.quiet"), exact=True)).to_be_visible()
    expect(band(visitor)).to_have_count(0)

    visitor.context.set_offline(True)
    expect(band(visitor)).to_contain_text(since_when(visitor))
    home.press()
    elsewhere = arrives().log_in(accounts["centre"])
    expect(elsewhere.card(home.name)).to_be_visible()
    expect(visitor.card(home.name)).to_have_count(0)

    visitor.context.set_offline(False)
    expect(visitor.card(home.name)).to_be_visible()
    expect(band(visitor)).to_have_count(0)


def test_what_was_not_answered_was_not_done(
    arrives: Arrives, accounts: Accounts, home: Home, view: View
) -> None:
    visitor = arrives(view).log_in(accounts["station-liushu"])
    home.press()
    card = visitor.card(home.name)
    expect(card).to_be_visible()

    visitor.context.set_offline(True)
    expect(band(visitor)).to_be_visible()
    visitor.deed("accept", card).click()
    expect(card).to_contain_text(visitor.says("problem.not_done"))
    expect(card).to_contain_text(visitor.says("state.open"))

    visitor.context.set_offline(False)
    expect(band(visitor)).to_have_count(0)
    expect(card).to_contain_text(visitor.says("state.open"))
    visitor.deed("accept", card).click()
    expect(card).to_contain_text(visitor.says("state.accepted"))


@contextmanager
def without_api(carewatch: Instance) -> Iterator[None]:
    """The API has ended, and comes back afterwards: its supervisor holds still meanwhile."""
    supervisor, api = psutil.Process(carewatch.process.pid), carewatch.run["pids"]["api"]
    supervisor.suspend()
    try:
        os.kill(api, signal.SIGKILL)
        yield
    finally:
        supervisor.resume()


def test_a_server_that_is_away_is_told_and_caught_up_with(
    arrives: Arrives, accounts: Accounts, home: Home, carewatch: Instance
) -> None:
    visitor = arrives().log_in(accounts["station-liushu"])
    expect(visitor.page.get_by_text(visitor.says("now.quiet"), exact=True)).to_be_visible()
    with without_api(carewatch):
        expect(band(visitor)).to_contain_text(since_when(visitor))
        home.press()
        expect(visitor.card(home.name)).to_have_count(0)
    expect(visitor.card(home.name)).to_be_visible()
    expect(band(visitor)).to_have_count(0)
