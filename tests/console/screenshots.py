"""``make screenshots``: each screen as a picture, out of a carewatch with simulated homes.

All of them go to ``artefacts/screenshots``, which git ignores; the few of docs/console.md, small,
to ``docs/console``.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from carewatch.bench.chromium import chromium
from tests.acceptance.instance import Instance, instance
from tests.console.visitor import DESKTOP, PHONE, WORDS, Account, Visitor, arrive
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
ALL = ROOT / "artefacts" / "screenshots"
SHOWN = ROOT / "docs" / "console"

VIEWS = [replace(size, language=language) for size in (PHONE, DESKTOP) for language in WORDS]
SMALL_DESK = replace(DESKTOP, width=1120, height=700)
IN_DOCUMENTS = (
    ("now", PHONE),
    ("alert", replace(PHONE, language="zh")),
    ("person", replace(PHONE, theme="light")),
    ("area", SMALL_DESK),
    ("device", replace(SMALL_DESK, language="zh", theme="light")),
    ("duty", replace(SMALL_DESK, theme="light")),
)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        instance(Path(folder), quiet=False) as carewatch,
        chromium() as browser,
    ):
        places = _places(_fall(carewatch))
        account = next(a for a in carewatch.demo["accounts"] if a["role"] == "centre")
        for view in VIEWS:
            visitor = arrive(browser, carewatch, view)
            for name in _screens(visitor, account, places):
                _take(visitor, ALL / f"{name}-{view}.png")
        for name, view in IN_DOCUMENTS:
            visitor = arrive(browser, carewatch, view)
            for _ in _screens(visitor, account, {name: places[name]}):
                _take(visitor, SHOWN / f"{name}.jpg")


def _fall(carewatch: Instance) -> dict[str, str]:
    """The first fall of the simulated homes: something to look at."""
    query = "select id, resident_id from alert where kind = 'fall' and state <> 'resolved'"
    ((alert, resident), *_) = eventually(lambda: carewatch.ask(query), "a fall", 180)
    return {"alert": alert, "resident": resident}


def _places(seen: dict[str, str]) -> dict[str, str]:
    """The addresses of the screens, by the names of their pictures."""
    return {
        "now": "#/now",
        "alert": f"#/alert/{seen['alert']}",
        "people": "#/people",
        "person": f"#/person/{seen['resident']}",
        "charts": f"#/person/{seen['resident']}?part=charts",
        "area": "#/area",
        "wall": "#/wall",
        "devices": "#/devices",
        "device": "#/devices/bed-002",
        "settings": "#/settings",
        "duty": "#/settings/rotas",
        "policies": "#/settings/policies",
    }


def _screens(visitor: Visitor, account: Account, places: dict[str, str]) -> Iterator[str]:
    visitor.log_in(account)
    for name, address in places.items():
        visitor.page.evaluate("address => { location.hash = address }", address)
        visitor.settle()
        visitor.page.wait_for_load_state("load")
        expect(visitor.page.get_by_role("main").get_by_text(_UNNAMED)).to_have_count(0)
        yield name
    visitor.context.close()


_UNNAMED = re.compile(r"^resident-\d+$")
"""What stands for a person until their name is there."""


def _take(visitor: Visitor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    form = {"type": "jpeg", "quality": 60} if path.suffix == ".jpg" else {}
    visitor.page.screenshot(path=path, animations="disabled", **form)


if __name__ == "__main__":
    main()
