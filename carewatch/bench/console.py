"""How soon the console shows something on a middling phone, and how much script that takes.

Chromium pretends to be that phone: a processor four times slower than this one, and a mobile
network. Each first visit is that of a new browser, with nothing in its cache.
"""

import gzip
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import Browser, ViewportSize

from api.site import BUILT
from carewatch.bench.chromium import chromium
from carewatch.bench.stack import Stack, stack, until
from carewatch.embedded.postgres import free_port

SLOWER = 4
NETWORK = {
    "offline": False,
    "latency": 60,
    "downloadThroughput": 9_000_000 / 8,
    "uploadThroughput": 1_500_000 / 8,
}
"""4G as it is at the edge of a village: 60 ms, 9 and 1.5 Mbit/s; bytes a second, ms."""
PHONE: ViewportSize = {"width": 390, "height": 844}

_FIRST_PAINT = """
() => new Promise(resolve => new PerformanceObserver(list => resolve(list.getEntries()
    .find(entry => entry.name === 'first-contentful-paint').startTime))
    .observe({ type: 'paint', buffered: true }))
"""

_HERE = "() => performance.getEntriesByName('console')[0]?.startTime"
"""When the console itself stands there, its login or its screen: `main.ts` marks it."""


def measure(visits: int = 10) -> dict[str, Any]:
    """Milliseconds to the first paint and to the console itself, and bytes of script."""
    with chromium() as browser, stack() as whole:
        url = _start(whole)
        _visit(browser, url)  # the server's own first time is nobody's first visit
        first, here, second = np.array([_visit(browser, url) for _ in range(visits)]).T
    return {
        "visits": visits,
        "first_paint_p50_ms": round(float(np.median(first)), 1),
        "first_paint_max_ms": round(float(first.max()), 1),
        "console_p50_ms": round(float(np.median(here)), 1),
        "second_visit_p50_ms": round(float(np.median(second)), 1),
        "script_gzipped_bytes": sum(len(gzip.compress(each, 9)) for each in _scripts(BUILT)),
        "cpu_slower": SLOWER,
    }


def _start(whole: Stack) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    whole.start("api", "carewatch", "api", CAREWATCH_HTTP_PORT=str(port))
    until(lambda: _answers(url), 60, "Starting")
    return url


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/").status_code == 200
    except httpx.TransportError:
        return False


def _visit(browser: Browser, url: str) -> tuple[float, float, float]:
    """When something was first painted, when the console was there, and the paint of once more."""
    context = browser.new_context(viewport=PHONE, has_touch=True)
    try:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", NETWORK)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(url)
        first: float = page.evaluate(_FIRST_PAINT)
        here: float = page.wait_for_function(_HERE).json_value()
        page.reload()
        return first, here, page.evaluate(_FIRST_PAINT)
    finally:
        context.close()


def _scripts(built: Path) -> list[bytes]:
    """All of the console's scripts, those of every screen included."""
    return [path.read_bytes() for path in sorted(built.rglob("*.js"))]
