"""The page stands on its own: it asks no other host, and everything that it names is there."""

import re
from importlib.resources import files

from fastapi.testclient import TestClient

from domain.finding import KINDS

CONSOLE = files("api") / "console"


def test_all_that_the_page_loads_is_served_by_us(client: TestClient) -> None:
    page = client.get("/").text
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    for address in named:
        assert address.startswith("/console/")
        assert client.get(address).status_code == 200


def test_it_asks_no_other_host_and_brings_no_markup_of_strangers() -> None:
    for name in ("index.html", "console.js", "console.css", "words.js"):
        text = (CONSOLE / name).read_text("utf-8")
        assert "innerHTML" not in text
        assert "https://" not in text
        assert " style=" not in text
        assert not re.search(r"\son[a-z]+=", text), "inline handlers are forbidden by the policy"


def test_every_kind_of_alert_has_words_in_both_languages() -> None:
    words = (CONSOLE / "words.js").read_text("utf-8")
    for kind in KINDS:
        assert words.count(f'"kind.{kind}":') == 2, kind
