"""The machine's Chromium, driven by Playwright: the eyes of the tests, pictures and figures.

Nothing is downloaded: ``CHROMIUM`` names a program, else it is looked for by its usual names.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from domain.errors import Unavailable

SETTING = "CHROMIUM"
MISSING = (
    "no Chromium on this machine: install it (Debian: `apt-get install chromium fonts-noto-cjk`), "
    f"or name its program in {SETTING}."
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The program, if there is one."""
    names = (os.environ[SETTING],) if os.environ.get(SETTING) else _NAMES
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window. Raises Unavailable where there is none.

    While it is open, its thread has a running event loop: no ``asyncio.run`` there.
    """
    program = find()
    if program is None:
        raise Unavailable(f"There is {MISSING}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()
