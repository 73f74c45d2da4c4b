"""The console's files: how they are served, and that they ask no other host."""

import re
import struct
import zlib
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import site

MOST_SCRIPT = 150 * 1024
"""All scripts together, compressed: what a slow line brings in a moment."""
MOST_MESSAGES = 20 * 1024
"""What is said in one language, compressed; a page fetches one."""


@pytest.fixture(scope="module")
def built() -> Path:
    if not site.BUILT.is_dir():
        pytest.fail("The console is not built: run `python hatch_build.py` first.")
    return site.BUILT


@pytest.fixture
def browser(built: Path) -> TestClient:
    app = FastAPI()
    site.add(app, built)
    return TestClient(app)


def test_all_that_the_page_loads_is_served_by_us(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.headers["cache-control"] == "no-cache"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert named
    for address in named:
        assert address.startswith("/console/")
        assert browser.get(address).status_code == 200


def test_what_has_a_hash_in_its_name_is_kept_for_good(browser: TestClient, built: Path) -> None:
    for asset in _files(built / "assets"):
        kept = browser.get(f"/console/assets/{asset.name}").headers["cache-control"]
        assert "immutable" in kept
    assert browser.get("/console/icon.svg").headers["cache-control"] == "no-cache"
    missing = browser.get("/console/assets/missing.js")
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("cache-control", "")


def test_nothing_stands_in_the_page_itself_that_the_content_policy_forbids(built: Path) -> None:
    page = (built / "index.html").read_text("utf-8")
    assert re.findall(r"<script[^>]*>([^<]+)", page) == []
    assert "<style" not in page
    assert not re.search(r"\s(style|on[a-z]+)=", page)


def test_the_console_can_be_installed(browser: TestClient, built: Path) -> None:
    (address,) = re.findall(r'rel="manifest" href="([^"]+)"', browser.get("/").text)
    manifest = browser.get(address)
    assert manifest.headers["content-type"] == "application/manifest+json"
    assert browser.get("/manifest.webmanifest").json() == manifest.json()
    icons = manifest.json()["icons"]
    assert {icon.get("purpose", "any") for icon in icons} == {"any", "maskable"}
    for icon in icons:
        found = browser.get(icon["src"])
        assert found.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", found.content[16:24])
            assert icon["sizes"] == f"{width}x{height}"


def test_the_service_worker_is_at_the_root_and_knows_all_files_of_its_build(
    browser: TestClient, built: Path
) -> None:
    worker = browser.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache", "else a new version is not noticed"
    named = set(re.findall(r"/console/[\w./-]+\.\w+", worker.text))
    ours = {f"/console/{path.relative_to(built).as_posix()}" for path in _files(built)}
    at_the_root = {f"/console/{name}" for name in ("index.html", "sw.js", "manifest.webmanifest")}
    assert ours - at_the_root <= named
    for address in named:
        assert browser.get(address).status_code == 200


def test_the_scripts_are_small(built: Path) -> None:
    sizes = [len(zlib.compress(script.read_bytes())) for script in built.rglob("*.js")]
    assert 0 < sum(sizes) < MOST_SCRIPT
    spoken = [len(zlib.compress(messages.read_bytes())) for messages in built.rglob("*.json")]
    assert len(spoken) == 2
    assert max(spoken) < MOST_MESSAGES


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0.5, br;q=0", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_a_browser_gets_the_smallest_that_it_reads(
    browser: TestClient, built: Path, accepts: str, coding: str | None
) -> None:
    (style,) = (built / "assets").glob("start-*.css")
    whole = len(style.read_bytes())
    for address in ("/", "/sw.js", f"/console/assets/{style.name}"):
        answer = browser.get(address, headers={"Accept-Encoding": accepts})
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.content == style.read_bytes() or coding == "br"
    assert (int(answer.headers["content-length"]) < whole / 2) == (coding is not None)


def test_what_a_browser_has_already_is_not_sent_again(browser: TestClient) -> None:
    first = browser.get("/console/icon.svg")
    again = browser.get("/console/icon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_the_page_says_something_before_its_script_is_there(built: Path) -> None:
    page = (built / "index.html").read_text("utf-8")
    assert "carewatch</p>" in page
    assert "One moment" in page
    assert "请稍候" in page


def test_a_console_that_was_not_built_says_so(tmp_path: Path) -> None:
    app = FastAPI()
    site.add(app, tmp_path / "dist")
    answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert "The console is not built" in answer.text
    assert TestClient(app).get("/console/icon.svg").status_code == 404


def test_pages_without_a_login_have_their_style(client: TestClient) -> None:
    style = client.get("/page.css")
    assert style.headers["content-type"].startswith("text/css")


def _files(folder: Path) -> list[Path]:
    """All but what is the same once more, compressed."""
    return [path for path in folder.rglob("*.*") if path.suffix not in (".br", ".gz")]
