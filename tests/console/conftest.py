"""The console in a real browser, before a whole carewatch and devices that really press."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser

from carewatch.bench.chromium import MISSING, chromium, find
from tests.acceptance.instance import Instance, instance
from tests.console.home import Home
from tests.console.visitor import (
    DESKTOP,
    VIEWS,
    Accounts,
    Arrives,
    View,
    Visitor,
    arrive,
)
from tests.needs import lacking

PICTURES = Path(__file__).parents[2] / "artefacts" / "console"
STIR_S = 20
"""Well within the shortest time after which a device is missed, a minute."""


# For the package, not the session: a browser keeps an event loop in the thread of the tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if find() is None:
        lacking("chromium", MISSING)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def carewatch(browser: Browser, folder: Path) -> Iterator[Instance]:
    with instance(folder / "console") as running:
        yield running


@pytest.fixture(scope="package")
def accounts(carewatch: Instance) -> Accounts:
    """The demo's accounts by user name."""
    return {account["username"]: account for account in carewatch.demo["accounts"]}


@pytest.fixture(scope="package")
def _homes(carewatch: Instance) -> Iterator[Iterator[Home]]:
    """One after the other: those of the first village whom no family watches over.

    A device that has spoken once is missed three minutes later, in the midst of another's story.
    """
    homes = [Home(carewatch, resident["id"]) for resident in carewatch.demo["residents"][4:12]]
    over = Event()
    alive = Thread(target=_stir, args=(homes, over), daemon=True)
    alive.start()
    yield cycle(homes)
    over.set()
    alive.join()
    for home in homes:
        home.leave()


@pytest.fixture
def home(carewatch: Instance, _homes: Iterator[Home]) -> Iterator[Home]:
    yield next(_homes)
    _close_all(carewatch)


@pytest.fixture
def sensed(carewatch: Instance, _homes: Iterator[Home]) -> Iterator[Home]:
    """A home with a room sensor."""
    _long_ago(carewatch)
    yield next(home for home in _homes if home.has("ambient"))
    _close_all(carewatch)


@pytest.fixture(scope="package")
def pictures() -> Path:
    """Where pictures of the screens are left for people to look at; git ignores it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


@pytest.fixture(params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest) -> View:
    """Each of the views, one after the other."""
    return request.param


@pytest.fixture
def arrives(browser: Browser, carewatch: Instance) -> Iterator[Arrives]:
    """Visitors, as many as the story needs; none of them may have anything to complain of."""
    here: list[Visitor] = []

    def come(view: View = DESKTOP) -> Visitor:
        here.append(arrive(browser, carewatch, view))
        return here[-1]

    yield come
    for visitor in here:
        visitor.context.close()
    assert [complaint for visitor in here for complaint in visitor.complaints] == []


def _stir(homes: list[Home], over: Event) -> None:
    while not over.wait(STIR_S):
        for home in homes:
            home.stir()


def _long_ago(carewatch: Instance) -> None:
    """What ended by itself in other stories did so a day earlier: nobody has to look any more."""
    carewatch.ask(
        "update alert set since = since - interval '1 day', raised_at = raised_at - interval"
        " '1 day', resolved_at = resolved_at - interval '1 day'"
        " where state = 'resolved' and outcome is null returning id"
    )


def _close_all(carewatch: Instance) -> None:
    """Resolve what a story has left open, so that the next one finds nothing."""
    with carewatch.log_in("admin") as admin:
        left = admin.get("/alerts?state=open").raise_for_status().json()["items"]
    for alert in left:
        with carewatch.log_in(alert["accepted_by"] or "admin") as holder:
            ending = {"outcome": "test", "note": ""}
            holder.post(f"/alerts/{alert['id']}/resolve", json=ending).raise_for_status()
